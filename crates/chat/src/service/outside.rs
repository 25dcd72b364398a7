//! What is asked of rooms that the asker has not joined and that nobody uses: the room is looked up once for each connection that asks,
//! and what that connection asks meanwhile waits behind, so that its messages keep their order.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::ids::ChannelId;

use crate::command::{Caller, Command};
use crate::event::ConnectionId;
use crate::room::Answer;
use crate::rules::refusals;

/// Asks that wait for one lookup; more are *refused*.
const WAITING_MAX: usize = 16;

/// Something that is asked.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) command: Command,
    pub(super) answer: Answer,
}

/// Whose lookup, and of which room.
pub(super) type Key = (ConnectionId, ChannelId);

/// All lookups that go on, with what waits for each.
#[derive(Default)]
pub(super) struct Outside(Mutex<HashMap<Key, Vec<Asked>>>);

impl Outside {
    /// Puts this behind what waits for the same lookup; gives it back if there is none.
    pub(super) fn behind(&self, key: Key, asked: Asked) -> Option<Asked> {
        let mut waiting = self.lock();
        let Some(queue) = waiting.get_mut(&key) else {
            return Some(asked);
        };
        if queue.len() < WAITING_MAX {
            queue.push(asked);
        } else {
            (asked.answer)(Err(refusals::busy()));
        }
        None
    }

    /// A lookup begins, for this first.
    pub(super) fn begin(&self, key: Key, asked: Asked) {
        self.lock().insert(key, vec![asked]);
    }

    /// A lookup is over: `take` is given what waited, in order. What comes meanwhile waits until all of it is taken, and may then be asked
    /// at once.
    pub(super) fn end(&self, key: Key, take: impl FnMut(Asked)) {
        let mut waiting = self.lock();
        waiting.remove(&key).into_iter().flatten().for_each(take);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Vec<Asked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tree::testing::account;

    /// Asks with the name of what is asked, and notes the refusals.
    fn asked(text: &str, refused: &Arc<Mutex<Vec<String>>>) -> Asked {
        let (refused, name) = (Arc::clone(refused), text.to_owned());
        Asked {
            caller: Caller {
                account: Arc::new(account("maya")),
                address: [127, 0, 0, 1].into(),
                connection: None,
            },
            command: Command::Say { text: text.to_owned(), action: false, reply_to: None, nonce: None },
            answer: Box::new(move |_| refused.lock().unwrap_or_else(PoisonError::into_inner).push(name)),
        }
    }

    #[test]
    fn what_is_asked_during_a_lookup_keeps_its_order_and_no_more_waits_than_may() {
        let (outside, refused) = (Outside::default(), Arc::default());
        let (here, there) = ((ConnectionId(1), ChannelId(7)), (ConnectionId(2), ChannelId(7)));
        let first = outside.behind(here, asked("0", &refused)).expect("nothing is looked up");
        outside.begin(here, first);
        for n in 1..=WAITING_MAX {
            assert!(outside.behind(here, asked(&n.to_string(), &refused)).is_none());
        }
        assert!(outside.behind(there, asked("another's", &refused)).is_some());
        let mut taken = Vec::new();
        outside.end(here, |asked| match asked.command {
            Command::Say { text, .. } => taken.push(text),
            other => panic!("{other:?} was not asked"),
        });
        let expected: Vec<String> = (0..WAITING_MAX).map(|n| n.to_string()).collect();
        assert_eq!(taken, expected);
        assert_eq!(*refused.lock().unwrap_or_else(PoisonError::into_inner), [WAITING_MAX.to_string()]);
        assert!(outside.behind(here, asked("later", &refused)).is_some(), "it may be asked at once");
    }
}
