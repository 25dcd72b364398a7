//! A publisher's frames, from the socket to the edge.
//!
//! Modules are listed in reading order and import only those above them. `ingest` comes last although a frame meets it
//! first, because it is what starts all the others for a new stream.

pub mod limits;
pub mod health;
pub mod live;
pub mod transcode;
pub mod package;
pub mod origin;
pub mod ingest;
mod video;

pub use video::{Ports, Video, VideoConfig};

/// Now, by the wall clock.
fn wall_now() -> domain::time::WallTime {
    domain::time::WallTime::from_unix_ms(runtime::clock::wall_ms())
}
