//! Both handshakes, in one piece and byte by byte.

use super::*;

/// C0 and C1 with a digest where `scheme` has it, then C2.
fn hello(scheme: Option<Scheme>) -> Vec<u8> {
    let mut c1: Vec<u8> = (0..PACKET_BYTES).map(|i| (i * 7 + i / 251) as u8).collect();
    c1[4..8].copy_from_slice(&if scheme.is_some() { [9, 0, 124, 2] } else { [0; 4] });
    if let Some(scheme) = scheme {
        let at = scheme.offset(&c1);
        let digest = digest_around(PLAYER_KEY, &c1, at);
        c1[at..at + DIGEST_BYTES].copy_from_slice(&digest);
    }
    [vec![VERSION], c1, vec![0xee; PACKET_BYTES]].concat()
}

/// Shakes hands in reads of `step` bytes; the answer.
fn shake(hello: &[u8], step: usize) -> Vec<u8> {
    let mut handshake = Handshake::default();
    let mut out = BytesMut::new();
    for (number, piece) in hello.chunks(step).enumerate() {
        let mut input = Bytes::copy_from_slice(piece);
        let done = handshake.receive(&mut input, &mut out).expect("a good handshake");
        assert_eq!(done, (number + 1) * step >= hello.len());
        assert!(input.is_empty());
    }
    out.to_vec()
}

#[test]
fn a_plain_client_gets_its_own_packet_back() {
    let hello = hello(None);
    for step in [1, 1000, 1537, 5000] {
        let answer = shake(&hello, step);
        assert_eq!(answer.len(), 1 + 2 * PACKET_BYTES);
        assert_eq!(answer[0], VERSION);
        assert_eq!(answer[5..9], [0; 4], "version 0 says: no digest");
        assert_eq!(answer[1 + PACKET_BYTES..], hello[1..=PACKET_BYTES]);
    }
}

#[test]
fn a_client_with_a_digest_gets_one_in_the_same_place_and_a_signature() {
    for scheme in [Scheme::KeyFirst, Scheme::DigestFirst] {
        let hello = hello(Some(scheme));
        let answer = shake(&hello, 700);
        let (s1, s2) = answer[1..].split_at(PACKET_BYTES);
        let at = scheme.offset(s1);
        assert_eq!(s1[at..at + DIGEST_BYTES], digest_around(SERVER_KEY, s1, at));

        let (_, client_digest) = client_digest(&hello[1..=PACKET_BYTES]).expect("a digest");
        let derived = hmac(&[&SERVER_KEY[..], &KEY_TAIL].concat(), &[&client_digest]);
        let (body, signature) = s2.split_at(PACKET_BYTES - DIGEST_BYTES);
        assert_eq!(signature, hmac(&derived, &[body]));
    }
}

#[test]
fn a_version_without_a_valid_digest_is_answered_plainly() {
    let mut hello = hello(Some(Scheme::KeyFirst));
    hello[1200] ^= 0xff;
    hello[30] ^= 0xff;
    let answer = shake(&hello, 4000);
    assert_eq!(answer[1 + PACKET_BYTES..], hello[1..=PACKET_BYTES]);
}

#[test]
fn another_protocol_is_named_at_its_first_byte() {
    for first in [0x06, b'G', 0x16] {
        let mut input = Bytes::copy_from_slice(&[first]);
        let result = Handshake::default().receive(&mut input, &mut BytesMut::new());
        assert_eq!(result, Err(RtmpError::Version(first)));
    }
}

#[test]
fn what_follows_the_handshake_is_left_in_the_input() {
    let mut input = Bytes::from([hello(None), b"next".to_vec()].concat());
    assert_eq!(Handshake::default().receive(&mut input, &mut BytesMut::new()), Ok(true));
    assert_eq!(&input[..], b"next");
}
