//! Ports: what pipelines ask for without knowing who answers.
//!
//! Each is object-safe (`Arc<dyn Accounts>`), drawn around what must happen together, and has a contract suite in
//! [`crate::contract`] that every back end runs. The media path calls none of them per frame.

mod accounts;
mod channels;
mod chat_bus;
mod chat_log;
mod emotes;
mod follows;
mod invites;
mod jobs;
mod registry;
mod rooms;
mod standing;
mod stream_keys;

pub use accounts::{AccountError, Accounts, TokenError};
pub use channels::Channels;
pub use chat_bus::{BUS_DEPTH, ChatBus};
pub use chat_log::{ChatLog, Deleted, LogRange};
pub use emotes::{EmoteError, Emotes};
pub use follows::{FollowError, Follows};
pub use invites::{Invite, Invites};
pub use jobs::Jobs;
pub use registry::{ClaimError, LeaseLost, Registry};
pub use rooms::Rooms;
pub use standing::Standing;
pub use stream_keys::{KeyError, StreamKeys};

use crate::class::Class;

/// A store could not answer. The cause is kept for the log; callers only choose between retrying and giving up.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not reachable, busy or timed out; the call may be made again.
    #[error("the store did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answered something that can't be: a broken row, a violated invariant.
    #[error("the store holds what it should not: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Unavailable(_) => Class::Busy,
            Self::Corrupt(_) => Class::Fault,
        }
    }
}
