//! Any bytes as a link's messages and as a frame: no panic, and a frame that is read is written back as it was.
#![no_main]

use bytes::{Bytes, BytesMut};
use chat::link::{codec, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = BytesMut::from(data);
    while let Ok(Some(_)) = wire::take(&mut input, 4096) {}
    if let Ok(frame) = codec::read(Bytes::copy_from_slice(data)) {
        assert_eq!(codec::read(codec::write(&frame)).expect("it was one"), frame);
    }
});
