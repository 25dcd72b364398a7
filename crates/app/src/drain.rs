//! The way down: what stops, in which order, and how long it may take.
//!
//! Order: no new requests are wanted → chat clients are asked to connect elsewhere, over a window → publishers are told and streams end → viewers get the end of their playlists →
//! doors close → chat writes what it still has → stores close. All that follows the window within the grace time; a second signal ends it at once.

use std::time::{Duration, Instant};

use runtime::{Scope, clock};
use stores::Stores;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::limits::{KEPT_FOR_WRITERS, LINGER, STORES_CLOSE};
use crate::platform::Platform;
use crate::roles::Role;

/// The signals that end us.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From now on these signals are ours.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next one's name.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hang_up.recv() => "SIGHUP",
        }
    }
}

/// How long the way down may take.
pub(crate) struct Times {
    /// Over which chat clients are asked to connect elsewhere, before anything else goes down.
    pub(crate) chat: Duration,
    /// For all that follows.
    pub(crate) grace: Duration,
}

/// Stops everything. What has not stopped by itself within the grace time is aborted and named in the log.
pub(crate) async fn drain(platform: &Platform, stores: &Stores, root: &Scope, times: Times) {
    platform.set_ready(false);
    platform.send_chat_away(times.chat).await;
    let deadline = clock::now() + times.grace;
    let live = stores.registry.live(domain::time::WallTime::from_unix_ms(clock::wall_ms())).await;
    let live = live.unwrap_or_default();
    let tail = platform.tail(&live);
    tracing::info!(streams = live.len(), "draining");
    platform.video.end_streams();
    let ended = clock::now();
    for role in Role::ALL.into_iter().rev() {
        if role == Role::Origin && !live.is_empty() {
            // Players that wait for the next part have their answer; those that poll need a moment to ask, and all to fetch the rest.
            // It is counted from the end of the streams, so that an encoder that is slow to leave takes none of it.
            let seen = (ended + tail + LINGER).min(last_for(role, deadline, times.grace));
            tokio::time::sleep(left(seen)).await;
        }
        platform.scope(role).close(left(last_for(role, deadline, times.grace))).await;
    }
    root.close(left(deadline)).await;
    if tokio::time::timeout(STORES_CLOSE, stores.close()).await.is_err() {
        tracing::warn!("the stores did not close in time");
    }
    tracing::info!("stopped");
}

/// Until when `role` may take its time. One viewer who has stopped reading holds the site's door for as long as it is let: what chat
/// still has to write must not pay for that.
fn last_for(role: Role, deadline: Instant, grace: Duration) -> Instant {
    if role.writes_at_its_end() { deadline } else { deadline - KEPT_FOR_WRITERS.min(grace / 2) }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(clock::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_who_does_not_read_leaves_chat_its_time() {
        let deadline = clock::now() + Duration::from_secs(600);
        for (grace, kept) in [(10, 4_000), (60, 4_000), (2, 1_000), (0, 0)] {
            let grace = Duration::from_secs(grace);
            for role in [Role::Ingest, Role::Transcode, Role::Origin, Role::Api, Role::ChatEdge] {
                assert_eq!(deadline - last_for(role, deadline, grace), Duration::from_millis(kept), "{role}");
            }
            for role in [Role::Chat, Role::Directory] {
                assert_eq!(last_for(role, deadline, grace), deadline, "{role}");
            }
        }
    }
}
