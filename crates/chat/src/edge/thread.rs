//! One thread of the edge: an epoll, the connections that it owns for life, and the rooms that they read. Nothing here waits except
//! the poll.

pub(super) mod rooms;
mod members;
mod clients;
mod upkeep;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::{Events, Interest, Poll, Token};
use runtime::clock;

use super::connection::{Connection, End, Tally};
use super::endings::Endings;
use super::handle::{Shared, connection_id, token};
use super::inbox::{Inbox, Note};
use super::session::{Effect, Session, irc::IrcSession, native::NativeSession};
use super::transport::Transport;
use super::upstream::{Adopted, Socket, Tongue, Upstream};
use crate::event::ConnectionId;
use crate::tree::encode::RoomName;
use crate::websocket::deflate::Inflater;
use crate::websocket::frame;
use crate::websocket::message::Reader;
use rooms::RoomTable;
use upkeep::{Farewell, Leaving};

/// The token of the waker.
pub(super) const WAKE: Token = Token(usize::MAX);

/// Bytes that the kernel may hold unsent for one socket: the rest of a slow reader's backlog stays here, where it can be skipped.
const UNSENT_MAX: u32 = 256 * 1024;
/// Most that is read at once; one buffer for all connections of the thread.
const READ_BYTES: usize = 16 * 1024;

/// Why somebody is closed whose answers pile up.
const UNREAD: &str = "you do not read your answers";

/// A place for a connection.
#[derive(Default)]
struct Slot {
    generation: u32,
    connection: Option<Box<Connection>>,
}

/// A thread's all.
pub(super) struct EdgeThread {
    index: usize,
    poll: Poll,
    shared: Arc<Shared>,
    inbox: Arc<Inbox>,
    upstream: Arc<dyn Upstream>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    rooms: RoomTable,
    started: Instant,
    now: Instant,
    now_s: u32,
    inflater: Inflater,
    buffer: Box<[u8]>,
    pieces: Vec<Bytes>,
    effects: Vec<Effect>,
    /// Connections that have to end once nobody walks over them.
    ending: Vec<(u32, End)>,
    endings: Endings,
    /// How many ends of sign-ins this thread has heard of, at least.
    endings_heard: u64,
    farewells: Vec<Farewell>,
    /// This node goes away.
    leaving: Option<Leaving>,
    swept: usize,
    tally: Tally,
    stopping: bool,
}

impl EdgeThread {
    /// A thread without connections.
    pub fn new(index: usize, poll: Poll, shared: Arc<Shared>, upstream: Arc<dyn Upstream>) -> Self {
        let now = clock::now();
        Self {
            index,
            poll,
            inbox: Arc::clone(&shared.inboxes[index]),
            shared,
            upstream,
            slots: Vec::new(),
            free: Vec::new(),
            rooms: RoomTable::default(),
            started: now,
            now,
            // Second 0 means "not planned".
            now_s: 1,
            inflater: Inflater::default(),
            buffer: vec![0; READ_BYTES].into(),
            pieces: Vec::new(),
            effects: Vec::new(),
            ending: Vec::new(),
            endings: Endings::default(),
            endings_heard: 0,
            farewells: Vec::new(),
            leaving: None,
            swept: 0,
            tally: Tally::default(),
            stopping: false,
        }
    }

    /// Runs until it is told to stop.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        let mut notes = Vec::new();
        while !self.stopping {
            let wait = self.wait();
            if let Err(error) = self.poll.poll(&mut events, Some(wait))
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "chat thread can't poll");
                break;
            }
            self.tick();
            for event in &events {
                match event.token() {
                    WAKE => {}
                    Token(slot) => {
                        let ended = event.is_read_closed() || event.is_error();
                        self.ready(slot as u32, event.is_readable() || ended, ended, event.is_writable());
                    }
                }
            }
            self.inbox.take(&mut notes);
            for note in notes.drain(..) {
                self.note(note);
            }
            self.walk();
            self.end_all();
        }
        self.close_everything();
    }

    /// Looks at the clock; once a second there is upkeep.
    fn tick(&mut self) {
        self.now = clock::now();
        let second = 1 + self.now.saturating_duration_since(self.started).as_secs() as u32;
        if second != self.now_s {
            self.now_s = second;
            self.upkeep();
        }
        self.send_farewells();
        self.end_leaving();
    }

    /// How long to sleep if nothing happens.
    fn wait(&self) -> Duration {
        let second = Duration::from_secs(1);
        let next = self.farewells.last().map(|farewell| farewell.at).into_iter();
        let next = next.chain(self.leaving.as_ref().and_then(Leaving::due)).min();
        next.map_or(second, |at| {
            at.saturating_duration_since(self.now).clamp(Duration::from_millis(1), second)
        })
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Adopt(adopted) => self.adopt(*adopted),
            Note::Frames(channel, frames, pass) => self.take_frames(channel, &frames, pass),
            Note::Reply(connection, reply) => {
                if let Some(slot) = self.slot_of(connection) {
                    self.reply(slot, reply);
                    self.pump(slot);
                }
            }
            Note::Reconnect(over, target) => self.plan_farewells(over, target),
            Note::Leave(over, target) => self.leave_here(over, target),
            Note::End(credential, at) => self.end_those(credential, at),
            Note::ComeAgain(at) => {
                self.endings.forget(at);
                self.rooms.lose(self.index);
                for slot in 0..self.slots.len() as u32 {
                    self.close(slot, 1013, clients::COME_AGAIN);
                }
            }
            Note::Stop => self.stopping = true,
        }
    }

    /// The slot of a connection that is still here.
    fn slot_of(&self, connection: ConnectionId) -> Option<u32> {
        let slot = (connection.0 & ((1 << super::handle::SLOT_BITS) - 1)) as u32;
        let here = self.slots.get(slot as usize)?.connection.as_ref()?;
        (here.id == connection).then_some(slot)
    }

    /// The epoll says that a socket has, or takes, something.
    fn ready(&mut self, slot: u32, readable: bool, ended: bool, writable: bool) {
        let Some(connection) = self.at(slot) else {
            return;
        };
        if writable {
            connection.blocked = false;
        }
        if readable {
            self.read(slot, ended);
        }
        self.pump(slot);
    }

    fn at(&mut self, slot: u32) -> Option<&mut Connection> {
        self.slots.get_mut(slot as usize)?.connection.as_deref_mut()
    }

    /// Writes what can be written on a connection.
    fn pump(&mut self, slot: u32) {
        self.pump_news(slot, None);
    }

    /// Writes what can be written on a connection; `news`: the one room that has new frames, if nothing else can have brought any.
    fn pump_news(&mut self, slot: u32, news: Option<u32>) {
        let Some(connection) = self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut())
        else {
            return;
        };
        if connection.blocked {
            return;
        }
        connection.progress_s = self.now_s;
        let outcome = connection.pump(&self.rooms, news, self.now, &mut self.pieces, &mut self.tally);
        self.pieces.clear();
        match outcome {
            Err(end) => self.ending.push((slot, end)),
            Ok(()) if connection.closing && connection.outbox.is_none() && connection.end_s == 0 => {
                connection.transport.finish();
                connection.end_s = self.now_s + 5;
            }
            Ok(()) => {}
        }
    }

    /// Writes new frames to all readers of the rooms that have some.
    fn walk(&mut self) {
        while let Some(room) = self.rooms.next_dirty() {
            let Some(local) = self.rooms.get_mut(room) else {
                continue;
            };
            let members = std::mem::take(&mut local.members);
            let passes = std::mem::take(&mut local.passes);
            for slot in &members {
                self.pump_news(*slot, Some(room));
            }
            if let Some(local) = self.rooms.get_mut(room) {
                local.members = members;
            }
            drop(passes);
        }
    }

    /// Takes a socket.
    fn adopt(&mut self, adopted: Adopted) {
        let refused = adopted.refused;
        let Some((slot, after_room)) = self.settle(adopted) else {
            self.inbox.connections.fetch_sub(1, Ordering::Relaxed);
            return;
        };
        if let Some((code, reason)) = self.unwelcome(slot) {
            return self.close(slot, code, reason);
        }
        self.plan_latecomer(slot);
        if refused {
            // As if it had sent the token itself: it may send a better one.
            self.with_session(slot, |c, context, out| c.session.authenticated(context, out));
        }
        if let Some(room) = after_room {
            self.join(slot, room);
        }
        self.parse(slot);
        // What came with the end of a TLS handshake lies in the session, where no poll sees it.
        if self.at(slot).is_some_and(|connection| !connection.transport.short_read_is_all()) {
            self.read(slot, false);
        }
        self.pump(slot);
    }

    /// Gives a socket a slot; returns the room that it is to go into at once.
    fn settle(&mut self, adopted: Adopted) -> Option<(u32, Option<RoomName>)> {
        if self.is_full() {
            metrics::counter!("footlight_chat_connections_refused_total").increment(1);
            let close = frame::close(1013, "this server is full");
            let _ = transport_of(adopted.socket).send(&[std::io::IoSlice::new(&close)]);
            return None;
        }
        let (slot, id) = self.take_slot();
        let (mut connection, at_once) = self.connection_of(id, adopted);
        let (socket, both) = (connection.transport.socket(), Interest::READABLE | Interest::WRITABLE);
        if let Err(error) = self.poll.registry().register(socket, token(slot), both) {
            tracing::warn!(%error, "chat socket can't be watched");
            self.free.push(slot);
            return None;
        }
        if let Some(account) = &connection.account {
            self.shared.people.add(account.id, id);
        }
        self.slots[slot as usize].connection = Some(Box::new(connection));
        metrics::gauge!("footlight_chat_connections").increment(1);
        Some((slot, at_once))
    }

    /// Whether all threads together have too many connections, with those that are on their way to one.
    fn is_full(&self) -> bool {
        let all = self.shared.inboxes.iter().map(|inbox| inbox.connections.load(Ordering::Relaxed));
        all.sum::<usize>() > self.shared.config.connections_max
    }

    /// A slot that is free, and the number of the connection that it is for.
    fn take_slot(&mut self) -> (u32, ConnectionId) {
        let slot = self.free.pop().unwrap_or_else(|| {
            // Generations begin anywhere, so that numbers of a former life of this node mean nobody.
            self.slots.push(Slot { generation: rand::random(), connection: None });
            (self.slots.len() - 1) as u32
        });
        let generation = &mut self.slots[slot as usize].generation;
        *generation = generation.wrapping_add(1);
        (slot, connection_id(self.shared.config.node, self.index, *generation, slot))
    }

    /// The connection that a socket becomes, and the room that it is to go into at once.
    fn connection_of(&self, id: ConnectionId, adopted: Adopted) -> (Connection, Option<RoomName>) {
        let (session, at_once) = match (adopted.tongue, adopted.room) {
            (Tongue::Native, Some(room)) => (Session::Native(NativeSession::new(room.channel)), Some(room)),
            (_, room) => (Session::Irc(Box::new(IrcSession::new(room.map(|r| r.login)))), None),
        };
        let connection = Connection {
            id,
            transport: transport_of(adopted.socket),
            session,
            reader: (adopted.tongue != Tongue::IrcTcp).then(|| Reader::new(adopted.deflate)),
            input: adopted.leftover,
            outbox: None,
            rooms: Vec::new(),
            full: adopted.full || adopted.account.as_ref().is_some_and(|account| account.bot),
            account: adopted.account,
            token: adopted.token.map(Box::new),
            address: adopted.address,
            intake: Default::default(),
            heard_s: self.now_s,
            progress_s: self.now_s,
            end_s: 0,
            deflate: adopted.deflate,
            blocked: false,
            pinged: false,
            closing: false,
            after: adopted.after.map(Box::new),
            pass: adopted.pass,
        };
        (connection, at_once)
    }
}

/// The way of a socket's bytes; from here on it never waits.
fn transport_of(socket: Socket) -> Transport {
    let (socket, tls) = match socket {
        Socket::Plain(socket) => (socket, None),
        Socket::Tls(session, socket) => (socket, Some(session)),
    };
    let _ = socket.set_nonblocking(true);
    let _ = socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT_MAX);
    let socket = mio::net::TcpStream::from_std(socket);
    match tls {
        None => Transport::Plain(socket),
        Some(session) => Transport::tls(socket, *session),
    }
}

#[cfg(test)]
mod tests;
