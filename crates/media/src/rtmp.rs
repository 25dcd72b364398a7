//! RTMP as a server of publishers: bytes in, bytes and events out. No socket and no clock.
//!
//! A [`Session`] owns everything between the first byte of a connection and the FLV tag bodies inside it: handshake, chunks, AMF, commands.
//! It promises that memory held stays within [`SessionLimits`] whatever the peer sends, that no input makes it panic, and that the split of
//! the bytes into reads changes nothing but where copies are made and what waits for the answer to a publish request. It leaves to its shell: sockets, TLS, deadlines (handshake, idle), whether a
//! key is good, and the repair of timestamps.
//!
//! References: Adobe's "RTMP Specification 1.0" (section numbers in the modules) and veovera's "Enhanced RTMP v2".
//!
//! Modules are listed in reading order; each imports only those above it.

pub mod limits;
pub mod error;
pub mod handshake;
pub mod chunk;
pub mod amf;
pub mod key;
pub mod command;
pub mod session;

pub use error::RtmpError;
pub use key::{StreamKey, Veiled};
pub use limits::SessionLimits;
pub use session::{Connect, Effect, Metadata, PublishRequest, Session};

#[cfg(test)]
mod testing;
