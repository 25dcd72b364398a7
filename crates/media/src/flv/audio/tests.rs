//! Audio tags: legacy, enhanced, and cut short.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(body: &'static [u8], expected: AudioTag) {
    assert_eq!(AudioTag::parse(Bytes::from_static(body)), Ok(expected), "{}", body.escape_ascii());
}

fn unsupported(codec: &'static str) -> AudioTag {
    AudioTag::Unsupported { codec: codec.into() }
}

#[test]
fn aac_is_read_legacy_and_enhanced() {
    let (config, frame) =
        (AudioTag::Config(Bytes::from_static(b"\x12\x10")), AudioTag::Frame(Bytes::from_static(b"raw")));
    check(b"\xaf\x00\x12\x10", config.clone());
    check(b"\xaf\x01raw", frame.clone());
    check(b"\x90mp4a\x12\x10", config.clone());
    check(b"\x91mp4araw", frame.clone());
    check(b"\x97\x02\0\0\x01\x01mp4araw", frame.clone());
    check(b"\x95\x01mp4a\x00raw", frame.clone());
    check(b"\x95\x11mp4a\x00\0\0\x03raw\x01\0\0\x01x", frame);
    check(b"\x95\x20mp4a\x00\0\0\x02\x12\x10", config);
}

#[test]
fn what_says_nothing_is_ignored() {
    for body in [&b""[..], b"\xaf\x00", b"\xaf\x01", b"\x92mp4a", b"\x94mp4a\x01\x02", b"\x95\x01mp4a\x01raw"]
    {
        check(body, AudioTag::Ignored);
    }
}

#[test]
fn other_codecs_are_named() {
    check(b"\x2fdata", unsupported("MP3"));
    check(b"\xb2data", unsupported("Speex"));
    check(b"\x7f", unsupported("G.711 A-law"));
    check(b"\xff", unsupported("audio codec 15"));
    check(b"\x90Opusx", unsupported("Opus"));
    check(b"\x91ac-3x", unsupported("AC-3"));
}

#[test]
fn tags_that_are_cut_short_or_unknown_are_errors() {
    for body in [&b"\xaf"[..], b"\x90mp4", b"\x95\x11mp4a\x00\0\0"] {
        assert_eq!(AudioTag::parse(Bytes::copy_from_slice(body)), Err(FlvError::Short("audio")));
    }
    let error = Err(FlvError::Packet { media: "audio", packet: 3 });
    assert_eq!(AudioTag::parse(Bytes::from_static(b"\xaf\x03x")), error);
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = AudioTag::parse(body.into());
    }
}
