//! A connection to an encoder: what comes is read before what is owed goes out.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// What a slow or dead peer may hold up a write for.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes owed before they go out, whatever is still to be read: a peer that only asks is answered all the same.
const OWED_BYTES_MAX: usize = 16 * 1024;
/// Most bytes read from a peer that is to close.
const READ_OUT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A socket, and what its peer is still owed.
///
/// An encoder that says goodbye closes at once, whatever of its stream is still on the way. From then on its system answers
/// everything that is sent to it with a reset and throws away what it has not delivered, the goodbye with it. A server that
/// is behind meets all of that at once, so it sends nothing while there is something to read.
#[derive(Debug)]
pub struct Line<S> {
    socket: S,
    owed: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// A line on which nothing was said yet.
    pub fn new(socket: S) -> Self {
        Self { socket, owed: BytesMut::new() }
    }

    /// Sends `bytes` later: when nothing is left to read, or with [`settle`](Self::settle).
    pub fn owe(&mut self, bytes: &[u8]) {
        self.owed.extend_from_slice(bytes);
    }

    /// Reads what comes next behind `buffer`'s end, once what is owed has gone out if it has to be waited for. 0 if the peer has
    /// closed. Cancel-safe.
    ///
    /// A peer that has closed its ears is no fault here: what it said before is still to be read, and that it is gone is
    /// told by the read that finds nothing.
    pub async fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        use io::ErrorKind::{BrokenPipe, ConnectionReset};
        if (1..OWED_BYTES_MAX).contains(&self.owed.len()) {
            tokio::select! {
                biased;
                read = self.socket.read_buf(buffer) => return read,
                // What is on its way gets a turn of everybody else to arrive.
                () = tokio::task::yield_now() => {}
            }
        }
        match self.settle().await {
            Err(error) if matches!(error.kind(), BrokenPipe | ConnectionReset) => {}
            settled => settled?,
        }
        self.socket.read_buf(buffer).await
    }

    /// Sends what is owed; what can't be sent is owed no more. Cancel-safe.
    pub async fn settle(&mut self) -> io::Result<()> {
        if self.owed.is_empty() {
            return Ok(());
        }
        let write = async {
            self.socket.write_all_buf(&mut self.owed).await?;
            self.socket.flush().await
        };
        let written = tokio::time::timeout(WRITE_TIMEOUT, write).await;
        let settled = written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if settled.is_err() {
            self.owed.clear();
        }
        settled
    }

    /// Closes the write side and reads on: data that arrives after a close would make the kernel reset the connection and
    /// throw the last status away.
    pub async fn linger(&mut self) {
        if self.socket.shutdown().await.is_ok() {
            self.read_out().await;
        }
    }

    /// Reads until the peer closes, within reason.
    pub async fn read_out(&mut self) {
        let mut sink = [0; 16 * 1024];
        let mut left = READ_OUT_BYTES_MAX;
        while let Ok(count) = self.socket.read(&mut sink).await {
            if count == 0 || count > left {
                return;
            }
            left -= count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_an_encoder_said_before_it_closed_is_read_before_it_is_answered() {
        let (mut encoder, socket) = tokio::io::duplex(64);
        encoder.write_all(b"goodbye").await.expect("has room");
        let mut line = Line::new(socket);
        line.owe(b"acknowledged");
        let mut said = BytesMut::new();
        line.read(&mut said).await.expect("reads");
        drop(line);
        let mut heard = Vec::new();
        encoder.read_to_end(&mut heard).await.expect("is closed");
        assert_eq!((&said[..], &heard[..]), (&b"goodbye"[..], &b""[..]));
    }

    #[tokio::test]
    async fn what_an_encoder_said_before_it_closed_is_read_though_it_hears_no_answer() {
        let (mut encoder, socket) = tokio::io::duplex(64);
        encoder.write_all(b"goodbye").await.expect("has room");
        drop(encoder);
        let mut line = Line::new(socket);
        line.owe(&[0; OWED_BYTES_MAX]);
        let mut said = BytesMut::new();
        while line.read(&mut said).await.expect("is no fault") > 0 {}
        assert_eq!(&said[..], b"goodbye");
        line.owe(b"acknowledged");
        assert!(line.settle().await.is_err(), "who wants it heard is told");
        line.settle().await.expect("and not told again");
    }

    #[tokio::test]
    async fn what_is_owed_goes_out_when_nothing_is_left_to_read() {
        let (mut encoder, socket) = tokio::io::duplex(64);
        let mut line = Line::new(socket);
        line.owe(b"an answer");
        let mut heard = [0; 9];
        let mut buffer = BytesMut::new();
        let (read, answered) = tokio::join!(line.read(&mut buffer), async {
            encoder.read_exact(&mut heard).await?;
            encoder.write_all(b"a question").await
        });
        answered.expect("is heard");
        assert_eq!((read.expect("reads"), &buffer[..], &heard), (10, &b"a question"[..], b"an answer"));
    }

    #[tokio::test]
    async fn a_peer_that_only_asks_is_answered_all_the_same() {
        let (mut encoder, socket) = tokio::io::duplex(4 * OWED_BYTES_MAX);
        let mut line = Line::new(socket);
        let mut buffer = BytesMut::new();
        for _ in 0..3 {
            encoder.write_all(b"?").await.expect("has room");
            line.owe(&[b'!'; OWED_BYTES_MAX / 2]);
            line.read(&mut buffer).await.expect("reads");
        }
        let mut heard = [0; OWED_BYTES_MAX];
        encoder.read_exact(&mut heard).await.expect("is there without the peer having paused");
    }
}
