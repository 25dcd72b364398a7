//! Who follows whom.

use crate::ids::{ChannelId, UserId};
use crate::names::Name;
use crate::time::WallTime;

/// Somebody follows a channel. Names are those that both have now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// Who follows.
    pub user: UserId,
    /// Who follows, by name.
    pub login: Name,
    /// What is followed.
    pub channel: ChannelId,
    /// What is followed, by name.
    pub name: Name,
    /// Since when, without a gap.
    pub since: WallTime,
}

/// Where a page of follows ends, newest first: the page after it begins behind this follow, whether or not it is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowMark {
    /// [`Follow::since`] of the last one.
    pub since: WallTime,
    /// The number by which the last one differs from others of the same moment: of the follower in a channel's list, of the
    /// channel in a user's.
    pub id: u64,
}
