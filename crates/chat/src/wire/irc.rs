//! Twitch IRC, as clients rely on it (`reference/chat-protocol.md`, section 1).
//!
//! [`line`](Line) and [`tags`](Tags) know the grammar, [`command`](ClientCommand) what a client may ask, [`render`] what
//! the server says. Who is logged in, what was asked for before and what the answer is decide others.

pub mod limits;
mod tags;
mod line;
mod command;
pub mod render;

pub use command::{
    CapCommand, Channels, ClientCommand, client_nonce, is_anonymous, oauth_token, unwrap_text,
};
pub use line::{Line, LineError};
pub use tags::{Tags, escape, unescape};
