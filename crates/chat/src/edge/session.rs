//! What a client's messages mean in its language, and how answers are put in it. Pure: text in, effects out.

pub mod native;
pub mod irc;

use std::sync::Arc;

use domain::ids::ChannelId;

use super::upstream::Request;
use crate::command::{Account, Outcome, Refusal};
use crate::event::Whisper;
use crate::tree::encode::RoomName;
use crate::tree::language::Language;
use crate::wire::irc::render::ServerName;

/// What is to be done for a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this: a whole payload in the client's language.
    Say(Vec<u8>),
    /// Ask whose token this is.
    Authenticate(String),
    /// Ask which channel has this name; `join` if the client wants in.
    Find {
        /// The name, lower case.
        name: Box<str>,
        /// To go in.
        join: bool,
    },
    /// Go into a room.
    Join(RoomName),
    /// Leave it.
    Part(ChannelId),
    /// Ask something of a room.
    Ask {
        /// Which.
        channel: ChannelId,
        /// What.
        request: Request,
        /// Comes back with the answer.
        nonce: Option<Box<str>>,
    },
    /// Every message from now on, or the sampled view.
    View(bool),
    /// Close with a code (WebSocket) and a reason.
    Close(u16, &'static str),
}

/// What a session must know to understand and to answer.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The account, if signed in.
    pub account: Option<&'a Arc<Account>>,
    /// The name in server lines.
    pub server: &'a ServerName,
    /// The text of the welcome.
    pub motd: &'a str,
}

/// A client's session.
#[derive(Debug)]
pub enum Session {
    /// Native JSON.
    Native(native::NativeSession),
    /// Twitch IRC.
    Irc(Box<irc::IrcSession>),
}

impl Session {
    /// How the client is spoken to from now on.
    pub fn language(&self) -> Language {
        match self {
            Self::Native(_) => Language::Native,
            Self::Irc(irc) => Language::Irc(irc.caps()),
        }
    }

    /// A text frame, or one line over TCP.
    pub fn text(&mut self, text: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        match self {
            Self::Native(native) => native.message(text, context, out),
            Self::Irc(irc) => lines(text).for_each(|line| irc.line(line, context, out)),
        }
    }

    /// How many messages a text frame is to whoever counts them: clients of IRC put several lines into one.
    pub fn messages_in(&self, text: &str) -> u16 {
        match self {
            Self::Native(_) => 1,
            Self::Irc(_) => u16::try_from(lines(text).count()).unwrap_or(u16::MAX).max(1),
        }
    }

    /// The name that IRC clients go by; the login else.
    pub fn nick(&self, account: Option<&Account>) -> Box<str> {
        match (self, account) {
            (_, Some(account)) => account.login.as_str().into(),
            (Self::Irc(irc), None) => irc.nick().into(),
            (Self::Native(_), None) => Box::default(),
        }
    }

    /// The answer to [`Effect::Find`].
    pub fn found(
        &mut self,
        name: &str,
        channel: Option<ChannelId>,
        context: Context<'_>,
        out: &mut Vec<Effect>,
    ) {
        if let Self::Irc(irc) = self {
            irc.found(name, channel, context, out);
        }
    }

    /// The client may not go in, because it goes into too many rooms.
    pub fn too_many(&mut self, name: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        if let Self::Irc(irc) = self {
            irc.too_many(name, context, out);
        }
    }

    /// It is not in the room any more, or never got in.
    pub fn left(&mut self, channel: ChannelId) {
        if let Self::Irc(irc) = self {
            irc.left(channel);
        }
    }

    /// The answer to [`Effect::Authenticate`]; the context has the account already.
    pub fn authenticated(&mut self, context: Context<'_>, out: &mut Vec<Effect>) {
        match self {
            Self::Native(native) => native.authenticated(context, out),
            Self::Irc(irc) => irc.authenticated(context, out),
        }
    }

    /// The answer to [`Effect::Ask`].
    pub fn answer(
        &mut self,
        channel: ChannelId,
        nonce: Option<&str>,
        result: &Result<Outcome, Refusal>,
        context: Context<'_>,
        out: &mut Vec<Effect>,
    ) {
        let mut words = Vec::new();
        match self {
            Self::Native(_) => native::answer(nonce, result, &mut words),
            Self::Irc(irc) => irc.answer(channel, result, context, &mut words),
        }
        if !words.is_empty() {
            out.push(Effect::Say(words));
        }
    }

    /// Somebody says something to this client alone.
    pub fn whispered(&self, whisper: &Whisper, context: Context<'_>, out: &mut Vec<Effect>) {
        let mut words = Vec::new();
        match self {
            Self::Native(_) => native::whispered(whisper, &mut words),
            Self::Irc(irc) => irc.whispered(whisper, context, &mut words),
        }
        if !words.is_empty() {
            out.push(Effect::Say(words));
        }
    }

    /// The server's own ping where it is a line (IRC); `None` where it is a WebSocket frame.
    pub fn ping(&self, context: Context<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Native(_) => None,
            Self::Irc(_) => {
                let mut out = Vec::new();
                crate::wire::irc::render::ping(context.server, &mut out);
                Some(out)
            }
        }
    }

    /// Come again, after a while and somewhere else perhaps.
    pub fn reconnect(&self, after_ms: u64, target: Option<&str>, context: Context<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Native(_) => {
                out.push(b'[');
                crate::wire::native::bye(after_ms, target, &mut out);
                out.push(b']');
            }
            Self::Irc(_) => crate::wire::irc::render::reconnect(context.server, &mut out),
        }
        out
    }

    /// The client missed so many messages; IRC has no word for it.
    pub fn gap(language: Language, missed: u64) -> Option<Vec<u8>> {
        if language != Language::Native || missed == 0 {
            return None;
        }
        let mut out = vec![b'['];
        crate::wire::native::gap(missed, &mut out);
        out.push(b']');
        Some(out)
    }
}

/// The lines of a frame that say something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\r', '\n']).filter(|line| !line.trim().is_empty())
}
