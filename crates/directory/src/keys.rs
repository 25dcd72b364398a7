//! The key desk: stream keys of a channel. The secret is shown once and kept as a hash.

use std::sync::Arc;

use domain::class::Class;
use domain::ids::{ChannelId, IdMint, StreamKeyId};
use domain::limits::LABEL_LEN_MAX;
use domain::ports::{KeyError, StoreError, StreamKeys};
use domain::secrets::Secret;
use domain::time::WallTime;
use domain::users::{Channel, StreamKey};

use crate::faults::{self, FieldFault};

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// The label is wrong.
    #[error("some fields are not right")]
    Invalid(Vec<FieldFault>),
    /// The channel holds as many keys as it may.
    #[error("this channel has as many stream keys as it may; revoke one first")]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateKeyError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Invalid(_) | Self::TooMany => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

impl From<KeyError> for CreateKeyError {
    fn from(e: KeyError) -> Self {
        match e {
            KeyError::TooMany => Self::TooMany,
            KeyError::Store(e) => Self::Store(e),
        }
    }
}

/// What a key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The key.
    pub key: StreamKey,
    /// Its channel.
    pub channel: Channel,
}

/// Stream keys. One per process; share it in an `Arc`.
pub struct KeyDesk {
    keys: Arc<dyn StreamKeys>,
    ids: IdMint,
}

impl KeyDesk {
    /// A desk over this store.
    pub fn new(keys: Arc<dyn StreamKeys>) -> Self {
        Self { keys, ids: IdMint::default() }
    }

    /// Makes a key. The label may be empty; the secret is shown this once.
    pub async fn create(
        &self,
        channel: ChannelId,
        label: &str,
        now: WallTime,
    ) -> Result<(StreamKey, Secret), CreateKeyError> {
        let label = faults::line("label", label, LABEL_LEN_MAX)
            .map_err(|fault| CreateKeyError::Invalid(vec![fault]))?;
        let secret = Secret::mint("live", rand::random());
        // A key lives on its channel's shard, and its id says so.
        let id = StreamKeyId(self.ids.next(now, channel.shard()));
        let key = StreamKey { id, channel, label, created_at: now, last_used_at: None };
        self.keys.add(key.clone(), secret.hash()).await?;
        Ok((key, secret))
    }

    /// The channel's keys, oldest first.
    pub async fn list(&self, channel: ChannelId) -> Result<Vec<StreamKey>, StoreError> {
        self.keys.list(channel).await
    }

    /// Revokes a key of this channel; `false` if it has no such key. A stream that it opened ends.
    pub async fn revoke(&self, channel: ChannelId, key: StreamKeyId) -> Result<bool, StoreError> {
        self.keys.remove(channel, key).await
    }

    /// What a key opens; `None` if nothing. Does not count as use: that is an encoder's.
    pub async fn admit(&self, presented: &Secret) -> Result<Option<Admitted>, StoreError> {
        let found = self.keys.find(presented.hash()).await?;
        Ok(found.map(|(key, channel)| Admitted { key, channel }))
    }
}
