//! What this machine adds to everything that is timed: the checker's own lag, measured while it watches.
//!
//! A busy machine wakes the checker late, and what it then sees looks late. A ticking task on the checker's own thread
//! is held up by the same: the time from when a tick was due to when it came is time in which nothing could be seen. A rule
//! subtracts what fell into its own window and no more, so that a server which is late on a calm machine, or later
//! than the machine explains, is still told.

/// Timers are this coarse on a calm machine.
const CALM_MS: f64 = 2.0;

/// When the checker did not run, in milliseconds since the run began, in order and without overlaps.
#[derive(Clone, Debug, Default)]
pub struct Lag {
    stalls: Vec<(f64, f64)>,
}

impl Lag {
    /// A tick that was due at `due_ms` came at `came_ms`.
    pub fn note(&mut self, due_ms: f64, came_ms: f64) {
        if came_ms - due_ms > CALM_MS {
            self.stalls.push((due_ms, came_ms));
        }
    }

    /// How long the checker did not run between two moments.
    pub fn within(&self, from_ms: f64, to_ms: f64) -> f64 {
        let overlaps = self.stalls.iter().map(|(due, came)| came.min(to_ms) - due.max(from_ms));
        overlaps.filter(|overlap| *overlap > 0.0).sum()
    }

    /// The longest stall and all of them together, in milliseconds.
    pub fn worst_and_total(&self) -> (f64, f64) {
        let lengths = self.stalls.iter().map(|(due, came)| came - due);
        (lengths.clone().fold(0.0, f64::max), lengths.sum())
    }
}

/// What may be added to a timed rule.
#[derive(Clone, Debug, Default)]
pub struct Allowance {
    /// For the network, on every rule.
    pub tolerance_ms: f64,
    /// For this machine, where it was held up.
    pub lag: Lag,
}

impl Allowance {
    /// What may be added to something that was measured between two moments, in milliseconds.
    pub fn between(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.tolerance_ms + self.lag.within(from_ms, to_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stalls_in_a_window_count_and_only_as_far_as_they_reach_into_it() {
        let mut lag = Lag::default();
        for (due, came) in [(100.0, 101.5), (200.0, 260.0), (300.0, 340.0)] {
            lag.note(due, came);
        }
        let cases = [
            (0.0, 190.0, 0.0),
            (0.0, 400.0, 100.0),
            (220.0, 310.0, 50.0),
            (230.0, 240.0, 10.0),
            (341.0, 900.0, 0.0),
        ];
        for (from, to, want) in cases {
            assert_eq!(lag.within(from, to), want, "{from} to {to}");
        }
        assert_eq!(lag.worst_and_total(), (60.0, 100.0));
    }
}
