//! [`Jobs`] in memory. Holds one entry per stream that wants a transcode slot; there are as many as live streams.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::ids::StreamId;
use domain::ports::{Jobs, LeaseLost, StoreError};
use domain::streams::{Job, JobLease, LEASE_TTL};
use domain::time::WallTime;
use tokio::sync::watch;

use super::{Changes, Fences};

#[derive(Debug, Default)]
pub(crate) struct MemoryJobs {
    inner: Mutex<Inner>,
    changes: Changes,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<StreamId, Entry>,
    fences: Fences,
}

#[derive(Debug)]
struct Entry {
    job: Job,
    /// Fence and end of the lease, if somebody has it.
    held: Option<(u64, WallTime)>,
}

impl Entry {
    fn is_free(&self, now: WallTime) -> bool {
        self.held.is_none_or(|(_, until)| until < now)
    }
}

impl Inner {
    fn most_urgent(&mut self, now: WallTime) -> Option<&mut Entry> {
        let free = self.entries.values_mut().filter(|entry| entry.is_free(now));
        free.max_by_key(|entry| {
            (entry.job.priority, Reverse(entry.job.offered_at), Reverse(entry.job.stream))
        })
    }

    fn held_by(&mut self, lease: &JobLease) -> Result<&mut Entry, LeaseLost> {
        let entry = self.entries.get_mut(&lease.job.stream);
        entry
            .filter(|entry| entry.held.is_some_and(|(fence, _)| fence == lease.fence))
            .ok_or(LeaseLost::Superseded)
    }
}

impl MemoryJobs {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Jobs for MemoryJobs {
    async fn offer(&self, job: Job) -> Result<(), StoreError> {
        let mut inner = self.inner();
        let changed = match inner.entries.get_mut(&job.stream) {
            Some(entry) if entry.job.priority == job.priority => false,
            Some(entry) => {
                entry.job.priority = job.priority;
                true
            }
            None => {
                inner.entries.insert(job.stream, Entry { job, held: None });
                true
            }
        };
        drop(inner);
        if changed {
            self.changes.tell();
        }
        Ok(())
    }

    async fn lease(&self, now: WallTime) -> Result<Option<JobLease>, StoreError> {
        let mut inner = self.inner();
        // Drawn before it is known whether there is a job: a gap in the numbers harms nobody.
        let fence = inner.fences.next(now);
        let Some(entry) = inner.most_urgent(now) else { return Ok(None) };
        let until = now + LEASE_TTL;
        entry.held = Some((fence, until));
        let lease = JobLease { job: entry.job.clone(), fence, until };
        drop(inner);
        self.changes.tell();
        Ok(Some(lease))
    }

    async fn waiting(&self, now: WallTime) -> Result<Option<Job>, StoreError> {
        Ok(self.inner().most_urgent(now).map(|entry| entry.job.clone()))
    }

    async fn renew(&self, lease: &JobLease, now: WallTime) -> Result<JobLease, LeaseLost> {
        let mut inner = self.inner();
        let entry = inner.held_by(lease)?;
        let until = now + LEASE_TTL;
        entry.held = Some((lease.fence, until));
        Ok(JobLease { job: entry.job.clone(), fence: lease.fence, until })
    }

    async fn give_back(&self, lease: &JobLease) -> Result<(), LeaseLost> {
        self.inner().held_by(lease)?.held = None;
        self.changes.tell();
        Ok(())
    }

    async fn withdraw(&self, stream: StreamId) -> Result<(), StoreError> {
        if self.inner().entries.remove(&stream).is_some() {
            self.changes.tell();
        }
        Ok(())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
