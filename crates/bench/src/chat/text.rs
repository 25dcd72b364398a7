//! What the benchmark says: a text of a fixed length that carries its sender, its number and its birth.
//!
//! The stamp is found by searching the raw bytes that a reader gets, whatever protocol wraps them, so that every server is
//! counted by the same few instructions.

use memchr::memmem::Finder;

/// Length of every text, in bytes.
pub(crate) const TEXT_LEN: usize = 150;
const MARK: &[u8] = b"~FL";
/// Mark, sender (2), number (8), birth in µs (14), all hexadecimal.
const STAMP_LEN: usize = MARK.len() + 2 + 8 + 14;
const WORDS: &str = " nice one chat that was so close did you see the jump at the end wow lets go again maybe this time we \
    get the whole run on the first try who knows I believe in it";

/// One stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) sender: u8,
    pub(crate) number: u32,
    pub(crate) birth_us: u64,
}

/// Writes a text.
pub(crate) fn write(stamp: Stamp, out: &mut Vec<u8>) {
    let start = out.len();
    let Stamp { sender, number, birth_us } = stamp;
    out.extend_from_slice(format!("~FL{sender:02x}{number:08x}{birth_us:014x}").as_bytes());
    // Different texts, as people write them: equal ones would flatter compression.
    let skip = number as usize * 7 % (WORDS.len() / 2);
    let words = WORDS.as_bytes().iter().cycle().skip(skip);
    let missing = TEXT_LEN - (out.len() - start);
    out.extend(words.take(missing));
}

/// Finds stamps in a stream of bytes that arrives in pieces.
#[derive(Debug)]
pub(crate) struct Reader {
    finder: Finder<'static>,
}

/// What one connection carries from piece to piece: the end of the last one, in which a stamp may have begun.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carry {
    bytes: [u8; STAMP_LEN],
    len: u8,
}

impl Default for Reader {
    fn default() -> Self {
        Self { finder: Finder::new(MARK) }
    }
}

impl Reader {
    /// Calls `found` for each stamp that ends in `piece`.
    pub(crate) fn read(&self, carry: &mut Carry, piece: &[u8], mut found: impl FnMut(Stamp)) {
        let Some(rest) = self.join(carry, piece, &mut found) else { return };
        let mut rest = rest;
        while let Some(at) = self.finder.find(rest) {
            match parse(&rest[at..]) {
                Some(stamp) => {
                    found(stamp);
                    rest = &rest[at + STAMP_LEN..];
                }
                None if rest.len() - at < STAMP_LEN => break,
                None => rest = &rest[at + 1..],
            }
        }
        carry.keep(rest);
    }

    /// Finds a stamp that began in an earlier piece; answers what is left to search, or nothing if all of it is carried on.
    fn join<'p>(
        &self,
        carry: &mut Carry,
        piece: &'p [u8],
        found: &mut impl FnMut(Stamp),
    ) -> Option<&'p [u8]> {
        let held = usize::from(carry.len);
        if held == 0 {
            return Some(piece);
        }
        let mut joint = [0; 2 * STAMP_LEN];
        let total = held + piece.len().min(STAMP_LEN - 1);
        joint[..held].copy_from_slice(&carry.bytes[..held]);
        joint[held..total].copy_from_slice(&piece[..total - held]);
        let mut from = 0;
        while let Some(at) = self.finder.find(&joint[from..total]).map(|at| at + from).filter(|at| *at < held)
        {
            match parse(&joint[at..total]) {
                Some(stamp) => {
                    found(stamp);
                    from = at + STAMP_LEN;
                }
                None if total - at < STAMP_LEN => break,
                None => from = at + 1,
            }
        }
        if piece.len() < STAMP_LEN {
            // Too short for a stamp of its own.
            carry.keep(&joint[from..total]);
            return None;
        }
        Some(&piece[from.saturating_sub(held)..])
    }
}

impl Carry {
    /// Keeps the end of `bytes`, in which a stamp may have begun.
    fn keep(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(STAMP_LEN - 1);
        self.bytes[..len].copy_from_slice(&bytes[bytes.len() - len..]);
        self.len = len as u8;
    }
}

fn parse(bytes: &[u8]) -> Option<Stamp> {
    let digits = std::str::from_utf8(bytes.get(MARK.len()..STAMP_LEN)?).ok()?;
    Some(Stamp {
        sender: u8::from_str_radix(&digits[..2], 16).ok()?,
        number: u32::from_str_radix(&digits[2..10], 16).ok()?,
        birth_us: u64::from_str_radix(&digits[10..], 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_found_however_the_bytes_are_cut() {
        let stamps: Vec<Stamp> =
            (0..5).map(|n| Stamp { sender: n, number: 1000 + u32::from(n), birth_us: 7 << n }).collect();
        let mut stream = b":prefix PRIVMSG #x :".to_vec();
        for stamp in &stamps {
            write(*stamp, &mut stream);
            stream.extend_from_slice(b"\r\n~F~FL:x ");
        }
        assert_eq!(stream.len(), 20 + 5 * (TEXT_LEN + 10));
        for size in 1..stream.len() {
            let (reader, mut carry, mut seen) = (Reader::default(), Carry::default(), Vec::new());
            for piece in stream.chunks(size) {
                reader.read(&mut carry, piece, |stamp| seen.push(stamp));
            }
            assert_eq!(seen, stamps, "in pieces of {size}");
        }
    }
}
