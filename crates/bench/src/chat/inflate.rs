//! One reader that really inflates: WebSocket frames with RSV1 as RFC 7692 has them, each standing alone.

use flate2::{Decompress, FlushDecompress};

/// Cuts a stream into frames and inflates them.
#[derive(Debug)]
pub(crate) struct Inflating {
    pending: Vec<u8>,
    plain: Vec<u8>,
}

impl Default for Inflating {
    fn default() -> Self {
        Self { pending: Vec::new(), plain: Vec::with_capacity(1 << 20) }
    }
}

/// What a sender leaves out of each message (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

impl Inflating {
    /// The bytes that a connection had read when it had joined: an HTTP head and whole frames, perhaps a part of one more.
    pub(crate) fn skip_head(&mut self, bytes: &[u8]) {
        let head = memchr::memmem::find(bytes, b"\r\n\r\n").map_or(0, |at| at + 4);
        self.read(&bytes[head..], |_| {});
    }

    /// Calls `found` with the plain payload of each frame that ends in `piece`.
    pub(crate) fn read(&mut self, piece: &[u8], mut found: impl FnMut(&[u8])) {
        self.pending.extend_from_slice(piece);
        let mut at = 0;
        while let Some((head, len, compressed)) = header(&self.pending[at..]) {
            let Some(payload) = self.pending.get(at + head..at + head + len) else { break };
            if compressed {
                self.plain.clear();
                let mut inflate = Decompress::new(false);
                let whole = [payload, &TAIL].concat();
                loop {
                    let from = inflate.total_in() as usize;
                    self.plain.reserve(256 * 1024);
                    let done = inflate.decompress_vec(&whole[from..], &mut self.plain, FlushDecompress::Sync);
                    if done.is_err() || inflate.total_in() as usize >= whole.len() {
                        break;
                    }
                }
                found(&self.plain);
            } else {
                found(payload);
            }
            at += head + len;
        }
        self.pending.drain(..at);
    }
}

/// Length of a server frame's header and payload, and whether it is compressed.
fn header(bytes: &[u8]) -> Option<(usize, usize, bool)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (head, len) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize),
        len => (2, usize::from(len)),
    };
    Some((head, len, first & 0x40 != 0))
}
