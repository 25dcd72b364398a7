//! What a site's owner may set about accounts.

use std::time::Duration;

use domain::users::LatencyMode;
use serde::Deserialize;

use crate::rates::Rate;

/// Who may sign up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signup {
    /// Everybody.
    #[default]
    Open,
    /// Who has an invitation.
    Invite,
    /// Nobody: accounts are made on the command line.
    Closed,
}

impl Signup {
    /// As it is written in configuration and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }
}

/// Accounts and sessions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountsConfig {
    /// Who may sign up.
    pub signup: Signup,
    /// Latency mode of new channels.
    pub latency: LatencyMode,
    /// Days that a session lasts.
    pub session_days: u32,
    /// Days that an invitation lasts.
    pub invite_days: u32,
    /// Sign-ups from one address (an IPv6 network of 64 bits counts as one).
    pub sign_up_per_address: Rate,
    /// Failed sign-ins from one address.
    pub sign_in_per_address: Rate,
    /// Failed sign-ins for one name, from wherever. Refills fast, because it also locks out whom the name belongs to.
    pub sign_in_per_name: Rate,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            signup: Signup::default(),
            latency: LatencyMode::default(),
            session_days: 90,
            invite_days: 14,
            sign_up_per_address: Rate { burst: 10, refill_s: 60 },
            sign_in_per_address: Rate { burst: 20, refill_s: 6 },
            sign_in_per_name: Rate { burst: 10, refill_s: 10 },
        }
    }
}

impl AccountsConfig {
    /// Everything that is wrong with it, each by its key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (key, days) in [("session_days", self.session_days), ("invite_days", self.invite_days)] {
            if !(1..=3650).contains(&days) {
                faults.push(format!("accounts.{key}: {days} is not between 1 and 3650"));
            }
        }
        faults.extend(self.sign_up_per_address.faults("accounts.sign_up_per_address"));
        faults.extend(self.sign_in_per_address.faults("accounts.sign_in_per_address"));
        faults.extend(self.sign_in_per_name.faults("accounts.sign_in_per_name"));
        faults
    }

    pub(crate) fn session_lifetime(&self) -> Duration {
        days(self.session_days)
    }
    pub(crate) fn invite_lifetime(&self) -> Duration {
        days(self.invite_days)
    }
}

fn days(n: u32) -> Duration {
    Duration::from_secs(u64::from(n) * 24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_no_faults_and_all_faults_are_told_at_once() {
        assert_eq!(AccountsConfig::default().faults(), Vec::<String>::new());
        let broken = AccountsConfig {
            session_days: 0,
            sign_in_per_name: Rate { burst: 0, refill_s: 0 },
            ..AccountsConfig::default()
        };
        let faults = broken.faults();
        assert_eq!(faults.len(), 3);
        for key in
            ["accounts.session_days", "accounts.sign_in_per_name.burst", "accounts.sign_in_per_name.refill_s"]
        {
            assert!(faults.iter().any(|fault| fault.starts_with(key)), "{key} in {faults:?}");
        }
    }
}
