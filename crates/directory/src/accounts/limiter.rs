//! How often may be signed up and in: per address and, for sign-ins, per name.

use std::net::IpAddr;
use std::time::Duration;

use domain::time::WallTime;
use runtime::listener::network;

use super::config::AccountsConfig;
use crate::rates::RateTable;

pub(super) struct Limiter {
    sign_up_by_address: RateTable<IpAddr>,
    sign_in_by_address: RateTable<IpAddr>,
    sign_in_by_name: RateTable<String>,
}

/// A sign-in that was let through: what to give back if it is right.
pub(super) struct Tried {
    address: IpAddr,
    name: String,
}

impl Limiter {
    pub(super) fn new(config: &AccountsConfig) -> Self {
        Self {
            sign_up_by_address: RateTable::new(config.sign_up_per_address),
            sign_in_by_address: RateTable::new(config.sign_in_per_address),
            sign_in_by_name: RateTable::new(config.sign_in_per_name),
        }
    }

    pub(super) fn sign_up(&self, from: IpAddr, now: WallTime) -> Result<(), Duration> {
        self.sign_up_by_address.take(&network(from), now)
    }

    /// A try costs before it is known whether it is right: a thousand at once must not all pass.
    pub(super) fn sign_in(&self, from: IpAddr, name: &str, now: WallTime) -> Result<Tried, Duration> {
        // Names are at most as long as an e-mail address; longer ones share what they begin with.
        let name: String = name.chars().take(domain::limits::EMAIL_LEN_MAX).collect();
        let tried = Tried { address: network(from), name };
        self.sign_in_by_address.take(&tried.address, now)?;
        self.sign_in_by_name.take(&tried.name, now).inspect_err(|_| {
            self.sign_in_by_address.give_back(&tried.address);
        })?;
        Ok(tried)
    }

    /// Right passwords cost nothing, however often they are presented.
    pub(super) fn was_right(&self, tried: &Tried) {
        self.sign_in_by_address.give_back(&tried.address);
        self.sign_in_by_name.give_back(&tried.name);
    }
}
