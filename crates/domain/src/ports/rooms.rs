//! Chat rooms as they are kept.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{ChannelId, ModEntryId, UserId};
use crate::rooms::{Look, ModEntry, Person, RoomChange, RoomRecord};

/// Rooms, sharded like their channels. Torn apart, a ban would hold of which nobody knows who did it.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// Everything that is kept of a room. A room of which nothing is kept yet is the default one.
    async fn load(&self, channel: ChannelId) -> Result<RoomRecord, StoreError>;
    /// Keeps a change and, together with it, what the moderation log says of it. Removing what is not there is fine.
    async fn change(
        &self,
        channel: ChannelId,
        change: RoomChange,
        entry: Option<ModEntry>,
    ) -> Result<(), StoreError>;
    /// Adds to the moderation log what changes nothing that is kept (a deleted message, a cleared room).
    async fn note(&self, channel: ChannelId, entry: ModEntry) -> Result<(), StoreError>;
    /// The moderation log, newest first: at most `most` entries before `before`, of all or about `target`.
    async fn entries(
        &self,
        channel: ChannelId,
        target: Option<UserId>,
        before: Option<ModEntryId>,
        most: u16,
    ) -> Result<Vec<ModEntry>, StoreError>;
    /// Rooms in which `user` is a moderator.
    async fn moderated_by(&self, user: UserId) -> Result<Vec<ChannelId>, StoreError>;
    /// How `user` looks.
    async fn look(&self, user: UserId) -> Result<Look, StoreError>;
    /// Keeps how `user` looks.
    async fn set_look(&self, user: UserId, look: Look) -> Result<(), StoreError>;
    /// Whom `user` blocks, by login.
    async fn blocked_by(&self, user: UserId) -> Result<Vec<Person>, StoreError>;
    /// `user` blocks `whom`, or no longer. Blocking twice is fine, and so is unblocking whom nobody blocks.
    async fn set_block(&self, user: UserId, whom: Person, blocked: bool) -> Result<(), StoreError>;
    /// Forgets a user in every room: roles, warnings, watches, look, blocks (theirs and of them), requests to lift bans, pinned
    /// messages, and in the moderation log the texts of deleted messages (`delete`). Bans stay, so that a new account of the same
    /// name meets them.
    async fn forget(&self, user: UserId) -> Result<(), StoreError>;
}
