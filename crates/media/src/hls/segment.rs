//! Segments and parts: as values, and as the lines that never change once a segment is finished.
//!
//! Owns those lines. A finished [`Segment`] is rendered once, by [`Segment::finish`], and shared by every
//! playlist that lists it, so that a new part costs one copy of text and no formatting. Leaves the tags that
//! depend on what is listed before (discontinuity, header) to `render`.

use std::sync::Arc;

use super::text::{DateTime, Safe, Seconds, put};
use crate::time::MediaSpan;

/// A finished segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Media sequence number.
    pub msn: u64,
    /// Length: the sum of its parts'.
    pub duration: MediaSpan,
    /// Where it is, relative to the playlist.
    pub uri: String,
    /// Its parts; may be empty, for a segment that never had any or whose parts will not be listed again.
    pub parts: Vec<Part>,
    /// Timestamps or parameters do not continue from the segment before.
    pub discontinuity: bool,
    /// URI of the header in force (`EXT-X-MAP`), for *every* segment: the renderer writes it where it
    /// changes, first in a playlist, after a skip and after a discontinuity.
    pub map: Option<Arc<str>>,
    /// When its first frame was made, in milliseconds since 1970.
    pub program_date_time: Option<i64>,
    /// Its media is missing: listed so that numbering goes on.
    pub gap: bool,
}

/// A part of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Length; at most the part target.
    pub duration: MediaSpan,
    /// Where it is, relative to the playlist.
    pub uri: String,
    /// Holds a key frame.
    pub independent: bool,
    /// Its media is missing.
    pub gap: bool,
}

/// The segment in progress; fields as in [`Segment`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenSegment {
    /// Media sequence number: one more than the last finished segment's.
    pub msn: u64,
    /// The parts so far; may be empty.
    pub parts: Vec<Part>,
    /// See [`Segment::discontinuity`].
    pub discontinuity: bool,
    /// See [`Segment::map`].
    pub map: Option<Arc<str>>,
    /// See [`Segment::program_date_time`].
    pub program_date_time: Option<i64>,
}

/// A finished segment with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedSegment {
    segment: Segment,
    /// Program date time: comes before the parts.
    pub(super) lead: String,
    /// One line for each part.
    pub(super) part_lines: String,
    /// Gap, duration and URI: comes after the parts.
    pub(super) tail: String,
}

impl Segment {
    /// Renders the segment's lines, once and for all. It does not change any more.
    pub fn finish(self) -> Arc<FinishedSegment> {
        let lead = program_date_time_line(self.program_date_time);
        let part_lines = part_lines(&self.parts);
        let tail = segment_tail(&self);
        Arc::new(FinishedSegment { segment: self, lead, part_lines, tail })
    }
}

impl FinishedSegment {
    /// The values behind the text.
    pub fn segment(&self) -> &Segment {
        &self.segment
    }
}

/// The `EXT-X-PROGRAM-DATE-TIME` line, or nothing.
pub(super) fn program_date_time_line(unix_ms: Option<i64>) -> String {
    unix_ms.map(|ms| format!("#EXT-X-PROGRAM-DATE-TIME:{}\n", DateTime(ms))).unwrap_or_default()
}

/// One `EXT-X-PART` line for each part.
pub(super) fn part_lines(parts: &[Part]) -> String {
    let mut out = String::with_capacity(parts.len() * 80);
    for part in parts {
        put(
            &mut out,
            format_args!("#EXT-X-PART:DURATION={},URI=\"{}\"", Seconds(part.duration), Safe(&part.uri)),
        );
        if part.independent {
            out.push_str(",INDEPENDENT=YES");
        }
        if part.gap {
            out.push_str(",GAP=YES");
        }
        out.push('\n');
    }
    out
}

/// What stands after a finished segment's parts: gap, duration, URI.
pub(super) fn segment_tail(segment: &Segment) -> String {
    let gap = if segment.gap { "#EXT-X-GAP\n" } else { "" };
    format!("{gap}#EXTINF:{},\n{}\n", Seconds(segment.duration), Safe(&segment.uri))
}
