//! The follow desk: who follows whom, who may see it, and what chat is told of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::class::Class;
use domain::follows::{Follow, FollowMark};
use domain::ids::{ChannelId, UserId};
use domain::messages::StandingRecord;
use domain::ports::{FollowError, Follows, Rooms, Standing, StoreError};
use domain::time::WallTime;
use domain::users::{Channel, User};

use crate::limits::{PAGE_DEFAULT, PAGE_MAX};
use crate::rates::{Rate, RateTable};

/// Channels that an account may follow: thirty at once, then one each ten seconds. Nobody who clicks is slowed by it; a bot is.
const FOLLOW_RATE: Rate = Rate { burst: 30, refill_s: 10 };

/// Why somebody does not follow, or may not see who does.
#[derive(Debug, thiserror::Error)]
pub enum FollowRefusal {
    /// Nobody follows themselves.
    #[error("this is your own channel")]
    OwnChannel,
    /// The owner blocks them.
    #[error("whoever owns this channel does not want you to follow it")]
    Blocked,
    /// Too many in a short time.
    #[error("you follow too many channels too fast; try again later")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// Followers are shown to those who look after the channel.
    #[error("only the channel's owner, its moderators and administrators see who follows it")]
    NotYours,
    /// `after` is not what a page said as `next`.
    #[error("that page marker is not valid")]
    BadCursor,
    /// The store did not let them.
    #[error(transparent)]
    Follow(#[from] FollowError),
}

impl From<StoreError> for FollowRefusal {
    fn from(e: StoreError) -> Self {
        Self::Follow(e.into())
    }
}

impl FollowRefusal {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Follow(FollowError::Store(e)) => e.class(),
            _ => Class::Caller,
        }
    }
}

/// A page of follows, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowPage {
    /// At most as many as were asked for.
    pub follows: Vec<Follow>,
    /// What to ask for next as `after`; `None` on the last page.
    pub next: Option<String>,
}

/// Follows. One per process; share it in an `Arc`.
pub struct FollowDesk {
    follows: Arc<dyn Follows>,
    rooms: Arc<dyn Rooms>,
    /// Follow bots have accounts, so accounts are what is limited.
    rate: RateTable<UserId>,
}

impl FollowDesk {
    /// A desk over these stores; `rooms` says who moderates and who blocks whom.
    pub fn new(follows: Arc<dyn Follows>, rooms: Arc<dyn Rooms>) -> Self {
        Self { follows, rooms, rate: RateTable::new(FOLLOW_RATE) }
    }

    /// `user` follows `channel` from now on, or still since when they did before.
    pub async fn follow(
        &self,
        user: &User,
        channel: &Channel,
        now: WallTime,
    ) -> Result<Follow, FollowRefusal> {
        if channel.id.owner() == user.id {
            return Err(FollowRefusal::OwnChannel);
        }
        let blocked = self.rooms.blocked_by(channel.id.owner()).await?;
        if blocked.iter().any(|one| one.id == user.id) {
            return Err(FollowRefusal::Blocked);
        }
        self.rate.take(&user.id, now).map_err(|retry_after| FollowRefusal::RateLimited { retry_after })?;
        Ok(self.follows.follow(user.id, channel.id, now).await?)
    }

    /// `user` follows `channel` no longer, if they did.
    pub async fn unfollow(&self, user: &User, channel: &Channel) -> Result<(), FollowRefusal> {
        self.follows.unfollow(user.id, channel.id).await?;
        Ok(())
    }

    /// The follow of `channel` by `user`, if there is one.
    pub async fn find(&self, user: &User, channel: &Channel) -> Result<Option<Follow>, FollowRefusal> {
        Ok(self.follows.find(user.id, channel.id).await?)
    }

    /// What `user` follows. 20 on a page unless `limit` says otherwise, 100 at most.
    pub async fn followed(
        &self,
        user: &User,
        limit: Option<usize>,
        after: Option<&str>,
    ) -> Result<FollowPage, FollowRefusal> {
        let (after, most) = (mark(after)?, size(limit));
        let found = self.follows.followed(user.id, after, most + 1).await?;
        Ok(page(found, most, |follow| follow.channel.0))
    }

    /// Who follows `channel`, for those who look after it. Pages as in [`followed`](Self::followed).
    pub async fn followers(
        &self,
        by: &User,
        channel: &Channel,
        limit: Option<usize>,
        after: Option<&str>,
    ) -> Result<FollowPage, FollowRefusal> {
        let owns = channel.id.owner() == by.id || by.admin;
        if !owns && !self.rooms.moderated_by(by.id).await?.contains(&channel.id) {
            return Err(FollowRefusal::NotYours);
        }
        let (after, most) = (mark(after)?, size(limit));
        let found = self.follows.followers(channel.id, after, most + 1).await?;
        Ok(page(found, most, |follow| follow.user.0))
    }
}

fn size(limit: Option<usize>) -> u16 {
    u16::try_from(limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)).expect("a page is small")
}

/// One more than `most` were asked for, to know whether there is another page.
fn page(mut found: Vec<Follow>, most: u16, id: impl Fn(&Follow) -> u64) -> FollowPage {
    let more = found.len() > usize::from(most);
    found.truncate(most.into());
    let next = found.last().filter(|_| more).map(|last| format!("{}-{}", last.since.unix_ms(), id(last)));
    FollowPage { follows: found, next }
}

/// Reads what [`page`] wrote.
fn mark(after: Option<&str>) -> Result<Option<FollowMark>, FollowRefusal> {
    // A form field that was left alone sends an empty text.
    let Some(text) = after.filter(|text| !text.is_empty()) else { return Ok(None) };
    let read = || {
        let (since, id) = text.split_once('-')?;
        Some(FollowMark { since: WallTime::from_unix_ms(since.parse().ok()?), id: id.parse().ok()? })
    };
    read().map(Some).ok_or(FollowRefusal::BadCursor)
}

/// What chat asks: who follows. Nobody subscribes as long as there are no subscriptions.
pub struct FollowStanding(pub Arc<dyn Follows>);

#[async_trait]
impl Standing for FollowStanding {
    async fn of(&self, user: UserId, channel: ChannelId) -> Result<StandingRecord, StoreError> {
        let follow = self.0.find(user, channel).await?;
        Ok(StandingRecord { subscriber: None, follows_since: follow.map(|follow| follow.since) })
    }
}
