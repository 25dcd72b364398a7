//! Tells a track that catches up from one that never will.
//!
//! After a stall of the network everything that was held back comes in a burst and is on time again within a moment
//! (T13). After a pause of the encoder's clock, frames come at their own pace and stay late for ever. The first frame looks
//! the same in both cases; a quarter of a second tells.

use std::time::Instant;

use media::time::{MediaSpan, MediaTime};

use super::wall;

/// How long a track is looked at, by its own clock or by the wall's.
const LOOK: MediaSpan = MediaSpan::from_ms(250);
/// A track that runs faster than this many times the wall clock catches up.
const BURST: i64 = 2;

/// The pace of one track while it is late.
#[derive(Debug, Default)]
pub struct Pace {
    since: Option<(MediaTime, Instant)>,
}

impl Pace {
    /// Takes a late frame that its encoder stamped `at`; says whether the track will stay late.
    pub fn stays_late(&mut self, at: MediaTime, now: Instant) -> bool {
        let (from, began) = *self.since.get_or_insert((at, now));
        let (media, passed) = (at - from, wall(now, began));
        if media.max(passed) < LOOK {
            return false;
        }
        let burst = media.0 > passed.0.saturating_mul(BURST);
        // A burst may end before it has caught up: it is looked at anew.
        self.since = burst.then_some((at, now));
        !burst
    }

    /// The track is on time.
    pub fn on_time(&mut self) {
        self.since = None;
    }
}
