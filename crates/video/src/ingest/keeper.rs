//! Keeps a stream while it lives: renews its lease, tells the registry what changes, and ends it when nobody comes back.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{ChannelId, StreamKeyId};
use domain::ports::{LeaseLost, Registry, StreamKeys};
use domain::streams::{LEASE_RENEW_EVERY, Lease, SourceInfo, StreamRecord, StreamState};
use media::frame::CodecConfig;
use runtime::{Stop, clock};

use super::slot::{Cut, Slot};
use crate::live::Phase;
use crate::origin::LiveStream;
use crate::wall_now;

/// How long a store may take. A keeper that waits for one does not see its publisher go silent.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the stream is looked at.
const TICK: Duration = Duration::from_millis(200);

/// What a keeper asks.
#[derive(Clone, Copy)]
pub struct Stores<'a> {
    /// Whether the stream's lease is still its own.
    pub registry: &'a dyn Registry,
    /// Whether the channel is still there, if it is not.
    pub keys: &'a dyn StreamKeys,
}

/// How long a keeper is patient.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// With a silent publisher.
    pub silent_after: Duration,
    /// With an absent one.
    pub grace: Duration,
}

/// Returns when the stream is over, its playlists ended and its lease released.
pub async fn keep(
    slot: &Arc<Slot>,
    live: &LiveStream,
    stores: Stores<'_>,
    lease: Lease,
    record: StreamRecord,
    waits: Waits,
    stop: Stop,
) {
    tracing::info!(
        stream = %record.id,
        channel = %record.channel,
        name = record.name.as_str(),
        "stream begins"
    );
    let stream = record.id;
    let mut told = Told { lease, record, renewed: clock::now(), failed: false };
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut looked = clock::now();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.stopped() => break,
        }
        let now = clock::now();
        if now.saturating_duration_since(looked) >= LEASE_RENEW_EVERY {
            looked = now;
            if is_revoked(stores.keys, told.record.channel, slot.key()).await {
                // An account that is gone has taken the lease with it.
                told.renewed = now.checked_sub(LEASE_RENEW_EVERY).unwrap_or(now);
                let is_lost = told.tell(slot, live, stores.registry).await.is_err();
                slot.end(if is_lost { Cut::ChannelGone } else { Cut::KeyRevoked });
                break;
            }
        }
        slot.interrupt_if_silent(now, waits.silent_after, now + waits.grace);
        if slot.end_if_due(now) {
            break;
        }
        slot.meter(|meter| meter.roll(now, wall_now()));
        if told.tell(slot, live, stores.registry).await.is_err() {
            slot.end(why_lost(stores.keys, told.record.channel).await);
            break;
        }
    }
    slot.end(Cut::Ended);
    slot.broadcast.video.end();
    slot.broadcast.audio.end();
    match tokio::time::timeout(STORE_TIMEOUT, stores.registry.release(&told.lease)).await {
        Ok(Ok(()) | Err(LeaseLost::Superseded)) => {}
        Ok(Err(LeaseLost::Store(error))) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "lease not released; it ends by itself");
        }
        Err(_) => tracing::warn!("lease not released in time; it ends by itself"),
    }
    tracing::info!(stream = %stream, "stream ended");
}

/// Whether the publisher's key is there no more: whoever has a leaked key may be live with it. A store that does not answer ends
/// no stream.
async fn is_revoked(keys: &dyn StreamKeys, channel: ChannelId, key: Option<StreamKeyId>) -> bool {
    let Some(key) = key else { return false };
    let left = tokio::time::timeout(STORE_TIMEOUT, keys.list(channel)).await;
    matches!(left, Ok(Ok(left)) if left.iter().all(|left| left.id != key))
}

/// Why the lease went. A channel that is gone has no key any more, and without one nobody is live on it elsewhere.
async fn why_lost(keys: &dyn StreamKeys, channel: ChannelId) -> Cut {
    match tokio::time::timeout(STORE_TIMEOUT, keys.list(channel)).await {
        Ok(Ok(left)) if left.is_empty() => Cut::ChannelGone,
        // Also if nobody can say: leases are mostly lost to another node.
        Ok(_) | Err(_) => Cut::LeaseLost,
    }
}

/// What the registry was told last.
struct Told {
    lease: Lease,
    record: StreamRecord,
    renewed: std::time::Instant,
    /// The store did not answer the last time: it is asked less often.
    failed: bool,
}

impl Told {
    /// Tells the registry what is new, or just that the stream is still here. A store that is down is asked again later:
    /// the stream goes on without it.
    async fn tell(&mut self, slot: &Slot, live: &LiveStream, registry: &dyn Registry) -> Result<(), ()> {
        let now = clock::now();
        let record = current(&self.record, slot, live);
        let changed = record != self.record;
        let since = now.saturating_duration_since(self.renewed);
        if since < if changed && !self.failed { Duration::ZERO } else { LEASE_RENEW_EVERY } {
            return Ok(());
        }
        self.renewed = now;
        self.failed = true;
        let wall = wall_now();
        let renewed = registry.renew(&self.lease, Some(record.clone()), wall);
        match tokio::time::timeout(STORE_TIMEOUT, renewed).await {
            Err(_) => {
                tracing::warn!("registry did not answer in time; the stream goes on");
                Ok(())
            }
            Ok(Ok(lease)) => {
                self.lease = lease;
                self.record = record;
                self.failed = false;
                Ok(())
            }
            Ok(Err(LeaseLost::Superseded)) => Err(()),
            Ok(Err(LeaseLost::Store(error))) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "registry did not answer; the stream goes on"
                );
                Ok(())
            }
        }
    }
}

/// The record as the stream is now.
fn current(before: &StreamRecord, slot: &Slot, live: &LiveStream) -> StreamRecord {
    let broadcast = &slot.broadcast;
    let watchable = *broadcast.watchable.borrow() && live.is_watchable();
    let state = match *broadcast.phase.borrow() {
        _ if !watchable => StreamState::Starting,
        Phase::Interrupted => StreamState::Interrupted,
        Phase::Live | Phase::Ended => StreamState::Live,
    };
    let configs = [broadcast.video.config(), broadcast.audio.config()];
    let (width, height, written) = match configs[0].as_deref() {
        Some(CodecConfig::H264(h264)) => (h264.display_width(), h264.height, h264.fps),
        _ => (0, 0, None),
    };
    let codecs = configs.iter().flatten().map(|config| config.rfc6381()).collect();
    // Counted is truer than what the encoder wrote, which is truer than what was counted before an interruption.
    let fps = broadcast.measured_fps().or(written).unwrap_or(before.source.fps);
    let source = SourceInfo { width, height, fps, codecs };
    StreamRecord { state, source, renditions: live.renditions(), ..before.clone() }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use domain::ports::{KeyError, StoreError};
    use domain::secrets::SecretHash;
    use domain::time::WallTime;
    use domain::users::{Channel, StreamKey};

    use super::*;

    /// A store of which only the list is asked: with so many keys, or `None` if it does not answer.
    struct Listed(Option<usize>);

    #[async_trait]
    impl StreamKeys for Listed {
        async fn add(&self, _: StreamKey, _: SecretHash) -> Result<(), KeyError> {
            Ok(())
        }
        async fn list(&self, channel: ChannelId) -> Result<Vec<StreamKey>, StoreError> {
            let count = self.0.ok_or_else(|| StoreError::Unavailable("the disk is on fire".into()))?;
            let key = StreamKey {
                id: StreamKeyId(1),
                channel,
                label: String::new(),
                created_at: WallTime::from_unix_ms(0),
                last_used_at: None,
            };
            Ok(vec![key; count])
        }
        async fn remove(&self, _: ChannelId, _: StreamKeyId) -> Result<bool, StoreError> {
            Ok(false)
        }
        async fn find(&self, _: SecretHash) -> Result<Option<(StreamKey, Channel)>, StoreError> {
            Ok(None)
        }
        async fn touch(&self, _: StreamKeyId, _: WallTime) -> Result<(), StoreError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_key_and_not_with_the_store() {
        for (keys, key, revoked) in [
            (Some(1), Some(1), false),
            (Some(1), Some(9), true),
            (Some(0), Some(1), true),
            (Some(1), None, false),
            (None, Some(1), false),
        ] {
            let key = key.map(StreamKeyId);
            assert_eq!(is_revoked(&Listed(keys), ChannelId(7), key).await, revoked, "{keys:?} {key:?}");
        }
    }

    #[tokio::test]
    async fn a_channel_without_a_key_is_gone_and_any_other_went_live_elsewhere() {
        for (keys, why) in [(Some(0), Cut::ChannelGone), (Some(2), Cut::LeaseLost), (None, Cut::LeaseLost)] {
            assert_eq!(why_lost(&Listed(keys), ChannelId(7)).await, why, "{keys:?}");
        }
    }
}
