//! Any bytes as a client's WebSocket frames: no panic, no message above the limit, the same messages however the bytes are split.
#![no_main]

use chat::websocket::deflate::Inflater;
use chat::websocket::message::{Limits, Message, Reader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let step = usize::from(first >> 1) + 1;
    let deflate = first & 1 == 1;
    assert_eq!(read(bytes, bytes.len().max(1), deflate), read(bytes, step, deflate));
});

/// What the bytes say, in pieces of `step` bytes; the close code at the end if they break the protocol.
fn read(bytes: &[u8], step: usize, deflate: bool) -> (Vec<String>, Option<u16>) {
    let limits = Limits { message: 512, fragments: 8 };
    let (mut reader, mut inflater) = (Reader::new(deflate), Inflater::default());
    let (mut kept, mut said) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(step) {
        kept.extend_from_slice(piece);
        loop {
            match reader.next(&mut kept, limits, &mut inflater) {
                Ok((used, message)) => {
                    if let Some(Message::Text(text)) = &message {
                        assert!(text.len() <= limits.message);
                    }
                    let more = message.is_some();
                    said.extend(message.map(|message| format!("{message:?}")));
                    kept.drain(..used);
                    if !more {
                        break;
                    }
                }
                Err(violation) => return (said, Some(violation.code())),
            }
        }
    }
    (said, None)
}
