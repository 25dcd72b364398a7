//! From an encoder's connection to frames on a broadcast's tracks.
//!
//! `admit` says whether a key may publish and holds the stream together over reconnects, `timeline` repairs timestamps,
//! `intake` checks codecs and writes frames, `meter` measures for the creator's health page and
//! `sent_away` keeps for it why an encoder was disconnected, `prompt` keeps encoders from waiting for acknowledgements,
//! `line` hears an encoder out before it answers, `refused` counts who never became a publisher, and `rtmp` is the shell
//! around `media::rtmp`. After admission nothing here asks a store for a frame's sake.

mod config;
mod timeline;
mod meter;
mod slot;
mod intake;
mod throttle;
mod sent_away;
mod admit;
mod keeper;
mod report;
mod prompt;
mod line;
mod refused;
mod rtmp;

pub use admit::{Admission, PublishError};
pub use config::IngestConfig;
pub use report::health;
pub use rtmp::serve;
