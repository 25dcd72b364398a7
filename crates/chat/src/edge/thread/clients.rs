//! What clients say, and what they are answered.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use domain::secrets::Secret;

use super::members::Admission;
use super::{EdgeThread, UNREAD};
use crate::edge::connection::{Connection, End};
use crate::edge::endings::Doubt;
use crate::edge::session::{Context, Effect, Session};
use crate::edge::upstream::{Credential, Presented, Reply, TokenMark};
use crate::websocket::Violation;
use crate::websocket::frame::{self, Opcode};
use crate::websocket::message::Message;
use crate::wire::native::FRAME_BYTES_MAX;

/// Longest line over plain TCP, tags included.
const LINE_BYTES_MAX: usize = 8192;

/// Why whoever was let in with what has ended is closed.
const SIGN_IN_ENDED: &str = "your sign-in has ended";
/// Why everybody is closed, and whoever was on the way.
pub(super) const COME_AGAIN: &str = "please connect again";

/// Something that a client sent, taken off its bytes.
enum Heard {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

impl EdgeThread {
    /// Reads all that a socket has, and does what it says; `ended`: the client has sent its last.
    pub(super) fn read(&mut self, slot: u32, ended: bool) {
        loop {
            let Some(connection) =
                self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut())
            else {
                return;
            };
            let count = match connection.transport.receive(&mut self.buffer) {
                Ok(0) => return self.ending.push((slot, End::Gone)),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return self.ending.push((slot, End::Gone)),
            };
            (connection.heard_s, connection.pinged) = (self.now_s, false);
            if connection.closing {
                continue;
            }
            if !connection.intake.count(self.now_s, count, 0, &self.shared.config.rates) {
                return self.close(slot, 1008, "you send too much");
            }
            connection.input.extend_from_slice(&self.buffer[..count]);
            self.parse(slot);
            // A short read emptied the socket: the next byte wakes us, and so does the end unless it is here already.
            let emptied =
                self.at(slot).is_some_and(|c| count < super::READ_BYTES && c.transport.short_read_is_all());
            if emptied && !ended {
                return;
            }
        }
    }

    /// Takes messages off a connection's bytes and does what they say, until one is not whole.
    pub(super) fn parse(&mut self, slot: u32) {
        loop {
            let mut limits = self.shared.config.limits;
            let Some(connection) =
                self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut())
            else {
                return;
            };
            if connection.closing {
                return;
            }
            if matches!(connection.session, Session::Native(_)) {
                limits.message = limits.message.min(FRAME_BYTES_MAX);
            }
            let heard = match take(connection, limits, &mut self.inflater) {
                Ok(Some(heard)) => heard,
                Ok(None) => return settle(&mut connection.input),
                Err(violation) => {
                    return self.close(slot, violation.code(), reason(violation));
                }
            };
            let messages = match &heard {
                Heard::Text(text) => connection.session.messages_in(text),
                Heard::Ping(_) | Heard::Pong | Heard::Close(_) => 1,
            };
            self.tally.heard += u64::from(messages);
            if !connection.intake.count(self.now_s, 0, messages, &self.shared.config.rates) {
                return self.close(slot, 1008, "you send too many messages");
            }
            self.heard(slot, heard);
        }
    }

    fn heard(&mut self, slot: u32, heard: Heard) {
        match heard {
            Heard::Pong => {}
            Heard::Ping(bytes) => {
                let pong = frame::whole(Opcode::Pong, false, &bytes);
                if self.at(slot).is_some_and(|connection| !connection.push(pong)) {
                    self.close(slot, 1008, UNREAD);
                }
            }
            Heard::Close(code) => self.close(slot, code.unwrap_or(1000), ""),
            Heard::Text(text) => self.with_session(slot, |connection, context, effects| {
                connection.session.text(&text, context, effects);
            }),
        }
    }

    /// Lets a connection's session say what is to be done, and does it.
    pub(super) fn with_session(
        &mut self,
        slot: u32,
        act: impl FnOnce(&mut Connection, Context<'_>, &mut Vec<Effect>),
    ) {
        let mut effects = std::mem::take(&mut self.effects);
        let Some(connection) = self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut())
        else {
            return;
        };
        let account = connection.account.clone();
        let config = &self.shared.config;
        let context = Context { account: account.as_ref(), server: &config.server, motd: &config.motd };
        act(connection, context, &mut effects);
        let language_changed = connection.rooms.first().is_some_and(|m| m.want != connection.want());
        if language_changed {
            self.recount(slot);
        }
        for effect in effects.drain(..) {
            self.apply(slot, effect);
        }
        self.effects = effects;
    }

    fn apply(&mut self, slot: u32, effect: Effect) {
        let Some(connection) = self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut())
        else {
            return;
        };
        let id = connection.id;
        match effect {
            Effect::Say(words) => {
                if !connection.say(&words) {
                    self.close(slot, 1008, UNREAD);
                }
            }
            Effect::Authenticate(token) => {
                let hash = Secret::presented(token.as_str()).hash().0;
                connection.token = Some(Box::new(Presented { hash, asked: self.now }));
                self.upstream.authenticate(id, &token);
            }
            Effect::Find { name, join } => {
                if join && !self.may_join(slot) {
                    return self
                        .with_session(slot, |c, context, out| c.session.too_many(&name, context, out));
                }
                self.upstream.find_channel(id, &name);
            }
            // Looked at again: of many JOINs at once, none was in a room yet when they were first.
            Effect::Join(room) if connection.rooms.len() >= self.shared.config.rates.rooms_max => {
                self.with_session(slot, |c, context, out| {
                    c.session.left(room.channel);
                    c.session.too_many(room.login.as_str(), context, out);
                });
            }
            Effect::Join(room) => self.join(slot, room),
            Effect::Part(channel) => self.leave(slot, channel, true),
            Effect::Ask { channel, request, nonce } => {
                self.hear_endings();
                let Some(connection) = self.at(slot).filter(|connection| !connection.closing) else {
                    return;
                };
                let token = connection.token.as_ref().map(|token| TokenMark::of(&token.hash));
                if let Some(caller) = self.asker(slot, None, false).and_then(|asker| asker.caller()) {
                    self.upstream.command(caller, token, channel, request, nonce);
                }
            }
            Effect::View(full) => {
                connection.full = full;
                self.recount(slot);
            }
            Effect::Close(code, reason) => self.close(slot, code, reason),
        }
    }

    /// Before anything is asked in somebody's name: whoever said that a sign-in has ended is believed from then on, not only when it
    /// is this thread's turn to look at its notes.
    fn hear_endings(&mut self) {
        let all = self.shared.endings.load(Ordering::SeqCst);
        if all != self.endings_heard {
            self.endings_heard = all;
            self.inbox.take_endings().into_iter().for_each(|note| self.note(note));
        }
    }

    /// Whether a connection may go into one more room now.
    fn may_join(&mut self, slot: u32) -> bool {
        let (now_s, rates) = (self.now_s, self.shared.config.rates);
        let Some(connection) = self.at(slot) else {
            return false;
        };
        let (count, account) = (connection.rooms.len(), connection.account.clone());
        if count >= rates.rooms_max {
            return false;
        }
        let Some(account) = account else {
            // Anonymous readers are many and harmless: what one may hold and send bounds them.
            return true;
        };
        let mut joins = self.shared.joins.lock().unwrap_or_else(PoisonError::into_inner);
        account.bot || joins.count(now_s, account.id, &rates)
    }

    /// An answer came for a connection.
    pub(super) fn reply(&mut self, slot: u32, reply: Reply) {
        match reply {
            Reply::Channel { name, found } => {
                self.with_session(slot, |c, context, out| c.session.found(&name, found, context, out));
            }
            Reply::Joined { channel, epoch, seq, greeting, moderates, given } => {
                self.joined(slot, channel, Admission { epoch, seq, greeting, moderates, given });
            }
            Reply::NotJoined { channel, words } => {
                self.with_session(slot, |_, _, out| out.push(Effect::Say(words)));
                self.leave(slot, channel, false);
            }
            Reply::Account(account) => self.signed_in(slot, account),
            Reply::Answer { channel, nonce, result } => self.with_session(slot, |c, context, out| {
                c.session.answer(channel, nonce.as_deref(), &result, context, out);
            }),
            Reply::Whispered(whisper) => self.with_session(slot, |c, context, out| {
                c.session.whispered(&whisper, context, out);
            }),
            Reply::Recoloured(user, colour) => {
                let account = self.at(slot).and_then(|connection| connection.account.as_mut());
                if let Some(account) = account.filter(|account| account.id == user) {
                    std::sync::Arc::make_mut(account).colour = colour;
                }
            }
            // For the node, which hears it before its threads do.
            Reply::Ended(_) | Reply::ComeAgain => {}
        }
    }

    /// Closes whoever was let in with what is worth nothing any more. They may come again as nobody.
    pub(super) fn end_those(&mut self, credential: Credential, at: Instant) {
        self.endings.note(at, credential);
        for slot in 0..self.slots.len() as u32 {
            let ended = self.at(slot).is_some_and(|connection| {
                let token = connection.token.as_ref().map(|token| &token.hash);
                credential.opened(token, connection.account.as_ref().map(|account| account.id))
            });
            if ended {
                self.close(slot, 1001, SIGN_IN_ENDED);
            }
        }
    }

    /// What to close a connection with whose sign-in ended, or may have, while it was looked up or on its way here.
    pub(super) fn unwelcome(&self, slot: u32) -> Option<(u16, &'static str)> {
        let connection = self.slots.get(slot as usize)?.connection.as_deref()?;
        let (token, account) = connection.token.as_ref().zip(connection.account.as_ref())?;
        Some(match self.endings.doubt(token, account.id)? {
            Doubt::Ended => (1001, SIGN_IN_ENDED),
            Doubt::Unknown => (1013, COME_AGAIN),
        })
    }

    fn signed_in(&mut self, slot: u32, account: Option<std::sync::Arc<crate::command::Account>>) {
        let known = account.is_some();
        if let Some(connection) = self.at(slot)
            && known
        {
            connection.full |= account.as_ref().is_some_and(|account| account.bot);
            let (id, before) = (connection.id, connection.account.take());
            connection.account = account.clone();
            if let Some(before) = before {
                self.shared.people.remove(before.id, id);
            }
            if let Some(account) = account {
                self.shared.people.add(account.id, id);
            }
        }
        if let Some((code, reason)) = self.unwelcome(slot).filter(|_| known) {
            return self.close(slot, code, reason);
        }
        self.with_session(slot, |c, context, out| {
            let context = if known { context } else { Context { account: None, ..context } };
            c.session.authenticated(context, out);
        });
        // A native client is in its room already: the room learns who it is.
        let rooms = self.at(slot).map_or(Vec::new(), |c| c.rooms.iter().map(|m| m.room).collect());
        for room in rooms.into_iter().filter(|_| known) {
            self.introduce(slot, room);
        }
    }

    /// Says why, sends what waits, and ends.
    pub(super) fn close(&mut self, slot: u32, code: u16, reason: &str) {
        let now_s = self.now_s;
        let Some(connection) = self.at(slot) else {
            return;
        };
        if connection.closing {
            return;
        }
        connection.closing = true;
        connection.input = Vec::new();
        if connection.reader.is_some() {
            let _ = connection.push(frame::close(code, reason));
        }
        connection.end_s = 0;
        metrics::counter!("footlight_chat_connections_closed_total", "code" => label(code)).increment(1);
        if connection.blocked {
            // It gets a little time to take the rest.
            connection.end_s = now_s + 5;
        }
        self.pump(slot);
    }
}

/// A code as a label: clients may close with any of thousands, which we answer with the same.
fn label(code: u16) -> &'static str {
    match code {
        1000 => "1000",
        1001 => "1001",
        1002 => "1002",
        1003 => "1003",
        1007 => "1007",
        1008 => "1008",
        1009 => "1009",
        1011 => "1011",
        1012 => "1012",
        1013 => "1013",
        _ => "other",
    }
}

/// Takes one message off the front of a connection's bytes.
fn take(
    connection: &mut Connection,
    limits: crate::websocket::message::Limits,
    inflater: &mut crate::websocket::deflate::Inflater,
) -> Result<Option<Heard>, Violation> {
    let Some(reader) = &mut connection.reader else {
        return take_line(&mut connection.input);
    };
    let (used, message) = reader.next(&mut connection.input, limits, inflater)?;
    let heard = message.map(|message| match message {
        Message::Text(text) => Heard::Text(text.into_owned()),
        Message::Ping(bytes) => Heard::Ping(bytes.to_vec()),
        Message::Pong => Heard::Pong,
        Message::Close(code) => Heard::Close(code),
    });
    connection.input.drain(..used);
    Ok(heard)
}

/// Takes one line off the front of plain TCP bytes.
fn take_line(input: &mut Vec<u8>) -> Result<Option<Heard>, Violation> {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
        return if input.len() > LINE_BYTES_MAX { Err(Violation::TooBig) } else { Ok(None) };
    };
    if end > LINE_BYTES_MAX {
        return Err(Violation::TooBig);
    }
    let line = String::from_utf8_lossy(&input[..end]).into_owned();
    input.drain(..=end);
    Ok(Some(Heard::Text(line)))
}

/// Gives memory back where nothing waits.
fn settle(input: &mut Vec<u8>) {
    if input.is_empty() {
        *input = Vec::new();
    } else if input.capacity() > 2 * input.len() + 512 {
        input.shrink_to_fit();
    }
}

/// A violation in words that outlive it.
fn reason(violation: Violation) -> &'static str {
    match violation {
        Violation::Protocol(what) | Violation::Data(what) | Violation::Policy(what) => what,
        Violation::Binary => "text only, please",
        Violation::TooBig => "message too big",
    }
}
