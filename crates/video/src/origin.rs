//! What viewers fetch: the live window of each rendition, its playlists, and how a request is answered.
//!
//! `window` keeps bytes and lines, `stream` holds a stream's windows together, `lead` says whose frames decide, `feed`
//! carries frames into the windows, `unchanged` and `accepts` read what clients have and take, `serve` answers requests. Nothing
//! here is asked of a store: a stream that is on air is served from memory alone.

mod body;
mod text;
mod measure;
mod window;
mod stream;
mod lead;
mod feed;
mod unchanged;
mod accepts;
mod serve;
#[cfg(test)]
mod testing;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use domain::ids::StreamId;
use domain::names::Name;
use runtime::Scope;
use serde::Deserialize;

pub use accepts::accepts_encoding;
pub use body::MediaBody;
pub use serve::{MediaRequest, preflight};
pub use stream::{AUDIO, LiveStream, SOURCE};
pub use unchanged::is_unchanged;

use crate::limits::ENDED_KEPT;
use crate::live::Broadcast;

/// How long a request waits for a stream's first thumbnail.
const THUMBNAIL_WAIT: Duration = Duration::from_secs(5);

/// How streams are packaged and kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OriginConfig {
    /// Length of parts in low-latency mode.
    pub part_low: Duration,
    /// Length of parts in normal mode.
    pub part_normal: Duration,
    /// Media that playlists list: what can be rewound.
    pub window: Duration,
}

impl Default for OriginConfig {
    fn default() -> Self {
        Self {
            part_low: Duration::from_millis(200),
            part_normal: Duration::from_millis(500),
            window: Duration::from_secs(24),
        }
    }
}

impl OriginConfig {
    /// What is wrong with these values, each by its key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (key, part) in [("part_low", self.part_low), ("part_normal", self.part_normal)] {
            if !(Duration::from_millis(150)..=Duration::from_secs(1)).contains(&part) {
                faults.push(format!("{key}: a part lasts 150ms to 1s"));
            }
        }
        if !(Duration::from_secs(12)..=Duration::from_secs(600)).contains(&self.window) {
            faults.push("window: a playlist lists 12s (three target durations) to 10m".to_owned());
        }
        faults
    }
}

/// Every stream that can be watched on this node. Clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    config: OriginConfig,
    streams: Arc<RwLock<HashMap<StreamId, Arc<LiveStream>>>>,
}

impl Origin {
    /// An origin without streams.
    pub fn new(config: OriginConfig) -> Self {
        Self { config, streams: Arc::default() }
    }

    /// Takes a stream on air, until a minute after its broadcast ends.
    pub fn carry(&self, broadcast: Arc<Broadcast>, scope: &Scope) -> Arc<LiveStream> {
        let stream = Arc::new(LiveStream::new(broadcast, &self.config));
        let id = stream.broadcast.stream;
        self.streams.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&stream));
        feed::start(&stream, scope);
        let streams = Arc::clone(&self.streams);
        let broadcast = Arc::clone(&stream.broadcast);
        scope.spawn("ended stream", async move {
            broadcast.ended().await;
            tokio::time::sleep(ENDED_KEPT).await;
            streams.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        });
        stream
    }

    /// The stream with this number.
    pub fn stream(&self, id: StreamId) -> Option<Arc<LiveStream>> {
        self.streams.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The stream that is on air on a channel.
    pub fn on_channel(&self, name: &Name) -> Option<Arc<LiveStream>> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        streams.values().find(|stream| stream.broadcast.name == *name && !stream.is_over()).cloned()
    }

    /// The newest thumbnail of a channel, a JPEG; of a stream that has just begun, the first, as soon as it is there.
    pub async fn thumbnail(&self, channel: &Name) -> Option<Bytes> {
        let stream = self.on_channel(channel)?;
        let mut newest = stream.broadcast.thumbnail.subscribe();
        tokio::select! {
            first = tokio::time::timeout(THUMBNAIL_WAIT, newest.wait_for(Option::is_some)) => first.ok()?.ok()?.clone(),
            () = stream.broadcast.ended() => None,
        }
    }
}
