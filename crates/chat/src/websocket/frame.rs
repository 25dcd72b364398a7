//! Frame headers (RFC 6455 §5.2): read those of clients, write our own. Payloads stay where they are.

use bytes::{BufMut, Bytes, BytesMut};

use super::Violation;

/// Longest header that we write: two bytes and a 64-bit length.
pub const HEAD_MAX: usize = 10;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// Goes on with the message before.
    Continuation,
    /// Begins a text message.
    Text,
    /// Begins a binary message.
    Binary,
    /// Closes.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
}

impl Opcode {
    /// Close, ping or pong: may come between the fragments of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn number(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// A client's frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Last frame of its message.
    pub fin: bool,
    /// Compressed (RFC 7692 §6), on the first frame of a message.
    pub rsv1: bool,
    /// What it is.
    pub opcode: Opcode,
    /// With what the payload is masked.
    pub mask: [u8; 4],
    /// Bytes of the header.
    pub size: usize,
    /// Bytes of the payload.
    pub len: usize,
}

/// Reads a header at the start of `bytes`; `None` if more bytes are needed.
///
/// # Errors
/// When the frame is not masked, sets a bit that means nothing here, has an unknown opcode, a length that is not in its shortest
/// form or above `payload_max`, or is a control frame that is fragmented, compressed or longer than 125 bytes (§5.5).
pub fn head(bytes: &[u8], payload_max: usize) -> Result<Option<Head>, Violation> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & 0x30 != 0 {
        return Err(Violation::Protocol("reserved bit set"));
    }
    let opcode = match first & 0x0f {
        0 => Opcode::Continuation,
        1 => Opcode::Text,
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return Err(Violation::Protocol("unknown opcode")),
    };
    if second & 0x80 == 0 {
        return Err(Violation::Protocol("frame is not masked"));
    }
    let (fin, rsv1, short) = (first & 0x80 != 0, first & 0x40 != 0, second & 0x7f);
    if opcode.is_control() && (!fin || rsv1 || short > 125) {
        return Err(Violation::Protocol("bad control frame"));
    }
    let Some((len, wide)) = length(short, rest)? else {
        return Ok(None);
    };
    if len > payload_max as u64 {
        return Err(Violation::TooBig);
    }
    let Some(mask) = rest.get(wide..wide + 4).and_then(|mask| mask.try_into().ok()) else {
        return Ok(None);
    };
    Ok(Some(Head { fin, rsv1, opcode, mask, size: 2 + wide + 4, len: len as usize }))
}

/// The payload's length and how many bytes after the first two it took.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let (len, wide, least) = match short {
        126 => match rest.first_chunk::<2>() {
            Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2, 126),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(bytes) => (u64::from_be_bytes(*bytes), 8, 65_536),
            None => return Ok(None),
        },
        short => (u64::from(short), 0, 0),
    };
    if len < least || len >> 63 != 0 {
        return Err(Violation::Protocol("length not in its shortest form"));
    }
    Ok(Some((len, wide)))
}

/// Masks or unmasks in place (§5.3).
pub fn mask(payload: &mut [u8], key: [u8; 4]) {
    let wide = u32::from_ne_bytes(key);
    let mut chunks = payload.chunks_exact_mut(4);
    for chunk in &mut chunks {
        let word = u32::from_ne_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]) ^ wide;
        chunk.copy_from_slice(&word.to_ne_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// Writes the header of a whole message of ours: FIN, not masked, RSV1 if `compressed`.
pub fn put_head(opcode: Opcode, compressed: bool, len: usize, out: &mut impl BufMut) {
    out.put_u8(0x80 | (u8::from(compressed) << 6) | opcode.number());
    match len {
        0..=125 => out.put_u8(len as u8),
        126..=0xffff => {
            out.put_u8(126);
            out.put_u16(len as u16);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(len as u64);
        }
    }
}

/// Bytes of the header that [`put_head`] writes for a payload of `len` bytes.
pub fn head_len(len: usize) -> usize {
    match len {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => HEAD_MAX,
    }
}

/// A whole frame of ours, ready to be sent.
pub fn whole(opcode: Opcode, compressed: bool, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(head_len(payload.len()) + payload.len());
    put_head(opcode, compressed, payload.len(), &mut out);
    out.extend_from_slice(payload);
    out.freeze()
}

/// A close frame with a code and, if it fits (123 bytes), a reason.
pub fn close(code: u16, reason: &str) -> Bytes {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    whole(Opcode::Close, false, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A client's frame.
    pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = whole(Opcode::Text, false, payload).to_vec();
        out[0] = first;
        out[1] |= 0x80;
        let at = head_len(payload.len());
        let key = [1, 2, 3, 4];
        mask(&mut out[at..], key);
        out.splice(at..at, key);
        out
    }

    #[test]
    fn bad_headers_are_refused_by_name() {
        let protocol = Violation::Protocol;
        for (bytes, expected) in [
            (&[0x81, 0x01, b'a'][..], protocol("frame is not masked")),
            (&[0xa1, 0x81], protocol("reserved bit set")),
            (&[0x91, 0x81], protocol("reserved bit set")),
            (&[0x83, 0x81], protocol("unknown opcode")),
            (&[0x8b, 0x81], protocol("unknown opcode")),
            (&[0x09, 0x81], protocol("bad control frame")),
            (&[0xc9, 0x81], protocol("bad control frame")),
            (&[0x89, 0xfe], protocol("bad control frame")),
            (&[0x81, 0xfe, 0, 125], protocol("length not in its shortest form")),
            (&[0x81, 0xff, 0, 0, 0, 0, 0, 0, 255, 255], protocol("length not in its shortest form")),
            (&[0x81, 0xff, 128, 0, 0, 0, 0, 0, 0, 0], protocol("length not in its shortest form")),
            (&[0x81, 0xfe, 0x10, 0x01], Violation::TooBig),
            (&[0x81, 0xff, 127, 0, 0, 0, 0, 0, 0, 0], Violation::TooBig),
        ] {
            assert_eq!(head(bytes, 4096), Err(expected), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_close_reason_is_cut_between_characters() {
        let frame = close(1008, &"ä".repeat(100));
        assert_eq!(frame[1], 2 + 122, "123 bytes would split a character");
    }

    proptest! {
        #[test]
        fn what_a_client_frames_is_read_back_once_it_is_whole(payload in prop::collection::vec(any::<u8>(), 0..70_000)) {
            let mut bytes = masked(0x82, &payload);
            let read = head(&bytes, 1 << 20).expect("fine").expect("whole");
            prop_assert_eq!((read.fin, read.rsv1, read.opcode, read.len), (true, false, Opcode::Binary, payload.len()));
            for cut in 0..read.size {
                prop_assert_eq!(head(&bytes[..cut], 1 << 20), Ok(None));
            }
            mask(&mut bytes[read.size..], read.mask);
            prop_assert_eq!(&bytes[read.size..], &payload[..]);
        }
    }
}
