//! Every server line byte for byte, and as the `twitch-irc` crate understands it.

mod events;
mod answers;

use std::sync::Arc;

use domain::ids::{ChannelId, EmoteId, MessageId, UserId};
use domain::time::WallTime;
use twitch_irc::message::{IRCMessage, ServerMessage};

use super::*;
use crate::event::ThreadTop;
use crate::event::{Audience, Author, Badges, EmoteSpan, Line, Parent};

const ALL: Caps = Caps { tags: true, commands: true, membership: true };
const PLAIN: Caps = Caps { tags: false, commands: false, membership: false };

fn badges() -> Badges {
    Badges { moderator: true, subscriber: Some((1, 14)), ..Badges::default() }
}

fn author() -> Author {
    Author {
        id: UserId(77),
        login: "kees".parse().expect("a name"),
        display: "Kees".into(),
        colour: 0x1E90FF,
        badges: badges(),
    }
}

fn line(text: &str) -> Line {
    Line {
        id: MessageId(901),
        author: Arc::new(author()),
        text: text.into(),
        action: false,
        emotes: Vec::new(),
        parent: None,
        nonce: None,
        at: WallTime::from_unix_ms(1_790_000_000_123),
        first: false,
        suspicion: None,
        origin: None,
        mentions: Vec::new(),
    }
}

fn parent() -> Box<Parent> {
    Box::new(Parent {
        id: MessageId(900),
        author: UserId(78),
        login: "ada".parse().expect("a name"),
        display: "Ada".into(),
        text: "is it; live?".into(),
        thread: ThreadTop {
            id: MessageId(899),
            author: UserId(79),
            login: "eva".parse().expect("a name"),
            display: "Eva".into(),
        },
    })
}

fn span(id: u64, start: u16, end: u16) -> EmoteSpan {
    EmoteSpan { id: EmoteId(id), start, end }
}

fn happened(what: Happening) -> Event {
    Event {
        seq: 1,
        channel: ChannelId(12),
        audience: Audience::Everyone,
        what,
        at: WallTime::from_unix_ms(1_790_000_000_500),
    }
}

/// What a client with `caps` is sent for an event.
fn sent(what: Happening, caps: Caps) -> String {
    written(|out| event(&happened(what), caps, &ServerName::default(), "maya", out))
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("text")
}

/// A client's understanding of each line; fails if it only knows a line as generic.
fn typed(text: &str) -> Vec<ServerMessage> {
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.last(), Some(&""), "every line ends in CR LF: {text:?}");
    let understood = lines[..lines.len() - 1].iter().map(|line| {
        let message = IRCMessage::parse(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let message = ServerMessage::try_from(message).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(!matches!(message, ServerMessage::Generic(_)), "not understood: {line}");
        message
    });
    understood.collect()
}

/// The one line that an event is, and what a client understands by it.
fn one(what: Happening, expected: &str) -> ServerMessage {
    let text = sent(what, ALL);
    assert_eq!(text, format!("{expected}\r\n"));
    let mut messages = typed(&text);
    assert_eq!(messages.len(), 1);
    messages.remove(0)
}
