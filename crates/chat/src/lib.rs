//! A message, from one viewer to all the others.
//!
//! Modules are listed in the order in which a message goes through them; each imports only those above it, and the
//! nouns ([`event`], [`command`]). Rules are pure and take `now`; only `room::task`, `tree::node`, `edge` and `service` touch
//! tasks, sockets and clocks.

pub mod limits;
pub mod event;
pub mod command;
pub mod wire;
pub mod moderation;
pub mod rules;
pub mod announce;
pub mod room;
pub mod emotes;
pub mod websocket;
pub mod tree;
pub mod edge;
pub mod link;
pub mod service;

pub use service::{AskError, Chat, ChatConfig, ChatPorts};
