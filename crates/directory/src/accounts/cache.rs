//! Tokens that were asked about just now: a page asks a dozen times in a second, the store once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::ids::UserId;
use domain::secrets::SecretHash;
use domain::time::WallTime;
use domain::users::{Session, User};

use crate::limits::{SESSION_CACHED_FOR, SESSIONS_CACHED};

/// Bounded by [`SESSIONS_CACHED`] and [`SESSION_CACHED_FOR`].
#[derive(Default)]
pub(super) struct SessionCache(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    known: HashMap<SecretHash, Known>,
    /// Rises with every sign-out and change: what was read from the store before one is not kept after it.
    edition: u64,
}

struct Known {
    user: User,
    session: Session,
    asked_at: WallTime,
}

impl SessionCache {
    /// The session, or the edition to give to [`keep`](Self::keep) with what the store answers.
    pub(super) fn find(&self, token: SecretHash, now: WallTime) -> Result<(User, Session), u64> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.known.get(&token) {
            Some(known) if known.is_fresh(now) => Ok((known.user.clone(), known.session.clone())),
            _ => Err(inner.edition),
        }
    }

    pub(super) fn keep(&self, user: User, session: Session, edition: u64, now: WallTime) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.edition != edition {
            return;
        }
        if inner.known.len() >= SESSIONS_CACHED {
            inner.known.retain(|_, known| known.is_fresh(now));
        }
        if inner.known.len() >= SESSIONS_CACHED {
            inner.known.clear();
        }
        inner.known.insert(session.token, Known { user, session, asked_at: now });
    }

    pub(super) fn forget(&self, token: SecretHash) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.edition += 1;
        inner.known.remove(&token);
    }

    /// All that is known of a user, who changed or is gone.
    pub(super) fn forget_user(&self, user: UserId) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.edition += 1;
        inner.known.retain(|_, known| known.user.id != user);
    }
}

impl Known {
    fn is_fresh(&self, now: WallTime) -> bool {
        // An answer from the future means that the clock was set back: ask again.
        now >= self.asked_at && now.since(self.asked_at) < SESSION_CACHED_FOR && now < self.session.expires_at
    }
}
