//! Playlists as plain values.
//!
//! Owns what can be said. Durations are media spans; only the text has seconds.

use std::sync::Arc;

pub use super::segment::{FinishedSegment, OpenSegment, Part, Segment};
use crate::time::MediaSpan;

/// A media playlist of one rendition, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaPlaylist {
    /// What never changes during a stream.
    pub limits: Limits,
    /// MSN of the first listed segment; of the open one if none is listed.
    pub media_sequence: u64,
    /// Discontinuities that have left the playlist with their segments.
    pub discontinuity_sequence: u64,
    /// Finished segments, oldest first, with MSNs that rise by one.
    pub segments: Vec<Arc<FinishedSegment>>,
    /// Parts are listed for finished segments from this MSN on; see [`MediaPlaylist::recent_parts_from`].
    pub parts_from: u64,
    /// The segment in progress, with the parts that it has so far. `None` once the stream has ended.
    pub open: Option<OpenSegment>,
    /// URI of the next part. Ignored once the stream has ended.
    pub preload_hint: Option<String>,
    /// Where the other renditions are.
    pub rendition_reports: Vec<RenditionReport>,
    /// Nothing will be added any more.
    pub ended: bool,
}

/// What must stay the same from the first playlist of a stream to the last, and across its renditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `EXT-X-TARGETDURATION`: no segment is longer, once rounded to the nearest second.
    pub target_duration_s: u32,
    /// `PART-TARGET`: no part is longer.
    pub part_target: MediaSpan,
    /// `PART-HOLD-BACK`: at least three part targets.
    pub part_hold_back: MediaSpan,
    /// `HOLD-BACK`: at least three target durations.
    pub hold_back: MediaSpan,
    /// `CAN-SKIP-UNTIL`: at least six target durations; `None` if delta updates are not offered.
    pub can_skip_until: Option<MediaSpan>,
    /// `CAN-BLOCK-RELOAD=YES`.
    pub can_block_reload: bool,
    /// `EXT-X-INDEPENDENT-SEGMENTS`: every segment begins with a key frame. Must be true if set.
    pub independent_segments: bool,
}

impl Limits {
    /// The usual multiples: three part targets, three and six target durations; everything offered.
    pub const fn usual(target_duration_s: u32, part_target: MediaSpan) -> Self {
        let target = MediaSpan::from_ms(target_duration_s as i64 * 1000);
        Self {
            target_duration_s,
            part_target,
            part_hold_back: MediaSpan(part_target.0 * 3),
            hold_back: MediaSpan(target.0 * 3),
            can_skip_until: Some(MediaSpan(target.0 * 6)),
            can_block_reload: true,
            independent_segments: true,
        }
    }
}

/// The last thing another rendition has (`EXT-X-RENDITION-REPORT`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenditionReport {
    /// URI of its media playlist, relative to this one.
    pub uri: String,
    /// MSN of its last part's segment.
    pub last_msn: u64,
    /// Index of its last part; `None` if the segment is finished and its parts are not listed.
    pub last_part: Option<u64>,
}

impl MediaPlaylist {
    /// The MSN from which parts should be listed: those of segments that end within three target durations of
    /// the end of the playlist. Players place the playhead by them, so listing fewer makes them leave low
    /// latency.
    pub fn recent_parts_from(&self) -> u64 {
        let reach = MediaSpan::from_ms(i64::from(self.limits.target_duration_s) * 3_000);
        let open = self.open.iter().flat_map(|open| &open.parts);
        let mut to_end = open.fold(MediaSpan::ZERO, |sum, part| sum + part.duration);
        let mut from = self.media_sequence + self.segments.len() as u64;
        for segment in self.segments.iter().rev() {
            if to_end > reach {
                break;
            }
            from = segment.segment().msn;
            to_end = to_end + segment.segment().duration;
        }
        from
    }
}

/// A multivariant playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Multivariant {
    /// `EXT-X-INDEPENDENT-SEGMENTS`, for all media playlists.
    pub independent_segments: bool,
    /// Audio renditions that variants refer to by group.
    pub audio: Vec<AudioRendition>,
    /// Variants, the one to start with first.
    pub variants: Vec<Variant>,
}

/// Audio in a playlist of its own (`EXT-X-MEDIA`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioRendition {
    /// `GROUP-ID`.
    pub group: String,
    /// `NAME`, for people.
    pub name: String,
    /// Its media playlist.
    pub uri: String,
    /// `CHANNELS`.
    pub channels: u8,
    /// `DEFAULT=YES`; exactly one of a group.
    pub default: bool,
}

/// One way to play the stream (`EXT-X-STREAM-INF`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// Its media playlist.
    pub uri: String,
    /// `BANDWIDTH`: peak bits a second, audio included.
    pub bandwidth: u64,
    /// `AVERAGE-BANDWIDTH`: mean bits a second, audio included.
    pub average_bandwidth: Option<u64>,
    /// RFC 6381 strings of everything that is played, audio included.
    pub codecs: Vec<String>,
    /// Width in square pixels and height; `None` for an audio-only variant.
    pub resolution: Option<(u32, u32)>,
    /// Most frames a second.
    pub frame_rate: Option<f64>,
    /// Group of audio renditions to play with it.
    pub audio: Option<String>,
}
