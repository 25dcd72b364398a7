//! A client that speaks Twitch IRC: registration in any order (chat-protocol.md §1.2), rooms, keep-alive, and the habits of plain
//! IRC clients.

use domain::ids::ChannelId;
use domain::names::Name;

use super::{Context, Effect};
use crate::command::{Outcome, Refusal};
use crate::edge::upstream::Request;
use crate::event::Whisper;
use crate::room::slash;
use crate::rules::refusals;
use crate::tree::encode::RoomName;
use crate::wire::irc::render::{self, Caps, LoginFault, UserState};
use crate::wire::irc::{
    CapCommand, ClientCommand, Line, LineError, client_nonce, is_anonymous, oauth_token, unwrap_text,
};

/// The session of one client.
#[derive(Debug, Default)]
pub struct IrcSession {
    caps: Caps,
    stage: Stage,
    nick: Box<str>,
    pass: Option<Box<str>>,
    /// Rooms that it is in or goes into, by the name that the client uses.
    rooms: Vec<(ChannelId, Name)>,
    /// Rooms that it writes to without being in them, so that answers name them; the last few.
    aside: Vec<(ChannelId, Name)>,
    /// What waits for the login or for a channel's number, oldest first.
    waiting: Vec<(Box<str>, Purpose)>,
}

/// How far registration is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// NICK has not come.
    #[default]
    New,
    /// The token is being looked up.
    Authenticating,
    /// Reads; writes too if it has an account.
    Ready,
    /// Refused; nothing is heard any more.
    Refused,
}

/// Why a channel is looked up.
#[derive(Debug)]
enum Purpose {
    Join,
    /// With the sender's number. Twitch lets write who has not joined.
    Say(Request, Option<Box<str>>),
}

/// Where what needs no room is asked: no channel has this number.
const NOWHERE: ChannelId = ChannelId(0);
/// Rooms that are remembered of those to which a client writes without being in them.
const ASIDE_MAX: usize = 16;

/// Too many channels.
const BUSY: (&str, &str) = ("msg_ratelimit", "You are joining too many channels, or too fast.");

/// What may wait of one client: a JOIN of a hundred rooms, sent before 001.
const WAITING_MAX: usize = 128;

impl IrcSession {
    /// A client that is in `rooms` from the start (the address names them) once it is registered.
    pub fn new(rooms: impl IntoIterator<Item = Name>) -> Self {
        let waiting = rooms.into_iter().map(|name| (name.as_str().into(), Purpose::Join)).collect();
        Self { waiting, ..Self::default() }
    }

    /// What it asked to be told.
    pub fn caps(&self) -> Caps {
        self.caps
    }

    /// The name it goes by, once it has one.
    pub fn nick(&self) -> &str {
        if self.nick.is_empty() { "*" } else { &self.nick }
    }

    /// One line. What is no line means nothing; one that is too long is told so, since somebody may wait for what it said.
    pub fn line(&mut self, text: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        if self.stage == Stage::Refused {
            return;
        }
        let line = match Line::parse(text) {
            Ok(line) => line,
            Err(LineError::TooLong) => {
                return say(out, |words| render::too_long(self.nick(), context.server, words));
            }
            Err(_) => return,
        };
        match ClientCommand::of(&line) {
            ClientCommand::Cap(cap) => self.cap(cap, context, out),
            ClientCommand::Pass(pass) if self.stage == Stage::New => self.pass = Some(pass.into()),
            ClientCommand::Nick(nick) if self.stage == Stage::New => self.register(nick, context, out),
            ClientCommand::Pass(_) | ClientCommand::Nick(_) | ClientCommand::User | ClientCommand::Pong => {}
            ClientCommand::Join(channels) => {
                channels.iter().for_each(|name| self.join(name, context, out));
            }
            ClientCommand::Part(channels) => channels.iter().for_each(|name| self.part(name, context, out)),
            ClientCommand::Say { channel, text, reply_to, tags } => {
                let nonce = client_nonce(tags);
                let (plain, action) = unwrap_text(text);
                if slash::is_disconnect(text) {
                    return out.push(Effect::Close(1000, "bye"));
                }
                let request = Request::Say {
                    text: plain.to_owned(),
                    action,
                    literal: action || text.starts_with(". "),
                    reply_to,
                    nonce: nonce.clone(),
                };
                if slash::is_own(text) {
                    self.write_aside(NOWHERE, channel);
                    return self.ask(NOWHERE, request, nonce, context, out);
                }
                self.say(channel, request, nonce, context, out);
            }
            ClientCommand::Quit => out.push(Effect::Close(1000, "bye")),
            other => self.habit(other, context, out),
        }
    }

    /// What IRC clients ask out of habit and want an answer to.
    fn habit(&self, command: ClientCommand<'_>, context: Context<'_>, out: &mut Vec<Effect>) {
        let (nick, server) = (self.nick(), context.server);
        say(out, |words| match command {
            ClientCommand::Ping(a, b) => render::pong((a, b), server, words),
            ClientCommand::Names(channels) => {
                channels.iter().for_each(|channel| render::end_of_names(nick, channel, server, words));
            }
            ClientCommand::Who(mask) => render::end_of_who(nick, mask, server, words),
            ClientCommand::Mode(target) => render::mode_is(nick, target, server, words),
            ClientCommand::Userhost(_) => render::userhost(nick, server, words),
            ClientCommand::TooFew(command) => render::too_few(nick, command, server, words),
            ClientCommand::Unknown(command) => render::unknown_command(nick, command, server, words),
            _ => {}
        });
    }

    fn cap(&mut self, cap: CapCommand<'_>, context: Context<'_>, out: &mut Vec<Effect>) {
        let server = context.server;
        match cap {
            CapCommand::Req(list) => match self.caps.with(list) {
                Some(caps) => {
                    self.caps = caps;
                    say(out, |words| render::cap_ack(list, server, words));
                }
                None => say(out, |words| render::cap_nak(list, server, words)),
            },
            CapCommand::Ls => say(out, |words| render::cap_list(server, words)),
            CapCommand::List => say(out, |words| render::cap_held(self.caps, server, words)),
            CapCommand::End => {}
        }
    }

    fn register(&mut self, nick: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        if is_anonymous(nick) {
            self.nick = nick.to_ascii_lowercase().into();
            return self.welcome(Context { account: None, ..context }, out);
        }
        if !nick.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') || nick.len() > 25 {
            return self.refuse(LoginFault::Nick, context, out);
        }
        let Some(pass) = self.pass.take() else {
            return self.refuse(LoginFault::Unsuccessful, context, out);
        };
        let Some(token) = oauth_token(&pass) else {
            return self.refuse(LoginFault::Format, context, out);
        };
        self.nick = nick.to_ascii_lowercase().into();
        self.stage = Stage::Authenticating;
        out.push(Effect::Authenticate(token.to_owned()));
    }

    /// The token was looked up: the context has the account, or there is none.
    pub fn authenticated(&mut self, context: Context<'_>, out: &mut Vec<Effect>) {
        if self.stage != Stage::Authenticating {
            return;
        }
        match context.account {
            Some(account) if account.login.as_str() == &*self.nick => self.welcome(context, out),
            _ => self.refuse(LoginFault::Authentication, context, out),
        }
    }

    fn refuse(&mut self, fault: LoginFault, context: Context<'_>, out: &mut Vec<Effect>) {
        self.stage = Stage::Refused;
        say(out, |words| render::login_fault(fault, context.server, words));
        out.push(Effect::Close(1008, fault.text()));
    }

    fn welcome(&mut self, context: Context<'_>, out: &mut Vec<Effect>) {
        self.stage = Stage::Ready;
        self.pass = None;
        say(out, |words| {
            render::welcome(self.nick(), context.motd, context.server, words);
            if let Some(account) = context.account {
                render::global_user_state(account, self.caps, context.server, words);
            }
        });
        for (name, purpose) in &self.waiting {
            out.push(Effect::Find { name: name.clone(), join: matches!(purpose, Purpose::Join) });
        }
    }

    /// Goes into a room. Where it is, or is going, nothing is to be done, and nothing counts: clients repeat their JOINs to be sure.
    fn join(&mut self, name: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        let is_in = self.rooms.iter().any(|(_, login)| login.as_str().eq_ignore_ascii_case(name));
        let comes = |(waits, purpose): &(Box<str>, Purpose)| {
            waits.eq_ignore_ascii_case(name) && matches!(purpose, Purpose::Join)
        };
        if !is_in && !self.waiting.iter().any(comes) {
            self.lookup(name, Purpose::Join, context, out);
        }
    }

    /// Has a channel's number looked up, now or after the login.
    fn lookup(&mut self, name: &str, purpose: Purpose, context: Context<'_>, out: &mut Vec<Effect>) {
        let name: Box<str> = name.to_ascii_lowercase().into();
        if self.waiting.len() >= WAITING_MAX {
            return self.notice(BUSY.0, BUSY.1, &name, context, out);
        }
        if name.len() > 25 {
            return self.notice(refusals::NO_CHANNEL.0, refusals::NO_CHANNEL.1, &name, context, out);
        }
        let join = matches!(purpose, Purpose::Join);
        if self.stage == Stage::Ready {
            out.push(Effect::Find { name: name.clone(), join });
        }
        self.waiting.push((name, purpose));
    }

    fn take_waiting(&mut self, name: &str) -> Option<Purpose> {
        let at = self.waiting.iter().position(|(waits, _)| &**waits == name)?;
        Some(self.waiting.remove(at).1)
    }

    /// A channel was looked up.
    pub fn found(
        &mut self,
        name: &str,
        channel: Option<ChannelId>,
        context: Context<'_>,
        out: &mut Vec<Effect>,
    ) {
        let Some(purpose) = self.take_waiting(name) else {
            return;
        };
        let (Some(channel), Ok(login)) = (channel, name.parse::<Name>()) else {
            return self.notice(refusals::NO_CHANNEL.0, refusals::NO_CHANNEL.1, name, context, out);
        };
        match purpose {
            Purpose::Say(request, nonce) => {
                self.write_aside(channel, login.as_str());
                self.ask(channel, request, nonce, context, out);
            }
            Purpose::Join if self.rooms.iter().any(|(id, _)| *id == channel) => {}
            Purpose::Join => {
                self.rooms.push((channel, login.clone()));
                out.push(Effect::Join(RoomName { channel, login }));
            }
        }
    }

    /// It goes into too many rooms, or too fast: nothing comes of the JOIN that was the last to ask. What waits to be said to a room of
    /// that name waits on: an answer is on its way to it.
    pub fn too_many(&mut self, name: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        let joins =
            |(waits, purpose): &(Box<str>, Purpose)| **waits == *name && matches!(purpose, Purpose::Join);
        if let Some(at) = self.waiting.iter().rposition(joins) {
            self.waiting.remove(at);
        }
        self.notice(BUSY.0, BUSY.1, name, context, out);
    }

    /// It is not in the room any more.
    pub fn left(&mut self, channel: ChannelId) {
        self.rooms.retain(|(id, _)| *id != channel);
    }

    fn part(&mut self, name: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        let name = name.to_ascii_lowercase();
        // It leaves before it has come in: nothing comes of that join.
        self.waiting.retain(|(waits, purpose)| **waits != *name || !matches!(purpose, Purpose::Join));
        if let Some(at) = self.rooms.iter().position(|(_, login)| login.as_str() == name) {
            let (channel, _) = self.rooms.remove(at);
            out.push(Effect::Part(channel));
            say(out, |words| render::parted(self.nick(), &name, context.server, words));
        }
    }

    fn say(
        &mut self,
        channel: &str,
        request: Request,
        nonce: Option<Box<str>>,
        context: Context<'_>,
        out: &mut Vec<Effect>,
    ) {
        let mut known = self.rooms.iter().chain(self.aside.iter().filter(|(id, _)| *id != NOWHERE));
        let found = known.find(|(_, login)| login.as_str().eq_ignore_ascii_case(channel));
        match found.map(|(id, _)| *id) {
            Some(id) => self.ask(id, request, nonce, context, out),
            None => self.lookup(channel, Purpose::Say(request, nonce), context, out),
        }
    }

    /// It writes to a room without being in it: Chatterino does, on a connection that joins nothing.
    fn write_aside(&mut self, channel: ChannelId, name: &str) {
        let Ok(login) = name.parse::<Name>() else { return };
        self.aside.retain(|(id, _)| *id != channel);
        if self.aside.len() >= ASIDE_MAX {
            self.aside.remove(0);
        }
        self.aside.push((channel, login));
    }

    /// Anonymous readers' messages go nowhere, as on Twitch.
    fn ask(
        &self,
        channel: ChannelId,
        request: Request,
        nonce: Option<Box<str>>,
        context: Context<'_>,
        out: &mut Vec<Effect>,
    ) {
        if context.account.is_some() && self.stage == Stage::Ready {
            out.push(Effect::Ask { channel, request, nonce });
        }
    }

    /// Appends what came of a request: a USERSTATE for a message, NOTICEs for the rest.
    pub fn answer(
        &self,
        channel: ChannelId,
        result: &Result<Outcome, Refusal>,
        context: Context<'_>,
        words: &mut Vec<u8>,
    ) {
        let mut known = self.rooms.iter().chain(&self.aside);
        let room = known.find(|(id, _)| *id == channel).map(|(_, login)| login.as_str());
        let (caps, server) = (self.caps, context.server);
        match result {
            Ok(outcome) => {
                if let (Some(said), Some(account), Some(room)) = (&outcome.said, context.account, room) {
                    let state = UserState { account, badges: said.badges, said: Some(said) };
                    render::user_state(state, caps, server, room, words);
                }
                for told in &outcome.told {
                    render::notice(&told.id, &told.text, room, caps, server, words);
                }
            }
            Err(refusal) => render::notice(&refusal.id, &refusal.text, room, caps, server, words),
        }
    }

    /// Appends a whisper. One that comes before the welcome, or to a client that reads as nobody, is not for it.
    pub fn whispered(&self, whisper: &Whisper, context: Context<'_>, words: &mut Vec<u8>) {
        if self.stage == Stage::Ready && *self.nick == *whisper.to.login.as_str() {
            render::whisper(whisper, self.caps, context.server, words);
        }
    }

    fn notice(&self, id: &str, text: &str, channel: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        say(out, |words| render::notice(id, text, Some(channel), self.caps, context.server, words));
    }
}

/// Lines to send, unless there are none.
fn say(out: &mut Vec<Effect>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut words = Vec::new();
    write(&mut words);
    if !words.is_empty() {
        out.push(Effect::Say(words));
    }
}

#[cfg(test)]
mod tests;
