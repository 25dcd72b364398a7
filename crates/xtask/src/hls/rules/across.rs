//! M: what holds between renditions.

use std::collections::BTreeMap;

use crate::hls::evidence::{Rendition, Stream};
use crate::hls::finding::{Judge, Level};
use crate::hls::lag::Allowance;
use crate::hls::playlist::Media;

/// Furthest that the wall-clock dates of one moment may differ between renditions: a frame of slow video.
const DATE_SLACK_MS: f64 = 50.0;

/// M1 to M6.
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
    }
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

/// Start of a segment and length of its first sample, in seconds.
fn start(rendition: &Rendition, msn: u64) -> Option<(f64, f64)> {
    let listed = rendition.listed_segments();
    let scale = f64::from(rendition.init_of(listed.get(&msn)?)?.timescale);
    let media = rendition.segments.get(&msn)?.media.as_ref()?.as_ref().ok()?;
    Some((media.start as f64 / scale, f64::from(media.samples.first()?.duration) / scale))
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

/// Dates in all renditions, and one offset between dates and media time for each discontinuity number.
fn dates(stream: &Stream, judge: &mut Judge) {
    let mut offsets: BTreeMap<u64, (f64, String)> = BTreeMap::new();
    for rendition in &stream.renditions {
        let segments = rendition.listed_segments();
        if segments.is_empty() {
            continue;
        }
        judge.check("M4", &rendition.name, segments.values().any(|s| s.date.is_some()), || {
            "no EXT-X-PROGRAM-DATE-TIME".to_owned()
        });
        for (msn, segment) in segments {
            let (Some(date), Some((start, _))) = (segment.date, start(rendition, msn)) else { continue };
            let offset = date - start * 1000.0;
            let (first, of) = offsets
                .entry(segment.discontinuity_number)
                .or_insert((offset, rendition.name.clone()))
                .clone();
            judge.check("M4", &rendition.name, (offset - first).abs() <= DATE_SLACK_MS, || {
                format!(
                    "segment {msn} is dated {:.0} ms off what {of} says of the same media time",
                    offset - first
                )
            });
        }
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
