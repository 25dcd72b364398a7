//! Each end of a link shows that it knows the secret: an HMAC over both ends' random numbers and over which end it is.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Random bytes of one end, fresh for each connection.
pub type Nonce = [u8; 32];

/// The secret of a site's links. Never printed, never sent.
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Which end proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The node that connects.
    Below,
    /// The node that listens.
    Above,
}

impl Secret {
    /// From configuration; at least 16 bytes, else `None`.
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= 16).then(|| Self(secret.into()))
    }

    /// A nonce that nobody can foresee.
    pub fn nonce() -> Nonce {
        rand::random()
    }

    fn mac(&self, side: Side, node: u16, below: &Nonce, above: &Nonce) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(match side {
            Side::Below => b"footlight chat link, below",
            Side::Above => b"footlight chat link, above",
        });
        mac.update(&node.to_be_bytes());
        mac.update(below);
        mac.update(above);
        mac
    }

    /// The proof of one end.
    pub fn prove(&self, side: Side, node: u16, below: &Nonce, above: &Nonce) -> [u8; 32] {
        self.mac(side, node, below, above).finalize().into_bytes().into()
    }

    /// Whether a proof is right; takes as long either way.
    pub fn check(&self, side: Side, node: u16, below: &Nonce, above: &Nonce, proof: &[u8]) -> bool {
        self.mac(side, node, below, above).verify_slice(proof).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_for_one_end_one_node_and_one_connection() {
        let secret = Secret::new(b"0123456789abcdef").expect("long enough");
        let (a, b) = (Secret::nonce(), Secret::nonce());
        let proof = secret.prove(Side::Below, 3, &a, &b);
        assert!(secret.check(Side::Below, 3, &a, &b, &proof));
        assert!(!secret.check(Side::Above, 3, &a, &b, &proof), "not reflected");
        assert!(!secret.check(Side::Below, 4, &a, &b, &proof));
        assert!(!secret.check(Side::Below, 3, &b, &a, &proof));
        assert!(!secret.check(Side::Below, 3, &a, &b, &proof[..31]));
        let other = Secret::new(b"another secret, long").expect("long enough");
        assert!(!other.check(Side::Below, 3, &a, &b, &proof));
        assert!(Secret::new(b"short").is_none());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
