//! What the writer wrote, in pieces of every size.

use proptest::prelude::*;

use super::*;
use crate::flv::{AudioTag, VideoTag, writer};

/// A small stream with both tracks, and what it says.
fn stream() -> (Vec<u8>, Vec<(u32, &'static str)>) {
    let mut out = writer::file_header(true, true).to_vec();
    let mut add = |head: &[u8], payload: &str, tail: &[u8]| {
        out.extend_from_slice(&[head, payload.as_bytes(), tail].concat())
    };
    let f = writer::video_config(0, 6).expect("short");
    add(&f.head, "record", &f.tail);
    let f = writer::audio_config(0, 2).expect("short");
    add(&f.head, "hi", &f.tail);
    let f = writer::video_frame(0x0102_0304, true, 40, 3).expect("short");
    add(&f.head, "key", &f.tail);
    // A type that nobody knows.
    add(b"\x0f\0\0\x02\0\0\0\0\0\0\0", "??", b"\0\0\0\x0d");
    let f = writer::audio_frame(u32::MAX, 4).expect("short");
    add(&f.head, "tone", &f.tail);
    let f = writer::video_end(7);
    add(&f.head, "", &f.tail);
    (out, vec![(0, "record"), (0, "hi"), (0x0102_0304, "key 40"), (u32::MAX, "tone"), (7, "end")])
}

fn say(tag: Tag) -> (u32, String) {
    let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
    let said = match tag.kind {
        TagKind::Video => match VideoTag::parse(tag.data).expect("a good tag") {
            VideoTag::Config(record) => text(&record),
            VideoTag::Frame { cts_ms, data, .. } => format!("{} {cts_ms}", text(&data)),
            VideoTag::EndOfSequence => "end".to_owned(),
            other => format!("{other:?}"),
        },
        TagKind::Audio => match AudioTag::parse(tag.data).expect("a good tag") {
            AudioTag::Config(data) | AudioTag::Frame(data) => text(&data),
            other => format!("{other:?}"),
        },
        TagKind::Script => "script".to_owned(),
    };
    (tag.timestamp_ms, said)
}

fn read(reader: &mut Reader, piece: &[u8]) -> Result<Vec<Tag>, FlvError> {
    reader.push(Bytes::copy_from_slice(piece));
    std::iter::from_fn(|| reader.next_tag().transpose()).collect()
}

#[test]
fn what_is_written_is_read_in_pieces_of_any_size() {
    let (bytes, expected) = stream();
    for step in 1..=bytes.len() {
        let mut reader = Reader::new(1000);
        let tags: Vec<_> =
            bytes.chunks(step).flat_map(|piece| read(&mut reader, piece).expect("a good stream")).collect();
        let said: Vec<_> = tags.into_iter().map(say).collect();
        let said: Vec<_> = said.iter().map(|(time, text)| (*time, text.as_str())).collect();
        assert_eq!(said, expected, "in pieces of {step}");
    }
}

#[test]
fn a_tag_in_one_push_is_a_slice_of_it() {
    let (bytes, _) = stream();
    let bytes = Bytes::from(bytes);
    let mut reader = Reader::new(1000);
    reader.push(bytes.clone());
    let tag = reader.next_tag().expect("good").expect("a tag");
    assert!(bytes.as_ptr_range().contains(&tag.data.as_ptr()));
}

#[test]
fn two_pushes_without_a_read_between_lose_nothing() {
    let (bytes, expected) = stream();
    let mut reader = Reader::new(1000);
    reader.push(Bytes::copy_from_slice(&bytes[..20]));
    let tags = read(&mut reader, &bytes[20..]).expect("a good stream");
    assert_eq!(tags.len(), expected.len());
}

#[test]
fn what_is_no_flv_or_too_long_or_encrypted_is_refused() {
    let header = writer::file_header(true, false);
    let after = |tag: &[u8]| read(&mut Reader::new(1000), &[&header[..], tag].concat());
    assert_eq!(read(&mut Reader::new(1000), b"<html><body>"), Err(FlvError::Signature));
    assert_eq!(read(&mut Reader::new(1000), b"FLV\x01\x05\xff\0\0\0"), Err(FlvError::Signature));
    assert_eq!(after(b"\x09\0\x03\xe9\0\0\0\0\0\0\0"), Err(FlvError::TooLong { bytes: 1001, max: 1000 }));
    assert_eq!(after(b"\x29\0\0\x01\0\0\0\0\0\0\0"), Err(FlvError::Encrypted));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500), step in 1_usize..64) {
        let stream = [&writer::file_header(true, true)[..], &bytes].concat();
        let mut reader = Reader::new(100);
        for piece in stream.chunks(step) {
            if read(&mut reader, piece).is_err() {
                break;
            }
        }
    }
}
