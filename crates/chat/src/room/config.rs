//! What an operator may set about rooms.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rules::rates::RateConfig;

/// Rooms. Every bound is one room's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoomConfig {
    /// How fast one may write.
    pub rates: RateConfig,
    /// Last messages that a newcomer is shown where the channel wants it.
    pub history_lines: usize,
    /// Messages that moderators can still delete, sweep and see on a card. Never fewer than are shown.
    pub remembered_lines: usize,
    /// Age at which a message can no longer be deleted alone.
    pub delete_within: Duration,
    /// Held messages; the oldest expires when another comes.
    pub held_max: usize,
    /// Time after which a held message expires.
    pub held_for: Duration,
    /// Viewers' messages that wait for their delay; the oldest is shown early when another comes.
    pub delayed_max: usize,
    /// Authors, texts (unique chat) and first-time writers that are remembered for sure; twice as many at most.
    pub remembered_people: usize,
    /// Signed-in people that the list of chatters holds; more are not listed.
    pub chatters_max: usize,
    /// Above so many nobody is told who comes and goes.
    pub membership_max: usize,
    /// How often who came and went is told.
    pub membership_every: Duration,
    /// VIPs of a channel.
    pub vips_max: usize,
    /// Moderators of a channel.
    pub moderators_max: usize,
    /// Accounts that one sweep removes.
    pub sweep_max: usize,
    /// Time for which an answer of `Standing` is fresh; a stale one is used while a new one is fetched.
    pub standing_for: Duration,
    /// Longest wait for a store before the room goes on with what it knows.
    pub patience: Duration,
    /// Messages that wait for the room; the next one is refused. Enough for a second of a very busy room that arrives at once (after a
    /// stall on the way), and so few that working them off takes no tenth of a second.
    pub queue: usize,
    /// Commands of moderators that wait for the room, beside the messages; the next one is refused.
    pub command_queue: usize,
    /// Changes that wait for the store; the next one holds in memory only, and the moderator is told.
    pub keep_queue: usize,
    /// Time after which a room in which nothing happens and that nobody holds is put away.
    pub idle: Duration,
    /// Messages of all rooms that wait for the log; the next one is dropped and counted.
    pub log_queue: usize,
}

impl Default for RoomConfig {
    fn default() -> Self {
        Self {
            rates: RateConfig::default(),
            history_lines: 150,
            remembered_lines: 2_000,
            delete_within: Duration::from_secs(6 * 3_600),
            held_max: 200,
            held_for: Duration::from_secs(300),
            delayed_max: 5_000,
            remembered_people: 20_000,
            chatters_max: 20_000,
            membership_max: 1_000,
            membership_every: Duration::from_secs(2),
            vips_max: 200,
            moderators_max: 500,
            sweep_max: 1_000,
            standing_for: Duration::from_secs(60),
            patience: Duration::from_secs(1),
            queue: 8_192,
            command_queue: 256,
            keep_queue: 4_096,
            idle: Duration::from_secs(300),
            log_queue: 16_384,
        }
    }
}

impl RoomConfig {
    /// What cannot be meant, each by its key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let needed = [
            (self.queue, "queue", "0 refuses every message"),
            (self.command_queue, "command_queue", "0 refuses every command"),
            (self.keep_queue, "keep_queue", "0 keeps no ban"),
            (self.remembered_lines, "remembered_lines", "0 leaves nothing that could be deleted"),
            (self.remembered_people, "remembered_people", "0 forgets everybody at once"),
            (self.rates.remembered, "rates.remembered", "0 forgets everybody at once"),
            (self.held_max, "held_max", "0 holds nothing; set AutoMod to 0 instead"),
        ];
        for (value, key, why) in needed {
            if value == 0 {
                faults.push(format!("chat.{key}: {why}"));
            }
        }
        if self.remembered_lines < self.history_lines {
            faults.push("chat.remembered_lines: less than chat.history_lines".to_owned());
        }
        if self.rates.window.is_zero() {
            faults.push("chat.rates.window: 0 counts nothing".to_owned());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_no_fault_and_all_faults_are_told_at_once() {
        assert_eq!(RoomConfig::default().faults(), Vec::<String>::new());
        let wrong = RoomConfig { queue: 0, remembered_lines: 10, ..RoomConfig::default() };
        assert_eq!(wrong.faults().len(), 2);
    }
}
