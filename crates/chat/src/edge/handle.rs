//! The way into the edge: start its threads, hand them sockets, frames and answers.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::ids::{ChannelId, UserId};
use mio::{Poll, Token, Waker};
use runtime::clock;

use super::inbox::{Inbox, Note};
use super::interest::Interests;
use super::people::People;
use super::rates::{Joins, RateConfig};
use super::ring::RingConfig;
use super::thread::{EdgeThread, WAKE};
use super::upstream::{Adopted, Credential, Replies, Reply, Upstream};
use crate::event::{ConnectionId, Whisper};
use crate::tree::encode::RoomName;
use crate::tree::frame::Frame;
use crate::tree::language::Wants;
use crate::tree::shell::{Downstream, Pass};
use crate::websocket::message::Limits;
use crate::wire::irc::render::ServerName;

/// What may be set.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Number of this node on the site, below 4,096: the upper bits of its connections' numbers.
    pub node: u16,
    /// Threads; 1–63.
    pub threads: usize,
    /// Connections in all; beyond, newcomers are told to come later (1013).
    pub connections_max: usize,
    /// Rings.
    pub ring: RingConfig,
    /// What clients may send.
    pub rates: RateConfig,
    /// Clients' WebSocket messages.
    pub limits: Limits,
    /// The name in IRC server lines.
    pub server: ServerName,
    /// The text of IRC's welcome, one line.
    pub motd: Arc<str>,
    /// A client that says nothing for so long is pinged.
    pub ping_after: Duration,
    /// A client that does not answer a ping for so long, or takes nothing while something waits for it, is closed.
    pub patience: Duration,
    /// How long a connection stays open after it was asked to come again.
    pub farewell: Duration,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        Self {
            node: 0,
            threads: std::thread::available_parallelism().map_or(1, usize::from).min(63),
            connections_max: 100_000,
            ring: RingConfig::default(),
            rates: RateConfig::default(),
            limits: Limits { message: 8192, ..Limits::default() },
            server: ServerName::default(),
            motd: "Be kind.".into(),
            ping_after: Duration::from_secs(240),
            patience: Duration::from_secs(30),
            farewell: Duration::from_secs(90),
        }
    }
}

/// What all threads share.
pub(super) struct Shared {
    pub config: EdgeConfig,
    pub interests: Interests,
    pub joins: Mutex<Joins>,
    pub people: People,
    pub inboxes: Vec<Arc<Inbox>>,
    /// Ends of sign-ins that are in all inboxes.
    pub endings: AtomicU64,
}

/// A handle to the edge; clones are the same edge.
#[derive(Clone)]
pub struct EdgeHandle(pub(super) Arc<Shared>);

/// The edge's threads before they run: frames may be subscribed to, sockets handed over; they are served once it runs.
pub struct EdgeThreads {
    polls: Vec<Poll>,
    shared: Arc<Shared>,
}

/// The running threads.
pub struct Running(Vec<JoinHandle<()>>);

impl EdgeThreads {
    /// Makes the threads' polls.
    ///
    /// # Errors
    /// When the system gives no epoll or no eventfd.
    pub fn new(config: EdgeConfig) -> io::Result<Self> {
        let (mut polls, mut inboxes) = (Vec::new(), Vec::new());
        for _ in 0..config.threads.clamp(1, 63) {
            let poll = Poll::new()?;
            inboxes.push(Arc::new(Inbox::new(Waker::new(poll.registry(), WAKE)?)));
            polls.push(poll);
        }
        let shared = Shared {
            config,
            interests: Interests::default(),
            joins: Mutex::default(),
            people: People::default(),
            inboxes,
            endings: AtomicU64::new(0),
        };
        Ok(Self { polls, shared: Arc::new(shared) })
    }

    /// A handle.
    pub fn handle(&self) -> EdgeHandle {
        EdgeHandle(Arc::clone(&self.shared))
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(self, upstream: &Arc<dyn Upstream>) -> io::Result<Running> {
        let mut threads = Vec::new();
        for (index, poll) in self.polls.into_iter().enumerate() {
            let (shared, upstream) = (Arc::clone(&self.shared), Arc::clone(upstream));
            let thread = std::thread::Builder::new().name(format!("chat-edge-{index}"));
            threads.push(thread.spawn(move || EdgeThread::new(index, poll, shared, upstream).run())?);
        }
        Ok(Running(threads))
    }
}

impl Running {
    /// Waits until all threads have ended; see [`EdgeHandle::stop`]. Blocks.
    pub fn join(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                tracing::error!("a chat thread panicked");
            }
        }
    }
}

/// Slot and generation in a connection's number.
pub(super) const SLOT_BITS: u32 = 20;
pub(super) const GENERATION_BITS: u32 = 26;
const THREAD_BITS: u32 = 6;

/// Highest number of a node: connections have twelve bits for it.
pub const NODE_MAX: u16 = 0xfff;

/// A connection's number: node, thread, generation, slot.
pub(super) fn connection_id(node: u16, thread: usize, generation: u32, slot: u32) -> ConnectionId {
    let generation = u64::from(generation) & ((1 << GENERATION_BITS) - 1);
    let above = (u64::from(node & NODE_MAX) << THREAD_BITS) | (thread as u64 & 63);
    ConnectionId((above << (GENERATION_BITS + SLOT_BITS)) | (generation << SLOT_BITS) | u64::from(slot))
}

/// A number of this node that is no connection's: its thread is one that there is not.
pub fn unowned(node: u16, number: u64) -> ConnectionId {
    const NO_THREAD: usize = 63;
    let slot = number as u32 & ((1 << SLOT_BITS) - 1);
    connection_id(node, NO_THREAD, (number >> SLOT_BITS) as u32, slot)
}

/// The thread in a connection's number.
fn thread_of(connection: ConnectionId) -> usize {
    (connection.0 >> (GENERATION_BITS + SLOT_BITS)) as usize & 63
}

/// The node in a connection's number.
pub fn node_of(connection: ConnectionId) -> u16 {
    (connection.0 >> (GENERATION_BITS + SLOT_BITS + THREAD_BITS)) as u16
}

impl EdgeHandle {
    /// Hands a socket to the thread with the fewest, of those that have what the client missed if it comes again and any do. One
    /// that is too many is closed, politely.
    pub fn adopt(&self, adopted: Adopted) {
        if let Some(inbox) = self.0.inboxes.get(self.thread_for(adopted.room.as_ref(), adopted.after)) {
            inbox.connections.fetch_add(1, Ordering::Relaxed);
            if !inbox.leave(Note::Adopt(Box::new(adopted))) {
                inbox.connections.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn thread_for(&self, room: Option<&RoomName>, after: Option<(u64, u64)>) -> usize {
        let load = |index: &usize| self.0.inboxes[*index].connections.load(Ordering::Relaxed);
        let threads = 0..self.0.inboxes.len();
        let resumed = room.zip(after).and_then(|(room, (epoch, seq))| {
            let interest = self.0.interests.get(room.channel)?;
            threads.clone().filter(|index| interest.may_resume(*index, epoch, seq)).min_by_key(load)
        });
        resumed.or_else(|| threads.min_by_key(load)).unwrap_or_default()
    }

    /// Answers a connection. One that is gone hears nothing.
    pub fn reply(&self, connection: ConnectionId, reply: Reply) {
        if let Some(inbox) = self.0.inboxes.get(thread_of(connection)) {
            inbox.leave(Note::Reply(connection, reply));
        }
    }

    /// Gives a whisper to all connections here of whom it is for and of whom it is from, so that all their windows show the same.
    /// Clients that speak IRC hear only what is for them.
    pub fn whisper(&self, whisper: &Arc<Whisper>) {
        let people = &self.0.people;
        for connection in people.of(whisper.to.id).into_iter().chain(people.of(whisper.from.id)) {
            self.reply(connection, Reply::Whispered(Arc::clone(whisper)));
        }
    }

    /// All connections here of an account know its new name colour: their own lines have it.
    pub fn recolour(&self, user: UserId, colour: u32) {
        for connection in self.0.people.of(user) {
            self.reply(connection, Reply::Recoloured(user, colour));
        }
    }

    /// Asks every client that is here now to connect anew (to `target`, or where it was), spread evenly over `over`, each once.
    /// Old connections stay open for a while; newcomers are served as ever.
    pub fn reconnect_all(&self, over: Duration, target: Option<&str>) {
        let target: Option<Arc<str>> = target.map(Arc::from);
        for inbox in &self.0.inboxes {
            inbox.leave(Note::Reconnect(over, target.clone()));
        }
    }

    /// This node goes away within `over`: every client is asked to connect elsewhere, spread evenly over most of that time, whoever
    /// comes meanwhile over what is left of it. When it is over, all are closed, and so is whoever comes then.
    pub fn leave_all(&self, over: Duration, target: Option<&str>) {
        let target: Option<Arc<str>> = target.map(Arc::from);
        for inbox in &self.0.inboxes {
            inbox.leave(Note::Leave(over, target.clone()));
        }
    }

    /// Closes all connections that were let in with this (1001), and whoever is let in with what was known of it until now.
    pub fn end(&self, credential: Credential) {
        let at = clock::now();
        for inbox in &self.0.inboxes {
            inbox.leave(Note::End(credential, at));
        }
        self.0.endings.fetch_add(1, Ordering::SeqCst);
    }

    /// Connections here.
    pub fn connections(&self) -> usize {
        self.0.inboxes.iter().map(|inbox| inbox.connections.load(Ordering::Relaxed)).sum()
    }

    /// Closes all connections (1013): what they read has a hole that cannot be filled, or the end of a sign-in may not have been heard of.
    /// They come again, and so does whoever was on the way.
    pub fn come_again(&self) {
        let at = clock::now();
        for inbox in &self.0.inboxes {
            inbox.leave(Note::ComeAgain(at));
        }
        self.0.endings.fetch_add(1, Ordering::SeqCst);
    }

    /// Closes all connections (1001) and ends the threads.
    pub fn stop(&self) {
        for inbox in &self.0.inboxes {
            inbox.leave(Note::Stop);
        }
    }
}

impl Replies for EdgeHandle {
    fn reply(&self, connection: ConnectionId, reply: Reply) {
        Self::reply(self, connection, reply);
    }
}

impl Downstream for EdgeHandle {
    fn interest(&self, channel: ChannelId) -> (Wants, usize) {
        self.0.interests.get(channel).map_or((Wants::default(), 0), |i| (i.wants(), i.readers()))
    }

    fn rooms(&self) -> Vec<(ChannelId, Wants, usize)> {
        self.0.interests.all()
    }

    fn deliver(&self, frames: &[Arc<Frame>], pass: &Pass) {
        let Some(channel) = frames.first().map(|frame| frame.channel) else {
            return;
        };
        let Some(interest) = self.0.interests.get(channel) else {
            return;
        };
        let frames: Arc<[Arc<Frame>]> = frames.into();
        for (index, inbox) in self.0.inboxes.iter().enumerate() {
            if interest.has_thread(index) {
                inbox.leave(Note::Frames(channel, Arc::clone(&frames), pass.clone()));
            }
        }
    }
}

/// The token of the connection in a slot.
pub(super) const fn token(slot: u32) -> Token {
    Token(slot as usize)
}
