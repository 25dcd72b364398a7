//! [`Registry`] in memory. Holds one entry per channel that was live and whose last lease was not released.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::ids::ChannelId;
use domain::ports::{ClaimError, LeaseLost, Registry, StoreError};
use domain::streams::{LEASE_TTL, Lease, StreamRecord};
use domain::time::WallTime;
use tokio::sync::watch;

use super::{Changes, Fences};

#[derive(Debug, Default)]
pub(crate) struct MemoryRegistry {
    inner: Mutex<Inner>,
    changes: Changes,
}

#[derive(Debug, Default)]
struct Inner {
    held: HashMap<ChannelId, Held>,
    fences: Fences,
}

#[derive(Debug)]
struct Held {
    lease: Lease,
    record: StreamRecord,
}

impl Held {
    fn is_live(&self, now: WallTime) -> bool {
        self.lease.until >= now
    }
}

impl Inner {
    /// What `lease` holds, if it is the last one given on its channel.
    fn held_by(&mut self, lease: &Lease) -> Result<&mut Held, LeaseLost> {
        let held = self.held.get_mut(&lease.channel);
        held.filter(|held| held.lease.fence == lease.fence).ok_or(LeaseLost::Superseded)
    }
}

impl MemoryRegistry {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Registry for MemoryRegistry {
    async fn claim(&self, record: StreamRecord, take_over: bool, now: WallTime) -> Result<Lease, ClaimError> {
        let mut inner = self.inner();
        if let Some(held) = inner.held.get(&record.channel)
            && held.is_live(now)
            && !take_over
        {
            return Err(ClaimError::Held(held.lease.clone()));
        }
        let fence = inner.fences.next(now);
        let lease = Lease { channel: record.channel, stream: record.id, fence, until: now + LEASE_TTL };
        inner.held.insert(record.channel, Held { lease: lease.clone(), record });
        drop(inner);
        self.changes.tell();
        Ok(lease)
    }

    async fn renew(
        &self,
        lease: &Lease,
        record: Option<StreamRecord>,
        now: WallTime,
    ) -> Result<Lease, LeaseLost> {
        let mut inner = self.inner();
        let held = inner.held_by(lease)?;
        if record.as_ref().is_some_and(|new| (new.id, new.channel) != (held.record.id, held.record.channel)) {
            return Err(StoreError::Corrupt("a lease cannot keep another stream's record".to_owned()).into());
        }
        // A stream whose lease had ended was not listed: coming back is a change too.
        let mut changed = !held.is_live(now);
        held.lease.until = now + LEASE_TTL;
        if let Some(new) = record.filter(|new| *new != held.record) {
            held.record = new;
            changed = true;
        }
        let renewed = held.lease.clone();
        drop(inner);
        if changed {
            self.changes.tell();
        }
        Ok(renewed)
    }

    async fn release(&self, lease: &Lease) -> Result<(), LeaseLost> {
        let mut inner = self.inner();
        inner.held_by(lease)?;
        inner.held.remove(&lease.channel);
        drop(inner);
        self.changes.tell();
        Ok(())
    }

    async fn on_channel(
        &self,
        channel: ChannelId,
        now: WallTime,
    ) -> Result<Option<StreamRecord>, StoreError> {
        let inner = self.inner();
        let held = inner.held.get(&channel).filter(|held| held.is_live(now));
        Ok(held.map(|held| held.record.clone()))
    }

    async fn live(&self, now: WallTime) -> Result<Vec<StreamRecord>, StoreError> {
        let inner = self.inner();
        Ok(inner.held.values().filter(|held| held.is_live(now)).map(|held| held.record.clone()).collect())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
