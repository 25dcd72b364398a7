//! [`Standing`] in memory: nobody is anything to any channel until somebody says so.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use domain::ids::{ChannelId, UserId};
use domain::messages::StandingRecord;
use domain::ports::{Standing, StoreError};

/// What was [`set`](Self::set), and nothing else. Until other pipelines answer this port, it is the answer.
#[derive(Debug, Default)]
pub struct MemoryStanding(Mutex<HashMap<(UserId, ChannelId), StandingRecord>>);

impl MemoryStanding {
    /// From now on `user` is this to `channel`.
    pub fn set(&self, user: UserId, channel: ChannelId, record: StandingRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((user, channel), record);
    }
}

#[async_trait]
impl Standing for MemoryStanding {
    async fn of(&self, user: UserId, channel: ChannelId) -> Result<StandingRecord, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.get(&(user, channel)).copied().unwrap_or_default())
    }
}
