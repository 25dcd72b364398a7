//! Bounds of the media path. Each queue says in one word what happens when it is full.

use std::time::Duration;

/// Media that a [`crate::live::Track`] keeps for its readers. Full: *oldest goes*, by whole group.
pub const TRACK_SPAN: Duration = Duration::from_secs(12);
/// Bytes that a [`crate::live::Track`] keeps. Full: *oldest goes*, by whole group.
pub const TRACK_BYTES_MAX: usize = 48 * 1024 * 1024;
/// Frames in one group: an encoder that sends no key frame for this long starts a group that can't be decoded alone.
pub const GROUP_FRAMES_MAX: usize = 3_000;
