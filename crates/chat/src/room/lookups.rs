//! What a room's task must find out before the room can decide: as futures of the task itself, so that none outlives it, with a
//! bound on their number and on the time that each may take.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::{ChannelId, UserId};
use domain::messages::StandingRecord;
use domain::ports::StoreError;
use domain::rooms::RoomRecord;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::handle::{Ask, Reply};
use super::ports::RoomPorts;
use crate::command::{Account, List, Outcome};
use crate::rules::rank;

/// Lookups at the same time; beyond them the room goes on with what it knows.
const LOOKUPS_MAX: usize = 512;
/// Wait between two tries to load a room; doubles up to the last.
const LOAD_WAIT: Duration = Duration::from_secs(1);
const LOAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// Entries of the moderation log on a card.
const CARD_ENTRIES: u16 = 50;

/// What was found out.
pub(super) enum Found {
    /// What somebody is to the channel; `None` if nobody could say.
    Standing(UserId, Option<StandingRecord>),
    /// Whom a command names.
    Target(Box<Ask>, Result<Option<Account>, StoreError>),
    /// A card with everything on it.
    Card(Reply, Outcome),
    /// What is kept of the room, at last.
    Record(Box<RoomRecord>),
}

type Lookup = Pin<Box<dyn Future<Output = Found> + Send>>;

/// Lookups that are under way.
pub(super) struct Lookups {
    running: FuturesUnordered<Lookup>,
    /// Whose standing is being asked, and whether it changed meanwhile, so that the answer may be of before.
    asking: HashMap<UserId, bool>,
    ports: Arc<RoomPorts>,
    channel: ChannelId,
    patience: Duration,
}

impl Lookups {
    /// None yet; each may take `patience`.
    pub(super) fn new(ports: Arc<RoomPorts>, channel: ChannelId, patience: Duration) -> Self {
        Self { running: FuturesUnordered::new(), asking: HashMap::new(), ports, channel, patience }
    }

    /// Whether none is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// The next answer; `None` if none is under way.
    pub(super) async fn next(&mut self) -> Option<Found> {
        loop {
            let found = self.running.next().await?;
            let Found::Standing(user, _) = found else { return Some(found) };
            let doubted = self.asking.remove(&user) == Some(true);
            if !(doubted && self.standing(user)) {
                return Some(found);
            }
        }
    }

    /// What somebody is to the channel changed: an answer that is on its way is asked for once more.
    pub(super) fn doubt(&mut self, user: UserId) {
        if let Some(doubted) = self.asking.get_mut(&user) {
            *doubted = true;
        }
    }

    /// Asks what somebody is to the channel, unless that is being asked; `false` if there is no room for another question.
    pub(super) fn standing(&mut self, user: UserId) -> bool {
        if self.asking.contains_key(&user) {
            return true;
        }
        if self.running.len() >= LOOKUPS_MAX {
            return false;
        }
        self.asking.insert(user, false);
        let standing = Arc::clone(&self.ports.standing);
        let (channel, patience) = (self.channel, self.patience);
        self.running.push(Box::pin(async move {
            let record = match tokio::time::timeout(patience, standing.of(user, channel)).await {
                Ok(Ok(record)) => Some(record),
                Ok(Err(error)) => {
                    tracing::debug!(user = %user, error = %error, "standing is not known");
                    None
                }
                Err(_) => None,
            };
            Found::Standing(user, record)
        }));
        true
    }

    /// Asks who it is that a command names. Where there is no room for another question the ask is dropped, which answers it.
    pub(super) fn target(&mut self, ask: Ask) {
        let Some(login) = rank::names(&ask.command).cloned() else { return };
        if self.running.len() >= LOOKUPS_MAX {
            return;
        }
        let people = Arc::clone(&self.ports.people);
        let patience = self.patience;
        self.running.push(Box::pin(async move {
            let account = match tokio::time::timeout(patience, people.by_login(&login)).await {
                Ok(account) => account,
                Err(late) => Err(StoreError::Unavailable(Box::new(late))),
            };
            Found::Target(Box::new(ask), account)
        }));
    }

    /// Adds to a card what moderators did about somebody before; it goes without if the store does not say.
    pub(super) fn card(&mut self, reply: Reply, mut outcome: Outcome, user: UserId) {
        let rooms = Arc::clone(&self.ports.rooms);
        let (channel, patience) = (self.channel, self.patience);
        self.running.push(Box::pin(async move {
            let entries = rooms.entries(channel, Some(user), None, CARD_ENTRIES);
            if let Ok(Ok(entries)) = tokio::time::timeout(patience, entries).await
                && let Some(List::Card(card)) = &mut outcome.list
            {
                card.entries = entries;
            }
            Found::Card(reply, outcome)
        }));
    }

    /// Tries to load the room until it succeeds.
    pub(super) fn record(&mut self) {
        let rooms = Arc::clone(&self.ports.rooms);
        let channel = self.channel;
        self.running.push(Box::pin(async move {
            let mut wait = LOAD_WAIT;
            loop {
                tokio::time::sleep(wait).await;
                match rooms.load(channel).await {
                    Ok(record) => return Found::Record(Box::new(record)),
                    Err(error) => {
                        tracing::debug!(channel = %channel, error = %error, "a room cannot be loaded yet");
                    }
                }
                wait = (wait * 2).min(LOAD_WAIT_MAX);
            }
        }));
    }
}
