//! The handshake (RTMP 1.0 §5.2): plain, and the digest variant of Flash and its imitators.
//!
//! A [`Handshake`] eats C0, C1 and C2 and writes S0, S1 and S2 as soon as C1 is whole. C2 is skipped unread: encoders fill it as they like.
//! The random fields are derived from C1 and not random: they guard nothing, and a session without a source of chance can be replayed byte by byte.

use bytes::{Buf, Bytes, BytesMut};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::RtmpError;

/// Length of C1, C2, S1 and S2 in bytes.
pub const PACKET_BYTES: usize = 1536;
const DIGEST_BYTES: usize = 32;
const VERSION: u8 = 3;

/// Public constants of every RTMP stack; clients sign with the first 30 bytes of the one, servers with the first 36 of the other.
const PLAYER_KEY: &[u8; 30] = b"Genuine Adobe Flash Player 001";
const SERVER_KEY: &[u8; 36] = b"Genuine Adobe Flash Media Server 001";
const KEY_TAIL: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57, 0x6e,
    0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];

/// Where in a handshake we are.
#[derive(Debug)]
pub struct Handshake {
    head: BytesMut,
    replied: bool,
    skip: usize,
}

impl Default for Handshake {
    fn default() -> Self {
        Self { head: BytesMut::new(), replied: false, skip: PACKET_BYTES }
    }
}

impl Handshake {
    /// Takes what belongs to the handshake off the front of `input` and appends our side to `out`. True once it is done.
    pub fn receive(&mut self, input: &mut Bytes, out: &mut BytesMut) -> Result<bool, RtmpError> {
        if !self.replied {
            let missing = 1 + PACKET_BYTES - self.head.len();
            self.head.extend_from_slice(&input.split_to(missing.min(input.len())));
            match self.head.first() {
                Some(&version) if version != VERSION => return Err(RtmpError::Version(version)),
                _ if self.head.len() <= PACKET_BYTES => return Ok(false),
                _ => {}
            }
            reply(&self.head[1..], out);
            self.head = BytesMut::new();
            self.replied = true;
        }
        let skipped = self.skip.min(input.len());
        input.advance(skipped);
        self.skip -= skipped;
        Ok(self.skip == 0)
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.head.capacity()
    }
}

/// The two places where a digest may be: `first` is where its offset is told, the digest area begins 4 bytes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    KeyFirst,
    DigestFirst,
}

impl Scheme {
    /// Offset of the 32 bytes of digest in `packet`.
    fn offset(self, packet: &[u8]) -> usize {
        let first = match self {
            Self::KeyFirst => 772,
            Self::DigestFirst => 8,
        };
        let sum: usize = packet[first..first + 4].iter().map(|&b| usize::from(b)).sum();
        first + 4 + sum % 728
    }
}

/// S0, S1 and S2 in answer to `c1`.
fn reply(c1: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(&[VERSION]);
    let Some((scheme, client_digest)) = client_digest(c1) else {
        // Version 0 in S1 says "no digest"; S2 echoes C1 (§5.2.4).
        let mut s1 = filler(c1, 1);
        s1[..8].fill(0);
        out.extend_from_slice(&s1);
        out.extend_from_slice(c1);
        return;
    };
    let mut s1 = filler(c1, 1);
    s1[..8].copy_from_slice(&[0, 0, 0, 0, 4, 5, 0, 1]);
    let at = scheme.offset(&s1);
    let digest = digest_around(SERVER_KEY, &s1, at);
    s1[at..at + DIGEST_BYTES].copy_from_slice(&digest);
    out.extend_from_slice(&s1);

    let mut s2 = filler(c1, 2);
    let signed = PACKET_BYTES - DIGEST_BYTES;
    let mut key = [0; SERVER_KEY.len() + KEY_TAIL.len()];
    key[..SERVER_KEY.len()].copy_from_slice(SERVER_KEY);
    key[SERVER_KEY.len()..].copy_from_slice(&KEY_TAIL);
    let derived = hmac(&key, &[&client_digest]);
    let signature = hmac(&derived, &[&s2[..signed]]);
    s2[signed..].copy_from_slice(&signature);
    out.extend_from_slice(&s2);
}

/// The client's digest and where it put it, if C1 carries a valid one.
fn client_digest(c1: &[u8]) -> Option<(Scheme, [u8; DIGEST_BYTES])> {
    if c1[4..8] == [0; 4] {
        return None;
    }
    [Scheme::KeyFirst, Scheme::DigestFirst].into_iter().find_map(|scheme| {
        let at = scheme.offset(c1);
        let digest = digest_around(PLAYER_KEY, c1, at);
        (c1[at..at + DIGEST_BYTES] == digest).then_some((scheme, digest))
    })
}

/// HMAC of `packet` without the digest that stands at `at`.
fn digest_around(key: &[u8], packet: &[u8], at: usize) -> [u8; DIGEST_BYTES] {
    hmac(key, &[&packet[..at], &packet[at + DIGEST_BYTES..]])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; DIGEST_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// 1536 bytes that look random and depend on `c1` and `salt` alone.
fn filler(c1: &[u8], salt: u8) -> [u8; PACKET_BYTES] {
    let seed = Sha256::new().chain_update([salt]).chain_update(c1).finalize();
    let mut packet = [0; PACKET_BYTES];
    for (block, number) in packet.chunks_mut(DIGEST_BYTES).zip(0_u8..) {
        block.copy_from_slice(&Sha256::new().chain_update(seed).chain_update([number]).finalize());
    }
    packet
}

#[cfg(test)]
mod tests;
