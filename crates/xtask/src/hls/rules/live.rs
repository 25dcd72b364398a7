//! L: how a live playlist and its media move on.

use crate::hls::evidence::{Rendition, Snapshot};
use crate::hls::finding::Judge;
use crate::hls::playlist::{Media, Segment};

/// L1 to L4.
pub fn judge(rendition: &Rendition, judge: &mut Judge) {
    for pair in rendition.snapshots.windows(2) {
        changes(&rendition.name, &pair[0], &pair[1], judge);
    }
    window(rendition, judge);
    if rendition.segments.values().any(|piece| piece.media.is_some()) {
        keys(rendition, judge);
        times(rendition, judge);
    } else {
        judge.skip("L3", "no MP4 media");
        judge.skip("L4", "no MP4 media");
    }
}

/// L1: from one playlist to the next.
fn changes(name: &str, old: &Snapshot, new: &Snapshot, judge: &mut Judge) {
    let (old, new) = (&old.list, &new.list);
    judge.check("L1", name, new.media_sequence >= old.media_sequence, || {
        format!("MEDIA-SEQUENCE fell from {} to {}", old.media_sequence, new.media_sequence)
    });
    let removed =
        old.segments.iter().filter(|s| s.msn < new.media_sequence && s.discontinuity).count() as u64;
    let expected = old.discontinuity_sequence + removed;
    // A playlist that moved on further than the old one reaches may have lost discontinuities nobody saw.
    let seen_all = old.segments.last().is_some_and(|s| s.msn + 1 >= new.media_sequence);
    judge.check("L1", name, !seen_all || new.discontinuity_sequence == expected, || {
        format!("DISCONTINUITY-SEQUENCE {} but {expected} expected", new.discontinuity_sequence)
    });
    for segment in &old.segments {
        let Some(now) = new.segment(segment.msn) else { continue };
        let fault = changed(segment, now);
        judge.check("L1", name, fault.is_none(), || {
            format!("segment {}: {} changed", segment.msn, fault.unwrap_or_default())
        });
    }
    judge.check("L1", name, !old.ended || new.ended, || "ENDLIST was taken back".to_owned());
}

/// What of a segment changed that must not.
fn changed(old: &Segment, new: &Segment) -> Option<&'static str> {
    let complete = old.uri.is_some();
    // Its parts may go, from the front or all at once, and an open segment's grow at the end.
    let parts_kept = new.parts.len() < old.parts.len() && complete
        || new.parts.iter().zip(&old.parts).all(|(new, old)| new == old)
            && (complete || new.parts.len() >= old.parts.len())
        || new.parts.is_empty();
    match () {
        () if complete && new.uri != old.uri => Some("its URI"),
        () if complete && new.duration != old.duration => Some("EXTINF"),
        () if new.discontinuity_number != old.discontinuity_number => Some("its discontinuity number"),
        () if new.map != old.map && complete => Some("its MAP"),
        () if old.date.is_some() && new.date.is_some() && new.date != old.date => Some("its date"),
        () if !parts_kept => Some("its parts"),
        () => None,
    }
}

/// L2: the window never shrinks below three target durations; what left it stays available.
fn window(rendition: &Rendition, judge: &mut Judge) {
    let mut reached = false;
    for snapshot in &rendition.snapshots {
        let target = snapshot.list.target_duration.unwrap_or(0) as f64;
        let complete: f64 = snapshot.list.segments.iter().filter_map(|s| s.duration).sum();
        reached |= complete >= 3.0 * target;
        judge.check("L2", &rendition.name, !reached || complete + 0.01 >= 3.0 * target, || {
            format!("{complete:.1} s listed, 3 × TARGETDURATION is {}", 3.0 * target)
        });
    }
    for revisit in rendition.revisits.iter().filter(|r| r.what.starts_with("segment")) {
        judge.check("L2", &rendition.name, revisit.status == 200, || {
            format!("{} answers {} {:.1} s after its removal", revisit.what, revisit.status, revisit.after_s)
        });
    }
}

/// L3: every segment holds an independent frame.
fn keys(rendition: &Rendition, judge: &mut Judge) {
    for (msn, piece) in &rendition.segments {
        match &piece.media {
            Some(Ok(media)) => {
                judge.check("L3", &rendition.name, media.samples.iter().any(|s| s.sync), || {
                    format!("segment {msn} has no sync sample among {}", media.samples.len())
                })
            }
            Some(Err(why)) => judge.check("L3", &rendition.name, false, || format!("segment {msn}: {why}")),
            None => {}
        }
    }
}

/// L4: media time goes on from segment to segment and part to part, and EXTINF is what the samples last.
fn times(rendition: &Rendition, judge: &mut Judge) {
    let listed = rendition.listed_segments();
    let mut before: Option<(u64, u64, u64)> = None;
    for (msn, segment) in &listed {
        let media = rendition.segments.get(msn).and_then(|p| p.media.as_ref()?.as_ref().ok());
        let (Some(media), Some(init)) = (media, rendition.init_of(segment)) else {
            before = None;
            continue;
        };
        let frame = u64::from(media.samples.iter().map(|s| s.duration).max().unwrap_or(0));
        if let Some((end, frame_before, number)) = before.filter(|_| !segment.discontinuity) {
            let off = media.start.abs_diff(end);
            judge.check("L4", &rendition.name, number + 1 != *msn || off <= frame.max(frame_before), || {
                format!("segment {msn} begins {off} ticks off the end of the one before it")
            });
        }
        before = Some((media.end(), frame, *msn));
        let scale = f64::from(init.timescale);
        let (said, is) = (segment.duration.unwrap_or(0.0), media.duration() as f64 / scale);
        judge.check("L4", &rendition.name, (said - is).abs() <= frame as f64 / scale + 0.001, || {
            format!("segment {msn}: EXTINF {said:.3}, samples last {is:.3} s")
        });
        // Encoders write milliseconds, so a part's last sample may be guessed some ticks off.
        let jumps: Vec<_> = media.breaks.iter().filter(|(due, is)| due.abs_diff(*is) > frame).collect();
        judge.check("L4", &rendition.name, jumps.is_empty(), || {
            format!("segment {msn}: decode time jumps inside it: {jumps:?}")
        });
    }
    parts(rendition, judge);
}

/// L4 for parts: each lasts what it says and begins where the one before it ends.
fn parts(rendition: &Rendition, judge: &mut Judge) {
    let lists: Vec<&Media> = rendition.snapshots.iter().map(|s| &s.list).collect();
    let find = |msn: u64| lists.iter().rev().find_map(|l| l.segment(msn).filter(|s| !s.parts.is_empty()));
    let mut before: Option<((u64, usize), u64)> = None;
    for (at, piece) in &rendition.parts {
        let (Some(segment), Some(Ok(media))) = (find(at.0), &piece.media) else { continue };
        let (Some(init), Some(part)) = (rendition.init_of(segment), segment.parts.get(at.1)) else {
            continue;
        };
        let scale = f64::from(init.timescale);
        let frame = u64::from(media.samples.iter().map(|s| s.duration).max().unwrap_or(0));
        let is = media.duration() as f64 / scale;
        // A part is judged more sharply than by a frame: players add parts up.
        let slack = super::ROUNDING_S
            + if part.independent { frame as f64 / scale } else { frame as f64 / scale / 2.0 };
        judge.check("L4", &rendition.name, (part.duration - is).abs() <= slack, || {
            format!("part {}.{}: DURATION {:.3}, samples last {is:.3} s", at.0, at.1, part.duration)
        });
        if let Some((last, end)) = before.filter(|(last, _)| last.0 == at.0 && last.1 + 1 == at.1) {
            let off = media.start.abs_diff(end);
            judge.check("L4", &rendition.name, off <= frame, || {
                format!("part {}.{} begins {off} ticks off the end of {}.{}", at.0, at.1, last.0, last.1)
            });
        }
        before = Some((*at, media.end()));
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
    fn a_playlist_that_goes_back_or_rewrites_history_is_told() {
        check(&["L1"], |stream| {
            stream.renditions[0].snapshots[0].list.media_sequence = 5;
        });
        check(&["L1"], |stream| {
            stream.renditions[0].snapshots[1].list.segments[1].uri = Some("other.m4s".to_owned());
        });
        check(&["L1"], |stream| stream.renditions[0].snapshots[1].list.discontinuity_sequence = 3);
    }

    #[test]
    fn a_window_that_shrinks_is_told() {
        check(&["L2"], |stream| {
            let list = &mut stream.renditions[0].snapshots[2].list;
            list.segments.drain(..2);
            list.media_sequence += 2;
        });
        check(&["L2"], |stream| {
            stream.renditions[0].revisits.push(Revisit {
                what: "segment 3".into(),
                after_s: 2.0,
                status: 404,
            });
        });
    }

    #[test]
    fn a_segment_without_a_key_frame_is_told() {
        check(&["L3"], |stream| {
            if let Some(Ok(media)) = &mut stream.renditions[0].segments.get_mut(&6).expect("a segment").media
            {
                media.samples.iter_mut().for_each(|s| s.sync = false);
            }
            // The parts still hold it, so the two differ in P2: keep them alike.
            stream.renditions[0].parts.clear();
        });
    }

    #[test]
    fn media_time_that_jumps_is_told_unless_a_discontinuity_says_so() {
        let jump = |stream: &mut Stream| {
            for rendition in &mut stream.renditions {
                for (msn, piece) in rendition.segments.iter_mut().filter(|(msn, _)| **msn >= 6) {
                    if let Some(Ok(media)) = &mut piece.media {
                        media.start = msn * 1000 + 700;
                    }
                }
                rendition.parts.clear();
                rendition.snapshots.iter_mut().for_each(|s| {
                    s.list
                        .segments
                        .iter_mut()
                        .for_each(|s| s.date = s.date.map(|d| if s.msn >= 6 { d + 700.0 } else { d }));
                });
            }
        };
        check(&["L4"], jump);
        check(&[], |stream| {
            jump(stream);
            let lists = stream.renditions.iter_mut().flat_map(|r| &mut r.snapshots);
            lists.for_each(|s| s.list.segments[2].discontinuity = true);
        });
    }
}
