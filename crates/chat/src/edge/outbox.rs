//! What could not be written yet on one connection: the rest of a shared frame, and answers to this client alone. Bounded: a client that
//! does not read its answers is let go.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf as _, Bytes};

/// Bytes that wait on one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    /// In order; true for answers to this client alone.
    queue: VecDeque<(Bytes, bool)>,
    own_bytes: usize,
    own: usize,
}

/// Answers that may wait, in bytes and in number. Shared frames do not count: they are gathered only once all before them is written.
const OWN_BYTES_MAX: usize = 256 * 1024;
const OWN_MAX: usize = 256;
/// Pieces in one system call.
pub const SLICES_MAX: usize = 16;

impl Outbox {
    /// Appends an answer; false if the client is too far behind.
    #[must_use]
    pub fn push(&mut self, piece: Bytes) -> bool {
        self.own_bytes += piece.len();
        self.own += 1;
        self.queue.push_back((piece, true));
        self.own_bytes <= OWN_BYTES_MAX && self.own <= OWN_MAX
    }
    /// Appends a shared frame.
    pub fn push_shared(&mut self, piece: Bytes) {
        self.queue.push_back((piece, false));
    }
    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
    /// The next pieces, for one system call.
    pub fn slices<'a>(&'a self, out: &mut [IoSlice<'a>; SLICES_MAX]) -> usize {
        let count = self.queue.len().min(SLICES_MAX);
        for (slot, (piece, _)) in out.iter_mut().zip(&self.queue) {
            *slot = IoSlice::new(piece);
        }
        count
    }
    /// So many bytes are written.
    pub fn advance(&mut self, mut written: usize) {
        while let Some((first, own)) = self.queue.front_mut() {
            let part = written.min(first.len());
            if *own {
                self.own_bytes -= part;
            }
            if first.len() > written {
                first.advance(written);
                return;
            }
            written -= part;
            self.own -= usize::from(*own);
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_part_goes_on_where_it_stopped() {
        let mut outbox = Outbox::default();
        assert!(outbox.push(Bytes::from_static(b"abc")) && outbox.push(Bytes::from_static(b"defg")));
        outbox.advance(4);
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        assert_eq!(outbox.slices(&mut slices), 1);
        assert_eq!(&*slices[0], b"efg");
        outbox.advance(3);
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_client_that_reads_nothing_is_too_far_behind_at_last() {
        let mut outbox = Outbox::default();
        let taken = (0..10_000).take_while(|_| outbox.push(Bytes::from_static(b"answer"))).count();
        assert_eq!(taken, OWN_MAX);
    }
}
