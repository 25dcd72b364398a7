//! What a room asks of the rest of the platform.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ids::{ChannelId, IdMint};
use domain::names::Name;
use domain::ports::{ChatBus, ChatLog, Rooms, Standing, StoreError};
use domain::time::WallTime;
use tokio::sync::watch;

use super::judge::Judge;
use crate::command::{Account, Offered};

/// Who has a login.
#[async_trait]
pub trait People: Send + Sync {
    /// The account with this login, as chat knows one; `None` if there is none.
    async fn by_login(&self, login: &Name) -> Result<Option<Account>, StoreError>;
}

/// Which emotes a room offers.
pub trait Codebook: Send + Sync {
    /// The site's and the channel's, and whenever they change. The sender may go away: then they do not change any more.
    fn of(&self, channel: ChannelId) -> watch::Receiver<Arc<[Offered]>>;
}

/// Makes the judge of one room.
pub type JudgeMaker = dyn Fn(ChannelId) -> Box<dyn Judge> + Send + Sync;

/// Everything that rooms need from outside.
#[derive(Clone)]
pub struct RoomPorts {
    /// What is kept of rooms.
    pub rooms: Arc<dyn Rooms>,
    /// The log of messages.
    pub log: Arc<dyn ChatLog>,
    /// The way to the tree.
    pub bus: Arc<dyn ChatBus>,
    /// What somebody is to a channel.
    pub standing: Arc<dyn Standing>,
    /// Who has a login.
    pub people: Arc<dyn People>,
    /// Emotes.
    pub codebook: Arc<dyn Codebook>,
    /// Judges texts.
    pub judge: Arc<JudgeMaker>,
    /// Numbers for messages and entries; one for the whole process.
    pub mint: Arc<IdMint>,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> WallTime + Send + Sync>,
}

impl RoomPorts {
    /// The wall clock.
    pub fn wall_clock() -> Arc<dyn Fn() -> WallTime + Send + Sync> {
        Arc::new(|| WallTime::from_unix_ms(runtime::clock::wall_ms()))
    }
}
