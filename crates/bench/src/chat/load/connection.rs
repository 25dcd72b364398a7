//! One connection of the load: what it has read, what it expects next, and what it has still to send.

use std::io::{self, Write as _};

use mio::net::TcpStream;

use super::{Heard, now_us};
use crate::chat::inflate::Inflating;
use crate::chat::text::{Carry, Reader, Stamp};

/// One connection in so many reads the clock.
const TIMED_EVERY: usize = 20;
/// One compressed reader in so many is compared by content, the others by length: a sum of every byte would cost more than
/// the server.
const SUMMED_EVERY: usize = 50;

pub(super) struct Connection {
    /// Gone once we have closed it.
    pub(super) socket: Option<TcpStream>,
    pub(super) carry: Carry,
    /// Has asked to join.
    pub(super) asked: bool,
    pub(super) joined: bool,
    pub(super) closed: bool,
    /// The last bytes before it has joined.
    pub(super) tail: Vec<u8>,
    /// Next number of each sender.
    pub(super) expected: Vec<u32>,
    /// Bytes that the socket did not take yet.
    pub(super) unsent: Vec<u8>,
    pub(super) inflating: Option<Inflating>,
    /// Bytes since the window began, and their sum: compressed readers are compared with one that inflates.
    pub(super) bytes: u64,
    pub(super) sum: u64,
}

/// Whether a compressed reader is compared by content.
pub(super) fn is_summed(number: usize) -> bool {
    number.is_multiple_of(SUMMED_EVERY)
}

/// Counts the stamps in a piece, or where it is compressed, its bytes.
pub(super) fn count(
    connection: &mut Connection,
    piece: &[u8],
    number: usize,
    reader: &Reader,
    heard: &mut Heard,
    compressed: bool,
) {
    let timed = number.is_multiple_of(TIMED_EVERY) || connection.inflating.is_some();
    let now = if timed { now_us() } else { 0 };
    let Connection { carry, expected, inflating, bytes, sum, .. } = connection;
    let mut found = |stamp: Stamp| {
        let Some(next) = expected.get_mut(usize::from(stamp.sender)) else { return };
        heard.delivered += 1;
        if stamp.number != *next {
            heard.disordered += 1;
        }
        *next = stamp.number + 1;
        if timed {
            heard.latencies.push(now.saturating_sub(stamp.birth_us) as f64 / 1000.0);
        }
    };
    if !compressed {
        reader.read(carry, piece, found);
        return;
    }
    if is_summed(number) || inflating.is_some() {
        // Byte by byte, so that it does not depend on how the kernel cut the stream into pieces.
        *sum = piece
            .iter()
            .fold(*sum, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(*byte)));
    }
    *bytes += piece.len() as u64;
    if let Some(inflating) = inflating {
        inflating.read(piece, |plain| reader.read(carry, plain, &mut found));
    }
}

/// Writes what the socket takes.
pub(super) fn flush(connection: &mut Connection) -> io::Result<()> {
    while !connection.unsent.is_empty() && !connection.closed {
        let Some(socket) = &mut connection.socket else { break };
        match socket.write(&connection.unsent) {
            Ok(sent) => drop(connection.unsent.drain(..sent)),
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => connection.closed = true,
        }
    }
    Ok(())
}
