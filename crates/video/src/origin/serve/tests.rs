//! What requests are answered, and for how long caches may remember it.

use media::frame::CodecConfig;

use super::super::OriginConfig;
use super::*;
use crate::live::sound_config;
use crate::origin::testing::{part, rung, segment, stream};
use crate::package::Emit;

#[test]
fn ranges_are_those_of_rfc_9110() {
    assert_eq!(parse_range("bytes=0-3", 10), Some(Some(0..4)));
    assert_eq!(parse_range("bytes=4-", 10), Some(Some(4..10)));
    assert_eq!(parse_range("bytes=-3", 10), Some(Some(7..10)));
    assert_eq!(parse_range("bytes=5-99", 10), Some(Some(5..10)));
    assert_eq!(parse_range("bytes=10-", 10), Some(None));
    assert_eq!(parse_range("bytes=0-1,3-4", 10), None);
    assert_eq!(parse_range("lines=1-2", 10), None);
}

#[test]
fn a_slice_shares_the_bytes_of_its_pieces() {
    let pieces: Pieces = [Bytes::from_static(b"abc"), Bytes::from_static(b"defg")].into_iter().collect();
    assert_eq!(slice(&pieces, &(2..5)).concat(), b"cde");
    assert_eq!(slice(&pieces, &(3..7)).len(), 1);
}

#[test]
fn file_names_are_read_strictly() {
    assert_eq!(File::parse("index.m3u8"), Some(File::Playlist));
    assert_eq!(File::parse("12.m4s"), Some(File::Segment(12)));
    assert_eq!(File::parse("12.3.m4s"), Some(File::Part(12, 3)));
    assert_eq!(File::parse("init-0.mp4"), Some(File::Init("init-0.mp4")));
    assert_eq!(File::parse("../etc.m4s"), None);
    assert_eq!(File::parse("0.m4s"), Some(File::Segment(0)));
    for alias in ["012.m4s", "+12.m4s", "12.03.m4s", "00.m4s"] {
        assert_eq!(File::parse(alias), None, "{alias}");
    }
}

/// A stream of a gap segment 0 and of two parts of segment 1, as its `source` rendition lists them.
struct Stage {
    origin: Origin,
    window: Arc<Window>,
}

impl Stage {
    fn new() -> Self {
        let origin = Origin::new(OriginConfig::default());
        let stream = Arc::new(stream());
        let window = stream.window("source");
        origin.streams.write().expect("nobody panicked").insert(StreamId(1), stream);
        window.apply(vec![segment(0, None), part(0, false), Emit::EndSegment]);
        // Nothing here looks into the frames, so sound's config does for pictures too.
        let config: CodecConfig = sound_config().expect("a usual config");
        window.apply(vec![segment(1, Some(Arc::new(config))), part(1, false), part(1, false)]);
        Self { origin, window }
    }

    /// Status and lifetime of the answer to a request for `path`.
    async fn ask(&self, path: &str) -> (u16, String) {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let path = format!("{}/{path}", StreamId(1));
        let headers = HeaderMap::new();
        let request = MediaRequest { method: &Method::GET, path: &path, query, headers: &headers };
        let answer = self.origin.respond(request).await;
        let lifetime = answer.headers()[CACHE_CONTROL].to_str().expect("text").to_owned();
        (answer.status().as_u16(), lifetime)
    }

    async fn check(&self, cases: &[(&str, &str, u16, &str)]) {
        for (name, path, status, lifetime) in cases {
            let answered = self.ask(path).await;
            assert_eq!(answered, (*status, (*lifetime).to_owned()), "{name}: {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_cache_remembers_that_something_has_not_come_yet() {
    let stage = Stage::new();
    let forever = "public, max-age=31536000, immutable";
    stage
        .check(&[
            ("what is there", "source/1.1.m4s", 200, forever),
            ("the hinted part, in vain", "source/1.2.m4s", 503, "no-store"),
            ("the part behind it", "source/1.3.m4s", 404, "no-store"),
            ("the open segment", "source/1.m4s", 404, "no-store"),
            ("the next one", "source/2.0.m4s", 404, "no-store"),
            ("another codec's init", "source/init-1.mp4", 404, "no-store"),
            ("a rung to come", "720p/index.m3u8", 404, "no-store"),
            ("a playlist too far ahead", "source/index.m3u8?_HLS_msn=4", 400, "no-store"),
            ("a playlist that does not come", "source/index.m3u8?_HLS_msn=1", 503, "no-store"),
            ("a gap", "source/0.0.m4s", 404, "max-age=1"),
            ("a gap segment", "source/0.m4s", 404, "max-age=1"),
            ("behind a segment's last part", "source/0.1.m4s", 404, "max-age=1"),
        ])
        .await;
    stage.window.end();
    stage
        .check(&[
            ("no part follows the end", "source/1.2.m4s", 404, "max-age=1"),
            ("no segment follows the end", "source/2.m4s", 404, "max-age=1"),
        ])
        .await;
}

#[tokio::test]
async fn a_range_is_of_a_get_alone() {
    let stage = Stage::new();
    let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static("bytes=0-3"))]);
    let path = format!("{}/source/1.1.m4s", StreamId(1));
    let mut lengths = Vec::new();
    for (method, status) in [(Method::GET, 206), (Method::HEAD, 200)] {
        let request = MediaRequest { method: &method, path: &path, query: None, headers: &headers };
        let answer = stage.origin.respond(request).await;
        assert_eq!(answer.status().as_u16(), status, "{method}");
        assert_eq!(answer.headers().contains_key(CONTENT_RANGE), status == 206, "{method}");
        lengths.push(answer.headers()[CONTENT_LENGTH].to_str().expect("text").to_owned());
    }
    assert!(lengths[0] == "4" && lengths[1] != "4", "{lengths:?}");
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_hint_may_come_true_at_once() {
    let stage = Stage::new();
    stage.window.apply(vec![part(1, true)]);
    let guess_was_wrong = async {
        tokio::task::yield_now().await;
        stage.window.apply(vec![part(1, false)]);
    };
    let (answered, ()) = tokio::join!(stage.ask("source/2.0.m4s"), guess_was_wrong);
    assert_eq!(answered, (404, "no-store".to_owned()));
    let config = stage.window.config();
    stage.window.apply(vec![Emit::EndSegment, segment(2, config), part(1, false)]);
    assert_eq!(stage.ask("source/2.0.m4s").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_multivariant_playlist_waits_for_the_rungs_that_are_made_and_no_longer() {
    let stage = Stage::new();
    let stream = stage.origin.stream(StreamId(1)).expect("is there");
    stream.put(&stream.window("audio"), vec![segment(0, None), part(0, false), Emit::EndSegment]);
    stream.put(&stream.window("audio"), vec![segment(1, stage.window.config()), part(1, false)]);
    stream.broadcast.watchable.send_replace(true);
    stream.broadcast.ladder.send_replace(vec![rung("160p", None)]);
    let (began, headers) = (tokio::time::Instant::now(), HeaderMap::new());
    let request = MediaRequest { method: &Method::GET, path: "", query: None, headers: &headers };
    let name = "tester".parse().expect("a valid name");
    let asked = stage.origin.multivariant(&name, request);
    // Its first part comes between two of the source's.
    let made = async {
        tokio::task::yield_now().await;
        let window = stream.window("160p");
        stream.put(&window, vec![segment(0, None), part(0, false), Emit::EndSegment]);
        stream.put(&window, vec![segment(1, stage.window.config()), part(1, false)]);
    };
    let (answer, ()) = tokio::join!(asked, made);
    assert_eq!(answer.expect("is live").status(), StatusCode::OK);
    assert!(began.elapsed().is_zero(), "it is there with that part");
}
