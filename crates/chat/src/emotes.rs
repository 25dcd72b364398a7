//! Emotes: the site's own set, those that creators upload, and the list of codes that a room offers.
//!
//! [`global`] is drawn by us and part of the program; [`intake`] turns what somebody uploads into pictures of our own making and
//! [`desk`] decides who may add what and tells rooms. A picture never changes under its number.

pub mod picture;
pub mod bounds;
pub mod avif;
pub mod intake;
pub mod global;
pub mod desk;
pub mod book;

pub use book::EmoteBook;
pub use bounds::IntakeError;
pub use desk::{AddError, EmoteDesk, Picture};
pub use global::GLOBAL;

/// Heights of the pictures, in pixels.
pub const SIZES: [u32; 3] = [28, 56, 112];
/// Bytes of an upload. Beyond it: refused.
pub const UPLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Width and height of an upload, in pixels. Beyond it: refused before anything is decoded.
pub const SIDE_MAX: u32 = 2048;
/// How much wider than high (or higher than wide) an upload may be.
pub const ASPECT_MAX: u32 = 3;
/// Frames of an animation. Beyond it: refused.
pub const FRAMES_MAX: usize = 120;
/// Pixels of all frames together. Beyond it: refused; what is decoded of it takes about a second.
pub const PIXELS_MAX: u64 = 64 * 1024 * 1024;
/// Bytes that a decoder may hold at once. Beyond it: refused.
pub const DECODER_BYTES_MAX: u64 = 96 * 1024 * 1024;
/// Most uploads decoded at once; each takes a core, and they get no more than half of the cores.
pub const INTAKES_AT_ONCE_MAX: usize = 2;
/// Uploads that may wait for their turn; the next is refused as busy.
pub const INTAKES_WAITING: usize = 16;
/// Of those, uploads of one channel, the one that is decoded included: nobody keeps the others waiting for long.
pub const INTAKES_OF_A_CHANNEL: usize = 2;
/// Emotes of a channel. Beyond it: refused.
pub const CHANNEL_EMOTES_MAX: usize = 60;
/// Shortest and longest code.
pub const CODE_LEN: std::ops::RangeInclusive<usize> = 2..=25;
