//! A channel's chat room: one owner decides what is said, by whom, and what moderators may do about it.
//!
//! [`state::Room`] is plain and synchronous: it takes `now` and returns effects. `task` owns one for each room that is in use,
//! looks up what the room must know of somebody, hands events to the bus, keeps what must be kept and only then answers.
//! [`Rooms`] is the way in. Who reads what, and how fast, is `tree`'s and `edge`'s; what a text means is `moderation`'s.

pub mod config;
pub mod judge;
pub mod effects;
pub mod lines;
pub mod held;
pub mod people;
pub mod slash;
pub mod state;
mod shown;
mod log;
pub mod ports;
mod handle;
mod keeper;
mod lookups;
mod task;
mod entry;

pub use config::RoomConfig;
pub use entry::Rooms;
pub use handle::{Answer, RoomHandle};
pub use judge::{AutoJudge, Candidate, Judge, Judgement};
pub use ports::{Codebook, People, RoomPorts};
pub use shown::{Past, RoomView, You};
pub use state::Place;

#[cfg(test)]
mod tests;
