//! Password hashes: argon2id on blocking threads, few at once, so that a burst of sign-ins is neither a memory nor a CPU
//! attack.
//!
//! On half of the cores and at most [`HASHES_AT_ONCE_MAX`] at once, however many sign in: a flood must not slow the streams.
//! [`HASHES_WAITING`] wait, the next is refused.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::class::Class;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{HASHES_AT_ONCE_MAX, HASHES_WAITING};

/// Why no answer was computed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// As many hashes as may are computed or waiting.
    #[error("too many passwords are being checked just now")]
    Busy,
    /// argon2 did not do it.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

impl PasswordError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Busy => Class::Busy,
            Self::Hash(_) => Class::Fault,
        }
    }
}

/// The one place that hashes passwords; clones share its bounds.
#[derive(Clone, Debug)]
pub struct Passwords {
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::on(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Passwords {
    /// As is right for so many cores.
    fn on(cores: usize) -> Self {
        let at_once = (cores / 2).clamp(1, HASHES_AT_ONCE_MAX);
        Self {
            admitted: Arc::new(Semaphore::new(at_once + HASHES_WAITING)),
            working: Arc::new(Semaphore::new(at_once)),
        }
    }
}

/// What an unknown name is checked against, so that the answer takes as long as for a known one. It has the cost of
/// [`Argon2::default`] (m = 19 MiB, t = 2, p = 1); a test keeps the two together. No password is known to match it.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$pXkTM0hJqfFvfpYkRgOEhHUlZbBHK2/hVqkhHJyDVQE";

impl Passwords {
    /// The hash of `password`, a PHC string.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = password.to_owned();
        self.compute(move || {
            let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes())?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether `password` is the one that `hash` was made of. `None` is somebody unknown: as much work, never `true`.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, PasswordError> {
        let password = password.to_owned();
        self.compute(move || {
            let known = hash.is_some();
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))?;
            match Argon2::default().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(known),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(e) => Err(e),
            }
        })
        .await
    }

    /// Runs `work` on a blocking thread, within the bounds. The permits go with the work: a caller who leaves frees nothing
    /// before the thread is done.
    async fn compute<T, F>(&self, work: F) -> Result<T, PasswordError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, argon2::password_hash::Error> + Send + 'static,
    {
        let admitted: OwnedSemaphorePermit =
            self.admitted.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let working = self.working.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop((working, admitted));
            answer
        });
        match done.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(e)) => Err(PasswordError::Hash(e.to_string())),
            Err(e) => Err(PasswordError::Hash(e.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_and_no_other_is_accepted() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.expect("hashes");
        for (presented, known, expected) in [
            ("correct horse", true, true),
            ("Correct horse", true, false),
            ("", true, false),
            ("correct horse", false, false),
        ] {
            let hash = known.then(|| hash.clone());
            assert_eq!(passwords.verify(presented, hash).await.expect("verifies"), expected, "{presented:?}");
        }
    }

    #[tokio::test]
    async fn an_unknown_name_costs_what_a_known_one_costs() {
        let hash = Passwords::default().hash("correct horse").await.expect("hashes");
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODY), cost(&hash));
        let length = |hash: &str| PasswordHash::new(hash).expect("parses").hash.expect("has a hash").len();
        assert_eq!(length(NOBODY), length(&hash));
    }

    #[test]
    fn the_streams_keep_half_of_the_cores() {
        for (cores, at_once) in [(1, 1), (2, 1), (3, 1), (4, 2), (64, HASHES_AT_ONCE_MAX)] {
            assert_eq!(Passwords::on(cores).working.available_permits(), at_once, "{cores} cores");
        }
    }

    #[tokio::test]
    async fn the_one_beyond_the_queue_is_refused_at_once() {
        let passwords = Passwords::on(4);
        let most = u32::try_from(2 + HASHES_WAITING).expect("fits");
        let all = passwords.admitted.clone().acquire_many_owned(most).await.expect("all permits");
        assert!(matches!(passwords.hash("correct horse").await, Err(PasswordError::Busy)));
        drop(all);
        assert!(passwords.hash("correct horse").await.is_ok());
    }
}
