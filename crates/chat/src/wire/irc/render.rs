//! What the server says, as bytes: every line of `reference/chat-protocol.md` 1.6 that this platform has a reason for.
//!
//! Every function appends whole lines, each ended by CR LF, and appends nothing where the client did not ask for that kind of
//! line (`twitch.tv/commands`, `twitch.tv/membership`) or where IRC has no word for it. Nobody's line is left out here because
//! it is the sender's own: the edge knows the connections. Texts that come from people lose CR, LF and NUL on the way, so that
//! nobody can write a line in the server's name.

mod parts;
mod caps;
mod message;
mod people;
mod rooms;
mod registration;

use std::sync::Arc;

use crate::event::{Event, Happening};
use parts::Place;

pub use caps::Caps;
pub use message::whisper;
pub use people::{Joined, UserState, global_user_state, joined, member, parted, user_state};
pub use registration::{
    LoginFault, cap_ack, cap_held, cap_list, cap_nak, end_of_names, end_of_who, login_fault, mode_is, ping,
    pong, reconnect, too_few, too_long, unknown_command, userhost, welcome,
};
pub use rooms::{notice, room_state};

/// The name in front of the server's lines. Clients match on `tmi.twitch.tv` (tmi.js never connects with another one).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerName(Arc<str>);

impl ServerName {
    /// A name made of letters, digits, dots and hyphens; `None` for another one.
    pub fn new(name: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
        (!name.is_empty() && name.len() <= 63 && name.bytes().all(plain)).then(|| Self(name.into()))
    }
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ServerName {
    fn default() -> Self {
        Self("tmi.twitch.tv".into())
    }
}

/// Appends what one event looks like to a client with `caps`: zero or more lines.
///
/// Two events need more than they carry and are written by the edge: a changed role is a [`user_state`] of that account, and who
/// came and went has nothing for the account itself (its own JOIN and PART are answers).
pub fn event(event: &Event, caps: Caps, server: &ServerName, channel_login: &str, out: &mut Vec<u8>) {
    let place = Place { caps, server: server.as_str(), channel: channel_login, room: event.channel };
    match &event.what {
        Happening::Line(line) => message::privmsg(line, place, out),
        Happening::Members { joined, parted } if caps.membership => {
            joined.iter().for_each(|login| member(login.as_str(), true, channel_login, server, out));
            parted.iter().for_each(|login| member(login.as_str(), false, channel_login, server, out));
        }
        what if caps.commands => command(what, event, place, out),
        _ => {}
    }
}

/// The events of which only clients with `twitch.tv/commands` hear.
fn command(what: &Happening, event: &Event, place: Place<'_>, out: &mut Vec<u8>) {
    match what {
        Happening::Announcement { line, colour } => {
            let colour: &str = colour;
            message::user_notice(line, "announcement", "", [("color", colour)], place, out);
        }
        Happening::Notice { kind, system, params, line } => {
            let params = params.iter().map(|(name, value)| (&**name, &**value));
            message::user_notice(line, kind, system, params, place, out);
        }
        Happening::MessageDeleted { id, login, text } => {
            rooms::clear_message(*id, login.as_str(), text, event.at, place, out);
        }
        Happening::UserCleared { user, login, seconds } => {
            rooms::clear_chat(Some((*user, login.as_str(), *seconds)), event.at, place, out);
        }
        Happening::RoomCleared => rooms::clear_chat(None, event.at, place, out),
        Happening::Modes { settings, before, notices } => {
            rooms::changed(settings, before, place, out);
            for (id, text) in notices {
                rooms::notice_in(id, text, place, out);
            }
        }
        Happening::Warned { reason: Some(reason) } => rooms::warned(reason, place, out),
        Happening::Told { id, text } => rooms::notice_in(id, text, place, out),
        // Said above, by the edge, or in words that IRC lacks.
        Happening::Line(_) | Happening::Members { .. } | Happening::YouChanged(_) => {}
        Happening::Pinned(_) | Happening::Held(_) | Happening::HeldDecided { .. } => {}
        Happening::Moderated(_) | Happening::Warned { reason: None } => {}
    }
}

#[cfg(test)]
mod tests;
