//! How long a room's messages are collected before all sockets are written: not at all while that is cheap, up to about
//! 100 ms when a pass over them for every message would eat the machine.

use std::time::{Duration, Instant};

/// What the tick is made from.
#[derive(Clone, Copy, Debug)]
pub struct PaceConfig {
    /// Longest tick.
    pub tick_max: Duration,
    /// What writing to one socket costs.
    pub per_socket: Duration,
    /// Share of a core, in percent, up to which messages are passed on at once.
    pub free_percent: u32,
    /// Share of a core, in percent, that passes may take once they are collected; the longest tick comes first.
    pub busy_percent: u32,
}

impl Default for PaceConfig {
    fn default() -> Self {
        Self {
            tick_max: Duration::from_millis(105),
            per_socket: Duration::from_micros(7),
            free_percent: 15,
            busy_percent: 6,
        }
    }
}

/// A room's pace: what came lately, and when it was last passed on.
#[derive(Debug)]
pub struct Pace {
    config: PaceConfig,
    /// Messages a second, times 1,000: it rises at once and falls smoothly.
    rate_milli: u64,
    window_began: Option<Instant>,
    in_window: u64,
    last_flush: Option<Instant>,
}

/// Over how long arrivals are counted before they count as a rate.
const WINDOW: Duration = Duration::from_millis(250);
/// So many arrivals are a rate before that: a room that wakes up with a burst would else write every socket for each of its first
/// messages, and take a core for as long as that goes on.
const BURST: u64 = 16;

impl Pace {
    /// A room in which nothing has been said.
    pub fn new(config: PaceConfig) -> Self {
        Self { config, rate_milli: 0, window_began: None, in_window: 0, last_flush: None }
    }

    /// Events came.
    pub fn came(&mut self, now: Instant, events: usize) {
        self.roll(now);
        self.in_window += events as u64;
    }

    /// Closes the window if it is over, or full enough to tell: three quarters of the past, one of the new, but never less than what a
    /// full window saw.
    fn roll(&mut self, now: Instant) {
        let began = *self.window_began.get_or_insert(now);
        let passed = now.saturating_duration_since(began);
        let (over, full) = (passed >= WINDOW, self.in_window >= BURST);
        // A window that filled within the clock's grain says nothing about a second.
        if !over && (!full || passed < WINDOW / 25) {
            return;
        }
        let us = passed.as_micros().max(1) as u64;
        let seen = self.in_window * 1_000_000_000 / us;
        // A long silence forgets all that was before.
        let keep = if us > 2_000_000 { 0 } else { 3 };
        let smooth = (self.rate_milli * keep + seen) / (keep + 1);
        if full {
            self.rate_milli = smooth.max(seen);
        } else {
            self.rate_milli = smooth;
        }
        (self.window_began, self.in_window) = (Some(now), 0);
    }

    /// Everything that waited was passed on.
    pub fn flushed(&mut self, now: Instant) {
        self.last_flush = Some(now);
    }

    /// The tick for so many sockets: the time between two passes.
    pub fn tick(&self, readers: usize) -> Duration {
        let config = &self.config;
        let pass_us = config.per_socket.as_micros() as u64 * readers as u64;
        // Share of a core that one pass for each message would take, in percent.
        let share = self.rate_milli.saturating_mul(pass_us) / 10_000_000;
        let free = u64::from(config.free_percent);
        if share <= free {
            return Duration::ZERO;
        }
        let full_us = pass_us * 100 / u64::from(config.busy_percent.max(1));
        // Grows in from nothing, so that a room at the edge does not jump.
        let grown_us = full_us.min(full_us * (share - free) / free.max(1));
        // The longest tick is for rooms that would take two cores without; half of it for those that hardly need one.
        let most = config.tick_max / 2 + config.tick_max * share.min(200) as u32 / 400;
        Duration::from_micros(grown_us).min(most)
    }

    /// When what came now may be passed on.
    pub fn due(&self, now: Instant, readers: usize) -> Instant {
        self.last_flush.map_or(now, |last| (last + self.tick(readers)).max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tick after two seconds of `rate` messages a second to `readers`.
    fn tick_ms(readers: usize, rate: u64) -> u128 {
        let mut pace = Pace::new(PaceConfig::default());
        let start = runtime::clock::now();
        for n in 0..rate * 4 {
            pace.came(start + Duration::from_micros(n * 1_000_000 / rate), 1);
        }
        pace.tick(readers).as_millis()
    }

    #[test]
    fn a_quiet_room_is_not_delayed_and_a_busy_one_by_a_tenth_of_a_second() {
        for (readers, rate, expected) in [
            (1, 10, 0..=0),
            (1_000, 10, 0..=0),
            (100, 100, 0..=0),
            (1_000, 500, 105..=105),
            (5_000, 20, 60..=80),
            (5_000, 100, 105..=105),
            (5_000, 8_300, 105..=105),
            (100_000, 1, 60..=105),
        ] {
            let tick = tick_ms(readers, rate);
            assert!(expected.contains(&tick), "{readers} × {rate}: {tick} ms, expected {expected:?}");
        }
    }

    #[test]
    fn a_burst_is_collected_as_soon_as_it_is_one() {
        let mut pace = Pace::new(PaceConfig::default());
        let start = runtime::clock::now();
        let mut passes = 0;
        for n in 0..500 {
            let now = start + Duration::from_millis(n * 2);
            pace.came(now, 1);
            if pace.due(now, 1_000) <= now {
                pace.flushed(now);
                passes += 1;
            }
        }
        // The messages that show what it is, and then ten a second.
        assert!((BURST..BURST + 14).contains(&passes), "{passes} passes");
    }

    #[test]
    fn a_message_after_a_silence_is_due_at_once() {
        let mut pace = Pace::new(PaceConfig::default());
        let start = runtime::clock::now();
        for n in 0..400 {
            pace.came(start + Duration::from_millis(n * 5), 1);
        }
        let last = start + Duration::from_secs(2);
        pace.flushed(last);
        assert!(pace.due(last, 5_000) > last);
        let later = last + Duration::from_secs(1);
        assert_eq!(pace.due(later, 5_000), later);
    }
}
