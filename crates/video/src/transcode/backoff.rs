//! How soon a dead child is replaced, and what is said of its death.

use std::error::Error as _;
use std::time::Duration;

use super::death::Death;

/// A child that lived this long was well: what killed it has nothing to do with the start.
const WELL_AFTER: Duration = Duration::from_secs(10);
/// Quick failures after which something is wrong that trying does not mend.
const PATIENT_AFTER: u32 = 5;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// What a child was to make.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// Rungs and thumbnails.
    Ladder,
    /// What listeners get.
    Sound,
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Self::Ladder => "ladder",
            Self::Sound => "sound",
        }
    }

    /// The metric that counts its deaths.
    fn restarts(self) -> &'static str {
        match self {
            Self::Ladder => "footlight_transcode_restarts_total",
            Self::Sound => "footlight_sound_restarts_total",
        }
    }
}

/// Counts a stream's failures.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    quick_failures: u32,
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    /// Wait before the next try.
    pub wait: Duration,
    /// It does not mend itself: take the ladder away until it is back, and say so.
    pub gives_up: bool,
}

impl Pause {
    /// Counts and says that a child died of `death` after it `lived` so long.
    pub(super) fn tell(self, death: &Death, work: Work, lived: Duration) {
        metrics::counter!(work.restarts(), "reason" => death.label()).increment(1);
        let cause = death.source().map(ToString::to_string).unwrap_or_default();
        let (work, lived_ms, wait_ms) = (work.name(), lived.as_millis(), self.wait.as_millis());
        if self.gives_up {
            tracing::error!(work, %death, cause, lived_ms, wait_ms, "transcoder keeps dying, what it makes is missing");
        } else {
            tracing::warn!(work, %death, cause, lived_ms, wait_ms, "transcoder died, starting another");
        }
    }
}

impl Backoff {
    /// A child died after `lived`.
    pub(super) fn failed(&mut self, lived: Duration) -> Pause {
        self.quick_failures = if lived >= WELL_AFTER { 1 } else { self.quick_failures + 1 };
        // The first tries come at once: a key frame's wait is longer than any of these, and the ladder is to be
        // back within 3 s.
        match self.quick_failures {
            1 => Pause { wait: Duration::ZERO, gives_up: false },
            n if n < PATIENT_AFTER => Pause { wait: Duration::from_millis(50 << n), gives_up: false },
            n => {
                let doublings = (n - PATIENT_AFTER).min(4);
                Pause { wait: Duration::from_secs(5 << doublings).min(LONGEST), gives_up: true }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_quick_failures_make_it_patient_and_a_long_life_makes_it_eager_again() {
        let mut backoff = Backoff::default();
        let quick = Duration::from_millis(200);
        let waits: Vec<_> = (0..9).map(|_| backoff.failed(quick)).collect();
        let ms: Vec<_> = waits.iter().map(|pause| pause.wait.as_millis()).collect();
        assert_eq!(ms, [0, 200, 400, 800, 5_000, 10_000, 20_000, 30_000, 30_000]);
        assert_eq!(waits.iter().filter(|pause| pause.gives_up).count(), 5);
        assert_eq!(backoff.failed(Duration::from_secs(60)).wait, Duration::ZERO);
    }
}
