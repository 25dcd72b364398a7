//! Clients' messages out of their frames: fragments joined, compressed ones inflated, texts checked. Holds nothing while a client
//! is between messages.

use std::borrow::Cow;

use super::Violation;
use super::deflate::Inflater;
use super::frame::{self, Head, Opcode};

/// What a message may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a message, as sent and inflated.
    pub message: usize,
    /// Frames that a message may come in.
    pub fragments: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: 4096, fragments: 16 }
    }
}

/// What a client said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text, checked.
    Text(Cow<'a, str>),
    /// Answer with a pong that has the same bytes, at most 125.
    Ping(&'a [u8]),
    /// Alive.
    Pong,
    /// Wants to close; the code, if it gave one.
    Close(Option<u16>),
}

/// One client's reader. `deflate` as negotiated.
#[derive(Debug, Default)]
pub struct Reader {
    partial: Option<Box<Partial>>,
    deflate: bool,
}

/// A message of which the first fragments are here.
#[derive(Debug)]
struct Partial {
    bytes: Vec<u8>,
    frames: u16,
    compressed: bool,
}

impl Reader {
    /// A reader for a connection on which compression was negotiated or not.
    pub fn new(deflate: bool) -> Self {
        Self { partial: None, deflate }
    }

    /// Reads one message from the start of `bytes`, unmasking in place. Returns how many bytes were used, which may be more than none
    /// without a message (fragments are kept here), and the message. Call again with the rest until there is no message.
    ///
    /// # Errors
    /// What the client did wrong; the connection is to be closed with the violation's code.
    pub fn next<'b>(
        &mut self,
        bytes: &'b mut [u8],
        limits: Limits,
        inflater: &mut Inflater,
    ) -> Result<(usize, Option<Message<'b>>), Violation> {
        let mut used = 0;
        loop {
            let Some(head) = frame::head(&bytes[used..], limits.message)? else {
                return Ok((used, None));
            };
            self.check(head, limits)?;
            let (start, end) = (used + head.size, used + head.size + head.len);
            if bytes.len() < end {
                return Ok((used, None));
            }
            used = end;
            frame::mask(&mut bytes[start..end], head.mask);
            if head.opcode.is_control() {
                return control(head.opcode, &bytes[start..end]).map(|message| (used, Some(message)));
            }
            if head.fin && self.partial.is_none() {
                let text = text(&bytes[start..end], head.rsv1, limits, inflater)?;
                return Ok((used, Some(Message::Text(text))));
            }
            let partial = self.partial.get_or_insert_with(|| {
                Box::new(Partial { bytes: Vec::new(), frames: 0, compressed: head.rsv1 })
            });
            partial.bytes.extend_from_slice(&bytes[start..end]);
            partial.frames += 1;
            if head.fin
                && let Some(partial) = self.partial.take()
            {
                let text = text(&partial.bytes, partial.compressed, limits, inflater)?.into_owned();
                return Ok((used, Some(Message::Text(Cow::Owned(text)))));
            }
        }
    }

    /// Whether a frame may come now.
    fn check(&self, head: Head, limits: Limits) -> Result<(), Violation> {
        if head.opcode.is_control() {
            return Ok(());
        }
        match (&self.partial, head.opcode) {
            (None, Opcode::Continuation) => Err(Violation::Protocol("nothing to continue")),
            (Some(_), Opcode::Text | Opcode::Binary) => Err(Violation::Protocol("message inside a message")),
            (_, Opcode::Binary) => Err(Violation::Binary),
            (_, Opcode::Continuation) | (None, _)
                if head.rsv1 && (!self.deflate || self.partial.is_some()) =>
            {
                Err(Violation::Protocol("reserved bit set"))
            }
            (Some(partial), _) if partial.bytes.len() + head.len > limits.message => Err(Violation::TooBig),
            (Some(partial), _) if partial.frames >= limits.fragments => {
                Err(Violation::Policy("too many fragments"))
            }
            _ => Ok(()),
        }
    }
}

/// A control frame's meaning (§5.5).
fn control(opcode: Opcode, payload: &[u8]) -> Result<Message<'_>, Violation> {
    match (opcode, payload) {
        (Opcode::Ping, payload) => Ok(Message::Ping(payload)),
        (Opcode::Pong, _) => Ok(Message::Pong),
        (_, []) => Ok(Message::Close(None)),
        (_, [_]) => Err(Violation::Protocol("bad close frame")),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return Err(Violation::Protocol("bad close code"));
            }
            std::str::from_utf8(reason).map_err(|_| Violation::Data("reason is no UTF-8"))?;
            Ok(Message::Close(Some(code)))
        }
    }
}

/// A whole message's text.
fn text<'b>(
    payload: &'b [u8],
    compressed: bool,
    limits: Limits,
    inflater: &mut Inflater,
) -> Result<Cow<'b, str>, Violation> {
    const NO_TEXT: Violation = Violation::Data("text is no UTF-8");
    if compressed {
        let bytes = inflater.inflate(payload, limits.message)?;
        return String::from_utf8(bytes).map(Cow::Owned).map_err(|_| NO_TEXT);
    }
    std::str::from_utf8(payload).map(Cow::Borrowed).map_err(|_| NO_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::deflate::Deflater;
    use proptest::prelude::*;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = frame::whole(Opcode::Text, false, payload).to_vec();
        let at = frame::head_len(payload.len());
        (out[0], out[1]) = (first, out[1] | 0x80);
        frame::mask(&mut out[at..], [9, 8, 7, 6]);
        out.splice(at..at, [9, 8, 7, 6]);
        out
    }

    /// All messages in `bytes`, told in words, given in pieces of `step` bytes; the violation's code at the end if there is one.
    fn read(bytes: &[u8], step: usize, deflate: bool) -> Vec<String> {
        let (mut reader, mut inflater) = (Reader::new(deflate), Inflater::default());
        let (mut kept, mut found) = (Vec::new(), Vec::new());
        for piece in bytes.chunks(step.max(1)) {
            kept.extend_from_slice(piece);
            loop {
                match reader.next(&mut kept, Limits::default(), &mut inflater) {
                    Ok((used, message)) => {
                        let more = message.is_some();
                        found.extend(message.map(|m| format!("{m:?}")));
                        kept.drain(..used);
                        if !more {
                            break;
                        }
                    }
                    Err(violation) => {
                        found.push(violation.code().to_string());
                        return found;
                    }
                }
            }
        }
        found
    }

    fn check(frames: &[(u8, &[u8])], expected: &[&str]) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| masked(*first, payload)).collect();
        for step in [1, 3, bytes.len()] {
            assert_eq!(read(&bytes, step, false), expected, "{frames:02x?} in pieces of {step}");
        }
    }

    #[test]
    fn frames_mean_what_the_rfc_says() {
        check(&[(0x81, b"hi")], &["Text(\"hi\")"]);
        check(&[(0x81, b"")], &["Text(\"\")"]);
        check(&[(0x01, b"a"), (0x00, b"b"), (0x80, b"c")], &["Text(\"abc\")"]);
        check(&[(0x01, b"a"), (0x89, b"p"), (0x80, b"c")], &["Ping([112])", "Text(\"ac\")"]);
        check(&[(0x8a, b""), (0x88, b"")], &["Pong", "Close(None)"]);
        check(&[(0x88, b"\x03\xe8bye")], &["Close(Some(1000))"]);
        check(&[(0x88, b"\x03")], &["1002"]);
        check(&[(0x88, b"\x03\xed")], &["1002"]);
        check(&[(0x88, b"\x03\xe8\xff")], &["1007"]);
        check(&[(0x80, b"a")], &["1002"]);
        check(&[(0x01, b"a"), (0x81, b"b")], &["1002"]);
        check(&[(0xc1, b"a")], &["1002"]);
        check(&[(0x82, b"a")], &["1003"]);
        check(&[(0x81, b"\xc3")], &["1007"]);
        check(&[(0x01, b"\xc3"), (0x80, b"\xa4")], &["Text(\"ä\")"]);
        check(&[(0x81, &[b'a'; 4097])], &["1009"]);
        check(&[(0x01, &[b'a'; 4000]), (0x80, &[b'a'; 97])], &["1009"]);
        let many: Vec<(u8, &[u8])> = std::iter::once((1, &b""[..])).chain([(0, &b""[..]); 20]).collect();
        check(&many, &["1008"]);
    }

    #[test]
    fn compressed_messages_come_only_where_it_was_agreed() {
        let mut payload = Vec::new();
        Deflater::default().deflate("ha".repeat(200).as_bytes(), &mut payload).expect("shrinks");
        let whole = masked(0xc1, &payload);
        assert_eq!(read(&whole, 5, true), [format!("Text({:?})", "ha".repeat(200))]);
        assert_eq!(read(&whole, 5, false), ["1002"]);
        let (a, b) = payload.split_at(3);
        let split = [masked(0x41, a), masked(0x80, b)].concat();
        assert_eq!(read(&split, 4, true), [format!("Text({:?})", "ha".repeat(200))]);
        assert_eq!(read(&[masked(0x41, a), masked(0xc0, b)].concat(), 4, true), ["1002"]);
        assert_eq!(read(&masked(0xc1, b"\xff\xff\xff"), 4, true), ["1007"]);
    }

    proptest! {
        #[test]
        fn any_bytes_mean_the_same_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..300), step in 1usize..40) {
            prop_assert_eq!(read(&bytes, step, true), read(&bytes, bytes.len(), true));
        }
    }
}
