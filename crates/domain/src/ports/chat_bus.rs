//! What rooms say, on its way to the nodes that show it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::StoreError;
use crate::ids::ChannelId;

/// The bus between a room and its tree. Within a channel the order of publishing is the order of arrival, for every
/// subscriber, each batch once; a batch is opaque here.
#[async_trait]
pub trait ChatBus: Send + Sync {
    /// Hands a batch to all subscribers of the channel. Returns once none that keeps up can miss it.
    async fn publish(&self, channel: ChannelId, batch: Arc<[u8]>) -> Result<(), StoreError>;
    /// All batches published on the channel from now on. A subscriber that falls [`BUS_DEPTH`] batches behind loses its
    /// subscription: the receiver ends, and whoever reads it subscribes anew knowing that something was missed.
    async fn subscribe(&self, channel: ChannelId) -> Result<mpsc::Receiver<Arc<[u8]>>, StoreError>;
}

/// Batches that a subscriber may be behind.
pub const BUS_DEPTH: usize = 1024;
