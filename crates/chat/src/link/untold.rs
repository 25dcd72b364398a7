//! Ends of sign-ins that a lower node may not have heard of: until it confirms that it has, what it passes on of them is not done. Pure.

use domain::ids::UserId;

use crate::edge::{Credential, TokenMark};

/// Ends that are kept; with more, nobody of that node is believed until it has caught up.
const KEPT_MAX: usize = 1_024;

/// What a node was told and has not confirmed, oldest first.
#[derive(Debug, Default)]
pub struct Untold {
    /// By the number of the message that tells it.
    ends: Vec<(u64, Credential)>,
    /// Until this message is confirmed, anything may have ended.
    everything: Option<u64>,
}

impl Untold {
    /// This ends; message `number` tells the node.
    pub fn end(&mut self, number: u64, credential: Credential) {
        self.ends.push((number, credential));
        if self.ends.len() > KEPT_MAX {
            self.ends.clear();
            self.everything(number);
        }
    }

    /// Anything may have ended; message `number` has the node's connections come again.
    pub fn everything(&mut self, number: u64) {
        self.everything = Some(number);
    }

    /// Whether the node has heard of everything.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.everything.is_none()
    }

    /// The node has taken every message before `oldest`.
    pub fn confirmed(&mut self, oldest: u64) {
        self.ends.retain(|(number, _)| *number >= oldest);
        self.everything = self.everything.filter(|number| *number >= oldest);
    }

    /// Whether what this account's connection asks, which came in with that token, is not to be done.
    pub fn concerns(&self, token: Option<TokenMark>, account: UserId) -> bool {
        let ended = |(_, credential): &(u64, Credential)| match credential {
            Credential::Token(hash) => token == Some(TokenMark::of(hash)),
            Credential::Account(user) => account == *user,
        };
        self.everything.is_some() || self.ends.iter().any(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAYA: UserId = UserId(7);
    const TOKEN: [u8; 32] = [7; 32];

    #[test]
    fn what_ended_is_not_believed_until_the_node_has_heard_of_it() {
        let mut untold = Untold::default();
        untold.end(3, Credential::Token(TOKEN));
        untold.end(5, Credential::Account(MAYA));
        let of = |untold: &Untold| {
            [(Some(TokenMark::of(&TOKEN)), UserId(8)), (None, MAYA), (None, UserId(8))]
                .map(|(token, user)| untold.concerns(token, user))
        };
        assert_eq!(of(&untold), [true, true, false]);
        untold.confirmed(4);
        assert_eq!(of(&untold), [false, true, false]);
        untold.everything(6);
        assert_eq!(of(&untold), [true; 3]);
        untold.confirmed(7);
        assert_eq!(of(&untold), [false; 3]);
    }

    #[test]
    fn of_more_than_can_be_kept_nobody_is_believed() {
        let mut untold = Untold::default();
        let last = KEPT_MAX as u64 + 1;
        (1..=last).for_each(|number| untold.end(number, Credential::Account(UserId(number))));
        assert!(untold.ends.is_empty() && untold.concerns(None, MAYA));
        untold.confirmed(last + 1);
        assert!(!untold.concerns(None, MAYA));
    }
}
