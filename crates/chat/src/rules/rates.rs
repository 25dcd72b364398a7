//! How fast one may write: per user, per address and per channel, and the same thing twice.
//!
//! Windows are fixed and **refused messages count** (chat-protocol.md §1.11): who hammers at the door keeps it shut until the
//! window ends. All memory is bounded; who was forgotten begins anew, which costs a spammer more addresses than it gains.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use domain::ids::UserId;
use domain::time::WallTime;
use serde::{Deserialize, Serialize};

use super::bounded::Recent;

/// Rates of a room. A count of 0 switches that rate off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateConfig {
    /// Length of the window in which messages are counted.
    pub window: Duration,
    /// Messages of a viewer in a window.
    pub per_viewer: u32,
    /// Messages of a moderator, VIP, the broadcaster or staff in a window.
    pub per_moderator: u32,
    /// Messages of a known bot in a window.
    pub per_bot: u32,
    /// Messages of viewers from one address in a window (an IPv6 network of 64 bits counts as one).
    pub per_address: u32,
    /// Messages of viewers a second in one channel; as many may come at once.
    pub per_channel: u32,
    /// Least time between two messages of a viewer.
    pub spacing: Duration,
    /// Time in which a viewer may not say the same twice.
    pub repeat: Duration,
    /// Users and, separately, addresses remembered for sure; twice as many at most.
    pub remembered: usize,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            per_viewer: 20,
            per_moderator: 100,
            per_bot: 7_500,
            per_address: 200,
            per_channel: 10_000,
            spacing: Duration::from_secs(1),
            repeat: Duration::from_secs(30),
            remembered: 20_000,
        }
    }
}

/// Which rates somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Everybody: counted by user, address and channel, kept apart by `spacing`.
    Viewer,
    /// Moderators, VIPs, broadcaster, staff.
    Moderator,
    /// Known bots.
    Bot,
}

/// A fixed window and what was counted in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    since: WallTime,
    count: u32,
}

impl Window {
    /// An empty one that begins now.
    pub(super) fn since(now: WallTime) -> Self {
        Self { since: now, count: 0 }
    }

    /// Counts one; how long to wait if that is more than `most`.
    pub(super) fn count(&mut self, now: WallTime, length: Duration, most: u32) -> Option<Duration> {
        if now.since(self.since) >= length {
            *self = Self::since(now);
        }
        self.count = self.count.saturating_add(1);
        (most > 0 && self.count > most).then(|| length.saturating_sub(now.since(self.since)))
    }
}

/// A user's pace.
#[derive(Clone, Copy, Debug)]
struct Steps {
    window: Window,
    /// When and what (by fingerprint) the user last said; refused messages do not count here.
    said: Option<(WallTime, u64)>,
}

/// A bucket that refills evenly: the channel's.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of a message left.
    left: u64,
    at: WallTime,
}

/// The rates of one room.
#[derive(Debug)]
pub struct Rates {
    config: RateConfig,
    users: Recent<UserId, Steps>,
    addresses: Recent<IpAddr, Window>,
    channel: Option<Bucket>,
}

impl Rates {
    /// Nobody has said anything yet.
    pub fn new(config: RateConfig) -> Self {
        Self {
            users: Recent::new(config.remembered),
            addresses: Recent::new(config.remembered),
            channel: None,
            config,
        }
    }

    /// Counts a message, also one that will be refused for another reason. `Err` says how long to wait.
    pub fn count(
        &mut self,
        now: WallTime,
        user: UserId,
        address: IpAddr,
        pace: Pace,
    ) -> Result<(), Duration> {
        let c = &self.config;
        let most = match pace {
            Pace::Viewer => c.per_viewer,
            Pace::Moderator => c.per_moderator,
            Pace::Bot => c.per_bot,
        };
        let steps = self.users.entry(user, || Steps { window: Window::since(now), said: None });
        let by_user = steps.window.count(now, c.window, most);
        if pace != Pace::Viewer {
            return by_user.map_or(Ok(()), Err);
        }
        let spaced = steps.said.and_then(|(at, _)| left(c.spacing, now.since(at)));
        let window = self.addresses.entry(network(address), || Window::since(now));
        let by_address = window.count(now, c.window, c.per_address);
        if let Some(wait) = by_user.max(by_address).max(spaced) {
            return Err(wait);
        }
        self.take_from_channel(now)
    }

    /// How long until the user may say this again, if it is what was said last, a short time ago.
    pub fn repeated(&self, now: WallTime, user: UserId, fingerprint: u64) -> Option<Duration> {
        let (at, what) = self.users.peek(user)?.said?;
        if what == fingerprint { left(self.config.repeat, now.since(at)) } else { None }
    }

    /// How long since the user last said something.
    pub fn last_said(&self, now: WallTime, user: UserId) -> Option<Duration> {
        self.users.peek(user)?.said.map(|(at, _)| now.since(at))
    }

    /// The user said something that was accepted.
    pub fn said(&mut self, now: WallTime, user: UserId, fingerprint: u64) {
        if let Some(steps) = self.users.get(user) {
            steps.said = Some((now, fingerprint));
        }
    }

    /// What the user last said, if that was then, was not said after all: it may be said again at once.
    pub fn unsaid(&mut self, user: UserId, then: WallTime) {
        if let Some(steps) = self.users.get(user) {
            steps.said = steps.said.filter(|(at, _)| *at != then);
        }
    }

    fn take_from_channel(&mut self, now: WallTime) -> Result<(), Duration> {
        let rate = u64::from(self.config.per_channel);
        if rate == 0 {
            return Ok(());
        }
        let full = rate * 1_000;
        let bucket = self.channel.get_or_insert(Bucket { left: full, at: now });
        let passed = u64::try_from(now.since(bucket.at).as_millis()).unwrap_or(u64::MAX);
        bucket.left = bucket.left.saturating_add(passed.saturating_mul(rate)).min(full);
        bucket.at = now.max(bucket.at);
        if bucket.left < 1_000 {
            return Err(Duration::from_millis((1_000 - bucket.left).div_ceil(rate)));
        }
        bucket.left -= 1_000;
        Ok(())
    }
}

/// What is left of `span` after `passed`.
fn left(span: Duration, passed: Duration) -> Option<Duration> {
    span.checked_sub(passed).filter(|d| !d.is_zero())
}

/// The network that an address counts as.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> WallTime {
        WallTime::from_unix_ms(1_800_000_000_000 + ms)
    }
    const HERE: &str = "192.0.2.1";

    /// Counts messages at these times; says at which indices one was refused.
    fn refused(pace: Pace, times: &[i64], config: RateConfig) -> Vec<usize> {
        let mut rates = Rates::new(config);
        let address = HERE.parse().expect("an address");
        (0..times.len())
            .filter(|&i| {
                let result = rates.count(at(times[i]), UserId(1), address, pace);
                if result.is_ok() {
                    rates.said(at(times[i]), UserId(1), i as u64);
                }
                result.is_err()
            })
            .collect()
    }

    #[test]
    fn the_twenty_first_message_in_thirty_seconds_is_refused() {
        let times: Vec<i64> = (0..22).map(|n| n * 1_200).collect();
        assert_eq!(refused(Pace::Viewer, &times, RateConfig::default()), [20, 21]);
    }

    #[test]
    fn refused_messages_count_until_the_window_ends() {
        let mut times: Vec<i64> = (0..25).map(|n| n * 1_100).collect();
        times.extend([29_999, 30_001]);
        assert_eq!(refused(Pace::Viewer, &times, RateConfig::default()), [20, 21, 22, 23, 24, 25]);
    }

    #[test]
    fn a_second_passes_between_two_messages_of_a_viewer_but_not_of_a_moderator_or_bot() {
        let times = [0, 500, 1_000, 1_999];
        assert_eq!(refused(Pace::Viewer, &times, RateConfig::default()), [1, 3]);
        assert!(refused(Pace::Moderator, &times, RateConfig::default()).is_empty());
        assert!(refused(Pace::Bot, &[0; 200], RateConfig::default()).is_empty());
    }

    #[test]
    fn moderators_have_a_hundred_in_thirty_seconds() {
        assert_eq!(refused(Pace::Moderator, &[0; 101], RateConfig::default()), [100]);
    }

    #[test]
    fn a_count_of_zero_switches_a_rate_off() {
        let off = RateConfig {
            per_viewer: 0,
            per_address: 0,
            per_channel: 0,
            spacing: Duration::ZERO,
            ..RateConfig::default()
        };
        assert!(refused(Pace::Viewer, &[0; 1_000], off).is_empty());
    }

    #[test]
    fn a_channels_bucket_refills_evenly_and_moderators_pass_it() {
        let config = RateConfig { per_channel: 10, ..RateConfig::default() };
        let mut rates = Rates::new(config);
        let mut say = |ms, user, pace| {
            let address = IpAddr::from([10, 0, 0, u8::try_from(user % 250).expect("small")]);
            rates.count(at(ms), UserId(user), address, pace)
        };
        assert_eq!((0..12).filter(|n| say(0, *n, Pace::Viewer).is_ok()).count(), 10);
        assert_eq!(say(0, 50, Pace::Viewer), Err(Duration::from_millis(100)));
        assert_eq!(say(0, 51, Pace::Moderator), Ok(()));
        assert_eq!((60..70).filter(|n| say(200, *n, Pace::Viewer).is_ok()).count(), 2);
    }

    #[test]
    fn one_network_of_64_bits_counts_as_one_address() {
        let config = RateConfig { per_address: 2, ..RateConfig::default() };
        let mut rates = Rates::new(config);
        let mut say = |user, address: &str| {
            rates.count(at(0), UserId(user), address.parse().expect("an address"), Pace::Viewer).is_ok()
        };
        assert!(say(1, "2001:db8::1"));
        assert!(say(2, "2001:db8::2"));
        assert!(!say(3, "2001:db8::ffff:3"));
        assert!(say(4, "2001:db8:0:1::1"));
        assert!(say(5, "::ffff:192.0.2.1") && say(6, HERE) && !say(7, HERE));
    }

    #[test]
    fn the_same_text_within_thirty_seconds_is_a_repetition() {
        let mut rates = Rates::new(RateConfig::default());
        let here = HERE.parse().expect("an address");
        rates.count(at(0), UserId(1), here, Pace::Viewer).expect("the first");
        rates.said(at(0), UserId(1), 7);
        assert_eq!(rates.repeated(at(10_000), UserId(1), 7), Some(Duration::from_secs(20)));
        assert_eq!(rates.repeated(at(10_000), UserId(1), 8), None);
        assert_eq!(rates.repeated(at(10_000), UserId(2), 7), None);
        assert_eq!(rates.repeated(at(30_000), UserId(1), 7), None);
    }

    #[test]
    fn a_clock_that_goes_back_does_not_lock_anybody_out_for_good() {
        assert_eq!(refused(Pace::Viewer, &[10_000, 0, 11_000], RateConfig::default()), [1]);
    }
}
