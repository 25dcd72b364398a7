//! What the origin's tests are made of: a stream that nothing feeds, and what packaging says.

use std::sync::Arc;

use bytes::Bytes;
use domain::ids::{ChannelId, StreamId};
use domain::time::WallTime;
use domain::users::LatencyMode;
use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};

use super::{LiveStream, OriginConfig};
use crate::live::{Broadcast, Rendition, RungSpec, Track};
use crate::package::Emit;

/// A stream without renditions.
pub(super) fn stream() -> LiveStream {
    let name = "tester".parse().expect("a valid name");
    let began = WallTime::from_unix_ms(0);
    let broadcast = Broadcast::new(StreamId(1), ChannelId(7), name, false, LatencyMode::Low, began);
    LiveStream::new(Arc::new(broadcast), &OriginConfig::default())
}

/// A rung that is being made.
pub(super) fn rung(name: &str, fps_max: Option<u32>) -> Arc<Rendition> {
    let spec = RungSpec { name: name.to_owned(), width: 284, height: 160, bitrate_bps: 300_000, fps_max };
    Arc::new(Rendition { spec, track: Track::new() })
}

/// A segment begins.
pub(super) fn segment(msn: u64, config: Option<Arc<CodecConfig>>) -> Emit {
    Emit::Segment { msn, discontinuity: false, era: 0, date: WallTime::from_unix_ms(0), config }
}

/// A part with so many frames; `last` if another segment is expected behind it.
pub(super) fn part(frames: i64, last: bool) -> Emit {
    let (duration, data) = (MediaSpan::from_ms(200), Bytes::from_static(b"frame"));
    let frame = Frame { dts: MediaTime::default(), cts: MediaSpan::ZERO, key: true, data };
    Emit::Part { duration, frames: (0..frames).map(|_| (frame.clone(), duration)).collect(), last }
}
