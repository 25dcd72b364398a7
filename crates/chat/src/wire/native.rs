//! The site's own protocol, `footlight.json.v1` (`docs/api/chat.md`): what our browser client speaks.
//!
//! [`ClientMessage`] is what a client says. Everything else appends one element of the array that a frame carries; commas,
//! brackets and [`at`], which ends every frame, are put by whoever builds the frame. Numbers of users, messages, emotes and
//! epochs are JSON strings; times are milliseconds since the Unix epoch; positions in texts are UTF-16 code units, `[start, end)`.

mod client;
mod line;
mod event;
mod answers;

pub use answers::{Hi, You, at, bye, gap, hi, left_out, no, notice, ok, pong, whisper, you};
pub use client::{ClientMessage, ClientMessageError, FRAME_BYTES_MAX};
pub use event::{Marks, announcement, event};
pub use line::{LineNote, line, unquote};

#[cfg(test)]
mod tests;
