//! [`ChatBus`] in memory: one bounded queue for each subscriber, filled under one lock, which is what keeps the order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::ids::ChannelId;
use domain::ports::{BUS_DEPTH, ChatBus, StoreError};
use tokio::sync::mpsc;

type Batch = Arc<[u8]>;

#[derive(Debug, Default)]
pub(crate) struct MemoryChatBus(Mutex<HashMap<ChannelId, Vec<mpsc::Sender<Batch>>>>);

#[async_trait]
impl ChatBus for MemoryChatBus {
    async fn publish(&self, channel: ChannelId, batch: Batch) -> Result<(), StoreError> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(subscribers) = channels.get_mut(&channel) else { return Ok(()) };
        // Full or gone: the sender is dropped, and the receiver ends after what it still has.
        subscribers.retain(|subscriber| subscriber.try_send(Arc::clone(&batch)).is_ok());
        if subscribers.is_empty() {
            channels.remove(&channel);
        }
        Ok(())
    }

    async fn subscribe(&self, channel: ChannelId) -> Result<mpsc::Receiver<Batch>, StoreError> {
        let (sender, receiver) = mpsc::channel(BUS_DEPTH);
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let subscribers = channels.entry(channel).or_default();
        // Where nothing is said nobody notices who left.
        subscribers.retain(|subscriber| !subscriber.is_closed());
        subscribers.push(sender);
        Ok(receiver)
    }
}
