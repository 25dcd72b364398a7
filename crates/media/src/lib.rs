//! Bytes ⇄ frames ⇄ CMAF and playlists. No sockets, no clock, no product nouns.
//!
//! Modules are listed in reading order, which is the order in which data flows; each imports only those above it.

pub mod time;
pub mod codec;
pub mod frame;
pub mod flv;
pub mod rtmp;
pub mod cmaf;
pub mod hls;
