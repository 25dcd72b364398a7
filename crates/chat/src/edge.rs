//! The sockets of this node: a few plain threads, each with its own epoll, each owning its connections for life. A message costs one
//! write of shared bytes on each socket, and no task, buffer or copy.
//!
//! [`ring`] says what a reader gets next, [`session`] what a client's lines mean; both know no socket. `thread` moves bytes.
//! Who may join, what a command does and how a room looks is asked [`upstream`].

pub mod interest;
pub mod upstream;
pub mod ring;
pub mod session;
mod transport;
mod outbox;
mod connection;
mod rates;
mod sight;
mod people;
mod endings;
mod inbox;
mod thread;
pub mod handle;

pub use handle::{EdgeConfig, EdgeHandle, EdgeThreads};
pub use upstream::{
    Adopted, Asker, Credential, Presented, Replies, Reply, Request, Socket, TokenMark, Tongue, Upstream,
};
