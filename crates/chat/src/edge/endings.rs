//! Sign-ins that ended lately. Somebody's account is looked up first and let in later: what ended in between must not come in all the
//! same. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use domain::ids::UserId;

use super::upstream::{Credential, Presented};

/// How long an ending is remembered: far longer than a lookup or a handover takes.
const KEPT_FOR: Duration = Duration::from_secs(15);
/// Endings that are remembered; beyond, the oldest goes.
const KEPT_MAX: usize = 1_024;

/// What ended, oldest first.
#[derive(Debug, Default)]
pub struct Endings {
    list: VecDeque<(Instant, Credential)>,
    /// When the newest ended that is not remembered any more, or may never have been heard of.
    forgotten: Option<Instant>,
}

/// Why somebody is not let in after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// What they presented has ended.
    Ended,
    /// It was looked up so long ago that nobody knows: it is to be presented again.
    Unknown,
}

impl Endings {
    /// Something is worth nothing any more since `at`.
    pub fn note(&mut self, at: Instant, credential: Credential) {
        self.list.push_back((at, credential));
        while let Some((oldest, _)) = self.list.front().copied()
            && (self.list.len() > KEPT_MAX || at.saturating_duration_since(oldest) > KEPT_FOR)
        {
            self.list.pop_front();
            self.forget(oldest);
        }
    }

    /// What ended until `at` may not have been heard of.
    pub fn forget(&mut self, at: Instant) {
        self.forgotten = self.forgotten.max(Some(at));
    }

    /// Whether what was presented, and found to be this account's, may have ended since it began to be looked up. Whoever comes again
    /// after the end is looked up anew, so that an account that was only changed is let in.
    pub fn doubt(&self, presented: &Presented, account: UserId) -> Option<Doubt> {
        let ended = |(at, credential): &(Instant, Credential)| {
            *at >= presented.asked && credential.opened(Some(&presented.hash), Some(account))
        };
        if self.list.iter().any(ended) {
            return Some(Doubt::Ended);
        }
        self.forgotten.filter(|at| *at >= presented.asked).map(|_| Doubt::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAYA: UserId = UserId(7);

    fn at(seconds: u64) -> Instant {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        *START.get_or_init(runtime::clock::now) + Duration::from_secs(seconds)
    }

    fn presented(seconds: u64) -> Presented {
        Presented { hash: [7; 32], asked: at(seconds) }
    }

    #[test]
    fn what_ended_after_it_was_asked_about_is_worth_nothing() {
        for (credential, ended) in [
            (Credential::Token([7; 32]), true),
            (Credential::Account(MAYA), true),
            (Credential::Token([8; 32]), false),
            (Credential::Account(UserId(8)), false),
        ] {
            let mut endings = Endings::default();
            assert_eq!(endings.doubt(&presented(5), MAYA), None);
            endings.note(at(5), credential);
            let expected = ended.then_some(Doubt::Ended);
            assert_eq!(endings.doubt(&presented(5), MAYA), expected, "{credential:?}");
            assert_eq!(endings.doubt(&presented(6), MAYA), None, "looked up after that");
        }
    }

    #[test]
    fn what_was_asked_before_the_memory_begins_is_to_be_asked_again() {
        let other = Credential::Account(UserId(8));
        let mut old = Endings::default();
        old.note(at(5), other);
        old.note(at(30), other);
        let mut many = Endings::default();
        many.note(at(5), other);
        (0..KEPT_MAX).for_each(|_| many.note(at(6), other));
        let mut unheard = Endings::default();
        unheard.forget(at(5));
        for endings in [old, many, unheard] {
            assert!(endings.list.len() <= KEPT_MAX);
            assert_eq!(endings.doubt(&presented(4), MAYA), Some(Doubt::Unknown));
            assert_eq!(endings.doubt(&presented(6), MAYA), None);
        }
    }
}
