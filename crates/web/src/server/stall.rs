//! A socket whose reader may not fall asleep: what we send must be taken within a time.
//!
//! A client that asks for media and reads nothing would hold the bytes of the window, and a place at the gate, for ever.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::limits::WRITE_STALL_MAX;

/// Wraps a socket; writes that make no progress for [`WRITE_STALL_MAX`] fail with `TimedOut`.
pub(super) struct StallGuard<S> {
    socket: S,
    /// Made at the first write that has to wait; most connections never do.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Whether a write waits, and the alarm counts.
    waiting: bool,
}

impl<S> StallGuard<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { socket, alarm: None, waiting: false }
    }

    /// The socket, unguarded from now on.
    pub(super) fn into_inner(self) -> S {
        self.socket
    }

    /// Looks at what a write said: progress stops the alarm, waiting starts it.
    fn watch<T>(&mut self, write: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.waiting = false;
            return write;
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_STALL_MAX)));
        if !self.waiting {
            self.waiting = true;
            alarm.as_mut().reset(Instant::now() + WRITE_STALL_MAX);
        }
        alarm.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallGuard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.watch(write, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.watch(write, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.socket).poll_flush(cx);
        self.watch(flush, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shutdown = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.watch(shutdown, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_sleeps_is_given_up_on() {
        let (ours, _theirs) = tokio::io::duplex(64);
        let mut guarded = StallGuard::new(ours);
        let error = guarded.write_all(&[0; 65]).await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_not() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut guarded = StallGuard::new(ours);
        let write = async {
            guarded.write_all(&[7; 640]).await.expect("taken in time");
        };
        let read = async {
            for _ in 0..10 {
                tokio::time::advance(WRITE_STALL_MAX - std::time::Duration::from_secs(1)).await;
                theirs.read_exact(&mut [0; 64]).await.expect("sent");
            }
        };
        tokio::join!(write, read);
    }
}
