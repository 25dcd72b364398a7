//! What chat asks other pipelines about somebody.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{ChannelId, UserId};
use crate::messages::StandingRecord;

/// Subscriptions and follows, as far as chat must know them.
#[async_trait]
pub trait Standing: Send + Sync {
    /// What `user` is to `channel`. Somebody unknown is nothing to it.
    async fn of(&self, user: UserId, channel: ChannelId) -> Result<StandingRecord, StoreError>;
}
