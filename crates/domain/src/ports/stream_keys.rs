//! Stream keys, sharded like the channels that they open.

use async_trait::async_trait;

use super::StoreError;
use crate::class::Class;
use crate::ids::{ChannelId, StreamKeyId};
use crate::secrets::SecretHash;
use crate::time::WallTime;
use crate::users::{Channel, StreamKey};

/// Why a key was not added.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The channel holds [`crate::limits::STREAM_KEYS_MAX`] keys.
    #[error("this channel has as many stream keys as it may; revoke one first")]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::TooMany => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// Stream keys. Secrets are never here, only their hashes.
#[async_trait]
pub trait StreamKeys: Send + Sync {
    /// Keeps a key; refuses the one beyond the limit, also when two are added at once.
    async fn add(&self, key: StreamKey, secret: SecretHash) -> Result<(), KeyError>;
    /// The channel's keys, oldest first.
    async fn list(&self, channel: ChannelId) -> Result<Vec<StreamKey>, StoreError>;
    /// Forgets a key of this channel; says whether there was one.
    async fn remove(&self, channel: ChannelId, key: StreamKeyId) -> Result<bool, StoreError>;
    /// The key with this hash and the channel that it opens.
    async fn find(&self, secret: SecretHash) -> Result<Option<(StreamKey, Channel)>, StoreError>;
    /// Notes that the key was used at `now`. A key that is gone is fine.
    async fn touch(&self, key: StreamKeyId, now: WallTime) -> Result<(), StoreError>;
}
