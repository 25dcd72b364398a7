//! K1 and R1: what a playlist promises about the next part and about its siblings.

use std::collections::BTreeMap;

use crate::hls::evidence::{Rendition, Snapshot, Stream};
use crate::hls::finding::Judge;
use crate::hls::lag::Allowance;
use crate::hls::playlist::Position;

/// K1 and R1.
pub fn judge(stream: &Stream, judge: &mut Judge) {
    for rendition in &stream.renditions {
        if rendition.last().is_some_and(|list| list.part_target.is_some()) {
            hints(rendition, &stream.allowance, judge);
        } else {
            judge.skip("K1", "no parts");
        }
    }
    reports(stream, judge);
}

/// Hints at a segment's end that may turn out wrong in one run: of the first group of pictures nobody knows the length.
const ENDS_UNFORESEEN: usize = 1;

/// K1: hints come true, one per type, and a followed hint is held and then comes whole.
fn hints(rendition: &Rendition, allowance: &Allowance, judge: &mut Judge) {
    let mut unforeseen = 0;
    for pair in rendition.snapshots.windows(2) {
        let list = &pair[0].list;
        for kind in ["PART", "MAP"] {
            let count = list.hints.iter().filter(|h| h.get("TYPE").is_some_and(|t| t == kind)).count();
            judge.check("K1", &rendition.name, count <= 1, || format!("{count} hints of TYPE={kind}"));
        }
        let Some(hint) = list.hints.iter().find(|h| h.get("TYPE").is_some_and(|t| t == "PART")) else {
            continue;
        };
        let hinted = hint.get("URI").map_or("", String::as_str);
        let Some(Came { uri: came, at_end, gap }) = came_next(&pair[0], &pair[1]) else { continue };
        // The source went away before it had made what was hinted at: the hint is withdrawn, and no other part came in its place.
        if gap && came != hinted {
            judge.check("K2", &rendition.name, true, String::new);
            continue;
        }
        unforeseen += usize::from(at_end && came != hinted);
        let excused = at_end && unforeseen <= ENDS_UNFORESEEN;
        judge.check("K1", &rendition.name, came == hinted || excused, || {
            format!("hint {hinted}, but {came} came")
        });
    }
    let appeared = rendition.appeared();
    for hint in &rendition.hints {
        let answer = &hint.answer;
        // When the source goes away, so does what was hinted at, and whoever waits for it is told (K2).
        if answer.status == 404 && !is_available(rendition, hint.at) {
            judge.check("K2", &rendition.name, true, String::new);
            continue;
        }
        judge.check("K1", &rendition.name, answer.status == 200, || {
            format!("the hinted {} answers {}", answer.url, answer.status)
        });
        let spread = answer.done_ms - answer.first_ms;
        let most = 50.0 + allowance.between(answer.first_ms, answer.done_ms);
        judge.check("K1", &rendition.name, spread <= most, || {
            format!("the hinted {} trickled in for {spread:.0} ms", answer.url)
        });
        if let Some(listed) = appeared.get(&hint.at) {
            let late = answer.done_ms - listed;
            let most = 50.0 + allowance.between(*listed, answer.done_ms);
            judge.check("K1", &rendition.name, late <= most, || {
                format!("the hinted {} came {late:.0} ms after its listing", answer.url)
            });
        }
    }
}

/// Whether a part was ever listed as there.
fn is_available(rendition: &Rendition, (msn, index): Position) -> bool {
    let mut listed = rendition.snapshots.iter().filter_map(|s| s.list.segment(msn)?.parts.get(index));
    listed.any(|part| !part.gap)
}

/// The first part past a playlist's edge.
struct Came<'a> {
    uri: &'a str,
    /// It opens another segment than the one that was open.
    at_end: bool,
    /// It is not available.
    gap: bool,
}

/// The first part past the edge of `old`, as `new` lists it.
fn came_next<'a>(old: &Snapshot, new: &'a Snapshot) -> Option<Came<'a>> {
    let (msn, index) = old.list.next();
    let part = |msn: u64, index: usize, at_end: bool| {
        let part = new.list.segment(msn)?.parts.get(index)?;
        Some(Came { uri: part.uri.as_str(), at_end, gap: part.gap })
    };
    if let Some(came) = part(msn, index, false) {
        return Some(came);
    }
    let closed = new.list.segment(msn)?;
    closed.uri.as_ref().filter(|_| closed.parts.len() == index)?;
    part(msn + 1, 0, true)
}

/// R1: one report for each sibling, relative, resolvable and no older than a part.
fn reports(stream: &Stream, judge: &mut Judge) {
    if stream.renditions.len() < 2 {
        judge.skip("R1", "one rendition only");
        return;
    }
    let truth: BTreeMap<&str, BTreeMap<Position, f64>> =
        stream.renditions.iter().map(|r| (r.url.as_str(), r.appeared())).collect();
    for rendition in &stream.renditions {
        if rendition.last().is_none_or(|list| list.part_target.is_none()) {
            judge.skip("R1", "no parts");
            continue;
        }
        for snapshot in rendition.snapshots.iter().filter(|s| !s.list.ended) {
            let list = &snapshot.list;
            let others = stream.renditions.len() - 1;
            let enough =
                if stream.complete { list.reports.len() == others } else { list.reports.len() >= others };
            judge.check("R1", &rendition.name, enough, || {
                format!("{} reports for {others} other renditions", list.reports.len())
            });
            for report in &list.reports {
                let uri = report.get("URI").map_or("", String::as_str);
                let resolved = resolve(&rendition.url, uri);
                judge.check("R1", &rendition.name, !uri.contains("://"), || format!("{uri} is not relative"));
                let known = truth.get(resolved.as_str());
                judge.check("R1", &rendition.name, known.is_some() || !stream.complete, || {
                    format!("{uri} is no playlist of this stream")
                });
                let stale = known.and_then(|times| stale(snapshot, report, times, &stream.allowance));
                judge.check("R1", &rendition.name, stale.is_none(), || {
                    let (said, was) = stale.unwrap_or_default();
                    format!(
                        "{uri}: report {}.{}, but {}.{} was there a part ago",
                        said.0, said.1, was.0, was.1
                    )
                });
            }
        }
    }
}

/// The report's position and the true one, if the report is older than a part.
fn stale(
    snapshot: &Snapshot,
    report: &BTreeMap<String, String>,
    truth: &BTreeMap<Position, f64>,
    allowance: &Allowance,
) -> Option<(Position, Position)> {
    let number = |name: &str| report.get(name).and_then(|v| v.parse::<u64>().ok());
    // Left out, they equal the containing playlist's own.
    let (msn, part) = snapshot.list.edge()?;
    let said = (number("LAST-MSN").unwrap_or(msn), number("LAST-PART").map_or(part, |n| n as usize));
    let part_ago = snapshot.seen_ms - snapshot.list.part_target? * 1000.0;
    let deadline = part_ago - allowance.between(part_ago, snapshot.seen_ms);
    let newest = truth.iter().filter(|(_, at)| **at <= deadline).map(|(position, _)| *position).max()?;
    (said < newest).then_some((said, newest))
}

fn resolve(base: &str, uri: &str) -> String {
    reqwest::Url::parse(base).and_then(|base| base.join(uri)).map_or_else(|_| uri.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use crate::hls::evidence::{Answer, Hinted, Stream};
    use crate::hls::rules::tests::{failing, seen, stream, text};

    #[track_caller]
    fn check(ids: &[&str], mut break_it: impl FnMut(&mut Stream)) {
        let mut stream = stream();
        break_it(&mut stream);
        assert_eq!(failing(&stream), ids);
    }

    #[test]
    fn a_hint_that_is_not_held_or_trickles_is_told() {
        let hinted = |status, done_ms| Hinted {
            at: (8, 2),
            answer: Answer { status, first_ms: 1400.0, done_ms, ..Answer::default() },
        };
        check(&[], |stream| stream.renditions[0].hints.push(hinted(200, 1410.0)));
        check(&["K1"], |stream| stream.renditions[0].hints.push(hinted(404, 1410.0)));
        check(&["K1"], |stream| stream.renditions[0].hints.push(hinted(200, 1600.0)));
    }

    /// One client's playlists across the end of segment 8, hinting at what never comes; `times` such ends, after which a part
    /// with these attributes is there.
    fn ends(times: usize, next: &str) -> Vec<&'static str> {
        let mut stream = stream();
        let closed = text(5).replace(
            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"9.0.m4s\"\n",
            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"8.5.m4s\"\n",
        );
        let next = text(5).replace(
            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"9.0.m4s\"\n",
            &format!("#EXTINF:1.000,\n8.m4s\n#EXT-X-PART:DURATION=0.200,URI=\"9.0.m4s\",{next}\n"),
        );
        let one = seen(&[closed, next]).snapshots;
        stream.renditions.truncate(1);
        stream.renditions[0].snapshots = std::iter::repeat_n(one, times).flatten().collect();
        failing(&stream).into_iter().filter(|id| *id == "K1").collect()
    }

    #[test]
    fn one_unforeseen_end_of_a_segment_is_excused_and_no_more() {
        assert_eq!(ends(1, "INDEPENDENT=YES"), Vec::<&str>::new());
        assert_eq!(ends(2, "INDEPENDENT=YES"), ["K1"]);
    }

    #[test]
    fn a_hint_that_a_gap_withdraws_is_no_wrong_one() {
        assert_eq!(ends(3, "GAP=YES"), Vec::<&str>::new());
    }

    #[test]
    fn a_report_older_than_a_part_is_told() {
        check(&["R1"], |stream| {
            // The sibling's part 8.1 appeared exactly one part before this playlist.
            stream.allowance.tolerance_ms = 0.0;
            let list = &mut stream.renditions[0].snapshots[2].list;
            list.reports[0].insert("LAST-PART".to_owned(), "0".to_owned());
        });
    }
}
