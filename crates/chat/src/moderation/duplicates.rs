//! Repetition: what no model of words can see, and what most chat spam is.
//!
//! [`Duplicates`] remembers sketches of recent texts and says from how many accounts nearly the same one came. [`Unique`] remembers
//! texts for unique chat. Both are bounded, and both take `now`.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use domain::ids::{MessageId, UserId};
use domain::time::WallTime;

use super::features::gram;
use super::normalise::Folded;

/// Texts that a room remembers for comparison.
const RING: usize = 512;
/// How long a text is compared with later ones.
const WINDOW: Duration = Duration::from_secs(60);
/// Bits of 64 in which two sketches of nearly the same text differ at most.
const NEAR_BITS: u32 = 10;
/// Bytes that a folded text must have: everybody says "gg" and "nice shot".
const BYTES_MIN: usize = 20;

/// Recent texts of a room as sketches, in a ring.
#[derive(Clone, Debug, Default)]
pub struct Duplicates {
    ring: VecDeque<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    sketch: u64,
    author: UserId,
    at: WallTime,
}

/// How often a text was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repeats {
    /// Times by this author before.
    pub own: u16,
    /// Other accounts that said it.
    pub accounts: u16,
}

impl Duplicates {
    /// Remembers a text and says how often nearly the same one was said in the last minute. Short texts are not remembered.
    pub fn note(&mut self, folded: &Folded, author: UserId, now: WallTime) -> Repeats {
        let Some(sketch) = sketch(folded.as_str()) else { return Repeats::default() };
        while self.ring.front().is_some_and(|seen| now.since(seen.at) > WINDOW) {
            self.ring.pop_front();
        }
        let mut repeats = Repeats::default();
        let mut others: Vec<UserId> = Vec::new();
        for seen in self.ring.iter().filter(|seen| (seen.sketch ^ sketch).count_ones() <= NEAR_BITS) {
            if seen.author == author {
                repeats.own += 1;
            } else {
                others.push(seen.author);
            }
        }
        others.sort_unstable();
        others.dedup();
        repeats.accounts = u16::try_from(others.len()).unwrap_or(u16::MAX);
        if self.ring.len() == RING {
            self.ring.pop_front();
        }
        self.ring.push_back(Seen { sketch, author, at: now });
        repeats
    }
}

/// A 64-bit SimHash of the text's 4-grams: nearly equal texts have nearly equal ones. `None` for texts that are too short.
pub fn sketch(folded: &str) -> Option<u64> {
    let bytes = folded.as_bytes();
    if bytes.len() < BYTES_MIN {
        return None;
    }
    // Counters of one byte, eight in a number: bit `8 * byte + n` of a hash is counted in byte `byte` of lane `n`. Counting bit by
    // bit would be a third of what a room spends on a message.
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut votes = [0_u16; 64];
    for part in (0..bytes.len() - 3).step_by(255) {
        let mut lanes = [0_u64; 8];
        for window in bytes[part..].windows(4).take(255) {
            let hash = gram(window);
            for (n, lane) in lanes.iter_mut().enumerate() {
                *lane += hash >> n & ONES;
            }
        }
        for (bit, votes) in votes.iter_mut().enumerate() {
            *votes += u16::from(lanes[bit % 8].to_le_bytes()[bit / 8]);
        }
    }
    let half = (bytes.len() - 3) / 2;
    Some(
        votes
            .iter()
            .enumerate()
            .fold(0, |sketch, (bit, votes)| sketch | u64::from(usize::from(*votes) > half) << bit),
    )
}

/// Texts that were said already, for unique chat: exact after folding, bounded, forgotten after a day.
#[derive(Clone, Debug, Default)]
pub struct Unique {
    said: HashMap<u64, (WallTime, MessageId)>,
    order: VecDeque<u64>,
}

/// Texts that unique chat remembers.
const UNIQUE: usize = 8_192;
/// How long unique chat remembers.
const UNIQUE_FOR: Duration = Duration::from_secs(24 * 3600);

impl Unique {
    /// Whether a text was said before. A text without words is compared as it is written, or all pictures and signs would be one
    /// text.
    pub fn was_said(&self, text: &str, folded: &Folded, now: WallTime) -> bool {
        let known = self.said.get(&Self::key(text, folded));
        known.is_some_and(|(at, _)| now.since(*at) <= UNIQUE_FOR)
    }

    /// Remembers a text that nobody said before, and by which message it was said.
    pub fn remember(&mut self, text: &str, folded: &Folded, by: MessageId, now: WallTime) {
        let key = Self::key(text, folded);
        if self.said.insert(key, (now, by)).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > UNIQUE
            && let Some(oldest) = self.order.pop_front()
        {
            self.said.remove(&oldest);
        }
    }

    /// A message was not said after all. Its text is forgotten if it was remembered for this message, and not for an equal one.
    pub fn forget(&mut self, text: &str, folded: &Folded, by: MessageId) {
        let key = Self::key(text, folded);
        if self.said.get(&key).is_some_and(|(_, known)| *known == by) {
            self.said.remove(&key);
            self.order.retain(|known| *known != key);
        }
    }

    fn key(text: &str, folded: &Folded) -> u64 {
        let words = if folded.as_str().is_empty() { text.trim() } else { folded.as_str() };
        gram(words.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::normalise::fold;

    const SPAM: &str = "Best viewers and followers on bigfollows dot com, come and see";

    fn at(seconds: i64) -> WallTime {
        WallTime::from_unix_ms(seconds * 1_000)
    }

    #[test]
    fn nearly_the_same_text_from_many_accounts_is_counted() {
        let mut seen = Duplicates::default();
        let texts = [
            SPAM.to_owned(),
            SPAM.to_uppercase(),
            format!("{SPAM} !! \u{e0000}"),
            format!("{SPAM} x7"),
            SPAM.replace("see", "sea"),
            SPAM.replace('o', "0"),
        ];
        for (n, text) in (0..).zip(&texts) {
            let repeats = seen.note(&fold(text), UserId(n), at(n as i64));
            assert_eq!(repeats.accounts, n as u16, "{text}");
        }
        assert_eq!(seen.note(&fold(SPAM), UserId(0), at(9)), Repeats { own: 1, accounts: 5 });
    }

    #[test]
    fn different_texts_short_ones_and_old_ones_are_not_repetition() {
        let mut seen = Duplicates::default();
        for (n, text) in (0..).zip([
            "what a great game that was today",
            "does anybody know which song this is?",
            "the boss on this floor is really hard",
            "I think we should go left at the bridge",
        ]) {
            assert_eq!(seen.note(&fold(text), UserId(n), at(0)), Repeats::default(), "{text}");
            assert_eq!(seen.note(&fold("gg wp"), UserId(n), at(0)), Repeats::default());
        }
        seen.note(&fold(SPAM), UserId(1), at(0));
        assert_eq!(seen.note(&fold(SPAM), UserId(2), at(61)), Repeats::default());
    }

    #[test]
    fn the_ring_is_bounded() {
        let mut seen = Duplicates::default();
        for n in 0..2_000 {
            seen.note(&fold(&format!("message number {n} of quite some length")), UserId(n), at(0));
        }
        assert_eq!(seen.ring.len(), RING);
    }

    #[test]
    fn unique_chat_knows_what_was_said_in_any_disguise() {
        let mut unique = Unique::default();
        let mut was_said = |text: &str, seconds| {
            let (folded, now) = (fold(text), at(seconds));
            let known = unique.was_said(text, &folded, now);
            if !known {
                unique.remember(text, &folded, MessageId(1), now);
            }
            known
        };
        assert!(!was_said("hello there", 0));
        assert!(was_said("HELLO  there!!\u{e0000}", 1));
        assert!(!was_said("hello you", 2));
        assert!(!was_said("🎉🎉", 3));
        assert!(!was_said("?!", 4), "signs are not one text");
        assert!(was_said(" 🎉🎉 ", 5));
        assert!(!was_said("hello there", 90_000), "after a day it is new again");
        for n in 0..20_000 {
            was_said(&format!("text {n}"), 90_001);
        }
        assert!(unique.said.len() <= UNIQUE && unique.order.len() <= UNIQUE);
    }

    #[test]
    fn a_text_is_forgotten_only_with_the_message_that_said_it() {
        let mut unique = Unique::default();
        let text = "good morning";
        unique.remember(text, &fold(text), MessageId(1), at(0));
        unique.forget(text, &fold(text), MessageId(2));
        assert!(unique.was_said(text, &fold(text), at(1)));
        unique.forget(text, &fold(text), MessageId(1));
        assert!(!unique.was_said(text, &fold(text), at(1)));
        assert!(unique.said.is_empty() && unique.order.is_empty());
    }
}
