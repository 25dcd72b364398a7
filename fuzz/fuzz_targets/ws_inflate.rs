//! Any bytes as a compressed message: no panic, never more than the limit, and what we compress inflates to itself.
#![no_main]

use chat::websocket::deflate::{Deflater, Inflater, negotiate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let max = data.first().map_or(0, |byte| usize::from(*byte) * 16);
    let mut inflater = Inflater::default();
    if let Ok(inflated) = inflater.inflate(data, max) {
        assert!(inflated.len() <= max);
    }
    let mut packed = Vec::new();
    if Deflater::default().deflate(data, &mut packed).is_some() {
        assert_eq!(inflater.inflate(&packed, data.len()).as_deref(), Ok(data));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = negotiate([text]);
    }
});
