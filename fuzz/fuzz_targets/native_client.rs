//! Any bytes as a browser's frame: no panic, and what is accepted is within its limits.
#![no_main]

use chat::wire::native::{ClientMessage, FRAME_BYTES_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(message) = ClientMessage::parse(data) {
        assert!(data.len() <= FRAME_BYTES_MAX);
        if let ClientMessage::Say { nonce, .. } | ClientMessage::Ping { nonce } = &message {
            assert!(nonce.as_ref().is_none_or(|nonce| nonce.len() <= 64));
        }
    }
});
