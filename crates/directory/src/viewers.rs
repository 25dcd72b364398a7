//! How many watch: a viewer counts for [`VIEWER_WINDOW`] after each request for the stream.
//!
//! `seen` is called for every playlist request, so viewers are spread over shards by their number: one popular stream is
//! not one lock. Numbers are opaque (the caller makes them of a cookie or an address). Old viewers are swept once a second
//! per stream and shard when somebody looks, and everywhere once per window.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::ids::StreamId;

use crate::limits::{STREAMS_COUNTED, VIEWER_WINDOW, VIEWERS_PER_STREAM};

const SHARDS: usize = 16;
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Viewers of all streams on this node. Share it in an `Arc`.
#[derive(Debug)]
pub struct Viewers {
    /// Held for a map operation or a sweep, never across an `await`.
    shards: [Mutex<Shard>; SHARDS],
    viewers_max: usize,
}

#[derive(Debug, Default)]
struct Shard {
    streams: HashMap<StreamId, Seen>,
    swept_at: Option<Instant>,
}

#[derive(Debug)]
struct Seen {
    last: HashMap<u64, Instant>,
    swept_at: Instant,
}

impl Default for Viewers {
    fn default() -> Self {
        Self::bounded(VIEWERS_PER_STREAM)
    }
}

impl Viewers {
    fn bounded(viewers_max: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), viewers_max }
    }

    /// Counts `viewer` on `stream` for the next 15 s. Beyond [`VIEWERS_PER_STREAM`] newcomers are not counted.
    pub fn seen(&self, stream: StreamId, viewer: u64, now: Instant) {
        let mut shard = self.shard(viewer);
        shard.sweep(now);
        if !shard.streams.contains_key(&stream) && shard.streams.len() >= STREAMS_COUNTED {
            return;
        }
        let fresh = || Seen { last: HashMap::new(), swept_at: now };
        let seen = shard.streams.entry(stream).or_insert_with(fresh);
        if let Some(last) = seen.last.get_mut(&viewer) {
            // Requests race: the later one counts.
            *last = now.max(*last);
            return;
        }
        let room = self.viewers_max.div_ceil(SHARDS);
        if seen.last.len() >= room {
            seen.sweep(now);
        }
        if seen.last.len() < room {
            seen.last.insert(viewer, now);
        }
    }

    /// How many watch `stream`, give or take those who left within the last second.
    pub fn count(&self, stream: StreamId, now: Instant) -> u64 {
        let count = |shard: &Mutex<Shard>| {
            let mut shard = lock(shard);
            shard.streams.get_mut(&stream).map_or(0, |seen| {
                seen.sweep(now);
                seen.last.len()
            })
        };
        let counted: usize = self.shards.iter().map(count).sum();
        u64::try_from(counted).unwrap_or(u64::MAX)
    }

    fn shard(&self, viewer: u64) -> MutexGuard<'_, Shard> {
        // Fibonacci hashing: numbers may be consecutive.
        let spread = viewer.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
        lock(&self.shards[usize::try_from(spread).expect("four bits fit") % SHARDS])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    /// Once per window, drops everybody who left and streams that nobody watches.
    fn sweep(&mut self, now: Instant) {
        let due = self.swept_at.is_none_or(|at| now.saturating_duration_since(at) >= VIEWER_WINDOW);
        if !due {
            return;
        }
        self.swept_at = Some(now);
        self.streams.retain(|_, seen| {
            seen.sweep(now);
            !seen.last.is_empty()
        });
    }
}

impl Seen {
    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept_at) < SWEEP_EVERY {
            return;
        }
        self.swept_at = now;
        self.last.retain(|_, last| now.saturating_duration_since(*last) < VIEWER_WINDOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: StreamId = StreamId(7);

    fn start() -> Instant {
        runtime::clock::now()
    }

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn a_viewer_counts_once_and_for_fifteen_seconds_after_the_last_request() {
        let (viewers, t0) = (Viewers::default(), start());
        for (at, viewer) in [(0, 1), (0, 1), (0, 2), (5_000, 2), (5_000, 3)] {
            viewers.seen(STREAM, viewer, after(t0, at));
        }
        for (at, expected) in [(5_000, 3), (14_999, 3), (16_000, 2), (21_000, 0)] {
            assert_eq!(viewers.count(STREAM, after(t0, at)), expected, "at {at} ms");
        }
    }

    #[test]
    fn streams_are_counted_apart() {
        let (viewers, t0) = (Viewers::default(), start());
        for viewer in 0..1_000 {
            viewers.seen(STREAM, viewer, t0);
            viewers.seen(StreamId(8), viewer % 10, t0);
        }
        assert_eq!((viewers.count(STREAM, t0), viewers.count(StreamId(8), t0)), (1_000, 10));
    }

    #[test]
    fn beyond_the_bound_the_count_stands_still_and_recovers() {
        let (viewers, t0) = (Viewers::bounded(160), start());
        for viewer in 0..10_000 {
            viewers.seen(STREAM, viewer, t0);
        }
        assert_eq!(viewers.count(STREAM, t0), 160);
        let later = after(t0, 15_000);
        for viewer in 20_000..20_010 {
            viewers.seen(STREAM, viewer, later);
        }
        assert_eq!(viewers.count(STREAM, later), 10);
    }

    #[test]
    fn streams_that_nobody_watches_any_more_are_forgotten() {
        let (viewers, t0) = (Viewers::default(), start());
        for stream in 0..100 {
            viewers.seen(StreamId(stream), 1, t0);
        }
        viewers.seen(STREAM, 1, after(t0, 15_000));
        let kept: usize = viewers.shards.iter().map(|shard| lock(shard).streams.len()).sum();
        assert_eq!(kept, 1);
    }
}
