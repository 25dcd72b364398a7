//! Channels by name. A channel keeps its name and number for life, so what was once found is found again without asking a store, until
//! the channel is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::ChannelId;
use domain::names::Name;
use domain::ports::{Channels, StoreError};

use crate::tree::encode::RoomName;

/// Names that are remembered at most; when they are too many all are forgotten, which costs a lookup each.
const REMEMBERED_MAX: usize = 10_000;

/// Finds channels. Clones share what they remember.
#[derive(Clone)]
pub(super) struct Names {
    channels: Arc<dyn Channels>,
    known: Arc<Mutex<HashMap<Name, ChannelId>>>,
}

impl Names {
    pub(super) fn new(channels: Arc<dyn Channels>) -> Self {
        Self { channels, known: Arc::default() }
    }

    /// The channel with this name, in any letter case, or with this number.
    pub(super) async fn find(&self, text: &str) -> Result<Option<RoomName>, StoreError> {
        let login = match text.parse::<Name>() {
            Ok(login) => login,
            // Accounts have no names that may be numbers (`Name::may_be_taken`).
            Err(_) => return self.by_number(text).await,
        };
        if let Some(channel) = self.lock().get(&login).copied() {
            return Ok(Some(RoomName { channel, login }));
        }
        match self.channels.by_name(&login).await? {
            Some(found) => Ok(Some(self.remember(found.id, found.name))),
            None => self.by_number(text).await,
        }
    }

    /// The channel with this number.
    pub(super) async fn by_id(&self, id: ChannelId) -> Result<Option<RoomName>, StoreError> {
        let found = self.channels.by_ids(&[id]).await?.pop();
        Ok(found.map(|found| self.remember(found.id, found.name)))
    }

    /// The channel is gone.
    pub(super) fn forget(&self, channel: ChannelId) {
        self.lock().retain(|_, known| *known != channel);
    }

    async fn by_number(&self, text: &str) -> Result<Option<RoomName>, StoreError> {
        match text.parse() {
            Ok(id) => self.by_id(id).await,
            Err(_) => Ok(None),
        }
    }

    fn remember(&self, channel: ChannelId, login: Name) -> RoomName {
        let mut known = self.lock();
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(login.clone(), channel);
        RoomName { channel, login }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Name, ChannelId>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
