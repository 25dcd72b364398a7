//! Any bytes as tag bodies and as a stream of tags: no panic, and a stream gives the same tags however it is split.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::flv::{AudioTag, Reader, Tag, VideoTag, writer};

fuzz_target!(|data: &[u8]| {
    let body = Bytes::copy_from_slice(data);
    let _ = VideoTag::parse(body.clone());
    let _ = AudioTag::parse(body);

    let Some((step, rest)) = data.split_first() else { return };
    let stream = [&writer::file_header(true, true)[..], rest].concat();
    assert_eq!(read(&stream, stream.len()), read(&stream, usize::from(*step) + 1));
});

fn read(stream: &[u8], step: usize) -> Vec<Tag> {
    let mut reader = Reader::new(10_000);
    let mut tags = Vec::new();
    for piece in stream.chunks(step) {
        reader.push(Bytes::copy_from_slice(piece));
        loop {
            match reader.next_tag() {
                Ok(Some(tag)) => tags.push(tag),
                Ok(None) => break,
                Err(_) => return tags,
            }
        }
    }
    tags
}
