//! Bounds of the media path. Each queue says in one word what happens when it is full.

use std::time::Duration;

/// Room for one read from an encoder: a key frame in a few. What is a slice of a read keeps the whole of it in memory.
pub const READ_BYTES: usize = 64 * 1024;
/// A shorter body is copied out of its read, so that a frame keeps at most four times its own bytes in memory.
pub const SHARED_BYTES_MIN: usize = READ_BYTES / 4;

/// Media that a [`crate::live::Track`] keeps for its readers. Full: *oldest goes*, by whole group.
pub const TRACK_SPAN: Duration = Duration::from_secs(12);
/// Bytes that a [`crate::live::Track`] keeps, with what a frame costs besides its data. Full: *oldest goes*, by whole group.
pub const TRACK_BYTES_MAX: usize = 48 * 1024 * 1024;
/// Frames in one group: an encoder that sends no key frame for this long starts a group that can't be decoded alone.
pub const GROUP_FRAMES_MAX: usize = 3_000;

/// Bytes that a rendition's window keeps. Full: *oldest goes*, among those that have left the playlist.
pub const WINDOW_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Segments that a window keeps, listed and removed: far more than any real source makes. Full: *oldest goes*.
pub const WINDOW_SEGMENTS_MAX: usize = 2_400;
/// Initialisation sections that a window keeps: one for each change of the encoder's settings. Full: *oldest goes*.
pub const WINDOW_INITS_MAX: usize = 32;
/// How long an ended stream can still be fetched, with ENDLIST; after that it is 404.
pub const ENDED_KEPT: Duration = Duration::from_secs(60);
