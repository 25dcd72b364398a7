//! Whether a child is too slow for its source. Pure.
//!
//! A burst (an uplink that stood still and then delivers all at once) puts any child far behind in one moment, and a child that is
//! quick enough catches up. Only one that stays behind is too slow.

use std::time::{Duration, Instant};

use media::time::MediaSpan;

/// Further behind the newest frame than this, a child is late: late rungs are worth less than a gap.
const BEHIND_MAX: MediaSpan = MediaSpan::from_ms(3_000);
/// How long it may be.
const LATE_MAX: Duration = Duration::from_secs(3);

/// How long one child has been late.
#[derive(Debug, Default)]
pub(super) struct Lag {
    since: Option<Instant>,
}

impl Lag {
    /// Takes how far a child is `behind` the newest frame, and says whether it should skip to that.
    pub(super) fn is_too_slow(&mut self, behind: MediaSpan, now: Instant) -> bool {
        if behind <= BEHIND_MAX {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let is_too_slow = now.saturating_duration_since(since) > LATE_MAX;
        if is_too_slow {
            self.since = None;
        }
        is_too_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a child must skip that is `behind` milliseconds behind at the ends of these half seconds.
    fn skips(behind: &[i64]) -> bool {
        let (mut lag, start) = (Lag::default(), runtime::clock::now());
        (0..)
            .zip(behind)
            .any(|(n, ms)| lag.is_too_slow(MediaSpan::from_ms(*ms), start + Duration::from_millis(500) * n))
    }

    #[test]
    fn who_stays_behind_skips_and_who_catches_up_after_a_burst_does_not() {
        assert!(!skips(&[3_000; 20]));
        assert!(!skips(&[100, 6_000, 5_500, 5_000, 4_500, 4_000, 3_500, 3_000, 2_500]));
        assert!(skips(&[4_000; 8]));
        assert!(!skips(&[4_000, 4_000, 4_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000]));
    }

    #[test]
    fn after_a_skip_it_is_given_time_again() {
        let (mut lag, start) = (Lag::default(), runtime::clock::now());
        let far = MediaSpan::from_ms(10_000);
        assert!(!lag.is_too_slow(far, start));
        assert!(lag.is_too_slow(far, start + Duration::from_millis(3_001)));
        assert!(!lag.is_too_slow(far, start + Duration::from_millis(3_002)));
    }
}
