//! Events and speech for tests of the tree and of the edge.

use std::sync::Arc;

use domain::ids::{ChannelId, MessageId, UserId};
use domain::time::WallTime;

use super::encode::{RoomName, Speech};
use super::language::Language;
use crate::command::Account;
use crate::event::{Audience, Author, Badges, Event, Happening, Line};
use domain::names::Name;

/// Says events so that tests can read them: `#7 text`, lines ended in IRC, strings in native.
pub struct Plainly;

impl Speech for Plainly {
    fn event(&self, language: Language, event: &Event, marks: bool, _: &Name, out: &mut Vec<u8>) {
        let text = match &event.what {
            Happening::Line(line) => {
                let mark = if marks && line.suspicion.is_some() { "!" } else { "" };
                format!("{mark}{} {}", event.seq, line.text)
            }
            _ => format!("{} must", event.seq),
        };
        out.extend_from_slice(
            match language {
                Language::Native => format!("[\"{text}\"]").into_bytes(),
                Language::Irc(_) => format!("{text}\r\n").into_bytes(),
            }
            .as_slice(),
        );
    }
}

/// The room that all test events are of.
pub fn room() -> RoomName {
    RoomName { channel: ChannelId(7), login: "maya".parse().expect("a name") }
}

/// The account with this login, of whom [`line()`] has lines.
pub fn account(login: &str) -> Account {
    Account {
        id: UserId(login.bytes().map(u64::from).sum()),
        login: login.parse().expect("a name"),
        display: login.into(),
        admin: false,
        partner: false,
        bot: false,
        verified: true,
        created_at: WallTime::from_unix_ms(0),
        colour: 0,
    }
}

/// A line of a viewer.
pub fn line(seq: u64, login: &str) -> Event {
    let author = Author {
        id: UserId(login.bytes().map(u64::from).sum()),
        login: login.parse().expect("a name"),
        display: login.into(),
        colour: 0,
        badges: Badges::default(),
    };
    let line = Line {
        id: MessageId(seq),
        author: Arc::new(author),
        text: "hello".into(),
        action: false,
        emotes: Vec::new(),
        parent: None,
        nonce: None,
        at: WallTime::from_unix_ms(0),
        first: false,
        suspicion: None,
        origin: None,
        mentions: Vec::new(),
    };
    event(seq, Audience::Everyone, Happening::Line(line))
}

/// The room was cleared.
pub fn cleared(seq: u64) -> Event {
    event(seq, Audience::Everyone, Happening::RoomCleared)
}

/// Anything.
pub fn event(seq: u64, audience: Audience, what: Happening) -> Event {
    Event { seq, channel: room().channel, audience, what, at: WallTime::from_unix_ms(0) }
}
