//! Secrets that we hand out once and keep only as a hash: stream keys and API tokens.
//!
//! They carry 160 bits of randomness, so a plain SHA-256 at rest is enough; passwords are another matter (argon2id).

use std::fmt;

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
    /// A new secret from 20 random bytes, e.g. `live_mzxw6…`. The prefix says what kind it is, so that a leak is recognised.
    ///
    /// Lower-case base32 (RFC 4648 §6), because chat clients fold what they are given (tmi.js lower-cases every password).
    pub fn mint(prefix: &str, random: [u8; 20]) -> Self {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut text = format!("{prefix}_");
        for five in random.chunks_exact(5) {
            let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            text.extend((0..8).rev().map(|n| char::from(LETTERS[(bits >> (n * 5)) as usize & 31])));
        }
        Self(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_is_lower_case_base32_of_all_its_bytes() {
        let secret = Secret::mint("live", *b"foobarfoobarfoobarfo");
        assert_eq!(secret.expose(), "live_mzxw6ytbojtg633cmfzgm33pmjqxeztp");
    }
}
