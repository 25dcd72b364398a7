//! How often may be signed up and in: per address and, for sign-ins, per name.
//!
//! Whoever guesses at a name from everywhere must not keep its owner out: where somebody has signed in before, they have tries of
//! their own, whatever others do.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::time::WallTime;
use runtime::listener::network;

use super::config::AccountsConfig;
use crate::limits::RATE_KEYS;
use crate::rates::RateTable;

/// A name at a network.
type Home = (IpAddr, String);

pub(super) struct Limiter {
    sign_up_by_address: RateTable<IpAddr>,
    sign_in_by_address: RateTable<IpAddr>,
    sign_in_by_name: RateTable<String>,
    sign_in_at_home: RateTable<Home>,
    /// Where which names have signed in since we began; at most [`RATE_KEYS`], then some are forgotten.
    homes: Mutex<HashSet<Home>>,
}

/// A sign-in that was let through: what to give back if it is right.
pub(super) struct Tried {
    home: Home,
    at_home: bool,
}

impl Limiter {
    pub(super) fn new(config: &AccountsConfig) -> Self {
        Self {
            sign_up_by_address: RateTable::new(config.sign_up_per_address),
            sign_in_by_address: RateTable::new(config.sign_in_per_address),
            sign_in_by_name: RateTable::new(config.sign_in_per_name),
            sign_in_at_home: RateTable::new(config.sign_in_per_name),
            homes: Mutex::default(),
        }
    }

    pub(super) fn sign_up(&self, from: IpAddr, now: WallTime) -> Result<(), Duration> {
        self.sign_up_by_address.take(&network(from), now)
    }

    /// A try costs before it is known whether it is right: a thousand at once must not all pass.
    pub(super) fn sign_in(&self, from: IpAddr, name: &str, now: WallTime) -> Result<Tried, Duration> {
        // Names are at most as long as an e-mail address; longer ones share what they begin with.
        let name: String = name.chars().take(domain::limits::EMAIL_LEN_MAX).collect();
        let home = (network(from), name);
        let at_home = self.homes.lock().unwrap_or_else(PoisonError::into_inner).contains(&home);
        self.sign_in_by_address.take(&home.0, now)?;
        let taken = match at_home {
            true => self.sign_in_at_home.take(&home, now),
            false => self.sign_in_by_name.take(&home.1, now),
        };
        taken.inspect_err(|_| self.sign_in_by_address.give_back(&home.0))?;
        Ok(Tried { home, at_home })
    }

    /// Right passwords cost nothing, however often they are presented.
    pub(super) fn was_right(&self, tried: Tried) {
        let Tried { home, at_home } = tried;
        self.sign_in_by_address.give_back(&home.0);
        match at_home {
            true => self.sign_in_at_home.give_back(&home),
            false => self.sign_in_by_name.give_back(&home.1),
        }
        let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        if homes.len() >= RATE_KEYS
            && let Some(some) = homes.iter().next().cloned()
        {
            homes.remove(&some);
        }
        homes.insert(home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_at_a_name_keeps_its_owner_out_nowhere_that_they_have_been() {
        let config = AccountsConfig::default();
        let limiter = Limiter::new(&config);
        let (at_home, elsewhere) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let now = WallTime::from_unix_ms(1_800_000_000_000);
        limiter.was_right(limiter.sign_in(at_home, "maya", now).expect("the first"));
        let guess = |from| limiter.sign_in(from, "maya", now).is_ok();
        let guessed = (0..100).filter(|_| guess(elsewhere)).count();
        assert_eq!(guessed, config.sign_in_per_name.burst as usize);
        assert!(guess(at_home), "the owner is let in");
        assert!(!guess(IpAddr::from([127, 0, 0, 3])), "nobody else is");
        // Whoever guesses at home has as few tries as anybody.
        let guessed = 1 + (0..100).filter(|_| guess(at_home)).count();
        assert_eq!(guessed, config.sign_in_per_name.burst as usize);
    }
}
