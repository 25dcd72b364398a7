//! Whispers: how fast, how long, and to how many new people (chat-protocol.md §1.11).
//!
//! Refused ones count, as messages do. All memory is bounded and lost with the process: whoever wrote to somebody before is new
//! to them after a restart, which costs a few long texts and gives a spammer nothing that waiting a day would not.

use std::time::Duration;

use domain::ids::UserId;
use domain::time::WallTime;

use super::bounded::Recent;
use super::rates::Window;
use super::refusals::{refuse, wait};
use crate::command::Refusal;
use crate::limits::TEXT_CHARS_MAX;

/// Whispers of one account in a second, and in a minute.
const PER_SECOND: u32 = 3;
const PER_MINUTE: u32 = 100;
/// People to whom an account writes first, in a day.
const NEW_PER_DAY: u32 = 40;
/// Longest text to somebody who wrote before, in code points.
const ANSWER_CHARS_MAX: usize = 10_000;
/// Accounts, and separately pairs of them, that are remembered for sure.
const REMEMBERED: usize = 20_000;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// What somebody did lately.
#[derive(Clone, Copy, Debug)]
struct Steps {
    second: Window,
    minute: Window,
    day: Window,
}

/// Who whispered how much, and who to whom.
#[derive(Debug)]
pub struct Whispers {
    senders: Recent<UserId, Steps>,
    /// From whom to whom something was sent.
    wrote: Recent<(UserId, UserId), ()>,
}

impl Default for Whispers {
    fn default() -> Self {
        Self { senders: Recent::new(REMEMBERED), wrote: Recent::new(REMEMBERED) }
    }
}

impl Whispers {
    /// Counts something that `from` asks for, also if it will be refused for another reason.
    ///
    /// # Errors
    /// When it is too much.
    pub fn count(&mut self, now: WallTime, from: UserId) -> Result<(), Refusal> {
        let steps = self.steps(now, from);
        let (second, minute) =
            (steps.second.count(now, SECOND, PER_SECOND), steps.minute.count(now, MINUTE, PER_MINUTE));
        if let Some(left) = minute {
            let text = "You are sending whispers too fast. Try again in a minute.";
            return Err(wait("whisper_limit_per_min", text, left));
        }
        if let Some(left) = second {
            let text = "You are sending whispers too fast. Try again in a second.";
            return Err(wait("whisper_limit_per_sec", text, left));
        }
        Ok(())
    }

    /// Whether `from` may write to `to`, who is counted if they are new; how long the text may be.
    ///
    /// # Errors
    /// When `from` wrote to too many new people today.
    pub fn reach(&mut self, now: WallTime, from: UserId, to: UserId) -> Result<usize, Refusal> {
        let answers = self.wrote.get((to, from)).is_some();
        let known = self.wrote.get((from, to)).is_some();
        if !answers && !known {
            let day = &mut self.steps(now, from).day;
            if let Some(left) = day.count(now, DAY, NEW_PER_DAY) {
                let text =
                    format!("You have written to {NEW_PER_DAY} new people within a day. Try again later.");
                return Err(wait("whisper_restricted", text, left));
            }
        }
        self.wrote.insert((from, to), ());
        Ok(if answers { ANSWER_CHARS_MAX } else { TEXT_CHARS_MAX })
    }

    /// Forgets somebody whose account is gone. Pairs go by themselves.
    pub fn forget(&mut self, user: UserId) {
        self.senders.remove(user);
    }

    fn steps(&mut self, now: WallTime, from: UserId) -> &mut Steps {
        let new = Window::since(now);
        self.senders.entry(from, || Steps { second: new, minute: new, day: new })
    }
}

/// To oneself.
pub fn to_oneself() -> Refusal {
    refuse("whisper_invalid_self", "You cannot whisper to yourself.")
}

/// To nobody.
pub fn to_nobody() -> Refusal {
    refuse("whisper_invalid_login", "No user matching that login.")
}

/// To somebody whom the sender blocks.
pub fn to_blocked() -> Refusal {
    refuse("whisper_restricted", "You block that user. Use \"/unblock\" first.")
}

/// To somebody who blocks the sender. Not told in these words: nobody is told by whom they are blocked.
pub fn not_wanted() -> Refusal {
    refuse("whisper_restricted_recipient", "That user's settings prevent them from receiving this whisper.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAYA: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn at(ms: i64) -> WallTime {
        WallTime::from_unix_ms(1_800_000_000_000 + ms)
    }

    /// Sends at these times; at which indices one was refused, and how.
    fn refused(times: &[i64]) -> Vec<(usize, String)> {
        let mut whispers = Whispers::default();
        let refusal = |(n, ms): (usize, &i64)| {
            whispers.count(at(*ms), MAYA).err().map(|refusal| (n, refusal.id.into_string()))
        };
        times.iter().enumerate().filter_map(refusal).collect()
    }

    #[test]
    fn three_go_in_a_second_and_a_hundred_in_a_minute() {
        assert_eq!(refused(&[0, 1, 2, 3, 1_000]), [(3, "whisper_limit_per_sec".to_owned())]);
        let spread: Vec<i64> = (0..101).map(|n| n * 400).collect();
        assert_eq!(refused(&spread), [(100, "whisper_limit_per_min".to_owned())]);
        assert_eq!(refused(&[0, 1, 2, 3, 4, 5, 999]).len(), 4, "refused ones count");
    }

    #[test]
    fn the_forty_first_new_recipient_of_a_day_is_refused_and_known_ones_are_not() {
        let mut whispers = Whispers::default();
        for n in 0..40 {
            whispers.reach(at(n), MAYA, UserId(100 + n as u64)).expect("is new");
        }
        let refusal = whispers.reach(at(50), MAYA, UserId(200)).expect_err("is one too many");
        assert_eq!((&*refusal.id, refusal.retry_after_ms), ("whisper_restricted", Some(86_399_950)));
        assert!(whispers.reach(at(60), MAYA, UserId(100)).is_ok(), "is known");
        whispers.reach(at(60), BOB, MAYA).expect("bob writes first");
        assert!(whispers.reach(at(61), MAYA, BOB).is_ok(), "an answer is no first word");
        assert!(whispers.reach(at(86_400_001), MAYA, UserId(200)).is_ok(), "the next day");
    }

    #[test]
    fn answers_may_be_long() {
        let mut whispers = Whispers::default();
        assert_eq!(whispers.reach(at(0), MAYA, BOB).expect("may"), 500);
        assert_eq!(whispers.reach(at(1), MAYA, BOB).expect("may"), 500, "bob has not answered");
        assert_eq!(whispers.reach(at(2), BOB, MAYA).expect("may"), 10_000);
        assert_eq!(whispers.reach(at(3), MAYA, BOB).expect("may"), 10_000);
    }
}
