//! A publisher's socket that acknowledges at once what it has read.
//!
//! Encoders that leave Nagle's algorithm on (FFmpeg does) send nothing small while anything of theirs is unacknowledged, and a
//! receiver with little to say answers 40 ms later. That was four pauses between `connect` and the first picture, and one in
//! many frames. What is read and written is untouched.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket whose peer never waits for a delayed acknowledgement.
#[derive(Debug)]
pub struct Prompt(TcpStream);

impl Prompt {
    /// Takes over a connection that was just accepted.
    pub fn new(socket: TcpStream) -> Self {
        acknowledge(&socket);
        Self(socket)
    }
}

/// Sends the acknowledgement that is due. The kernel goes back to delaying by itself, so it is told after every read.
/// Only a matter of speed: a system that can't do it serves all the same.
fn acknowledge(socket: &TcpStream) {
    #[cfg(target_os = "linux")]
    drop(socket.set_quickack(true));
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        acknowledge(&self.0);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
