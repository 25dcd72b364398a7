//! Leaving for good: what a user was and said is erased, in an order in which a failure half-way can be tried again.
//!
//! The account goes last, so that until then its owner can sign in and repeat it. Its live stream is ended after that
//! ([`LeaveDesk::end_stream`]), because without the account's keys it cannot come back.

use std::net::IpAddr;
use std::sync::Arc;

use domain::ids::{ChannelId, IdMint, StreamId};
use domain::messages::EmoteOwner;
use domain::ports::{ChatLog, ClaimError, Emotes, LeaseLost, Registry, Rooms, StoreError};
use domain::time::WallTime;
use domain::users::User;

use crate::accounts::{AccountDesk, SignInError};

/// Ends accounts. One per process; share it in an `Arc`.
pub struct LeaveDesk {
    accounts: Arc<AccountDesk>,
    rooms: Arc<dyn Rooms>,
    chat_log: Arc<dyn ChatLog>,
    emotes: Arc<dyn Emotes>,
    registry: Arc<dyn Registry>,
    ids: IdMint,
}

impl LeaveDesk {
    /// A desk over these.
    pub fn new(
        accounts: Arc<AccountDesk>,
        rooms: Arc<dyn Rooms>,
        chat_log: Arc<dyn ChatLog>,
        emotes: Arc<dyn Emotes>,
        registry: Arc<dyn Registry>,
    ) -> Self {
        Self { accounts, rooms, chat_log, emotes, registry, ids: IdMint::default() }
    }

    /// Ends the account of `user`, who must say the password again: sessions, tokens, keys, looks, roles, what was said in
    /// logged rooms, the channel's own log and emotes. The name stays taken.
    pub async fn leave(
        &self,
        user: &User,
        password: &str,
        from: IpAddr,
        now: WallTime,
    ) -> Result<(), SignInError> {
        self.accounts.check_password(user, password, from, now).await?;
        let channel = ChannelId::from(user.id);
        self.rooms.forget(user.id).await?;
        self.chat_log.forget(user.id).await?;
        self.chat_log.erase(channel, None).await?;
        let owner = EmoteOwner::Channel(channel);
        for emote in self.emotes.list(owner).await? {
            self.emotes.remove(owner, emote.id).await?;
        }
        self.accounts.remove(user, now).await?;
        metrics::counter!("footlight_accounts_removed_total").increment(1);
        Ok(())
    }

    /// Takes the channel of somebody who has left from whoever publishes on it and gives it up at once: the publisher's next renewal
    /// hears that it is superseded, wherever it runs, and its key opens nothing any more.
    pub async fn end_stream(&self, channel: ChannelId, now: WallTime) -> Result<(), StoreError> {
        let Some(record) = self.registry.on_channel(channel, now).await? else { return Ok(()) };
        let record = domain::streams::StreamRecord { id: StreamId(self.ids.next(now, 0)), ..record };
        let lease = match self.registry.claim(record, true, now).await {
            Ok(lease) => lease,
            // A claim that takes over is refused to nobody.
            Err(ClaimError::Held(_)) => return Ok(()),
            Err(ClaimError::Store(e)) => return Err(e),
        };
        match self.registry.release(&lease).await {
            Ok(()) | Err(LeaseLost::Superseded) => Ok(()),
            Err(LeaseLost::Store(e)) => Err(e),
        }
    }
}
