//! A stream in memory: Broadcast → Track → Group → Frame.
//!
//! One writer, many cursors. A track is bounded by time and bytes; a reader that falls behind skips whole groups, and
//! no reader ever slows the writer. Frames hold shared bytes, so reading copies nothing.

mod beat;
mod sound;
mod track;
mod broadcast;

pub use beat::{beat_due, beat_length, segment_length};
pub use broadcast::{Broadcast, Phase, Rates, Rendition, RungSpec, SOURCE, Unfit};
pub use sound::{SILENCE, SOUND_CHANNELS, SOUND_FRAME, SOUND_RATE, sound_config};
pub use track::{Read, Reader, Track};
