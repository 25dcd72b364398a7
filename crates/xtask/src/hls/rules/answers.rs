//! B, D and K2: how directives are answered.

use crate::hls::evidence::{Delta, Probe, Question, Rendition, Stream};
use crate::hls::finding::{Judge, Level};
use crate::hls::lag::Allowance;
use crate::hls::playlist::{Media, Segment};

/// An answer "at once": a round trip and what a busy machine adds come on top.
const AT_ONCE_MS: f64 = 100.0;

/// B1 to B7, D1, D2, K2; and B2 on every blocking reload of the watch.
pub fn judge(stream: &Stream, judge: &mut Judge) {
    judge.skip("B6", "no request was held for that long");
    judge.skip("B7", "the stream did not end while it was watched");
    for id in ["B1", "B2", "B3", "B4", "B5"] {
        judge.skip(id, "no CAN-BLOCK-RELOAD");
    }
    judge.skip("D1", "no CAN-SKIP-UNTIL");
    judge.skip("D2", "not asked");
    judge.skip("K2", "no parts");
    for rendition in &stream.renditions {
        for snapshot in &rendition.snapshots {
            let Some(wanted) = snapshot.wanted else { continue };
            let there = snapshot.list.ended || snapshot.list.reaches(wanted);
            judge.check("B2", &rendition.name, there, || {
                format!("asked for {}.{}, released before it was listed", wanted.0, wanted.1)
            });
        }
        held(rendition, &stream.allowance, judge);
        let appeared = rendition.appeared();
        for (_, probe) in stream.probes.iter().filter(|(name, _)| *name == rendition.name) {
            let published = match probe.question {
                Question::Part(at) => appeared.get(&at).copied(),
                _ => None,
            };
            answer(&rendition.name, probe, published, &stream.allowance, judge);
        }
    }
    for (name, delta) in &stream.deltas {
        merge(name, delta, judge);
    }
}

/// B6: what is waited for in vain is not waited for for ever, and is not said to be gone.
fn held(rendition: &Rendition, allowance: &Allowance, judge: &mut Judge) {
    let target_ms = rendition.last().and_then(|list| list.target_duration).unwrap_or(0) as f64 * 1000.0;
    for held in &rendition.held {
        let (took, status) = (held.done_ms - held.asked_ms, held.status);
        let most = 3.0 * target_ms + AT_ONCE_MS + allowance.between(held.asked_ms, held.done_ms);
        judge.check("B6", &rendition.name, status == 503 && took <= most, || {
            format!("a request was held for {:.1} s and answered {status}", took / 1000.0)
        });
    }
}

/// One probe.
fn answer(name: &str, probe: &Probe, published_ms: Option<f64>, allowance: &Allowance, judge: &mut Judge) {
    let (got, status) = (probe.answer.media(), probe.answer.status);
    let failed = || format!("{:?}: {}", probe.question, got.as_ref().err().cloned().unwrap_or_default());
    let at_once =
        probe.answer.took_ms() <= AT_ONCE_MS + allowance.between(probe.answer.asked_ms, probe.answer.done_ms);
    match &probe.question {
        Question::Segment(msn) => {
            let right = got.as_ref().is_ok_and(|list| list.ended || list.completes(*msn));
            judge.check("B1", name, right, || match &got {
                Ok(_) => format!("_HLS_msn={msn} was released before segment {msn} was complete"),
                Err(_) => failed(),
            });
        }
        Question::Part(at) => {
            let right = got.as_ref().is_ok_and(|list| list.ended || list.reaches(*at));
            judge.check("B2", name, right, || format!("part {}.{}: {}", at.0, at.1, failed()));
            let late = published_ms.map_or(0.0, |at| probe.answer.done_ms - at);
            let most = 50.0 + published_ms.map_or(0.0, |at| allowance.between(at, probe.answer.done_ms));
            judge.check("B2", name, late <= most, || {
                format!("part {}.{} was released {late:.0} ms after others had it", at.0, at.1)
            });
        }
        Question::PastTheEnd(at) => {
            let right = got.as_ref().is_ok_and(|list| list.ended || list.reaches((at.0 + 1, 0)));
            judge.check("B3", name, right, || match &got {
                Ok(_) => format!("{}.{} was released before {}.0 was listed", at.0, at.1, at.0 + 1),
                Err(_) => failed(),
            });
        }
        Question::Old(msn) => {
            let whole =
                got.as_ref().is_ok_and(|list| list.skipped.is_none() && list.edge() >= probe.before.edge());
            judge.check("B4", name, whole && at_once, || {
                format!("_HLS_msn={msn}: status {status} after {:.0} ms", probe.answer.took_ms())
            });
        }
        Question::Impossible(query, must) => {
            let level = if *must { Level::Must } else { Level::Should };
            judge.check_as(level, "B5", name, status == 400 && at_once, || {
                format!(
                    "{query}: status {status} after {:.0} ms, 400 expected at once",
                    probe.answer.took_ms()
                )
            });
        }
        Question::UnknownSkip => {
            let full = got.as_ref().is_ok_and(|list| list.skipped.is_none());
            judge.check("D2", name, full, || format!("_HLS_skip: {}", failed()));
        }
        Question::AfterTheEnd => {
            let right = got.as_ref().is_ok_and(|list| list.ended && list.skipped.is_none());
            judge.check("B7", name, right && at_once, failed);
        }
        Question::UnknownPart => judge.check("K2", name, status == 404 && at_once, || {
            format!("{}: status {status} after {:.0} ms", probe.answer.url, probe.answer.took_ms())
        }),
    }
}

/// D1: the delta says what it skips, skips only what is old, and merges to the full playlist.
fn merge(name: &str, delta: &Delta, judge: &mut Judge) {
    let boundary = delta.full.control("CAN-SKIP-UNTIL").unwrap_or(f64::INFINITY);
    let due = skippable(&delta.full, boundary);
    let Some(skipped) = delta.delta.skipped else {
        judge.check("D1", name, due == 0, || format!("{due} segments could be skipped, but SKIP is absent"));
        return;
    };
    judge.check("D1", name, skipped > 0 && skipped <= due, || {
        format!("{skipped} segments are skipped, {due} are past the boundary")
    });
    let merged = merged(&delta.old, &delta.delta, skipped);
    let (a, b) = (shape(&merged), shape(&delta.full.segments));
    judge.check("D1", name, a == b, || {
        let at = a.iter().zip(&b).position(|(x, y)| x != y);
        format!(
            "merged delta has {} segments, the full playlist {}; first difference at {at:?}",
            a.len(),
            b.len()
        )
    });
}

/// How many of the oldest segments lie further from the end of the last complete one than the boundary.
fn skippable(list: &Media, boundary: f64) -> u64 {
    let complete: Vec<f64> =
        list.segments.iter().filter(|s| s.uri.is_some()).filter_map(|s| s.duration).collect();
    let mut from_end = complete.iter().sum::<f64>();
    let mut count = 0;
    for duration in complete {
        // A segment is past the boundary if all of it is.
        from_end -= duration;
        if from_end + super::ROUNDING_S < boundary {
            break;
        }
        count += 1;
    }
    count
}

/// The old playlist's segments for the skipped ones, then the delta's. A MAP in force before the delta's first segment
/// stays in force if the delta does not say it again: the draft leaves open whether it must.
fn merged(old: &Media, delta: &Media, skipped: u64) -> Vec<Segment> {
    let first = delta.media_sequence;
    let kept = old.segments.iter().filter(|s| (first..first + skipped).contains(&s.msn)).cloned();
    let mut all: Vec<Segment> = kept.chain(delta.segments.iter().cloned()).collect();
    for at in 1..all.len() {
        if all[at].map.is_none() {
            all[at].map = all[at - 1].map.clone();
        }
    }
    all
}

/// What must agree after a merge. Dates and parts of old segments may have been written in one and not in the other.
fn shape(segments: &[Segment]) -> Vec<(u64, Option<&str>, Option<&str>)> {
    segments.iter().map(|s| (s.msn, s.uri.as_deref(), s.map.as_deref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hls::evidence::{Answer, Held};
    use crate::hls::playlist;
    use crate::hls::rules::tests::{failing, stream, text};

    #[track_caller]
    fn check(question: Question, status: u16, body: &str, took_ms: f64, ids: &[&str]) {
        let mut stream = stream();
        let before = playlist::media(&text(2)).expect("a playlist");
        let body = body.to_owned().into();
        let answer = Answer { status, body, asked_ms: 0.0, done_ms: took_ms, ..Answer::default() };
        stream.probes.push(("720p".to_owned(), Probe { question: question.clone(), before, answer }));
        assert_eq!(failing(&stream), ids, "{question:?} → {status}");
    }

    #[test]
    fn a_segment_is_waited_for_until_it_is_complete() {
        check(Question::Segment(7), 200, &text(2), 300.0, &[]);
        check(Question::Segment(8), 200, &text(2), 300.0, &["B1"]);
        check(Question::Segment(8), 503, "", 300.0, &["B1"]);
    }

    #[test]
    fn a_part_is_waited_for_and_released_in_time() {
        check(Question::Part((8, 1)), 200, &text(2), 1200.0, &[]);
        check(Question::Part((8, 1)), 200, &text(1), 1200.0, &["B2"]);
        check(Question::Part((8, 1)), 200, &text(2), 1500.0, &["B2"]);
        check(Question::PastTheEnd((7, 5)), 200, &text(1), 10.0, &[]);
        check(Question::PastTheEnd((8, 5)), 200, &text(2), 10.0, &["B3"]);
    }

    #[test]
    fn b6_a_request_is_held_for_three_target_durations_and_then_answered_503() {
        for (took_ms, status, ids) in [
            (3_010.0, 503, &[][..]),
            (3_010.0, 404, &["B6"]),
            (2_950.0, 400, &["B6"]),
            (4_500.0, 503, &["B6"]),
        ] {
            let mut stream = stream();
            stream.renditions[0].held.push(Held { asked_ms: 0.0, done_ms: took_ms, status });
            assert_eq!(failing(&stream), ids, "{status} after {took_ms} ms");
        }
    }

    #[test]
    fn old_numbers_are_answered_and_impossible_ones_refused() {
        check(Question::Old(1), 200, &text(2), 10.0, &[]);
        check(Question::Old(1), 400, "", 10.0, &["B4"]);
        check(Question::Impossible("_HLS_part=1", true), 400, "", 10.0, &[]);
        check(Question::Impossible("_HLS_part=1", true), 200, &text(2), 10.0, &["B5"]);
        check(Question::Impossible("_HLS_msn=99", false), 400, "", 3000.0, &["B5"]);
        check(Question::UnknownPart, 404, "", 10.0, &[]);
        check(Question::UnknownPart, 200, "", 10.0, &["K2"]);
    }

    #[test]
    fn after_the_end_directives_mean_nothing() {
        let ended = text(2).replace("#EXT-X-PRELOAD-HINT", "#EXT-X-ENDLIST\n#X");
        check(Question::AfterTheEnd, 200, &ended, 10.0, &[]);
        check(Question::AfterTheEnd, 200, &text(2), 10.0, &["B7"]);
    }

    /// Twelve complete segments of one second, boundary at six; a delta that skips `skipped` and starts at `from`.
    fn delta(skipped: u64, from: u64) -> Vec<Finding> {
        let head =
            "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=6.0\n";
        let list = |from: u64, skip: &str| {
            let segments: String = (from..12).map(|n| format!("#EXTINF:1.0,\n{n}.m4s\n")).collect();
            playlist::media(&format!("{head}{skip}{segments}")).expect("a playlist")
        };
        let skip =
            if skipped > 0 { format!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n") } else { String::new() };
        let mut judge = Judge::default();
        merge("720p", &Delta { old: list(0, ""), delta: list(from, &skip), full: list(0, "") }, &mut judge);
        judge.findings
    }
    use crate::hls::finding::Finding;

    #[test]
    fn a_delta_skips_what_is_old_and_merges() {
        assert_eq!(delta(6, 6), []);
        assert_eq!(delta(5, 5), []);
        assert_eq!(delta(7, 7).len(), 1, "one past the boundary");
        assert_eq!(delta(0, 0).len(), 1, "SKIP was due");
        assert_eq!(delta(6, 7).len(), 1, "a segment is lost in the merge");
    }
}
