//! Video tags: legacy, enhanced, and cut short.

use proptest::prelude::*;

use super::*;

fn frame(key: bool, cts_ms: i32, data: &'static [u8]) -> VideoTag {
    VideoTag::Frame { key, cts_ms, data: Bytes::from_static(data) }
}

fn config(record: &'static [u8]) -> VideoTag {
    VideoTag::Config(Bytes::from_static(record))
}

fn unsupported(codec: &'static str) -> VideoTag {
    VideoTag::Unsupported { codec: codec.into() }
}

#[track_caller]
fn check(body: &'static [u8], expected: VideoTag) {
    assert_eq!(VideoTag::parse(Bytes::from_static(body)), Ok(expected), "{}", body.escape_ascii());
}

#[test]
fn legacy_avc_is_read() {
    check(b"\x17\x00\0\0\0record", config(b"record"));
    check(b"\x17\x01\0\0\x28data", frame(true, 40, b"data"));
    check(b"\x27\x01\xff\xff\xd8data", frame(false, -40, b"data"));
    check(b"\x37\x01\0\0\0data", frame(false, 0, b"data"));
    check(b"\x47\x01\x80\0\0data", frame(true, -0x80_0000, b"data"));
    check(b"\x17\x02\0\0\0", VideoTag::EndOfSequence);
    check(b"\x17\x02", VideoTag::EndOfSequence);
}

#[test]
fn enhanced_avc_is_read() {
    check(b"\x90avc1record", config(b"record"));
    check(b"\x91avc1\0\0\x28data", frame(true, 40, b"data"));
    check(b"\xa1avc1\xff\xff\xd8data", frame(false, -40, b"data"));
    check(b"\xa3avc1data", frame(false, 0, b"data"));
    check(b"\x92avc1", VideoTag::EndOfSequence);
    check(b"\x94avc1\x02\0\x09colorInfo", VideoTag::Ignored);
}

#[test]
fn mod_ex_is_passed_over_however_long_and_often() {
    check(b"\x97\x02\0\0\x01\x03avc1data", frame(true, 0, b"data"));
    check(b"\x97\x00x\x07\x00y\x00avc1record", config(b"record"));
    let long = [&b"\x97\xff\x01\x00"[..], &[0; 257], b"\x03avc1data"].concat();
    assert_eq!(VideoTag::parse(long.into()), Ok(frame(true, 0, b"data")));
}

#[test]
fn multitrack_gives_the_main_track() {
    // One track, which is the main one; which is another.
    check(b"\x96\x03avc1\x00data", frame(true, 0, b"data"));
    check(b"\x96\x03avc1\x01data", VideoTag::Ignored);
    // Many tracks of one codec, the main one last.
    check(b"\xa6\x13avc1\x01\0\0\x03abc\x00\0\0\x04data", frame(false, 0, b"data"));
    // Many codecs.
    check(b"\x96\x20hvc1\x01\0\0\x01havc1\x00\0\0\x06record", config(b"record"));
    check(b"\x96\x20hvc1\x00\0\0\x01havc1\x01\0\0\x06record", unsupported("HEVC (H.265)"));
}

#[test]
fn other_codecs_are_named() {
    check(b"\x12\x00", unsupported("Sorenson H.263"));
    check(b"\x1c\x00\0\0\0", unsupported("HEVC (H.265)"));
    check(b"\x90hvc1x", unsupported("HEVC (H.265)"));
    check(b"\x90av01x", unsupported("AV1"));
    check(b"\x90vp09x", unsupported("VP9"));
    check(b"\x90xy\x00\"", unsupported("codec xy\\x00\\\""));
    check(b"\x1f", unsupported("video codec 15"));
}

#[test]
fn what_says_nothing_is_ignored() {
    check(b"", VideoTag::Ignored);
    check(b"\x57\x00", VideoTag::Ignored);
    check(b"\xd1\x00", VideoTag::Ignored);
    check(b"\x17\x01\0\0\0", VideoTag::Ignored);
    check(b"\x17\x00\0\0\0", VideoTag::Ignored);
}

#[test]
fn tags_that_are_cut_short_or_unknown_are_errors() {
    let short = Err(FlvError::Short("video"));
    for body in
        [&b"\x17"[..], b"\x17\x01\0\0", b"\x90avc", b"\x97\x05ab", b"\x96", b"\xa6\x13avc1\x00\0\0\x09data"]
    {
        assert_eq!(VideoTag::parse(Bytes::copy_from_slice(body)), short, "{}", body.escape_ascii());
    }
    for (body, packet) in [(&b"\x17\x03\0\0\0"[..], 3), (b"\x9favc1", 15), (b"\x96\x36avc1\0", 6)] {
        let error = Err(FlvError::Packet { media: "video", packet });
        assert_eq!(VideoTag::parse(Bytes::copy_from_slice(body)), error, "{}", body.escape_ascii());
    }
}

#[test]
fn the_data_are_slices_of_the_body() {
    let body = Bytes::from(b"\x17\x01\0\0\0data".to_vec());
    let Ok(VideoTag::Frame { data, .. }) = VideoTag::parse(body.clone()) else { panic!("a frame") };
    assert_eq!(data.as_ptr(), body[5..].as_ptr());
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = VideoTag::parse(body.into());
    }
}
