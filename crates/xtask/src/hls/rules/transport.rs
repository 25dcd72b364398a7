//! C: compression, caching, sharing between origins, and what HTTP itself promises.

use std::io::Read;

use crate::hls::evidence::{Answer, Stream, Transport};
use crate::hls::finding::{Judge, Level};

/// C1 and C2.
pub fn judge(stream: &Stream, judge: &mut Judge) {
    let Some(seen) = &stream.transport else {
        judge.skip("C1", "not asked");
        judge.skip("C2", "not asked");
        return;
    };
    let target = stream.renditions.first().and_then(|r| r.last()?.target_duration).unwrap_or(6) as f64;
    let mut note = |ok: bool, what: &str| judge.check("C1", "stream", ok, || what.to_owned());
    note(compressed(seen), "the playlist is not offered as gzip, or is another one inside");
    for (what, answer) in [
        ("multivariant", &seen.multivariant),
        ("playlist", &seen.plain),
        ("blocking playlist", &seen.blocking),
        ("segment", &seen.segment),
        ("404", &seen.missing),
    ] {
        if answer.url.is_empty() {
            continue;
        }
        note(answer.header("access-control-allow-origin") == "*", &format!("{what}: no CORS for everybody"));
        note(answer.header("set-cookie").is_empty(), &format!("{what}: sets a cookie"));
        note(!answer.redirected, &format!("{what}: redirects"));
    }
    let exposed = seen.plain.header("access-control-expose-headers").to_lowercase();
    note(
        ["age", "date"].iter().all(|name| exposed.contains(name)) || exposed == "*",
        "Age and Date are not exposed to pages",
    );
    lifetimes(seen, target, &mut note);
    http(seen, &mut note);
    for (name, url) in stream.renditions.iter().map(|r| (&r.name, &r.url)) {
        judge.check_as(Level::Ours, "C2", name, !url.contains('?'), || {
            format!("{url} carries a query string")
        });
    }
    let immutable = seen.segment.header("cache-control").contains("immutable");
    judge.check_as(Level::Ours, "C2", "stream", immutable, || "segments are not marked immutable".to_owned());
}

fn compressed(seen: &Transport) -> bool {
    let mut text = String::new();
    let inside = flate2::read::GzDecoder::new(&seen.gzip.body[..]).read_to_string(&mut text);
    seen.gzip.header("content-encoding") == "gzip" && inside.is_ok() && text.starts_with("#EXTM3U")
}

/// Cache lifetimes of section 5.7 of the reference.
fn lifetimes(seen: &Transport, target: f64, note: &mut impl FnMut(bool, &str)) {
    let mut within = |what: &str, answer: &Answer, low: f64, high: f64| {
        if answer.url.is_empty() {
            return;
        }
        let age = answer.max_age();
        let ok = age.is_some_and(|age| age >= low && age <= high);
        note(
            ok,
            &format!(
                "{what}: Cache-Control {:?}, {low} to {high} s expected",
                answer.header("cache-control")
            ),
        );
    };
    within("playlist", &seen.plain, 0.0, (target / 2.0).max(1.0));
    within("blocking playlist", &seen.blocking, 1.0, 6.0 * target);
    within("segment", &seen.segment, 6.0 * target, f64::INFINITY);
    within("404", &seen.missing, 0.0, target.max(1.0));
}

fn http(seen: &Transport, note: &mut impl FnMut(bool, &str)) {
    let length = |answer: &Answer| answer.header("content-length").to_owned();
    let (segment, head) = (&seen.segment, &seen.segment_head);
    note(
        head.status == 200 && head.body.is_empty() && length(head) == length(segment),
        "HEAD of a segment differs from GET",
    );
    note(seen.playlist_head.status == 200 && seen.playlist_head.body.is_empty(), "HEAD of a playlist fails");
    let partial = seen.range.status == 206
        && seen.range.body[..] == segment.body[..segment.body.len().min(100)]
        && seen.range.header("content-range").starts_with("bytes 0-");
    note(partial, "Range of a segment is not answered 206 with its first bytes");
    if !seen.multivariant.url.is_empty() {
        note(!seen.multivariant.header("etag").is_empty(), "the multivariant has no ETag");
        note(seen.unchanged.status == 304, "If-None-Match of the multivariant is not answered 304");
    }
    note(seen.missing.status == 404, "a missing segment is not 404");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::hls::rules::tests::{failing, stream};

    fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all: BTreeMap<String, String> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        all.insert("access-control-allow-origin".to_owned(), "*".to_owned());
        Answer {
            url: "http://h/".into(),
            status,
            headers: all,
            body: body.to_vec().into(),
            ..Answer::default()
        }
    }

    fn sound() -> Transport {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, b"#EXTM3U\n").expect("memory takes writes");
        let packed = packer.finish().expect("memory takes writes");
        let forever = ("cache-control", "public, max-age=31536000, immutable");
        let (plain, expose) =
            (("cache-control", "max-age=0"), ("access-control-expose-headers", "Age, Date"));
        Transport {
            plain: answer(200, &[plain, expose], b"#EXTM3U\n"),
            gzip: answer(200, &[("content-encoding", "gzip")], &packed),
            blocking: answer(200, &[("cache-control", "max-age=6")], b"#EXTM3U\n"),
            segment: answer(200, &[forever, ("content-length", "3")], b"abc"),
            segment_head: answer(200, &[("content-length", "3")], b""),
            range: answer(206, &[("content-range", "bytes 0-2/3")], b"abc"),
            playlist_head: answer(200, &[], b""),
            multivariant: answer(200, &[("etag", "\"1\"")], b"#EXTM3U\n"),
            unchanged: answer(304, &[], b""),
            missing: answer(404, &[("cache-control", "no-store")], b""),
        }
    }

    #[track_caller]
    fn check(ids: &[&str], break_it: impl FnOnce(&mut Transport)) {
        let mut transport = sound();
        break_it(&mut transport);
        assert_eq!(failing(&Stream { transport: Some(transport), ..stream() }), ids);
    }

    #[test]
    fn sound_transport_passes() {
        check(&[], |_| {});
        check(&[], |seen| drop(seen.missing.headers.insert("cache-control".into(), "max-age=1".into())));
    }

    #[test]
    fn each_broken_answer_is_told() {
        check(&["C1"], |seen| seen.gzip.headers.clear());
        check(&["C1"], |seen| drop(seen.plain.headers.remove("access-control-allow-origin")));
        check(&["C1"], |seen| drop(seen.segment.headers.insert("set-cookie".into(), "a=b".into())));
        check(&["C1"], |seen| seen.multivariant.redirected = true);
        check(&["C1"], |seen| drop(seen.plain.headers.insert("cache-control".into(), "max-age=60".into())));
        check(&["C1"], |seen| drop(seen.missing.headers.insert("cache-control".into(), "max-age=60".into())));
        check(&["C1"], |seen| seen.range.status = 200);
        check(&["C1"], |seen| seen.unchanged.status = 200);
        check(&["C2"], |seen| drop(seen.segment.headers.insert("cache-control".into(), "max-age=60".into())));
    }
}
