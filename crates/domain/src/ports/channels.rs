//! Channels, sharded by their owner's id.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::ChannelId;
use crate::names::Name;
use crate::users::{Channel, ChannelPatch};

/// Channels. They are made by [`super::Accounts::create`].
#[async_trait]
pub trait Channels: Send + Sync {
    /// The channel with this name.
    async fn by_name(&self, name: &Name) -> Result<Option<Channel>, StoreError>;
    /// The channels with these numbers; those that do not exist are left out, the order is free.
    async fn by_ids(&self, ids: &[ChannelId]) -> Result<Vec<Channel>, StoreError>;
    /// Changes what `patch` names and returns the result; `None` if there is no such channel. Values are checked before.
    async fn update(&self, id: ChannelId, patch: ChannelPatch) -> Result<Option<Channel>, StoreError>;
}
