//! A stream in memory: Broadcast → Track → Group → Frame.
//!
//! One writer, many cursors. A track is bounded by time and bytes; a reader that falls behind skips whole groups, and
//! no reader ever slows the writer. Frames hold shared bytes, so reading copies nothing.

mod broadcast;
mod track;

pub use broadcast::{Broadcast, Phase, Rates, Rendition, RungSpec};
pub use track::{Read, Reader, Track};
