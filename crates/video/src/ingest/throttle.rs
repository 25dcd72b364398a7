//! Rules against guessing keys and against two encoders that take a channel from each other for ever.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use runtime::listener::network;

/// Networks that are remembered. Full: *oldest goes*.
const NETWORKS_MAX: usize = 10_000;
/// Wrong keys that cost nothing: a typing error, an old profile.
const FREE_FAILURES: u32 = 3;
/// The longest an answer to a wrong key is delayed.
const DELAY_MAX: Duration = Duration::from_secs(4);
/// After this a network starts afresh.
const FORGET_AFTER: Duration = Duration::from_secs(600);

/// Wrong keys by [`network`]: whoever guesses from a whole IPv6 prefix is still one.
#[derive(Debug, Default)]
pub struct WrongKeys {
    by_network: HashMap<IpAddr, (u32, Instant)>,
}

impl WrongKeys {
    /// Counts a wrong key and says how long to hold the answer back.
    pub fn count(&mut self, address: IpAddr, now: Instant) -> Duration {
        if self.by_network.len() >= NETWORKS_MAX {
            self.make_room(now);
        }
        let entry = self.by_network.entry(network(address)).or_insert((0, now));
        if now.saturating_duration_since(entry.1) > FORGET_AFTER {
            entry.0 = 0;
        }
        *entry = (entry.0 + 1, now);
        match entry.0.checked_sub(FREE_FAILURES + 1) {
            None => Duration::ZERO,
            Some(doublings) => Duration::from_millis(250 << doublings.min(8)).min(DELAY_MAX),
        }
    }

    fn make_room(&mut self, now: Instant) {
        self.by_network.retain(|_, (_, last)| now.saturating_duration_since(*last) <= FORGET_AFTER);
        if self.by_network.len() >= NETWORKS_MAX
            && let Some(oldest) = self.by_network.iter().min_by_key(|(_, (_, last))| *last).map(|(ip, _)| *ip)
        {
            self.by_network.remove(&oldest);
        }
    }
}

/// Takeovers that one channel may see within [`TAKEOVER_WINDOW`].
const TAKEOVERS_MAX: usize = 3;
const TAKEOVER_WINDOW: Duration = Duration::from_secs(30);

/// Takeovers of one channel.
#[derive(Debug, Default)]
pub struct Takeovers(VecDeque<Instant>);

impl Takeovers {
    /// Whether another takeover may happen now; counts it if so.
    pub fn allow(&mut self, now: Instant) -> bool {
        while self.0.front().is_some_and(|at| now.saturating_duration_since(*at) > TAKEOVER_WINDOW) {
            self.0.pop_front();
        }
        let allowed = self.0.len() < TAKEOVERS_MAX;
        if allowed {
            self.0.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_free_and_guessing_gets_slower() {
        let mut wrong = WrongKeys::default();
        let now = Instant::now();
        let address = IpAddr::from([127, 0, 0, 1]);
        let delays: Vec<u128> = (0..10).map(|_| wrong.count(address, now).as_millis()).collect();
        assert_eq!(delays, [0, 0, 0, 250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
        assert_eq!(wrong.count(address, now + FORGET_AFTER * 2), Duration::ZERO);
    }

    #[test]
    fn whoever_guesses_from_a_whole_ipv6_network_is_one() {
        let delay = |addresses: [&str; 4]| {
            let mut wrong = WrongKeys::default();
            let now = Instant::now();
            let delays = addresses.map(|text| wrong.count(text.parse().expect("an address"), now));
            delays[3].as_millis()
        };
        assert_eq!(delay(["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:0:ffff::4"]), 250);
        assert_eq!(delay(["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"]), 0);
        assert_eq!(delay(["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"]), 250);
    }

    #[test]
    fn a_channel_is_not_taken_over_for_ever() {
        let mut takeovers = Takeovers::default();
        let now = Instant::now();
        assert_eq!([(); 4].map(|()| takeovers.allow(now)), [true, true, true, false]);
        assert!(takeovers.allow(now + TAKEOVER_WINDOW * 2));
    }
}
