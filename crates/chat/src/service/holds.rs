//! Who holds which room of this process, so that it is not put away: each reader once, however often it is let go of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::ChannelId;

use crate::event::ConnectionId;

/// How far a reader has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It waits for the room to load. Whoever leaves now was never there.
    Coming,
    /// The room knows of it.
    In,
}

/// Rooms with their readers.
#[derive(Debug)]
pub(super) struct Holds<R>(Mutex<HashMap<ChannelId, Held<R>>>);

#[derive(Debug)]
struct Held<R> {
    room: Arc<R>,
    readers: HashMap<ConnectionId, Standing>,
}

impl<R> Default for Holds<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R> Holds<R> {
    /// The room, made with `open` if nobody holds it so far, and held by this reader, who comes as `standing` says.
    pub(super) fn hold(
        &self,
        reader: ConnectionId,
        channel: ChannelId,
        open: impl FnOnce() -> Arc<R>,
        standing: impl FnOnce(&R) -> Standing,
    ) -> (Arc<R>, Standing) {
        let mut all = self.lock();
        let held = all.entry(channel).or_insert_with(|| Held { room: open(), readers: HashMap::new() });
        let standing = standing(&held.room);
        held.readers.insert(reader, standing);
        (Arc::clone(&held.room), standing)
    }

    /// The room, if somebody holds it.
    pub(super) fn get(&self, channel: ChannelId) -> Option<Arc<R>> {
        self.lock().get(&channel).map(|held| Arc::clone(&held.room))
    }

    /// A reader that was coming is in; false if it has left.
    pub(super) fn came(&self, reader: ConnectionId, channel: ChannelId) -> bool {
        let mut all = self.lock();
        let standing = all.get_mut(&channel).and_then(|held| held.readers.get_mut(&reader));
        standing.is_some_and(|standing| std::mem::replace(standing, Standing::In) == Standing::Coming)
    }

    /// The room that a reader lets go, and how far it had come; `None` if it does not hold it.
    pub(super) fn let_go(&self, reader: ConnectionId, channel: ChannelId) -> Option<(Arc<R>, Standing)> {
        let mut all = self.lock();
        let held = all.get_mut(&channel)?;
        let standing = held.readers.remove(&reader)?;
        let room = Arc::clone(&held.room);
        if held.readers.is_empty() {
            all.remove(&channel);
        }
        Some((room, standing))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, Held<R>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: ChannelId = ChannelId(7);
    const ANNA: ConnectionId = ConnectionId(1);
    const BEN: ConnectionId = ConnectionId(2);

    #[test]
    fn who_lets_go_twice_lets_nobody_elses_hold_go() {
        let holds = Holds::default();
        for reader in [ANNA, BEN] {
            holds.hold(reader, ROOM, || Arc::new("the room"), |_| Standing::In);
        }
        // Refused by the room, and told that it left before it had read that.
        assert_eq!(holds.let_go(BEN, ROOM), Some((Arc::new("the room"), Standing::In)));
        assert_eq!(holds.let_go(BEN, ROOM), None);
        assert!(holds.get(ROOM).is_some());
        assert!(holds.let_go(ANNA, ROOM).is_some() && holds.get(ROOM).is_none());
    }

    #[test]
    fn who_leaves_while_the_room_loads_was_never_there() {
        let holds = Holds::default();
        for reader in [ANNA, BEN] {
            holds.hold(reader, ROOM, || Arc::new("the room"), |_| Standing::Coming);
        }
        assert_eq!(holds.let_go(ANNA, ROOM), Some((Arc::new("the room"), Standing::Coming)));
        assert!(!holds.came(ANNA, ROOM) && holds.came(BEN, ROOM));
        assert_eq!(holds.let_go(BEN, ROOM), Some((Arc::new("the room"), Standing::In)));
    }
}
