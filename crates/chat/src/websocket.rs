//! The server's half of RFC 6455 and RFC 7692, without sockets: the handshake's answers, what clients' bytes mean, and the
//! headers in front of our own. Promises that no input makes it panic or hold more than the limits say; who sends what, and when,
//! is left to `edge`.
//!
//! Frames that we send are not masked, so one header and one payload are the same bytes for every socket.

pub mod frame;
pub mod deflate;
pub mod message;
pub mod handshake;

/// What a client did that ends its connection, with the close code of RFC 6455 §7.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Breaks the framing: 1002.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// A binary message, which neither language has: 1003.
    #[error("text only, please")]
    Binary,
    /// A text that is no UTF-8, or a compressed one that does not inflate: 1007.
    #[error("bad data: {0}")]
    Data(&'static str),
    /// Breaks a limit of ours: 1008.
    #[error("{0}")]
    Policy(&'static str),
    /// Larger than a message may be, as sent or inflated: 1009.
    #[error("message too big")]
    TooBig,
}

impl Violation {
    /// The close code.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Binary => 1003,
            Self::Data(_) => 1007,
            Self::Policy(_) => 1008,
            Self::TooBig => 1009,
        }
    }

    /// Who must act: always the client.
    pub fn class(self) -> domain::class::Class {
        domain::class::Class::Caller
    }
}
