//! How often may be signed up and in: per address and, for sign-ins, per name.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use domain::time::WallTime;

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

/// Whom an address stands for: an IPv6 customer has at least 64 bits of them.
fn network(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(_) => from,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address_and_a_mapped_one_is_ipv4() {
        for (from, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::1", "::"),
        ] {
            let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
            assert_eq!(network(parse(from)), parse(expected), "{from}");
        }
    }
}
