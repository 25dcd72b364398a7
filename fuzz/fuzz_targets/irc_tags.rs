//! Any text as tags and as a tag's value: no panic, and what is escaped comes back.
#![no_main]

use chat::wire::irc::{Tags, escape, unescape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for (key, value) in Tags(text).iter() {
        assert!(unescape(value).len() <= value.len());
        assert!(Tags(text).get(key).is_some());
    }
    let plain = text.replace('\0', "");
    let mut out = Vec::new();
    escape(&mut out, &plain);
    let escaped = std::str::from_utf8(&out).expect("text stays text");
    assert!(!escaped.contains([';', ' ', '\r', '\n', '\0']));
    assert_eq!(unescape(escaped), plain);
});
