//! Transcode jobs: offered by streams, leased by workers, by priority.

use async_trait::async_trait;
use tokio::sync::watch;

use super::{LeaseLost, StoreError};
use crate::ids::StreamId;
use crate::streams::{Job, JobLease};
use crate::time::WallTime;

/// The transcode queue. Torn apart it would transcode a stream twice, or never.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Wants a slot for `job.stream`. Offering again changes the priority and keeps the place in the queue.
    async fn offer(&self, job: Job) -> Result<(), StoreError>;
    /// Leases the most urgent job that nobody holds (ended leases count as nobody): highest priority, then oldest.
    async fn lease(&self, now: WallTime) -> Result<Option<JobLease>, StoreError>;
    /// The most urgent job that nobody holds, without leasing it: what a scheduler weighs a preemption against.
    async fn waiting(&self, now: WallTime) -> Result<Option<Job>, StoreError>;
    /// Holds on until `now + LEASE_TTL`.
    async fn renew(&self, lease: &JobLease, now: WallTime) -> Result<JobLease, LeaseLost>;
    /// Gives the job back to the queue with its old place: the slot was preempted or its worker failed.
    async fn give_back(&self, lease: &JobLease) -> Result<(), LeaseLost>;
    /// The stream wants no slot any more, leased or not. Withdrawing what is not there is fine.
    async fn withdraw(&self, stream: StreamId) -> Result<(), StoreError>;
    /// A number that rises with every change here, as in [`super::Registry::changes`].
    fn changes(&self) -> watch::Receiver<u64>;
}
