//! A publisher's frames, from the socket to the edge.
//!
//! Modules are listed in reading order, which is the order in which a frame passes them; each imports only those above it.

pub mod health;
pub mod limits;
pub mod live;
pub mod transcode;
pub mod package;
pub mod origin;
mod video;

pub use video::{Ports, Video};
