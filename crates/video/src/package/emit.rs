//! What packaging says of one rendition, in order: the window turns it into bytes and lines.

use std::sync::Arc;

use domain::time::WallTime;
use media::frame::{CodecConfig, Frame};
use media::time::MediaSpan;

/// The frames of a part, each with how long it is shown.
pub type PartFrames = Vec<(Frame, MediaSpan)>;

/// One thing that happens to a rendition.
#[derive(Clone, Debug)]
pub enum Emit {
    /// A segment begins.
    Segment {
        /// Media sequence number.
        msn: u64,
        /// EXT-X-DISCONTINUITY stands before it.
        discontinuity: bool,
        /// Discontinuities of the stream up to here, this one included.
        era: u64,
        /// EXT-X-PROGRAM-DATE-TIME.
        date: WallTime,
        /// What its frames are coded with; `None` for a segment that holds none.
        config: Option<Arc<CodecConfig>>,
    },
    /// A part of the open segment is whole.
    Part {
        /// EXT-X-PART DURATION.
        duration: MediaSpan,
        /// What it holds, in decoding order; empty for a part that is not available (GAP=YES).
        frames: PartFrames,
        /// The next part is expected to be the first of another segment.
        last: bool,
    },
    /// The open segment is whole.
    EndSegment,
}
