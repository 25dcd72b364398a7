//! The opt-in log of chat messages.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{ChannelId, MessageId, UserId};
use crate::messages::LoggedMessage;
use crate::time::WallTime;

/// Which part of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRange {
    /// Of this author only.
    pub author: Option<UserId>,
    /// Not before this time.
    pub since: Option<WallTime>,
    /// Before this message: where the page before ended.
    pub before: Option<MessageId>,
}

/// Chat logs, in partitions by channel, hour and sub-bucket, because one hour of a mega room is too much for one partition.
/// Written from the bus, never in the way of delivery: a batch that can't be written is tried again, then dropped and counted.
#[async_trait]
pub trait ChatLog: Send + Sync {
    /// Keeps messages. Appending one again (same channel and id) changes nothing.
    async fn append(&self, batch: Vec<LoggedMessage>) -> Result<(), StoreError>;
    /// At most `most` messages of a channel, newest first, deleted ones too (marked).
    async fn read(
        &self,
        channel: ChannelId,
        range: LogRange,
        most: u16,
    ) -> Result<Vec<LoggedMessage>, StoreError>;
    /// Marks messages as deleted: one, or an author's or all up to a time.
    async fn mark_deleted(&self, channel: ChannelId, what: Deleted) -> Result<(), StoreError>;
    /// Erases a channel's log, all of it or one author's; says how many messages went.
    async fn erase(&self, channel: ChannelId, author: Option<UserId>) -> Result<u64, StoreError>;
    /// Erases what a user said anywhere: the account is gone.
    async fn forget(&self, author: UserId) -> Result<u64, StoreError>;
}

/// What was deleted from a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// One message.
    Message(MessageId),
    /// All of an author up to a time.
    Author(UserId, WallTime),
    /// Everything up to a time.
    All(WallTime),
}
