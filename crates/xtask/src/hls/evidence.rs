//! What a run saw: answers, playlists over time, media. Plain values, so that rules can be tested without a server.
//!
//! All times are milliseconds since the run began, on one clock for all clients.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::boxes::{Fragment, Init};
use super::lag::Allowance;
use super::playlist::{Media, Multivariant, Position};

/// One HTTP answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What was asked, after redirects.
    pub url: String,
    /// 0 if there was none: see `fault`.
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as sent, not decompressed.
    pub body: Bytes,
    /// When it was asked.
    pub asked_ms: f64,
    /// When the first byte of the body was there.
    pub first_ms: f64,
    /// When the last one was.
    pub done_ms: f64,
    /// A redirect was followed.
    pub redirected: bool,
    /// Why there is no answer.
    pub fault: Option<String>,
}

impl Answer {
    /// The header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// `max-age` of `Cache-Control` in seconds; 0 for `no-store` and `no-cache`.
    pub fn max_age(&self) -> Option<f64> {
        let control = self.header("cache-control");
        if control.contains("no-store") || control.contains("no-cache") {
            return Some(0.0);
        }
        control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok())
    }

    /// From the question to the last byte.
    pub fn took_ms(&self) -> f64 {
        self.done_ms - self.asked_ms
    }

    /// The body as a media playlist; what is wrong instead.
    pub fn media(&self) -> Result<Media, String> {
        if self.status != 200 {
            return Err(format!("status {} {}", self.status, self.fault.as_deref().unwrap_or_default()));
        }
        super::playlist::media(&String::from_utf8_lossy(&self.body))
    }
}

/// One playlist as one client got it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// When it was asked.
    pub asked_ms: f64,
    /// When it was there.
    pub seen_ms: f64,
    /// The part that was waited for.
    pub wanted: Option<Position>,
    /// The playlist.
    pub list: Media,
}

/// A part or segment that was fetched as soon as it was listed.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// When the client asked for it, right after it saw it listed.
    pub listed_ms: f64,
    /// It was in the first playlist: many such are asked for at once, and their pace says nothing.
    pub old: bool,
    /// Status, 0 if there was no answer.
    pub status: u16,
    /// Last byte.
    pub done_ms: f64,
    /// Its samples; `None` if the container is not MP4 or the piece is a byte range.
    pub media: Option<Result<Fragment, String>>,
}

/// A preload hint that was asked for as soon as it was seen.
#[derive(Clone, Debug, Default)]
pub struct Hinted {
    /// Where the part was expected.
    pub at: Position,
    /// The answer, with its arrival times.
    pub answer: Answer,
}

/// A playlist request that was held for long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// When it was asked.
    pub asked_ms: f64,
    /// When the answer was there.
    pub done_ms: f64,
    /// What it was.
    pub status: u16,
}

/// Something removed from the playlist that was asked for again later.
#[derive(Clone, Debug, Default)]
pub struct Revisit {
    /// What it was, in words.
    pub what: String,
    /// Seconds since its removal.
    pub after_s: f64,
    /// 200 is right.
    pub status: u16,
}

/// Everything seen of one rendition.
#[derive(Clone, Debug, Default)]
pub struct Rendition {
    /// Short, for people.
    pub name: String,
    /// Its media playlist.
    pub url: String,
    /// `CODECS` of each multivariant entry that plays it.
    pub codecs: Vec<String>,
    /// Playlists in the order they came.
    pub snapshots: Vec<Snapshot>,
    /// Playlist requests that failed: when, and how.
    pub failures: Vec<(f64, String)>,
    /// Playlist requests that were held for about as long as they may be.
    pub held: Vec<Held>,
    /// Init segments by address as written.
    pub inits: BTreeMap<String, Result<Init, String>>,
    /// Parts by position.
    pub parts: BTreeMap<Position, Piece>,
    /// Segments by number.
    pub segments: BTreeMap<u64, Piece>,
    /// Hints that were followed.
    pub hints: Vec<Hinted>,
    /// Removed things asked for again.
    pub revisits: Vec<Revisit>,
}

impl Rendition {
    /// The newest playlist.
    pub fn last(&self) -> Option<&Media> {
        self.snapshots.last().map(|s| &s.list)
    }

    /// When each part was first seen; those of the first playlist are older than that and left out.
    pub fn appeared(&self) -> BTreeMap<Position, f64> {
        let mut times = BTreeMap::new();
        let Some(first) = self.snapshots.first() else { return times };
        let start = first.list.next();
        for snapshot in &self.snapshots[1..] {
            for segment in &snapshot.list.segments {
                for index in 0..segment.parts.len() {
                    if (segment.msn, index) >= start {
                        times.entry((segment.msn, index)).or_insert(snapshot.seen_ms);
                    }
                }
            }
        }
        times
    }

    /// Each segment with its number, as listed last while complete.
    pub fn listed_segments(&self) -> BTreeMap<u64, &super::playlist::Segment> {
        let all = self.snapshots.iter().flat_map(|s| &s.list.segments);
        all.filter(|s| s.uri.is_some()).map(|s| (s.msn, s)).collect()
    }

    /// The init segment in force for a segment.
    pub fn init_of(&self, segment: &super::playlist::Segment) -> Option<&Init> {
        self.inits.get(segment.map.as_ref()?)?.as_ref().ok()
    }

    /// Whether its samples are sound (then every sample is a sync sample).
    pub fn is_audio(&self) -> bool {
        self.inits.values().flatten().any(|init| init.handler == "soun")
    }
}

/// What a probe asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// `_HLS_msn` alone.
    Segment(u64),
    /// `_HLS_msn` and `_HLS_part` of the next part.
    Part(Position),
    /// A part past the end of a finished segment.
    PastTheEnd(Position),
    /// An `_HLS_msn` that is long gone.
    Old(u64),
    /// Directives that must be refused, and whether that is a MUST.
    Impossible(&'static str, bool),
    /// `_HLS_skip` with a value that means nothing.
    UnknownSkip,
    /// Directives after the end.
    AfterTheEnd,
    /// The name of a part that nobody announced.
    UnknownPart,
}

/// One probe and its answer.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What was asked.
    pub question: Question,
    /// The playlist right before.
    pub before: Media,
    /// What came.
    pub answer: Answer,
}

/// A delta update beside the full playlist of the same edge.
#[derive(Clone, Debug)]
pub struct Delta {
    /// What the client had before.
    pub old: Media,
    /// The answer to `_HLS_skip=YES`.
    pub delta: Media,
    /// The full playlist.
    pub full: Media,
}

/// Answers that show how the transport behaves.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    /// The media playlist, plain.
    pub plain: Answer,
    /// The same with `Accept-Encoding: gzip`.
    pub gzip: Answer,
    /// A blocking reload.
    pub blocking: Answer,
    /// A segment.
    pub segment: Answer,
    /// `HEAD` of the segment.
    pub segment_head: Answer,
    /// `Range: bytes=0-99` of the segment.
    pub range: Answer,
    /// `HEAD` of the media playlist.
    pub playlist_head: Answer,
    /// The multivariant playlist, and again with its `ETag`.
    pub multivariant: Answer,
    /// `If-None-Match` with that tag.
    pub unchanged: Answer,
    /// A path that does not exist.
    pub missing: Answer,
}

/// Everything a run saw.
#[derive(Debug, Default)]
pub struct Stream {
    /// `None` if the address was a media playlist.
    pub multivariant: Option<Multivariant>,
    /// In the order of the multivariant.
    pub renditions: Vec<Rendition>,
    /// Probes by rendition name.
    pub probes: Vec<(String, Probe)>,
    /// Delta updates by rendition name.
    pub deltas: Vec<(String, Delta)>,
    /// Transport of the first rendition.
    pub transport: Option<Transport>,
    /// Added to every timed rule.
    pub allowance: Allowance,
    /// All renditions of the stream were watched, none left out by `--rendition`.
    pub complete: bool,
}
