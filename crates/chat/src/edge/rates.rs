//! What a client may send: bytes and frames a second on a connection, joins in ten seconds for a user. Pure.

use std::collections::HashMap;

use domain::ids::UserId;

/// Limits of one connection.
#[derive(Clone, Copy, Debug)]
pub struct RateConfig {
    /// Bytes a second.
    pub bytes_per_s: u32,
    /// Messages or lines a second.
    pub messages_per_s: u16,
    /// Joins of one user in ten seconds. Those of known bots, and of who reads without an account, are not counted.
    pub joins_per_10s: u16,
    /// Rooms of one connection.
    pub rooms_max: usize,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self { bytes_per_s: 32 * 1024, messages_per_s: 60, joins_per_10s: 20, rooms_max: 100 }
    }
}

/// What came on a connection lately: in each window of five seconds, five seconds' worth may come at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Intake {
    /// Second in which the window began.
    began_s: u32,
    bytes: u32,
    messages: u16,
}

/// The window over which a burst may spread.
const WINDOW_S: u32 = 5;

impl Intake {
    /// Counts; false if it is too much.
    #[must_use]
    pub fn count(&mut self, now_s: u32, bytes: usize, messages: u16, config: &RateConfig) -> bool {
        if now_s.saturating_sub(self.began_s) >= WINDOW_S {
            *self = Self { began_s: now_s, ..Self::default() };
        }
        self.bytes = self.bytes.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        self.messages = self.messages.saturating_add(messages);
        self.bytes <= config.bytes_per_s.saturating_mul(WINDOW_S)
            && self.messages <= config.messages_per_s.saturating_mul(WINDOW_S as u16)
    }
}

/// Joins by user, over all connections of the node. Forgets whoever was quiet for ten seconds.
#[derive(Debug, Default)]
pub struct Joins {
    by_user: HashMap<UserId, (u32, u16)>,
    swept_s: u32,
}

const JOIN_WINDOW_S: u32 = 10;

impl Joins {
    /// Counts a join; false if there were too many.
    #[must_use]
    pub fn count(&mut self, now_s: u32, user: UserId, config: &RateConfig) -> bool {
        if now_s.saturating_sub(self.swept_s) >= JOIN_WINDOW_S {
            self.swept_s = now_s;
            self.by_user.retain(|_, (began, _)| now_s.saturating_sub(*began) < JOIN_WINDOW_S);
        }
        let (began, count) = self.by_user.entry(user).or_insert((now_s, 0));
        if now_s.saturating_sub(*began) >= JOIN_WINDOW_S {
            (*began, *count) = (now_s, 0);
        }
        *count = count.saturating_add(1);
        *count <= config.joins_per_10s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let config = RateConfig { bytes_per_s: 100, messages_per_s: 2, ..RateConfig::default() };
        let mut intake = Intake::default();
        assert!((0..10).all(|_| intake.count(10, 40, 1, &config)));
        assert!(!intake.count(11, 40, 1, &config), "eleven messages");
        assert!(intake.count(15, 500, 1, &config), "a new window");
        assert!(!intake.count(15, 1, 0, &config), "501 bytes");
    }

    #[test]
    fn a_user_joins_twenty_rooms_in_ten_seconds() {
        let (config, mut joins) = (RateConfig::default(), Joins::default());
        assert!((0..20).all(|_| joins.count(5, UserId(1), &config)));
        assert!(!joins.count(14, UserId(1), &config));
        assert!(joins.count(14, UserId(2), &config));
        assert!(joins.count(15, UserId(1), &config));
    }
}
