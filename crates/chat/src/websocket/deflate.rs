//! permessage-deflate (RFC 7692) where every message stands alone: what is compressed once fits every socket, and an idle connection
//! holds no window.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::Violation;

/// What a sync flush ends with, and what RFC 7692 §7.2.1 leaves out on the wire.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// A payload shorter than this is sent plain: it would hardly shrink.
pub const WORTH_IT: usize = 160;

/// Compresses whole messages. Holds about 250 KiB; one for each place that encodes.
#[derive(Debug)]
pub struct Deflater(Compress);

impl Default for Deflater {
    fn default() -> Self {
        // Level 1: a batch of chat lines shrinks to a quarter in a third of the time that level 6 takes for a fifth.
        Self(Compress::new(Compression::fast(), false))
    }
}

impl Deflater {
    /// Appends `payload`, compressed on its own, to `out`. `None`, and nothing appended, where it would not get shorter.
    pub fn deflate(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Option<()> {
        if payload.len() < WORTH_IT {
            return None;
        }
        self.0.reset();
        let start = out.len();
        out.reserve(payload.len() / 2 + 64);
        loop {
            let read = usize::try_from(self.0.total_in()).ok()?;
            if out.len() == out.capacity() {
                out.reserve(payload.len() / 4 + 64);
            }
            let before = out.len();
            self.0.compress_vec(&payload[read..], out, FlushCompress::Sync).ok()?;
            let done = self.0.total_in() as usize == payload.len() && out.len() < out.capacity();
            if done || (out.len() == before && out.len() < out.capacity()) {
                break;
            }
        }
        if out.len() - start >= payload.len() || !out.ends_with(&TAIL) {
            out.truncate(start);
            return None;
        }
        out.truncate(out.len() - TAIL.len());
        Some(())
    }
}

/// Inflates clients' messages, each on its own (`client_no_context_takeover`). One for each thread.
#[derive(Debug)]
pub struct Inflater(Decompress);

impl Default for Inflater {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

impl Inflater {
    /// Inflates a message of at most `max` bytes.
    ///
    /// # Errors
    /// [`Violation::TooBig`] as soon as it would be longer, [`Violation::Data`] if it is no deflate stream.
    pub fn inflate(&mut self, payload: &[u8], max: usize) -> Result<Vec<u8>, Violation> {
        self.0.reset(false);
        let mut out = Vec::with_capacity(max.min(payload.len() * 3 + 64));
        let ended = self.feed(payload, max, &mut out)?;
        if !ended {
            self.feed(&TAIL, max, &mut out)?;
        }
        Ok(out)
    }

    /// Feeds all of `input`; true if the stream said that it ends.
    fn feed(&mut self, input: &[u8], max: usize, out: &mut Vec<u8>) -> Result<bool, Violation> {
        let start = self.0.total_in();
        loop {
            let read = usize::try_from(self.0.total_in() - start).unwrap_or(input.len());
            if out.len() == out.capacity() {
                // One byte more than allowed, so that a message of exactly `max` is told from a longer one.
                out.reserve_exact(out.len().clamp(64, 4096).min(max + 1 - out.len()));
            }
            let before = out.len();
            let status = self
                .0
                .decompress_vec(&input[read..], out, FlushDecompress::Sync)
                .map_err(|_| Violation::Data("does not inflate"))?;
            if out.len() > max {
                return Err(Violation::TooBig);
            }
            let read_now = usize::try_from(self.0.total_in() - start).unwrap_or(input.len());
            match status {
                Status::StreamEnd if read_now == input.len() => return Ok(true),
                Status::StreamEnd => return Err(Violation::Data("bytes after the end of the stream")),
                _ if read_now == input.len() && out.len() < out.capacity() => return Ok(false),
                _ if read_now == read && out.len() == before && out.len() < out.capacity() => {
                    return Err(Violation::Data("does not inflate"));
                }
                _ => {}
            }
        }
    }
}

/// The answer to a client's `Sec-WebSocket-Extensions`: the first offer of permessage-deflate that we can keep. `None`: no compression.
///
/// Both sides start each message anew; a client that lets us choose its window is held to 4 KiB, the longest message it may send.
/// An offer that limits *our* window is passed over, because one compressed frame goes to every socket.
pub fn negotiate<'a>(offers: impl IntoIterator<Item = &'a str>) -> Option<String> {
    offers.into_iter().flat_map(|header| header.split(',')).find_map(accept)
}

/// Bits of the window that a client may use where it lets us choose.
const CLIENT_BITS: u8 = 12;

fn accept(offer: &str) -> Option<String> {
    let mut parts = offer.split(';').map(str::trim);
    if parts.next() != Some("permessage-deflate") {
        return None;
    }
    let mut seen = Vec::new();
    let mut answer =
        String::from("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim().trim_matches('"'))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        let bits = || value.and_then(|v| v.parse::<u8>().ok()).filter(|bits| (8..=15).contains(bits));
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None) => {}
            ("client_max_window_bits", None) => {
                answer.push_str(&format!("; client_max_window_bits={CLIENT_BITS}"));
            }
            ("client_max_window_bits", Some(_)) => {
                answer.push_str(&format!("; client_max_window_bits={}", bits()?.min(CLIENT_BITS)));
            }
            ("server_max_window_bits", Some(_)) if bits() == Some(15) => {
                answer.push_str("; server_max_window_bits=15");
            }
            _ => return None,
        }
    }
    Some(answer)
}

impl From<Violation> for io::Error {
    fn from(violation: Violation) -> Self {
        Self::new(io::ErrorKind::InvalidData, violation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOTH: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    #[test]
    fn an_offer_is_taken_where_we_can_keep_it() {
        for (offer, expected) in [
            ("permessage-deflate", Some(BOTH.to_owned())),
            (
                "permessage-deflate; client_max_window_bits",
                Some(format!("{BOTH}; client_max_window_bits=12")),
            ),
            (
                "permessage-deflate; client_max_window_bits=9",
                Some(format!("{BOTH}; client_max_window_bits=9")),
            ),
            (
                "permessage-deflate;client_max_window_bits=\"15\"",
                Some(format!("{BOTH}; client_max_window_bits=12")),
            ),
            ("permessage-deflate; server_max_window_bits=10, permessage-deflate", Some(BOTH.to_owned())),
            (
                "permessage-deflate; server_max_window_bits=15",
                Some(format!("{BOTH}; server_max_window_bits=15")),
            ),
            ("permessage-deflate; server_max_window_bits=10", None),
            ("permessage-deflate; client_max_window_bits=7", None),
            ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
            ("permessage-deflate; what", None),
            ("x-webkit-deflate-frame", None),
            ("", None),
        ] {
            assert_eq!(negotiate([offer]), expected, "{offer:?}");
        }
    }

    fn bomb(zeros: usize) -> Vec<u8> {
        let mut out = Vec::new();
        Deflater::default().deflate(&vec![b'0'; zeros], &mut out).expect("shrinks");
        out
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut inflater = Inflater::default();
        for (zeros, fits) in [(4096, true), (4097, false), (10_000_000, false)] {
            let found = inflater.inflate(&bomb(zeros), 4096);
            assert_eq!(found.map(|bytes| bytes.len()), if fits { Ok(4096) } else { Err(Violation::TooBig) });
        }
    }

    #[test]
    fn an_inflater_forgets_the_message_before() {
        let mut inflater = Inflater::default();
        assert!(inflater.inflate(&[0xff, 0xff, 0xff], 100).is_err());
        assert_eq!(inflater.inflate(&bomb(300), 300).map(|b| b.len()), Ok(300));
        assert_eq!(
            inflater.inflate(&[0], 100).map(|b| b.len()),
            Ok(0),
            "an empty message is one zero byte (§7.2.3.6)"
        );
    }

    proptest! {
        #[test]
        fn what_is_deflated_inflates(text in "[a-e ]{160,3000}") {
            let mut out = b"head".to_vec();
            if Deflater::default().deflate(text.as_bytes(), &mut out).is_some() {
                prop_assert!(out.starts_with(b"head"));
                let found = Inflater::default().inflate(&out[4..], text.len());
                prop_assert_eq!(found.as_deref(), Ok(text.as_bytes()));
            } else {
                prop_assert_eq!(out, b"head");
            }
        }

        #[test]
        fn no_bytes_inflate_beyond_the_limit(bytes in prop::collection::vec(any::<u8>(), 0..600), max in 0usize..500) {
            if let Ok(found) = Inflater::default().inflate(&bytes, max) {
                prop_assert!(found.len() <= max);
            }
        }
    }
}
