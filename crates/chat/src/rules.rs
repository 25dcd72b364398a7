//! What a room asks of a message, as plain rules: each takes `now` and the facts, and says yes or which refusal.
//!
//! The order in which they are asked is `room`'s; what a text means is `moderation`'s. Nothing here knows of tasks, stores or
//! sockets, and everything that remembers is bounded.

pub mod bounded;
pub mod refusals;
pub mod text;
pub mod durations;
pub mod colours;
pub mod emotes;
pub mod rates;
pub mod whispers;
pub mod modes;
pub mod rank;
