//! Answers requests for playlists and media, without knowing the transport.
//!
//! Statuses are those of draft-pantos-hls-rfc8216bis §6.2.5: 400 for a request too far ahead or malformed, 404 for what is
//! neither listed, recently removed nor hinted, 503 for what was held for three target durations in vain.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::ids::StreamId;
use domain::names::Name;
use http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use media::hls::blocking::{Decision, Directives, decide, hold_max};
use media::hls::playlist::Limits;

use super::Origin;
use super::accepts::accepts_encoding;
use super::body::MediaBody;
use super::stream::{LADDER_WAIT, LiveStream};
use super::text::Text;
use super::unchanged::is_unchanged;
use super::window::{Lookup, Pieces, Window};

/// Names of media files never change their bytes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// A failure that lasts: caches may shield us from who asks again and again.
const FAILURE: HeaderValue = HeaderValue::from_static("max-age=1");
/// A failure that may be over with the next part. Listed media must answer at once, so nobody may remember that it did not.
const NOT_YET: HeaderValue = HeaderValue::from_static("no-store");
const M3U8: HeaderValue = HeaderValue::from_static("application/vnd.apple.mpegurl");
const PRIORITY: HeaderName = HeaderName::from_static("priority");

/// A request for media, without the transport.
#[derive(Clone, Copy, Debug)]
pub struct MediaRequest<'a> {
    /// GET, HEAD or OPTIONS; anything else is refused with 405.
    pub method: &'a Method,
    /// What follows `/live/`: `{stream}/{rendition}/{file}`.
    pub path: &'a str,
    /// The query string, if there is one.
    pub query: Option<&'a str>,
    /// The request's headers.
    pub headers: &'a HeaderMap,
}

/// What a path below `/live/` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum File<'a> {
    Playlist,
    Init(&'a str),
    Segment(u64),
    Part(u64, u64),
}

impl<'a> File<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        if name == "index.m3u8" {
            return Some(Self::Playlist);
        }
        if name.starts_with("init-") {
            return Some(Self::Init(name));
        }
        let numbers = name.strip_suffix(".m4s")?;
        match numbers.split_once('.') {
            Some((msn, part)) => Some(Self::Part(number(msn)?, number(part)?)),
            None => Some(Self::Segment(number(numbers)?)),
        }
    }
}

impl Origin {
    /// Answers a request under `/live/`, waiting where the protocol asks for it.
    pub async fn respond(&self, request: MediaRequest<'_>) -> Response<MediaBody> {
        if request.method == Method::OPTIONS {
            return preflight().map(|()| MediaBody::empty());
        }
        if request.method != Method::GET && request.method != Method::HEAD {
            let mut refused = failure(StatusCode::METHOD_NOT_ALLOWED, "media is fetched with GET or HEAD");
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
            return refused;
        }
        let Some((stream, window, file)) = self.locate(request.path) else {
            return not_yet(StatusCode::NOT_FOUND, "there is no such stream or file here");
        };
        let answer = match file {
            File::Playlist => playlist(&stream, &window, request).await,
            File::Init(name) => media(window.init(name), "video/mp4", request),
            File::Segment(msn) => media(window.segment(msn), "video/iso.segment", request),
            File::Part(msn, part) => {
                media(part_when_there(&window, msn, part).await, "video/iso.segment", request)
            }
        };
        finish(answer, request.method)
    }

    /// The multivariant playlist of a channel; `None` if it is not live.
    pub async fn multivariant(
        &self,
        channel: &Name,
        request: MediaRequest<'_>,
    ) -> Option<Response<MediaBody>> {
        let stream = self.on_channel(channel)?;
        let mut watchable = stream.broadcast.watchable.subscribe();
        let hold = stream.timing.target_duration().to_seconds() * 3.0;
        // Looked at in one line: what `wait_for` returns holds a lock, and may not live over the next `await`.
        let begins = async { watchable.wait_for(|ready| *ready).await.is_ok() };
        let begins = async {
            tokio::select! {
                ready = begins => ready,
                () = stream.broadcast.ended() => false,
            }
        };
        let ready = tokio::time::timeout(Duration::from_secs_f64(hold), begins).await.unwrap_or(false);
        if stream.is_over() {
            return None;
        }
        if !ready {
            return Some(not_yet(StatusCode::SERVICE_UNAVAILABLE, "the stream is about to start; try again"));
        }
        // A player reads this once, so rungs that are a moment away are worth the wait.
        drop(tokio::time::timeout(LADDER_WAIT, stream.complete()).await);
        let text = stream.multivariant();
        let mut answer = text_response(&text, request.headers);
        let tag = etag(&text.plain());
        if is_unchanged(request.headers, &tag) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.body_mut() = MediaBody::empty();
            answer.headers_mut().remove(CONTENT_LENGTH);
        }
        answer.headers_mut().insert(ETAG, tag);
        answer.headers_mut().insert(CACHE_CONTROL, max_age(stream.timing.target_duration_s / 2));
        Some(finish(answer, request.method))
    }

    fn locate<'a>(&self, path: &'a str) -> Option<(Arc<LiveStream>, Arc<Window>, File<'a>)> {
        let mut segments = path.splitn(3, '/');
        let id: StreamId = segments.next()?.parse().ok()?;
        let rendition = segments.next()?;
        let file = File::parse(segments.next()?)?;
        let stream = self.stream(id)?;
        let window = stream.find(rendition)?;
        Some((stream, window, file))
    }
}

/// A media playlist: at once, when what was asked for is there, or an error as the protocol has it.
async fn playlist(stream: &LiveStream, window: &Window, request: MediaRequest<'_>) -> Response<MediaBody> {
    let mut position = window.position();
    let limits = window.limits();
    let directives = match Directives::parse(request.query.unwrap_or_default()) {
        Ok(directives) => directives,
        // After the end directives are ignored, mistakes in them included.
        Err(_) if position.borrow().ended => Directives::default(),
        Err(error) => return not_yet(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let wait = async {
        loop {
            let now = *position.borrow_and_update();
            match decide(&directives, &now) {
                Decision::ServeNow => return Ok(()),
                Decision::TooFarAhead => return Err(StatusCode::BAD_REQUEST),
                Decision::Wait if position.changed().await.is_err() => return Err(StatusCode::NOT_FOUND),
                Decision::Wait => {}
            }
        }
    };
    match tokio::time::timeout(span(&limits), wait).await {
        Ok(Ok(())) => {}
        Ok(Err(status)) => return not_yet(status, "that is further ahead than this stream will soon be"),
        Err(_) => return not_yet(StatusCode::SERVICE_UNAVAILABLE, "nothing new came in time; try again"),
    }
    let text = window.playlist(directives.skip, || stream.reports_without(window.name()));
    let mut answer = text_response(&text, request.headers);
    // A blocking answer holds what was asked for, whenever it is asked; a plain one is old after half a target duration.
    let age =
        if directives.msn.is_some() { limits.target_duration_s * 6 } else { limits.target_duration_s / 2 };
    answer.headers_mut().insert(CACHE_CONTROL, max_age(age));
    answer
}

/// The part, held back until it is there if the playlist hints at it.
async fn part_when_there(window: &Window, msn: u64, part: u64) -> Lookup {
    let mut position = window.position();
    let wait = async {
        loop {
            position.mark_unchanged();
            match window.part(msn, part) {
                Lookup::Hinted if position.changed().await.is_ok() => {}
                Lookup::Hinted => return Lookup::Absent,
                found => return found,
            }
        }
    };
    tokio::time::timeout(span(&window.limits()), wait).await.unwrap_or(Lookup::Hinted)
}

fn media(found: Lookup, content_type: &'static str, request: MediaRequest<'_>) -> Response<MediaBody> {
    match found {
        Lookup::Found(pieces) => pieces_response(&pieces, content_type, request),
        Lookup::Hinted => {
            not_yet(StatusCode::SERVICE_UNAVAILABLE, "the part did not come in time; try again")
        }
        Lookup::NotYet => not_yet(StatusCode::NOT_FOUND, "that media is not here yet"),
        Lookup::Absent => failure(StatusCode::NOT_FOUND, "that media is not here, or not any more"),
    }
}

fn pieces_response(
    pieces: &Pieces,
    content_type: &'static str,
    request: MediaRequest<'_>,
) -> Response<MediaBody> {
    let total: usize = pieces.iter().map(Bytes::len).sum();
    // Of a HEAD there are no ranges (RFC 9110 §14.2).
    let range = request.headers.get(RANGE).filter(|_| request.method == Method::GET);
    let asked = range.and_then(|range| range.to_str().ok()).and_then(|range| parse_range(range, total));
    let (status, range) = match asked {
        None => (StatusCode::OK, 0..total),
        Some(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(None) => {
            let mut refused = failure(StatusCode::RANGE_NOT_SATISFIABLE, "the range is beyond the end");
            insert(&mut refused, CONTENT_RANGE, &format!("bytes */{total}"));
            return refused;
        }
    };
    let mut answer = Response::new(MediaBody::new(slice(pieces, &range)));
    *answer.status_mut() = status;
    if status == StatusCode::PARTIAL_CONTENT {
        insert(&mut answer, CONTENT_RANGE, &format!("bytes {}-{}/{total}", range.start, range.end - 1));
    }
    let fields = answer.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    fields.insert(CACHE_CONTROL, IMMUTABLE);
    fields.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    fields.insert(PRIORITY, HeaderValue::from_static("u=3"));
    insert(&mut answer, CONTENT_LENGTH, &range.len().to_string());
    answer
}

/// A number as playlists write it. Another spelling of it would be the same file once more in every cache.
fn number<T: FromStr>(text: &str) -> Option<T> {
    let is_plain = text == "0" || text.starts_with(|c: char| matches!(c, '1'..='9'));
    text.parse().ok().filter(|_| is_plain)
}

/// `bytes=a-b`, `bytes=a-` or `bytes=-n` of `total` bytes. `None` if it is not a single range: then all is sent (RFC 9110
/// §14.2). `Some(None)` if it can't be satisfied.
fn parse_range(text: &str, total: usize) -> Option<Option<Range<usize>>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    if to.contains(',') {
        return None;
    }
    let range = match (from.trim(), to.trim()) {
        ("", last) => total.saturating_sub(last.parse().ok()?)..total,
        (from, "") => from.parse().ok()?..total,
        (from, to) => from.parse().ok()?..to.parse::<usize>().ok()?.saturating_add(1).min(total),
    };
    Some(Some(range).filter(|range| range.start < range.end))
}

/// The bytes of `range`, shared and not copied.
fn slice(pieces: &Pieces, range: &Range<usize>) -> Vec<Bytes> {
    let mut at = 0;
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces.iter() {
        let (from, to) = (range.start.max(at), range.end.min(at + piece.len()));
        if from < to {
            out.push(piece.slice(from - at..to - at));
        }
        at += piece.len();
    }
    out
}

fn text_response(text: &Text, headers: &HeaderMap) -> Response<MediaBody> {
    let gzip = accepts_encoding(headers, "gzip");
    let bytes = if gzip { text.gzip() } else { text.plain() };
    let length = bytes.len();
    let mut answer = Response::new(MediaBody::from(bytes));
    let fields = answer.headers_mut();
    if gzip {
        fields.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    fields.insert(VARY, HeaderValue::from_static("accept-encoding"));
    fields.insert(CONTENT_TYPE, M3U8);
    fields.insert(PRIORITY, HeaderValue::from_static("u=1"));
    insert(&mut answer, CONTENT_LENGTH, &length.to_string());
    answer
}

/// What a browser asks before a player on another site fetches with headers of its own (Fetch, CORS-preflight): it may, with any.
pub fn preflight() -> Response<()> {
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let fields = answer.headers_mut();
    fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    fields.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    fields.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    fields.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}

fn failure(status: StatusCode, why: &str) -> Response<MediaBody> {
    let mut answer = Response::new(MediaBody::from(Bytes::from(format!("{why}\n"))));
    *answer.status_mut() = status;
    let fields = answer.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    fields.insert(CACHE_CONTROL, FAILURE);
    allow_everybody(answer)
}

/// A failure that may be none in a moment.
fn not_yet(status: StatusCode, why: &str) -> Response<MediaBody> {
    let mut answer = failure(status, why);
    answer.headers_mut().insert(CACHE_CONTROL, NOT_YET);
    answer
}

fn finish(answer: Response<MediaBody>, method: &Method) -> Response<MediaBody> {
    let answer = allow_everybody(answer);
    if method == Method::HEAD { answer.map(|_| MediaBody::empty()) } else { answer }
}

/// Players on other sites may watch too; what is here is public.
fn allow_everybody(mut answer: Response<MediaBody>) -> Response<MediaBody> {
    let fields = answer.headers_mut();
    fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    fields.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("age, date, content-length, content-range"),
    );
    answer
}

fn etag(bytes: &[u8]) -> HeaderValue {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    header(&format!("W/\"{:016x}\"", hasher.finish()))
}

fn max_age(seconds: u32) -> HeaderValue {
    header(&format!("public, max-age={seconds}"))
}

fn insert(answer: &mut Response<MediaBody>, name: HeaderName, value: &str) {
    answer.headers_mut().insert(name, header(value));
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""))
}

fn span(limits: &Limits) -> Duration {
    Duration::from_millis(u64::try_from(hold_max(limits).to_ms()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
