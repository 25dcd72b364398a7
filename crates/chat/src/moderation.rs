//! What speaks against a text: terms, links, repetition, and a small model of spam and abuse.
//!
//! Modules in the order in which a text goes through them. All are pure: they own no clock, no task and no store, and what they
//! know of a room is what the room tells them. [`automod`] puts them together; what is done with its verdict is the room's.

pub mod normalise;
pub mod eager;
pub mod terms;
pub mod links;
pub mod duplicates;
pub mod features;
pub mod classifier;
pub mod automod;
