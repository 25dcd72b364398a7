//! Admission: a stream key becomes a seat on a stream, or an answer that says why not.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::class::Class;
use domain::ids::{ChannelId, IdMint, StreamId, StreamKeyId};
use domain::ports::{ClaimError, Registry, StoreError, StreamKeys};
use domain::secrets::{Secret, SecretHash};
use domain::streams::{SourceInfo, StreamRecord, StreamState};
use domain::users::Channel;
use runtime::Scope;

use super::config::IngestConfig;
use super::keeper;
use super::sent_away::SentAway;
use super::slot::{Cut, Seat, Slot};
use super::throttle::WrongKeys;
use crate::live::Broadcast;
use crate::origin::Origin;
use crate::transcode::Transcoding;
use crate::wall_now;

/// How long a store may take to answer for a publisher that waits.
const STORE_TIMEOUT: Duration = Duration::from_secs(3);

/// Locks that claims share.
const CLAIMS: usize = 64;

/// Why a publisher is refused, in words that its encoder shows.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There was no key at all.
    #[error("No stream key: paste the key from your creator page into the encoder.")]
    NoKey,
    /// No channel has this key.
    #[error("This stream key is not valid: copy the current one from your creator page.")]
    BadKey {
        /// Hold the answer back for so long.
        delay: Duration,
    },
    /// Two encoders keep taking the channel from each other.
    #[error(
        "Another encoder keeps publishing on this channel: stop one of them and try again in half a minute."
    )]
    TakenTooOften,
    /// This node takes no more publishers.
    #[error("This server takes no more streams just now: try again in a minute.")]
    Full,
    /// A store did not answer.
    #[error("The server can't check stream keys just now: try again in a moment.")]
    Store(#[source] StoreError),
    /// A store took too long.
    #[error("The server can't check stream keys just now: try again in a moment.")]
    Slow,
}

impl PublishError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::NoKey | Self::BadKey { .. } | Self::TakenTooOften => Class::Caller,
            Self::Full | Self::Slow => Class::Busy,
            Self::Store(error) => error.class(),
        }
    }
}

/// Admits publishers on this node. Clones are handles to the same one.
#[derive(Clone)]
pub struct Admission {
    inner: Arc<Inner>,
}

struct Inner {
    config: IngestConfig,
    keys: Arc<dyn StreamKeys>,
    registry: Arc<dyn Registry>,
    origin: Origin,
    transcoding: Transcoding,
    node: String,
    ids: IdMint,
    scope: Scope,
    /// Locks are held for a few lines, never over an `await`.
    slots: Mutex<HashMap<ChannelId, Arc<Slot>>>,
    wrong_keys: Mutex<WrongKeys>,
    /// Keys that opened the streams in `slots`: an encoder comes back to its stream though the store is gone.
    opened: Mutex<HashMap<SecretHash, (ChannelId, StreamKeyId)>>,
    sent_away: Mutex<SentAway>,
    /// One claim of a channel at a time, so that two encoders that come at once make one stream. Channels share few locks,
    /// by number; a store that hangs holds up a few others, not all.
    claiming: [tokio::sync::Mutex<()>; CLAIMS],
}

impl Admission {
    /// Admission for node `node`; streams live in `scope`.
    pub fn new(
        config: IngestConfig,
        keys: Arc<dyn StreamKeys>,
        registry: Arc<dyn Registry>,
        origin: Origin,
        transcoding: Transcoding,
        node: String,
        scope: Scope,
    ) -> Self {
        let inner = Inner {
            config,
            keys,
            registry,
            origin,
            transcoding,
            node,
            ids: IdMint::default(),
            scope,
            slots: Mutex::default(),
            wrong_keys: Mutex::default(),
            opened: Mutex::default(),
            sent_away: Mutex::default(),
            claiming: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The limits in force.
    pub fn config(&self) -> &IngestConfig {
        &self.inner.config
    }

    /// The stream that lives on a channel here.
    pub fn slot(&self, channel: ChannelId) -> Option<Arc<Slot>> {
        self.slots().get(&channel).filter(|slot| !slot.is_over()).cloned()
    }

    /// The channel's encoder was disconnected from this side, for `reason`.
    pub fn note_sent_away(&self, channel: ChannelId, reason: String, now: Instant) {
        self.sent_away().note(channel, reason, now);
    }

    /// Why the channel's encoder was last disconnected from this side, if that was of late.
    pub fn why_sent_away(&self, channel: ChannelId, is_on_air: bool, now: Instant) -> Option<String> {
        self.sent_away().reason(channel, is_on_air, now).map(str::to_owned)
    }

    /// Ends all streams: publishers are told, playlists end.
    pub fn end_all(&self) {
        for slot in self.slots().values() {
            slot.end(Cut::Ended);
        }
    }

    /// A seat for whoever presents `key`, on the channel's living stream or on a new one.
    ///
    /// # Errors
    /// When there is none to be had; see [`PublishError`].
    pub async fn admit(&self, key: &Secret, from: IpAddr, now: Instant) -> Result<Seat, PublishError> {
        let found = tokio::time::timeout(STORE_TIMEOUT, self.inner.keys.find(key.hash()));
        let (stream_key, channel) = match found.await {
            Ok(Ok(Some(found))) => found,
            Ok(Ok(None)) => {
                self.opened().remove(&key.hash());
                return Err(PublishError::BadKey { delay: self.count_wrong_key(from, now) });
            }
            Ok(Err(error)) => return self.seat_again(key, now).ok_or(PublishError::Store(error)),
            Err(_) => return self.seat_again(key, now).ok_or(PublishError::Slow),
        };
        let seat = self.seat(&channel, stream_key.id, now).await?;
        self.opened().insert(key.hash(), (channel.id, stream_key.id));
        let keys = Arc::clone(&self.inner.keys);
        self.inner.scope.spawn("key touched", async move {
            if let Err(error) = keys.touch(stream_key.id, wall_now()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "last use of a stream key not kept");
            }
        });
        Ok(seat)
    }

    /// A seat on a living stream that this key opened before, for when the store can't be asked.
    fn seat_again(&self, key: &Secret, now: Instant) -> Option<Seat> {
        let (channel, key) = *self.opened().get(&key.hash())?;
        let seat = self.slot(channel)?.seat(key, now)?;
        tracing::warn!(
            channel = %channel,
            "no store answers; an encoder came back to its stream without it"
        );
        Some(seat)
    }

    async fn seat(&self, channel: &Channel, key: StreamKeyId, now: Instant) -> Result<Seat, PublishError> {
        // An encoder that comes back to its stream waits for nobody's store.
        if let Some(seat) = self.slot(channel.id).and_then(|slot| slot.seat(key, now)) {
            return Ok(seat);
        }
        let turn = &self.inner.claiming[claim_of(channel.id)];
        let turn = tokio::time::timeout(STORE_TIMEOUT, turn.lock()).await;
        let _one_at_a_time = turn.map_err(|_| PublishError::Slow)?;
        if let Some(slot) = self.slot(channel.id) {
            return slot.seat(key, now).ok_or(PublishError::TakenTooOften);
        }
        if self.slots().len() >= self.inner.config.publishers_max {
            return Err(PublishError::Full);
        }
        let slot = self.begin_stream(channel, now).await?;
        slot.seat(key, now).ok_or(PublishError::TakenTooOften)
    }

    async fn begin_stream(&self, channel: &Channel, now: Instant) -> Result<Arc<Slot>, PublishError> {
        let inner = &self.inner;
        let started_at = wall_now();
        let record = StreamRecord {
            id: StreamId(inner.ids.next(started_at, 0)),
            channel: channel.id,
            name: channel.name.clone(),
            node: inner.node.clone(),
            started_at,
            state: StreamState::Starting,
            source: SourceInfo::default(),
            renditions: Vec::new(),
        };
        // The newest encoder with the channel's key wins, wherever the last one was.
        let claim =
            tokio::time::timeout(STORE_TIMEOUT, inner.registry.claim(record.clone(), true, started_at));
        let lease = match claim.await {
            Ok(Ok(lease)) => lease,
            Ok(Err(ClaimError::Held(_))) => return Err(PublishError::TakenTooOften),
            Ok(Err(ClaimError::Store(error))) => return Err(PublishError::Store(error)),
            Err(_) => return Err(PublishError::Slow),
        };
        let broadcast = Arc::new(Broadcast::new(
            record.id,
            channel.id,
            channel.name.clone(),
            channel.partner,
            channel.latency,
            started_at,
        ));
        let slot = Arc::new(Slot::new(Arc::clone(&broadcast), now));
        self.slots().insert(channel.id, Arc::clone(&slot));
        let live = inner.origin.carry(Arc::clone(&broadcast), &inner.scope);
        inner.transcoding.offer(broadcast, channel.ladder.as_deref());
        let admission = self.clone();
        let (registry, keys) = (Arc::clone(&inner.registry), Arc::clone(&inner.keys));
        let grace = inner.config.grace;
        let silent_after = inner.config.silent_after;
        inner.scope.spawn_until_stop("stream keeper", move |stop| async move {
            keeper::keep(
                &slot,
                &live,
                keeper::Stores { registry: registry.as_ref(), keys: keys.as_ref() },
                lease,
                record,
                keeper::Waits { silent_after, grace },
                stop,
            )
            .await;
            admission.forget(&slot);
        });
        self.slot(channel.id).ok_or(PublishError::Slow)
    }

    fn forget(&self, slot: &Arc<Slot>) {
        let mut slots = self.slots();
        if slots.get(&slot.broadcast.channel).is_some_and(|held| Arc::ptr_eq(held, slot)) {
            slots.remove(&slot.broadcast.channel);
            drop(slots);
            self.opened().retain(|_, (channel, _)| *channel != slot.broadcast.channel);
        }
    }

    fn count_wrong_key(&self, from: IpAddr, now: Instant) -> Duration {
        metrics::counter!("footlight_ingest_wrong_keys_total").increment(1);
        self.inner.wrong_keys.lock().unwrap_or_else(PoisonError::into_inner).count(from, now)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<SecretHash, (ChannelId, StreamKeyId)>> {
        self.inner.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent_away(&self) -> std::sync::MutexGuard<'_, SentAway> {
        self.inner.sent_away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, Arc<Slot>>> {
        self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lock of a channel's claims. Numbers are minted from a clock, so their low bits alone would not spread.
fn claim_of(channel: ChannelId) -> usize {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    (channel.0.wrapping_mul(GOLDEN) >> 58) as usize % CLAIMS
}
