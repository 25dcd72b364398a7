//! A socket with or without TLS: sends slices, receives bytes, never waits.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::Shutdown;

use mio::net::TcpStream;
use rustls::ServerConnection;

/// The bytes' way.
pub enum Transport {
    /// As they are.
    Plain(TcpStream),
    /// Through rustls, in and out.
    Tls(Box<Tls>),
}

/// A TLS connection.
pub struct Tls {
    socket: TcpStream,
    session: ServerConnection,
}

/// Plaintext that rustls holds at most while the socket is full.
const TLS_BUFFER: usize = 64 * 1024;

impl Transport {
    /// TLS over a socket, after the handshake.
    pub fn tls(socket: TcpStream, mut session: ServerConnection) -> Self {
        session.set_buffer_limit(Some(TLS_BUFFER));
        Self::Tls(Box::new(Tls { socket, session }))
    }

    /// The socket, to register it.
    pub fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &mut tls.socket,
        }
    }

    /// Sends what can be sent of `slices` at once; `WouldBlock` if nothing can.
    pub fn send(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => match slices {
                [one] => socket.write(one),
                many => socket.write_vectored(many),
            },
            Self::Tls(tls) => {
                tls.flush()?;
                let taken = tls.session.writer().write_vectored(slices)?;
                match tls.flush() {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                    _ if taken == 0 => Err(io::ErrorKind::WouldBlock.into()),
                    _ => Ok(taken),
                }
            }
        }
    }

    /// Sends what TLS still holds. `WouldBlock` if the socket takes no more.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Receives into `buffer`; 0 at the end.
    pub fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.receive(buffer),
        }
    }

    /// Whether a read that did not fill the buffer emptied the socket, so that the next byte is a new readiness.
    pub fn short_read_is_all(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        if let Self::Tls(tls) = self {
            tls.session.send_close_notify();
            let _ = tls.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }
}

impl Tls {
    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.socket)?;
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            if self.session.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            let state = self.session.process_new_packets();
            state.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            // Answers to alerts and key updates.
            match self.flush() {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
    }
}
