//! The rules: what was seen, judged. Nothing here asks the network or the clock.

pub mod across;
pub mod answers;
pub mod header;
pub mod live;
pub mod parts;
pub mod reports;
pub mod transport;

use super::evidence::Stream;
use super::finding::Judge;

/// Every rule on everything that was seen.
pub fn judge(stream: &Stream, judge: &mut Judge) {
    across::judge(stream, judge);
    for rendition in &stream.renditions {
        header::judge(rendition, judge);
        parts::judge(rendition, &stream.allowance, judge);
        live::judge(rendition, judge);
    }
    reports::judge(stream, judge);
    answers::judge(stream, judge);
    transport::judge(stream, judge);
}

/// Half a millisecond of rounding up and half down, in seconds: durations are written with three digits.
pub(crate) const ROUNDING_S: f64 = 0.001;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::hls::boxes::{Fragment, Init, Sample};
    use crate::hls::evidence::{Piece, Rendition, Snapshot};
    use crate::hls::lag::Allowance;
    use crate::hls::playlist;

    /// A sound playlist in mid-stream, 200 ms parts: segments 4 to 7 of one second, and `open` parts of segment 8.
    pub(crate) fn text(open: usize) -> String {
        let mut out = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n\
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6,HOLD-BACK=3.0\n#EXT-X-MEDIA-SEQUENCE:4\n\
            #EXT-X-MAP:URI=\"init.mp4\"\n"
            .to_owned();
        for msn in 4..=8 {
            let parts = if msn == 8 { open } else { 5 };
            if parts > 0 {
                out += &format!("#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:0{msn}.000Z\n");
            }
            for part in 0..parts {
                let independent = if part == 0 { ",INDEPENDENT=YES" } else { "" };
                out += &format!("#EXT-X-PART:DURATION=0.200,URI=\"{msn}.{part}.m4s\"{independent}\n");
            }
            if msn < 8 {
                out += &format!("#EXTINF:1.000,\n{msn}.m4s\n");
            }
        }
        let hint = if open == 5 { "9.0".to_owned() } else { format!("8.{open}") };
        out + &format!(
            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{hint}.m4s\"\n\
             #EXT-X-RENDITION-REPORT:URI=\"../480p/index.m3u8\",LAST-MSN=8,LAST-PART={}\n",
            open.saturating_sub(1)
        )
    }

    /// Playlist texts as one client saw them, 200 ms apart.
    pub(crate) fn seen(texts: &[String]) -> Rendition {
        let snapshots = texts.iter().enumerate().map(|(at, text)| {
            let seen_ms = 1000.0 + 200.0 * at as f64;
            let list = playlist::media(text).expect("a playlist");
            Snapshot { asked_ms: seen_ms - 190.0, seen_ms, wanted: None, list }
        });
        let url = "http://h/live/1/720p/index.m3u8".to_owned();
        Rendition { name: "720p".to_owned(), url, snapshots: snapshots.collect(), ..Rendition::default() }
    }

    /// A sound watch, media included: parts of five frames of 40 ms.
    pub(crate) fn sound() -> Rendition {
        let mut rendition = seen(&[text(1), text(2), text(3)]);
        let init = Init { timescale: 1000, handler: "vide".to_owned(), ..Init::default() };
        rendition.inits.insert("init.mp4".to_owned(), Ok(init));
        let piece = |start: u64, samples: usize| {
            let sample = |at| Sample {
                duration: 40,
                size: 10,
                composition: 0,
                sync: at == 0 && start.is_multiple_of(1000),
            };
            let media = Fragment { start, samples: (0..samples).map(sample).collect(), breaks: vec![] };
            Piece { listed_ms: 1000.0, old: false, status: 200, done_ms: 1010.0, media: Some(Ok(media)) }
        };
        for msn in 4..8_u64 {
            rendition.segments.insert(msn, piece(msn * 1000, 25));
            for part in 0..5 {
                rendition.parts.insert((msn, part), piece(msn * 1000 + 200 * part as u64, 5));
            }
        }
        for part in 0..3 {
            rendition.parts.insert((8, part), piece(8000 + 200 * part as u64, 5));
        }
        rendition
    }

    /// The sound stream of two renditions.
    pub(crate) fn stream() -> Stream {
        let mut lower = sound();
        lower.name = "480p".to_owned();
        lower.url = "http://h/live/1/480p/index.m3u8".to_owned();
        for snapshot in &mut lower.snapshots {
            let report = snapshot.list.reports[0].get_mut("URI").expect("a report has a URI");
            *report = "../720p/index.m3u8".to_owned();
        }
        let allowance = Allowance { tolerance_ms: 50.0, ..Allowance::default() };
        Stream { renditions: vec![sound(), lower], allowance, complete: true, ..Stream::default() }
    }

    /// Which checks fail, each once.
    pub(crate) fn failing(stream: &Stream) -> Vec<&'static str> {
        let mut verdict = Judge::default();
        judge(stream, &mut verdict);
        let mut ids: Vec<_> = verdict.findings.iter().map(|f| f.id).collect();
        ids.dedup();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// A sound stream in which one playlist text was replaced throughout the first rendition.
    #[track_caller]
    fn check(from: &str, to: &str, ids: &[&str]) {
        let mut broken = stream();
        let texts: Vec<String> = [1, 2, 3].map(|open| text(open).replace(from, to)).into();
        assert_ne!(texts[2], text(3), "{from} is not in the playlist");
        broken.renditions[0].snapshots = seen(&texts).snapshots;
        assert_eq!(failing(&broken), ids, "{from} → {to}");
    }

    #[test]
    fn a_sound_stream_passes() {
        assert_eq!(failing(&stream()), Vec::<&str>::new());
    }

    #[test]
    fn each_broken_playlist_fails_the_check_that_names_it() {
        check("TARGETDURATION:1", "TARGETDURATION:2", &["H2", "M2"]);
        check("PART-HOLD-BACK=0.6", "PART-HOLD-BACK=0.3", &["H2", "M3"]);
        check("HOLD-BACK=3.0", "HOLD-BACK=2.0", &["H2", "M3"]);
        check("CAN-BLOCK-RELOAD=YES,", "CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=3.0,", &["H2", "M3"]);
        check("#EXT-X-VERSION:9", "#EXT-X-VERSION:5", &["H3"]);
        check("#EXT-X-VERSION:9", "#EXT-X-VERSION:9\n#EXT-X-PLAYLIST-TYPE:EVENT", &["H3"]);
        check("DURATION=0.200,URI=\"6.2.", "DURATION=0.250,URI=\"6.2.", &["L4", "M5", "P1", "P2"]);
        check("DURATION=0.200,URI=\"6.2.", "DURATION=0.100,URI=\"6.2.", &["L4", "M5", "P1", "P2"]);
        check("\"6.0.m4s\",INDEPENDENT=YES", "\"6.0.m4s\"", &["P3"]);
        check("\"6.1.m4s\"", "\"6.1.m4s\",INDEPENDENT=YES", &["P3"]);
        check("TYPE=PART,URI=\"8.", "TYPE=PART,URI=\"other.", &["K1"]);
        check("#EXT-X-RENDITION-REPORT", "#EXT-X-OTHER", &["R1"]);
        check("URI=\"../480p", "URI=\"http://h/live/1/480p", &["R1"]);
        check("1970-01-01T00:00:06.000Z", "1970-01-01T00:00:06.500Z", &["M4"]);
        check("#EXT-X-MEDIA-SEQUENCE:4", "#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-DISCONTINUITY-SEQUENCE:1", &["M5"]);
    }
}
