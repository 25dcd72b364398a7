//! Who follows whom, as it is kept.

use async_trait::async_trait;

use super::StoreError;
use crate::follows::{Follow, FollowMark};
use crate::ids::{ChannelId, UserId};
use crate::time::WallTime;

/// Why nobody follows now who did not before.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The user or the channel is gone.
    #[error("there is no such channel")]
    NoSuchChannel,
    /// The user follows as many channels as anybody may.
    #[error("you follow as many channels as one may; unfollow one first")]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Follows, sharded by who follows. A channel's number of followers ([`crate::users::Channel::followers`]) changes together with
/// them: torn apart, it would drift. Deleting an account deletes those of it and to it.
#[async_trait]
pub trait Follows: Send + Sync {
    /// `user` follows `channel` since `now`, or still since when they did before. At most
    /// [`FOLLOWS_MAX`](crate::limits::FOLLOWS_MAX) for a user.
    async fn follow(&self, user: UserId, channel: ChannelId, now: WallTime) -> Result<Follow, FollowError>;
    /// `user` follows `channel` no longer; `false` if they did not.
    async fn unfollow(&self, user: UserId, channel: ChannelId) -> Result<bool, StoreError>;
    /// Since when `user` follows `channel`.
    async fn find(&self, user: UserId, channel: ChannelId) -> Result<Option<Follow>, StoreError>;
    /// Followers of `channel`, newest first: at most `most` behind `after`.
    async fn followers(
        &self,
        channel: ChannelId,
        after: Option<FollowMark>,
        most: u16,
    ) -> Result<Vec<Follow>, StoreError>;
    /// What `user` follows, newest first: at most `most` behind `after`.
    async fn followed(
        &self,
        user: UserId,
        after: Option<FollowMark>,
        most: u16,
    ) -> Result<Vec<Follow>, StoreError>;
    /// All that `user` follows, in any order; at most [`FOLLOWS_MAX`](crate::limits::FOLLOWS_MAX).
    async fn all_followed(&self, user: UserId) -> Result<Vec<ChannelId>, StoreError>;
}
