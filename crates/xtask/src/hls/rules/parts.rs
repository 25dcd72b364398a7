//! P: parts, in the playlist, in bytes and in time.

use crate::hls::boxes::Fragment;
use crate::hls::evidence::{Piece, Rendition};
use crate::hls::finding::{Judge, Level};
use crate::hls::lag::Allowance;
use crate::hls::playlist::Segment;

use super::ROUNDING_S;

/// P1 to P7.
pub fn judge(rendition: &Rendition, allowance: &Allowance, judge: &mut Judge) {
    let target = rendition.last().and_then(|list| list.part_target);
    if let Some(target) = target {
        // Judged once per segment, as it was listed last with all its parts.
        for segment in fullest(rendition) {
            lengths(rendition, segment, target, judge);
            independence(rendition, segment, judge);
            judge.check("P4", &rendition.name, segment.late_tags.is_empty(), || {
                format!("segment {}: {} after its first part", segment.msn, segment.late_tags.join(", "))
            });
            if segment.uri.is_some() {
                sums(rendition, segment, judge);
            }
        }
        kept(rendition, judge);
    } else {
        for id in ["P1", "P2", "P3", "P4", "P6"] {
            judge.skip(id, "no parts");
        }
    }
    pace(rendition, target, allowance, judge);
    available(rendition, allowance, judge);
}

/// Each segment as it was listed with most parts; the latest such listing.
fn fullest(rendition: &Rendition) -> Vec<&Segment> {
    let mut best: std::collections::BTreeMap<u64, &Segment> = Default::default();
    for segment in rendition.snapshots.iter().flat_map(|s| &s.list.segments).filter(|s| !s.parts.is_empty()) {
        let known = best.entry(segment.msn).or_insert(segment);
        if segment.parts.len() >= known.parts.len() {
            *known = segment;
        }
    }
    best.into_values().collect()
}

/// P1, with the four exceptions from the lower bound.
fn lengths(rendition: &Rendition, segment: &Segment, target: f64, judge: &mut Judge) {
    for (index, part) in segment.parts.iter().enumerate() {
        judge.check("P1", &rendition.name, part.duration <= target + ROUNDING_S, || {
            format!("part {}.{index} is {} s, PART-TARGET {target}", segment.msn, part.duration)
        });
        let next = segment.parts.get(index + 1);
        // The newest part of an open segment may yet turn out to be its last.
        let excepted = part.independent || part.gap || next.is_none_or(|next| next.gap);
        judge.check("P1", &rendition.name, excepted || part.duration + ROUNDING_S >= 0.85 * target, || {
            format!(
                "part {}.{index} is {} s, less than 85 % of PART-TARGET {target}",
                segment.msn, part.duration
            )
        });
    }
}

/// P2: parts add up to the segment.
fn sums(rendition: &Rendition, segment: &Segment, judge: &mut Judge) {
    let sum: f64 = segment.parts.iter().map(|p| p.duration).sum();
    let slack = ROUNDING_S * (segment.parts.len() as f64 + 1.0);
    let whole = segment.duration.unwrap_or(0.0);
    judge.check("P2", &rendition.name, (sum - whole).abs() <= slack, || {
        format!("parts of segment {} add up to {sum:.3} s, EXTINF is {whole:.3}", segment.msn)
    });
    let Some(Some(Ok(media))) = rendition.segments.get(&segment.msn).map(|p| p.media.as_ref()) else {
        return;
    };
    let parts: Option<Vec<&Fragment>> =
        (0..segment.parts.len()).map(|index| part_media(rendition, (segment.msn, index))).collect();
    let Some(parts) = parts.filter(|parts| !parts.is_empty()) else { return };
    let samples: Vec<_> = parts.iter().flat_map(|p| p.samples.iter().copied()).collect();
    judge.check("P2", &rendition.name, parts[0].start == media.start && samples == media.samples, || {
        let (a, b) = (samples.len(), media.samples.len());
        format!("parts of segment {} hold other samples than it does ({a}, {b})", segment.msn)
    });
}

fn part_media(rendition: &Rendition, at: (u64, usize)) -> Option<&Fragment> {
    rendition.parts.get(&at)?.media.as_ref()?.as_ref().ok()
}

/// P3: the flag says what the samples are.
fn independence(rendition: &Rendition, segment: &Segment, judge: &mut Judge) {
    for (index, part) in segment.parts.iter().enumerate() {
        let Some(media) = part_media(rendition, (segment.msn, index)) else { continue };
        let holds = media.samples.iter().any(|s| s.sync);
        judge.check("P3", &rendition.name, holds == part.independent, || {
            let (is, says) =
                (if holds { "a" } else { "no" }, if part.independent { "YES" } else { "absent" });
            format!("part {}.{index} holds {is} sync sample, INDEPENDENT is {says}", segment.msn)
        });
    }
}

/// P5: nothing appears too late. Parts that appear together are on time together.
fn pace(rendition: &Rendition, target: Option<f64>, allowance: &Allowance, judge: &mut Judge) {
    if let Some(target) = target {
        let times: Vec<_> = rendition.appeared().into_iter().collect();
        for pair in times.windows(2) {
            let gap = pair[1].1 - pair[0].1;
            let most = target * 1000.0 + allowance.between(pair[0].1, pair[1].1);
            judge.check("P5", &rendition.name, gap <= most, || {
                format!("part {}.{} came {gap:.0} ms after the one before it", pair[1].0.0, pair[1].0.1)
            });
        }
    }
    let Some(limit) = rendition.last().and_then(|l| l.target_duration).map(|t| t as f64 * 1500.0) else {
        return;
    };
    let mut newest: Option<(u64, f64)> = None;
    for snapshot in &rendition.snapshots {
        let Some(msn) = snapshot.list.last_complete().map(|s| s.msn) else { continue };
        match newest {
            Some((known, at)) if msn > known => {
                let gap = snapshot.seen_ms - at;
                let most = limit + allowance.between(at, snapshot.seen_ms);
                judge.check("P5", &rendition.name, gap <= most, || {
                    format!("segment {msn} came {gap:.0} ms after the one before it")
                });
                newest = Some((msn, snapshot.seen_ms));
            }
            None => newest = Some((msn, snapshot.seen_ms)),
            Some(_) => {}
        }
    }
}

/// P6: tags of parts stay for three target durations, bytes for three more.
fn kept(rendition: &Rendition, judge: &mut Judge) {
    for pair in rendition.snapshots.windows(2) {
        let (before, after) = (&pair[0].list, &pair[1].list);
        let Some(target) = after.target_duration else { continue };
        let mut from_end: f64 = after.open().map_or(0.0, |s| s.parts.iter().map(|p| p.duration).sum());
        for segment in after.segments.iter().rev().filter(|s| s.uri.is_some()) {
            let had = before.segment(segment.msn).is_some_and(|s| !s.parts.is_empty());
            let dropped = had && segment.parts.is_empty();
            // The distance is that of the parent's end: its last part goes with it.
            judge.check_as(
                Level::Should,
                "P6",
                &rendition.name,
                !dropped || from_end + 0.01 >= 3.0 * target as f64,
                || format!("parts of segment {} dropped {from_end:.1} s from the end", segment.msn),
            );
            from_end += segment.duration.unwrap_or(0.0);
        }
    }
    for revisit in rendition.revisits.iter().filter(|r| r.what.starts_with("part")) {
        judge.check("P6", &rendition.name, revisit.status == 200, || {
            format!("{} answers {} {:.1} s after its tag went", revisit.what, revisit.status, revisit.after_s)
        });
    }
}

/// P7: what is listed is there, and comes at once.
fn available(rendition: &Rendition, allowance: &Allowance, judge: &mut Judge) {
    let name = |piece: &Piece, what: String| {
        let took = if piece.old { 0.0 } else { piece.done_ms - piece.listed_ms };
        (piece.status, took, 200.0 + allowance.between(piece.listed_ms, piece.done_ms), what)
    };
    let parts = rendition.parts.iter().map(|(at, piece)| name(piece, format!("part {}.{}", at.0, at.1)));
    let segments = rendition.segments.iter().map(|(msn, piece)| name(piece, format!("segment {msn}")));
    for (status, took, most, what) in parts.chain(segments) {
        judge
            .check("P7", &rendition.name, matches!(status, 200 | 206), || format!("{what} answers {status}"));
        judge.check("P7", &rendition.name, took <= most, || {
            format!("{what} took {took:.0} ms from its listing")
        });
    }
    for (uri, init) in &rendition.inits {
        judge.check("P7", &rendition.name, init.is_ok(), || format!("{uri}: {init:?}"));
    }
}

#[cfg(test)]
mod tests {
    use crate::hls::evidence::{Revisit, Stream};
    use crate::hls::rules::tests::{failing, stream};

    #[track_caller]
    fn check(ids: &[&str], mut break_it: impl FnMut(&mut Stream)) {
        let mut stream = stream();
        break_it(&mut stream);
        assert_eq!(failing(&stream), ids);
    }

    #[test]
    fn a_part_that_lacks_a_sample_of_its_segment_is_told() {
        check(&["L4", "P2"], |stream| {
            if let Some(Ok(media)) = &mut stream.renditions[0].parts.get_mut(&(6, 2)).expect("a part").media {
                media.samples.pop();
            }
        });
    }

    #[test]
    fn a_late_part_is_told() {
        check(&["P5"], |stream| {
            stream.renditions.iter_mut().for_each(|r| r.snapshots[2].seen_ms += 100.0);
        });
    }

    #[test]
    fn what_the_machine_held_up_is_not_late_but_what_is_later_than_that_is() {
        let late = |held_up: (f64, f64)| {
            move |stream: &mut Stream| {
                stream.renditions.iter_mut().for_each(|r| r.snapshots[2].seen_ms += 300.0);
                stream.allowance.lag.note(held_up.0, held_up.1);
            }
        };
        check(&[], late((1_400.0, 1_700.0)));
        check(&["P5"], late((1_400.0, 1_500.0)));
        check(&["P5"], late((0.0, 1_100.0)));
    }

    #[test]
    fn a_listed_part_that_cannot_be_had_is_told() {
        check(&["P7"], |stream| {
            stream.renditions[0].parts.get_mut(&(8, 1)).expect("a part").status = 404;
        });
    }

    #[test]
    fn a_tag_after_the_first_part_is_told() {
        check(&["P4"], |stream| {
            let segment = &mut stream.renditions[0].snapshots[2].list.segments[4];
            segment.late_tags.push("EXT-X-MAP".to_owned());
        });
    }

    #[test]
    fn parts_dropped_early_are_a_warning_and_lost_bytes_a_fault() {
        check(&["P6"], |stream| stream.renditions[0].snapshots[2].list.segments[3].parts.clear());
        check(&["P6"], |stream| {
            stream.renditions[0].revisits.push(Revisit {
                what: "part 4.0".into(),
                after_s: 2.0,
                status: 404,
            });
        });
    }
}
