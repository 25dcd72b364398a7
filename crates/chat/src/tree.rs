//! From the bus to the nodes that hold sockets: a room's events are collected for a tick, encoded and compressed once for each
//! variant that somebody reads, and passed on as the same bytes to everybody.
//!
//! [`node`] is the root's core and knows no clock and no task; [`shell`] runs it. What reads the frames is `edge`.

pub mod language;
pub mod frame;
pub mod redact;
pub mod encode;
pub mod pace;
pub mod sample;
pub mod node;
pub mod shell;
pub mod plan;

#[cfg(test)]
pub mod testing;
