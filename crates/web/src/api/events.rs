//! A channel's life as server-sent events: its state at once, and whenever it changes.
//!
//! One task watches a channel however many listen, and makes each event's text once. It ends when nobody listens. Listeners
//! hold a `watch`: one that is slow skips to the newest state. Streams of events are counted per address, and all end
//! when the process stops.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Extension;
use axum::extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use domain::names::Name;
use domain::ports::StoreError;
use domain::users::Channel;
use futures_util::{StreamExt as _, stream};
use http::HeaderValue;
use runtime::listener::Pass;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::channels::channel_named;
use super::views::{StreamPhase, StreamView};
use crate::errors::ApiError;
use crate::extract::Path;
use crate::limits::{EVENT_PING_EVERY, EVENT_SETTLE, EVENT_VIEWERS_EVERY};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::{self, State};

/// What an event says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelState {
    /// Where the channel's stream is in its life.
    state: ChannelPhase,
    /// How many watch.
    viewers: u64,
    /// How many follow the channel.
    followers: u64,
    /// The stream; `null` when offline.
    stream: Option<StreamView>,
}

/// Where a channel's stream is in its life.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChannelPhase {
    /// No stream.
    Offline,
    /// An encoder is here; nothing can be watched yet.
    Starting,
    /// Can be watched.
    Live,
    /// The encoder is gone and may come back.
    Interrupted,
}

impl From<StreamPhase> for ChannelPhase {
    fn from(phase: StreamPhase) -> Self {
        match phase {
            StreamPhase::Starting => Self::Starting,
            StreamPhase::Live => Self::Live,
            StreamPhase::Interrupted => Self::Interrupted,
        }
    }
}

/// Follow a channel
///
/// Server-sent events: `event: state` at once and at every change of the stream or the channel; a new number of viewers or
/// followers at most every 5 seconds. After 15 seconds without an event comes `event: ping`, with `ping` as its data.
#[utoipa::path(get, path = "/api/v1/channels/{name}/events", tag = "channels", operation_id = "followChannel",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Events, each with a `ChannelState` as data", body = ChannelState, content_type = "text/event-stream"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_event_streams`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    Extension(hub): Extension<Hub>,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let pass = state.event_streams.admit(peer.address).map_err(|_| ApiError::TooManyEventStreams)?;
    let told = hub.follow(&state, channel).await?;
    let stop = state.scope.stop();
    let events = events(told, pass).take_until(async move { stop.stopped().await });
    // An event and no comment: pages are not shown comments, and could not tell a silent channel from a dead connection.
    let ping = Event::default().event("ping").data("ping");
    let keep_alive = KeepAlive::new().interval(EVENT_PING_EVERY).event(ping);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // nginx would collect events otherwise.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The newest text, then each that follows it; holds the listener's place meanwhile.
fn events(
    told: watch::Receiver<Arc<str>>,
    pass: Pass,
) -> impl futures_util::Stream<Item = Result<Event, Infallible>> {
    stream::unfold((told, pass, true), |(mut told, pass, first)| async move {
        if !first {
            // The watcher is gone only when the process stops.
            told.changed().await.ok()?;
        }
        let text = told.borrow_and_update().clone();
        Some((Ok(Event::default().event("state").data(&*text)), (told, pass, false)))
    })
}

/// The channels that somebody follows. Clones are handles.
#[derive(Clone, Default)]
pub(crate) struct Hub {
    /// No more than event streams are open. Held for a map operation, never across an `await`.
    followed: Arc<Mutex<HashMap<Name, watch::Receiver<Arc<str>>>>>,
}

impl Hub {
    /// The texts that are told of `channel`, beginning with the newest.
    async fn follow(&self, state: &State, channel: Channel) -> Result<watch::Receiver<Arc<str>>, StoreError> {
        if let Some(told) = self.find(&channel.name) {
            return Ok(told);
        }
        let name = channel.name.clone();
        let mut watcher = Watcher::new(state.clone(), channel);
        let tell = watch::Sender::new(watcher.look().await?);
        let told = tell.subscribe();
        {
            let mut followed = self.lock();
            // Two may have come at once; then the other one's watcher is as good.
            if let Some(other) = followed.get(&name).filter(|other| other.has_changed().is_ok()) {
                return Ok(other.clone());
            }
            // The map's own receiver does not count as a listener: it is taken out under this lock when the last one left.
            followed.insert(name.clone(), told.clone());
        }
        let hub = self.clone();
        state.scope.spawn("channel events", async move {
            watcher.run(&tell, &hub, &name).await;
        });
        Ok(told)
    }

    fn find(&self, name: &Name) -> Option<watch::Receiver<Arc<str>>> {
        // Under the lock a watcher can't decide that nobody listens.
        self.lock().get(name).filter(|told| told.has_changed().is_ok()).cloned()
    }

    /// Forgets `name` if nobody but this map listens.
    fn leave(&self, name: &Name, tell: &watch::Sender<Arc<str>>) -> bool {
        let mut followed = self.lock();
        let alone = tell.receiver_count() <= 1;
        if alone {
            followed.remove(name);
        }
        alone
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Name, watch::Receiver<Arc<str>>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches one channel.
struct Watcher {
    state: State,
    channel: Channel,
    changes: watch::Receiver<u64>,
    edits: watch::Receiver<u64>,
    /// The number of viewers that was told, and when: it moves slower than the rest.
    viewers: u64,
    viewers_at: Option<Instant>,
}

impl Watcher {
    fn new(state: State, channel: Channel) -> Self {
        let (changes, edits) = (state.deps.browse.changes(), state.deps.channels.edits());
        Self { state, channel, changes, edits, viewers: 0, viewers_at: None }
    }

    /// Tells changes until nobody listens.
    async fn run(&mut self, tell: &watch::Sender<Arc<str>>, hub: &Hub, name: &Name) {
        let mut tick = tokio::time::interval(EVENT_VIEWERS_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tick.reset();
        loop {
            tokio::select! {
                // A closed door tells nothing more; then only the numbers are looked at.
                Ok(()) = self.changes.changed() => {}
                Ok(()) = self.edits.changed() => self.refresh().await,
                _ = tick.tick() => {
                    if hub.leave(name, tell) {
                        return;
                    }
                    // Follows are no edits: there may be many of them.
                    self.refresh().await;
                }
            }
            match self.look().await {
                Ok(text) => {
                    tell.send_if_modified(|told| {
                        *told != text && {
                            *told = text;
                            true
                        }
                    });
                }
                Err(error) => tracing::warn!(%error, "channel state not read"),
            }
            // A stream that starts changes several times in a blink.
            tokio::time::sleep(EVENT_SETTLE).await;
        }
    }

    /// Reads what the channel says of itself. If the store does not answer, what it said before is still true enough.
    async fn refresh(&mut self) {
        if let Ok(Some(channel)) = self.state.deps.channels.by_name(&self.channel.name).await {
            self.channel = channel;
        }
    }

    /// The state as an event's text.
    async fn look(&mut self) -> Result<Arc<str>, StoreError> {
        let now = state::now();
        let live = self.state.deps.browse.of_channel(self.channel.clone(), state::wall(), now).await?;
        let mut stream = live.map(StreamView::from);
        let due = self.viewers_at.is_none_or(|at| now.saturating_duration_since(at) >= EVENT_VIEWERS_EVERY);
        let counted = stream.as_ref().map_or(0, |stream| stream.viewers);
        if due && counted != self.viewers {
            (self.viewers, self.viewers_at) = (counted, Some(now));
        }
        if let Some(stream) = &mut stream {
            stream.viewers = self.viewers;
        }
        let phase = stream.as_ref().map_or(ChannelPhase::Offline, |stream| stream.state.into());
        let followers = self.channel.followers;
        let told = ChannelState { state: phase, viewers: self.viewers, followers, stream };
        Ok(serde_json::to_string(&told).unwrap_or_default().into())
    }
}
