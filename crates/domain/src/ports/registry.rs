//! The stream registry: who may publish on a channel, and which streams are live.

use async_trait::async_trait;
use tokio::sync::watch;

use super::StoreError;
use crate::class::Class;
use crate::ids::ChannelId;
use crate::streams::{Lease, StreamRecord};
use crate::time::WallTime;

/// Why a channel could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Somebody holds the channel under a lease that has not ended.
    #[error("the channel is live already")]
    Held(Lease),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a lease holder's call had no effect.
#[derive(Debug, thiserror::Error)]
pub enum LeaseLost {
    /// Another claim with a higher fence came in between, or the lease was released.
    #[error("somebody else holds the channel now")]
    Superseded,
    /// The store did not do it; the lease may still be ours.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ClaimError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Held(_) => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// Live streams and the leases that publish them. Torn apart it would let two encoders be live on one channel.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Claims the record's channel until `now + LEASE_TTL` and keeps the record.
    ///
    /// A channel whose lease ended before `now` is free. With `take_over`, a held channel is taken from its holder,
    /// whose next renewal answers [`LeaseLost::Superseded`]. The fence is higher than all before on this channel.
    async fn claim(&self, record: StreamRecord, take_over: bool, now: WallTime) -> Result<Lease, ClaimError>;
    /// Holds on until `now + LEASE_TTL`, and keeps `record` if it is given (its id and channel must be the lease's).
    async fn renew(
        &self,
        lease: &Lease,
        record: Option<StreamRecord>,
        now: WallTime,
    ) -> Result<Lease, LeaseLost>;
    /// Frees the channel and forgets the record. A lease that was lost frees nothing.
    async fn release(&self, lease: &Lease) -> Result<(), LeaseLost>;
    /// The record of a channel whose lease has not ended before `now`.
    async fn on_channel(&self, channel: ChannelId, now: WallTime)
    -> Result<Option<StreamRecord>, StoreError>;
    /// All records whose lease has not ended before `now`, in no order.
    async fn live(&self, now: WallTime) -> Result<Vec<StreamRecord>, StoreError>;
    /// A number that rises with every change here; read again when it does. Changes may be merged, none is missed.
    fn changes(&self) -> watch::Receiver<u64>;
}
