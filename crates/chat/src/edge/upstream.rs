//! What the edge asks of the rest, and what it is told: the seam between sockets and rooms. Works alike in one process and over a link.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use domain::ids::{ChannelId, MessageId, UserId};
use serde::{Deserialize, Serialize};

use crate::command::{Account, Caller, Command, Outcome, Refusal};
use crate::event::{ConnectionId, Whisper};
use crate::tree::encode::RoomName;
use crate::tree::language::Language;

/// Who wants into a room, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The connection.
    pub connection: ConnectionId,
    /// Language of the greeting.
    pub language: Language,
    /// The name that IRC clients go by (`justinfan123` too); the login else, or empty.
    pub nick: Box<str>,
    /// The account, if signed in.
    pub account: Option<Arc<Account>>,
    /// Where it comes from.
    pub address: IpAddr,
    /// Epoch and number of the last event that the client has, if the edge still has all that came since.
    pub resume: Option<(u64, u64)>,
    /// It is in the room already and has only signed in: what it is here is all that it is to be told (`you`), and what it could not
    /// see of what waits.
    pub again: bool,
}

impl Asker {
    /// As rooms know who asks; `None` without an account.
    pub fn caller(&self) -> Option<Caller> {
        let account = Arc::clone(self.account.as_ref()?);
        Some(Caller { account, address: self.address, connection: Some(self.connection) })
    }
}

/// What a client asks of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Say something, or, unless it is `literal`, the slash command that it is.
    Say {
        /// As the client wrote it, without the wrapper of an action.
        text: String,
        /// `/me`.
        action: bool,
        /// Not a command, whatever it begins with.
        literal: bool,
        /// What it answers.
        reply_to: Option<MessageId>,
        /// The client's own number for it.
        nonce: Option<Box<str>>,
    },
    /// A command as such.
    Do(Command),
}

/// Asked by the edge's threads. No call may wait: answers come by [`super::EdgeHandle::reply`].
pub trait Upstream: Send + Sync {
    /// Which channel has this name? Answered by [`Reply::Channel`].
    fn find_channel(&self, connection: ConnectionId, name: &str);
    /// May this reader come in? Answered by [`Reply::Joined`] or [`Reply::NotJoined`]. The edge wants the room's frames from before it asks.
    fn join(&self, asker: Asker, room: &RoomName);
    /// A reader left, perhaps before it was let in; told once for each join that is not answered by [`Reply::NotJoined`]. Asked by
    /// the account that was the last to ask for that room, if any did.
    fn part(&self, asker: Asker, channel: ChannelId);
    /// Somebody, who came in with that token if with any, asks something of a room. Answered by [`Reply::Answer`] with the same nonce.
    fn command(
        &self,
        caller: Caller,
        token: Option<TokenMark>,
        channel: ChannelId,
        request: Request,
        nonce: Option<Box<str>>,
    );
    /// Whose token is this? Answered by [`Reply::Account`].
    fn authenticate(&self, connection: ConnectionId, token: &str);
}

/// Takes answers to connections, wherever they are.
pub trait Replies: Send + Sync {
    /// Answers a connection. One that is gone hears nothing. Never waits.
    fn reply(&self, connection: ConnectionId, reply: Reply);
}

/// An answer to one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The channel with a name, if there is one.
    Channel {
        /// As asked.
        name: Box<str>,
        /// The channel.
        found: Option<ChannelId>,
    },
    /// Come in.
    Joined {
        /// Where.
        channel: ChannelId,
        /// Life of the room.
        epoch: u64,
        /// Last event that the greeting knows; the reader is given those after it. What the client had, if it resumes.
        seq: u64,
        /// The greeting in the reader's language: an array of events, or lines.
        greeting: Vec<u8>,
        /// Sees what moderators see.
        moderates: bool,
        /// First event from which on the reader has, or is given, what is for moderators or for it alone; `None`: it asked as nobody.
        given: Option<u64>,
    },
    /// Stay out.
    NotJoined {
        /// Where.
        channel: ChannelId,
        /// What to say, in the reader's language.
        words: Vec<u8>,
    },
    /// The account of a token; `None`: the token is good for nothing.
    Account(Option<Arc<Account>>),
    /// What came of a request.
    Answer {
        /// Where.
        channel: ChannelId,
        /// The request's.
        nonce: Option<Box<str>>,
        /// The outcome.
        result: Result<Outcome, Refusal>,
    },
    /// Not for one connection but for its whole node: close whoever came in with this.
    Ended(Credential),
    /// As that: close everybody, to come again and say anew who they are.
    ComeAgain,
    /// Somebody says something to this connection's account alone. Between nodes: to that account's connections.
    Whispered(Arc<Whisper>),
    /// This connection's account has another name colour, 0xRRGGBB. Between nodes: that account's connections have.
    Recoloured(UserId, u32),
}

/// What a connection was let in with, and may lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credential {
    /// A session's or a program's token, by its SHA-256.
    Token([u8; 32]),
    /// An account, with whatever token.
    Account(UserId),
}

impl Credential {
    /// Whether a connection with this token and this account was let in with it.
    pub fn opened(&self, token: Option<&[u8; 32]>, account: Option<UserId>) -> bool {
        match self {
            Self::Token(hash) => token == Some(hash),
            Self::Account(user) => account == Some(*user),
        }
    }
}

/// The beginning of a token's SHA-256: enough to tell one from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMark(u64);

impl TokenMark {
    /// Of a token with this SHA-256.
    pub fn of(hash: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *hash;
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// A token that somebody came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Its SHA-256.
    pub hash: [u8; 32],
    /// When it began to be looked up: whatever ended since may have been found still.
    pub asked: Instant,
}

/// What a new connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// JSON over WebSocket.
    Native,
    /// IRC lines over WebSocket.
    IrcWebSocket,
    /// IRC lines over TCP.
    IrcTcp,
}

/// A socket that the edge is to own.
pub enum Socket {
    /// Plain TCP.
    Plain(std::net::TcpStream),
    /// TLS, after the handshake.
    Tls(Box<rustls::ServerConnection>, std::net::TcpStream),
}

/// A connection for the edge: a WebSocket whose handshake is answered, or an accepted TCP socket.
pub struct Adopted {
    /// The socket; made non-blocking here.
    pub socket: Socket,
    /// Bytes of the client that were read already.
    pub leftover: Vec<u8>,
    /// What it speaks.
    pub tongue: Tongue,
    /// permessage-deflate was agreed.
    pub deflate: bool,
    /// The room of a connection that is for one room.
    pub room: Option<RoomName>,
    /// The account, where cookie or header name one.
    pub account: Option<Arc<Account>>,
    /// The token that it came with.
    pub token: Option<Presented>,
    /// It came with a token that opens no account, and is to be told so.
    pub refused: bool,
    /// Where it comes from.
    pub address: IpAddr,
    /// Every message of a busy room, not the sampled view.
    pub full: bool,
    /// Epoch and number of the last event that the client has.
    pub after: Option<(u64, u64)>,
    /// Kept as long as the connection: its place at the door, which that gives.
    pub pass: Option<Box<dyn std::any::Any + Send>>,
}
