//! What a reader sees besides what is for everybody, and since when: a message that waits for the delay reaches moderators and its
//! author first and the others later, and nobody twice, whoever signs in, moderates or ceases to meanwhile.

use super::ring::{Place, Ring};
use crate::command::Account;
use crate::event::Audience;
use crate::tree::frame::{Frame, Viewer, prefix_len, tail};

/// From which events on a reader is given what is for moderators, and what is for its account alone. The default is nobody's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// As a moderator: from the first place on, until before the second.
    moderator: (Place, Place),
    /// The same of the time before, if the role went and came back.
    before: (Place, Place),
    /// As the account that it is; `None` until the room knows it.
    own: Option<Place>,
}

impl Sight {
    /// Of a reader that is who it is from `given` on.
    pub fn new(moderates: bool, given: Place) -> Self {
        let until = if moderates { Place::END } else { given };
        Self { moderator: (given, until), own: Some(given), ..Self::default() }
    }

    /// The room knows which account reads.
    pub fn is_known(&self) -> bool {
        self.own.is_some()
    }

    /// Sees what moderators see.
    pub fn moderates(&self) -> bool {
        self.moderator.1 == Place::END
    }

    /// Moderates, or does not any more, from `at` on.
    pub fn becomes(&mut self, moderates: bool, at: Place) {
        match (self.moderates(), moderates) {
            (false, true) => (self.before, self.moderator) = (self.moderator, (at, Place::END)),
            (true, false) => self.moderator.1 = at,
            _ => {}
        }
    }

    /// Whether the reader got the message of `frame` before, when it was for moderators and its author; `then` is the place after it.
    pub fn had(&self, frame: &Frame, then: Place, account: Option<&Account>) -> bool {
        let Audience::EverybodyElse { author, first } = frame.audience else {
            return false;
        };
        let first = then.with_seq(first);
        let own = account.is_some_and(|account| account.id == author);
        let moderated =
            [self.before, self.moderator].into_iter().any(|(from, to)| from <= first && first < to);
        moderated || (own && self.own.is_some_and(|own| own <= first))
    }
}

/// What a reader missed between two places because it was nobody then: a payload, empty if there is nothing. What waited for the delay
/// and has come meanwhile it has.
pub fn missed(ring: &Ring, viewer: &Viewer<'_>, from: Place, to: Place) -> Vec<u8> {
    let released: Vec<u64> = ring
        .between(from, to)
        .filter_map(|(frame, _)| match frame.audience {
            Audience::EverybodyElse { first, .. } => Some(first),
            _ => None,
        })
        .collect();
    let mut words = b"["[..prefix_len(viewer.language)].to_vec();
    let mut epoch = None;
    for (frame, seq) in ring.between(from, to) {
        let was_for_it = match frame.audience {
            Audience::Everyone | Audience::EverybodyElse { .. } => false,
            Audience::Moderators | Audience::User(_) => true,
            // One event: see the encoder.
            Audience::ModeratorsAnd(_) => !released.contains(&frame.first),
        };
        let events = if was_for_it { frame.events(viewer, seq) } else { &[] };
        if !events.is_empty() {
            words.extend_from_slice(events);
            epoch = Some(frame.epoch);
        }
    }
    let Some(epoch) = epoch else {
        return Vec::new();
    };
    tail(viewer.language, epoch, to.seq().saturating_sub(1), 0, &mut words);
    words
}

#[cfg(test)]
mod tests;
