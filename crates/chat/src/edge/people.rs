//! Which connections are somebody's: what is for an account, and no room, finds them here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ids::UserId;

use crate::event::ConnectionId;

/// Connections of this node that are signed in, by account. As many as there are connections, anonymous ones apart.
#[derive(Debug, Default)]
pub struct People(Mutex<HashMap<UserId, Vec<ConnectionId>>>);

impl People {
    /// A connection is somebody's now.
    pub fn add(&self, user: UserId, connection: ConnectionId) {
        let mut people = self.lock();
        let theirs = people.entry(user).or_insert_with(|| Vec::with_capacity(1));
        if !theirs.contains(&connection) {
            theirs.push(connection);
        }
    }

    /// A connection is gone, or nobody's any more.
    pub fn remove(&self, user: UserId, connection: ConnectionId) {
        let mut people = self.lock();
        if let Some(theirs) = people.get_mut(&user) {
            theirs.retain(|known| *known != connection);
            if theirs.is_empty() {
                people.remove(&user);
            }
        }
    }

    /// Somebody's connections.
    pub fn of(&self, user: UserId) -> Vec<ConnectionId> {
        self.lock().get(&user).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Vec<ConnectionId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_connections_until_they_go() {
        let (people, maya, bob) = (People::default(), UserId(1), UserId(2));
        let [a, b] = [ConnectionId(10), ConnectionId(11)];
        people.add(maya, a);
        people.add(maya, b);
        people.add(maya, b);
        assert_eq!((people.of(maya), people.of(bob)), (vec![a, b], vec![]));
        people.remove(maya, a);
        people.remove(bob, b);
        assert_eq!(people.of(maya), [b]);
        people.remove(maya, b);
        assert!(people.lock().is_empty());
    }
}
