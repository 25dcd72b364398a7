//! Secrets that we hand out once and keep only as a hash: stream keys and API tokens.
//!
//! They carry 160 bits of randomness, so a plain SHA-256 at rest is enough; passwords are another matter (argon2id).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// SHA-256 of a secret: what a store holds and looks up by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

/// A secret in the clear: shown once, never logged, never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret from 20 random bytes, e.g. `live_Zm9v…`. The prefix says what kind it is, so that a leak is recognised.
    pub fn mint(prefix: &str, random: [u8; 20]) -> Self {
        Self(format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(random)))
    }
    /// A secret that somebody presents. Anything may be presented.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// What to keep and to look up by.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }
    /// The secret itself, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
