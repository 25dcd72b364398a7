//! Each end of a link shows that it knows the secret: an HMAC over both ends' random numbers, over which end it is, and over the channel
//! that carries it. A proof that was heard is good for nothing else.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::tls::Binding;

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

    fn mac(&self, of: &About<'_>) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(match of.side {
            Side::Below => b"footlight chat link, below",
            Side::Above => b"footlight chat link, above",
        });
        mac.update(&of.node.to_be_bytes());
        mac.update(of.below);
        mac.update(of.above);
        mac.update(of.channel);
        mac
    }

    /// The proof of one end.
    pub fn prove(&self, about: &About<'_>) -> [u8; 32] {
        self.mac(about).finalize().into_bytes().into()
    }

    /// Whether a proof is right; takes as long either way.
    pub fn check(&self, about: &About<'_>, proof: &[u8]) -> bool {
        self.mac(about).verify_slice(proof).is_ok()
    }
}

/// What a proof is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Whose proof.
    pub side: Side,
    /// The lower node's number.
    pub node: u16,
    /// The lower end's random number.
    pub below: &'a Nonce,
    /// The upper end's.
    pub above: &'a Nonce,
    /// The channel between them.
    pub channel: &'a Binding,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_for_one_end_one_node_and_one_connection() {
        let secret = Secret::new(b"0123456789abcdef").expect("long enough");
        let (a, b) = (Secret::nonce(), Secret::nonce());
        let about = About { side: Side::Below, node: 3, below: &a, above: &b, channel: &[1; 32] };
        let proof = secret.prove(&about);
        assert!(secret.check(&about, &proof));
        for other in [
            About { side: Side::Above, ..about },
            About { node: 4, ..about },
            About { below: &b, above: &a, ..about },
            About { channel: &[2; 32], ..about },
        ] {
            assert!(!secret.check(&other, &proof), "{other:?}");
        }
        assert!(!secret.check(&about, &proof[..31]));
        let other = Secret::new(b"another secret, long").expect("long enough");
        assert!(!other.check(&about, &proof));
        assert!(Secret::new(b"short").is_none());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
