//! M and G: what holds between renditions.

use std::collections::BTreeMap;

use crate::hls::evidence::{Rendition, Stream};
use crate::hls::finding::{Judge, Level};
use crate::hls::lag::Allowance;
use crate::hls::playlist::{Media, Segment};

/// Furthest that the wall-clock dates of one moment may differ between renditions: a frame of slow video.
const DATE_SLACK_MS: f64 = 50.0;

/// How far the dates of two segments may overlap at most, to follow a clock that drifts.
const OVERLAP_MAX_MS: f64 = 1000.0;

/// Segments in a row among which at most [`STEPS_MAX`] may have a date that does not follow from the one before.
const STEPS_IN: usize = 8;
const STEPS_MAX: usize = 4;

/// M1 to M6, G1.
pub fn judge(stream: &Stream, judge: &mut Judge) {
    reachable(stream, judge);
    let lists: Vec<(&Rendition, &Media)> =
        stream.renditions.iter().filter_map(|r| Some((r, r.last()?))).collect();
    let Some((first, rest)) = lists.split_first() else { return };
    for (other, list) in rest {
        judge.check("M2", &other.name, list.target_duration == first.1.target_duration, || {
            format!("{:?} s, but {:?} s in {}", list.target_duration, first.1.target_duration, first.0.name)
        });
        judge.check("M3", &other.name, list.server_control == first.1.server_control, || {
            format!("{:?}, but {:?} in {}", list.server_control, first.1.server_control, first.0.name)
        });
        numbering(first.0, other, judge);
        edges(first.0, other, &stream.allowance, judge);
        interruptions(first.0, other, judge);
    }
    judge.skip("G1", "the source was not away");
    if rest.is_empty() {
        for id in ["M2", "M3", "M5", "M6"] {
            judge.skip(id, "one rendition only");
        }
    }
    dates(stream, judge);
}

fn reachable(stream: &Stream, judge: &mut Judge) {
    let Some(multivariant) = &stream.multivariant else {
        judge.skip("M1", "the address is a media playlist");
        return;
    };
    for variant in &multivariant.variants {
        let missing = ["BANDWIDTH", "CODECS"].iter().find(|name| !variant.attributes.contains_key(**name));
        judge.check("M1", &variant.uri, missing.is_none(), || format!("EXT-X-STREAM-INF lacks {missing:?}"));
    }
    for rendition in &stream.renditions {
        judge.check("M1", &rendition.name, !rendition.snapshots.is_empty(), || {
            format!("no playlist: {}", rendition.failures.first().map_or("", |(_, why)| why))
        });
        for (uri, init) in &rendition.inits {
            match init {
                Ok(init) => judge.check("M1", &rendition.name, names(&rendition.codecs, &init.codec), || {
                    format!("{uri} holds {}, CODECS say {:?}", init.codec, rendition.codecs)
                }),
                Err(why) => judge.check("M1", &rendition.name, false, || format!("{uri}: {why}")),
            }
        }
    }
}

/// Whether every CODECS list that plays this rendition names the codec that it holds. Hex digits may be of either case.
fn names(lists: &[String], codec: &str) -> bool {
    lists.iter().all(|list| list.split(',').any(|named| named.trim().eq_ignore_ascii_case(codec)))
}

/// Same number: same discontinuity number, same time, same parts.
fn numbering(a: &Rendition, b: &Rendition, judge: &mut Judge) {
    let (left, right) = (a.listed_segments(), b.listed_segments());
    for (msn, ours) in &left {
        let Some(theirs) = right.get(msn) else { continue };
        judge.check("M5", &b.name, ours.discontinuity_number == theirs.discontinuity_number, || {
            let (x, y) = (ours.discontinuity_number, theirs.discontinuity_number);
            format!("segment {msn}: discontinuity {y}, but {x} in {}", a.name)
        });
        if let (Some((x, frame_x)), Some((y, frame_y))) = (start(a, *msn), start(b, *msn)) {
            judge.check("M5", &b.name, (x - y).abs() <= frame_x.max(frame_y) + 0.002, || {
                format!("segment {msn} begins at {y:.3} s, but at {x:.3} s in {}", a.name)
            });
        }
        if ours.parts.is_empty() || theirs.parts.is_empty() {
            continue;
        }
        let frames = [a, b].iter().filter_map(|r| start(r, *msn)).map(|(_, frame)| frame).fold(0.0, f64::max);
        let same = ours.parts.len() == theirs.parts.len()
            && ours
                .parts
                .iter()
                .zip(&theirs.parts)
                .all(|(p, q)| (p.duration - q.duration).abs() <= frames + 0.002);
        judge.check_as(Level::Ours, "M5", &b.name, same, || {
            format!("segment {msn} is cut into other parts than in {}", a.name)
        });
    }
    let shared = left.keys().any(|msn| right.contains_key(msn));
    judge.check_as(Level::Ours, "M5", &b.name, shared, || format!("no number in common with {}", a.name));
}

/// When a segment's first picture or sound is shown, and how long its first sample lasts, in seconds. Renditions may decode in another
/// order than each other: what viewers see must begin together.
fn start(rendition: &Rendition, msn: u64) -> Option<(f64, f64)> {
    let listed = rendition.listed_segments();
    let scale = f64::from(rendition.init_of(listed.get(&msn)?)?.timescale);
    let media = rendition.segments.get(&msn)?.media.as_ref()?.as_ref().ok()?;
    Some((media.shown_from()? as f64 / scale, f64::from(media.samples.first()?.duration) / scale))
}

/// Parts of one position appear in both renditions within a part's time.
fn edges(a: &Rendition, b: &Rendition, allowance: &Allowance, judge: &mut Judge) {
    let Some(target) = a.last().and_then(|list| list.part_target) else {
        judge.skip("M6", "no parts");
        return;
    };
    let (left, right) = (a.appeared(), b.appeared());
    for (at, x) in &left {
        let Some(y) = right.get(at) else { continue };
        let most = target * 1000.0 + allowance.between(x.min(*y), x.max(*y));
        judge.check("M6", &b.name, (x - y).abs() <= most, || {
            format!("part {}.{} {:.0} ms after {}", at.0, at.1, y - x, a.name)
        });
    }
}

/// G1: where the first rendition has nothing the other has nothing either, and both begin anew at the same number.
fn interruptions(a: &Rendition, b: &Rendition, judge: &mut Judge) {
    let (left, right) = (a.listed_segments(), b.listed_segments());
    for (msn, ours) in &left {
        let Some(theirs) = right.get(msn) else { continue };
        if ours.gap {
            judge.check("G1", &b.name, theirs.gap, || format!("segment {msn} is a gap in {} only", a.name));
        }
        if ours.discontinuity || theirs.discontinuity {
            judge.check("G1", &b.name, ours.discontinuity == theirs.discontinuity, || {
                let only = if ours.discontinuity { &a.name } else { &b.name };
                format!("segment {msn} is a discontinuity in {only} only")
            });
        }
    }
}

/// Dates in all renditions, the same for the same media time, and rising with it.
fn dates(stream: &Stream, judge: &mut Judge) {
    let mut first: Option<(&str, Vec<Dated>)> = None;
    for rendition in &stream.renditions {
        let segments = rendition.listed_segments();
        if segments.is_empty() {
            continue;
        }
        judge.check("M4", &rendition.name, segments.values().any(|s| s.date.is_some()), || {
            "no EXT-X-PROGRAM-DATE-TIME".to_owned()
        });
        rising(&rendition.name, &segments, judge);
        let dated = dated(rendition, &segments);
        match &first {
            None if !dated.is_empty() => first = Some((&rendition.name, dated)),
            None => {}
            Some((name, known)) => alike(name, known, &rendition.name, &dated, judge),
        }
    }
}

/// From one segment to the next dates rise. A server that corrects them lets two segments overlap by less than a second,
/// so that a date still says which moment is meant, and does so seldom: players take each step for a jump.
fn rising(name: &str, segments: &BTreeMap<u64, &Segment>, judge: &mut Judge) {
    let all: Vec<(&u64, &&Segment)> = segments.iter().collect();
    let mut steps = Vec::new();
    for pair in all.windows(2) {
        let ((msn, old), (next, new)) = (pair[0], pair[1]);
        let dates =
            old.date.zip(new.date).zip(old.duration).filter(|_| msn + 1 == *next && !new.discontinuity);
        let Some(((before, date), duration)) = dates else { continue };
        let step = date - before - duration * 1000.0;
        judge.check("M4", name, date > before && step > -OVERLAP_MAX_MS, || {
            format!(
                "segment {next} is dated {:.0} ms after the one before it, which lasts {duration:.3} s",
                date - before
            )
        });
        steps.push(step.abs() > DATE_SLACK_MS);
    }
    for run in steps.windows(STEPS_IN) {
        let count = run.iter().filter(|step| **step).count();
        judge.check_as(Level::Ours, "M4", name, count <= STEPS_MAX, || {
            format!("dates step {count} times in {STEPS_IN} segments in a row")
        });
    }
}

/// A segment's media time and date.
struct Dated {
    discontinuity: u64,
    /// In seconds.
    start: f64,
    end: f64,
    /// From media time to date, in milliseconds.
    offset: f64,
    msn: u64,
}

fn dated(rendition: &Rendition, segments: &BTreeMap<u64, &Segment>) -> Vec<Dated> {
    let of = |(msn, segment): (&u64, &&Segment)| {
        let (date, (start, _)) = (segment.date?, start(rendition, *msn)?);
        let end = start + segment.duration.unwrap_or(0.0);
        Some(Dated {
            discontinuity: segment.discontinuity_number,
            start,
            end,
            offset: date - start * 1000.0,
            msn: *msn,
        })
    };
    segments.iter().filter_map(of).collect()
}

/// One offset between dates and media time in two renditions, wherever both have media.
fn alike(of: &str, known: &[Dated], name: &str, dated: &[Dated], judge: &mut Judge) {
    const SLACK_S: f64 = DATE_SLACK_MS / 1000.0;
    for segment in dated {
        let at = segment.start + SLACK_S;
        let same = |other: &&Dated| {
            other.discontinuity == segment.discontinuity && other.start <= at && at < other.end + SLACK_S
        };
        let Some(other) = known.iter().rev().find(same) else { continue };
        let off = segment.offset - other.offset;
        judge.check("M4", name, off.abs() <= DATE_SLACK_MS, || {
            format!("segment {} is dated {off:.0} ms off what {of} says of the same media time", segment.msn)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hls::playlist::{Multivariant, Variant, attributes};
    use crate::hls::rules::tests::{failing, stream};

    #[test]
    fn codecs_must_name_what_the_init_segment_holds() {
        let mut stream = stream();
        let variant =
            Variant { attributes: attributes("BANDWIDTH=1,CODECS=\"avc1.64001f\""), uri: "v".into() };
        stream.multivariant = Some(Multivariant { variants: vec![variant], ..Multivariant::default() });
        for rendition in &mut stream.renditions {
            rendition.codecs = vec!["avc1.64001f,mp4a.40.2".to_owned()];
            for init in rendition.inits.values_mut().flatten() {
                init.codec = "avc1.64001F".to_owned();
            }
        }
        assert_eq!(failing(&stream), Vec::<&str>::new());
        stream.renditions[1].codecs.push("avc1.42c01e".to_owned());
        assert_eq!(failing(&stream), ["M1"]);
    }

    #[test]
    fn an_edge_that_lags_by_more_than_a_part_is_told() {
        let mut stream = stream();
        for snapshot in &mut stream.renditions[1].snapshots[1..] {
            snapshot.seen_ms += 400.0;
        }
        assert_eq!(failing(&stream), ["M6"]);
    }

    #[test]
    fn g1_an_interruption_is_one_of_all_renditions() {
        let interrupted = |stream: &mut Stream, count: usize, gap: u64| {
            for snapshot in stream.renditions.iter_mut().take(count).flat_map(|r| &mut r.snapshots) {
                for segment in &mut snapshot.list.segments {
                    segment.gap = segment.msn == gap;
                    segment.discontinuity = segment.msn == gap + 1;
                    segment.discontinuity_number = u64::from(segment.msn > gap);
                }
            }
        };
        let mut both = stream();
        interrupted(&mut both, 2, 5);
        assert_eq!(failing(&both), Vec::<&str>::new());
        interrupted(&mut both, 1, 6);
        assert!(failing(&both).contains(&"G1"));
    }

    /// What M4 says of segments whose dates are later than media time by `offsets` ms, in the first rendition or in both.
    #[track_caller]
    fn check_dates(offsets: [f64; 5], both: bool, ids: &[&str]) {
        let mut stream = stream();
        let count = if both { 2 } else { 1 };
        for snapshot in stream.renditions.iter_mut().take(count).flat_map(|r| &mut r.snapshots) {
            for (segment, offset) in snapshot.list.segments.iter_mut().zip(offsets) {
                segment.date = segment.date.map(|date| date + offset);
            }
        }
        assert_eq!(failing(&stream), ids, "{offsets:?} {both}");
    }

    #[test]
    fn dates_may_follow_a_clock_that_drifts_in_all_renditions_at_once() {
        check_dates([0.0, 0.0, 300.0, 300.0, 300.0], true, &[]);
        check_dates([0.0, 0.0, -500.0, -500.0, -500.0], true, &[]);
        check_dates([0.0, 0.0, 300.0, 300.0, 300.0], false, &["M4"]);
    }

    #[test]
    fn dates_that_go_back_are_told() {
        check_dates([0.0, 0.0, -1_000.0, -1_000.0, -1_000.0], true, &["M4"]);
        check_dates([0.0, 0.0, -1_200.0, -1_200.0, -1_200.0], true, &["M4"]);
    }

    #[test]
    fn dates_that_step_all_the_time_break_our_rule() {
        let segment = |n: u64| Segment {
            msn: n,
            duration: Some(1.0),
            date: Some(n as f64 * 1000.0 + if n.is_multiple_of(2) { 200.0 } else { 0.0 }),
            ..Segment::default()
        };
        let segments: Vec<Segment> = (0..12).map(segment).collect();
        let mut verdict = Judge::default();
        super::rising("720p", &segments.iter().map(|s| (s.msn, s)).collect(), &mut verdict);
        assert!(verdict.findings.iter().all(|f| (f.id, f.level) == ("M4", Level::Ours)));
        assert_eq!(verdict.findings.len(), 4);
    }

    #[test]
    fn a_rendition_numbered_on_its_own_breaks_our_rule_only() {
        let mut stream = stream();
        for snapshot in &mut stream.renditions[1].snapshots {
            snapshot.list.segments.iter_mut().for_each(|s| s.msn += 100);
        }
        let mut verdict = Judge::default();
        super::judge(&stream, &mut verdict);
        let levels: Vec<_> = verdict.findings.iter().map(|f| (f.id, f.level)).collect();
        assert_eq!(levels, [("M5", Level::Ours)]);
    }
}
