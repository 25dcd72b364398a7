//! How often something may be tried: a token bucket as a pure rule (GCRA), and a bounded table of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::time::WallTime;
use serde::Deserialize;

use crate::limits::RATE_KEYS;

/// A bucket of `burst` tries that gets one back every `refill_s` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tries that may be made at once.
    pub burst: u32,
    /// Seconds after which one more may be made.
    pub refill_s: u32,
}

impl Rate {
    /// What is wrong with this rate, by its key.
    pub(crate) fn faults(self, key: &str) -> Vec<String> {
        let mut faults = Vec::new();
        if self.burst == 0 {
            faults.push(format!("{key}.burst: 0 refuses everyone"));
        }
        if self.refill_s == 0 {
            faults.push(format!("{key}.refill_s: 0 would not limit anything; use at least 1"));
        }
        faults
    }

    fn step_ms(self) -> i64 {
        i64::from(self.refill_s) * 1000
    }
    fn burst_ms(self) -> i64 {
        self.step_ms().saturating_mul(i64::from(self.burst))
    }

    /// Takes one try: the new time at which the bucket will be full, or how long to wait. `full_at` is the last one.
    fn take(self, full_at: WallTime, now: WallTime) -> Result<WallTime, Duration> {
        let latest = now.unix_ms().saturating_add(self.burst_ms());
        // Far emptier than empty: the wall clock was set back. That must lock nobody out, so the bucket counts as full.
        // A little emptier is two callers who read the clock in one order and came here in the other.
        let set_back = full_at.unix_ms() > latest.saturating_add(self.burst_ms());
        let full_at = if set_back { now } else { full_at.max(now) };
        let next = full_at.unix_ms().saturating_add(self.step_ms());
        if next > latest {
            return Err(Duration::from_millis((next - latest).unsigned_abs()));
        }
        Ok(WallTime::from_unix_ms(next))
    }
}

/// One bucket per key, of those that are not full. Bounded by [`RATE_KEYS`].
#[derive(Debug)]
pub(crate) struct RateTable<K> {
    rate: Rate,
    keys_max: usize,
    /// When each bucket is full again. The lock is held for a few lines and never across an `await`.
    full_at: Mutex<HashMap<K, WallTime>>,
}

impl<K: Eq + Hash + Clone> RateTable<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self::bounded(rate, RATE_KEYS)
    }

    fn bounded(rate: Rate, keys_max: usize) -> Self {
        Self { rate, keys_max, full_at: Mutex::default() }
    }

    /// Takes one try from `key`'s bucket, or says how long to wait.
    pub(crate) fn take(&self, key: &K, now: WallTime) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = full_at.get_mut(key) {
            *at = self.rate.take(*at, now)?;
            return Ok(());
        }
        if full_at.len() >= self.keys_max {
            forget_some(&mut full_at, now, self.keys_max);
        }
        full_at.insert(key.clone(), self.rate.take(now, now)?);
        Ok(())
    }

    /// Puts one try back: it turned out to be one that we do not mean to limit.
    pub(crate) fn give_back(&self, key: &K) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = full_at.get_mut(key) {
            *at = WallTime::from_unix_ms(at.unix_ms() - self.rate.step_ms());
        }
    }
}

/// Full buckets need no memory. If nearly all are in use, the fuller half goes: its owners gain a few tries, and who
/// tries hardest is remembered.
fn forget_some<K: Eq + Hash>(full_at: &mut HashMap<K, WallTime>, now: WallTime, keys_max: usize) {
    full_at.retain(|_, at| *at > now);
    if full_at.len() > keys_max - keys_max / 4 {
        let mut times: Vec<WallTime> = full_at.values().copied().collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        full_at.retain(|_, at| *at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, refill_s: 10 };

    fn at(seconds: i64) -> WallTime {
        WallTime::from_unix_ms(1_767_225_600_000 + seconds * 1000)
    }

    /// Tries at the given seconds; the expected waits in seconds, 0 for "taken".
    fn check(tries: &[(i64, u64)]) {
        let table = RateTable::new(RATE);
        for (n, (second, wait)) in tries.iter().enumerate() {
            let got = table.take(&"key", at(*second)).err().map_or(0, |d| d.as_secs());
            assert_eq!(got, *wait, "try {n} at {second} s");
        }
    }

    #[test]
    fn a_burst_is_taken_and_then_one_per_refill() {
        check(&[
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 10),
            (4, 6),
            (10, 0),
            (10, 10),
            (100, 0),
            (100, 0),
            (100, 0),
            (100, 10),
        ]);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        check(&[(86_400, 0), (0, 0), (0, 0), (0, 0), (0, 10)]);
    }

    #[test]
    fn a_caller_who_comes_a_little_late_gains_nothing() {
        check(&[(20, 0), (20, 0), (20, 0), (19, 11), (20, 10)]);
    }

    #[test]
    fn what_is_given_back_may_be_taken_again() {
        let table = RateTable::new(RATE);
        for _ in 0..20 {
            assert_eq!(table.take(&1, at(0)), Ok(()));
            table.give_back(&1);
        }
        table.give_back(&1);
        let taken = (0..10).filter(|_| table.take(&1, at(0)).is_ok()).count();
        assert_eq!(taken, 3, "giving back more than was taken fills no bucket over its brim");
    }

    #[test]
    fn memory_is_bounded_and_who_tries_hardest_is_remembered() {
        let table = RateTable::bounded(RATE, 100);
        for _ in 0..3 {
            assert_eq!(table.take(&u32::MAX, at(0)), Ok(()));
        }
        for key in 0..1_000 {
            assert_eq!(table.take(&key, at(0)), Ok(()), "a newcomer is never refused");
        }
        assert!(table.full_at.lock().expect("no panic before").len() <= 100);
        assert!(table.take(&u32::MAX, at(0)).is_err(), "the empty bucket was not forgotten");
    }
}
