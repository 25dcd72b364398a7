//! What an account is in a room, and who comes and goes.

use domain::ids::ChannelId;
use domain::rooms::RoomSettings;

use super::parts::{TagWriter, end, put_all, user_prefix, user_type};
use super::registration::end_of_names;
use super::rooms::room_state;
use super::{Caps, ServerName};
use crate::command::{Account, Said};
use crate::event::Badges;
use crate::wire::irc::limits::NAMES_PER_LINE;

/// The emote sets that an account may use: everybody has the site's own, and channels' emotes are found by the room.
const EMOTE_SETS: &str = "0";

/// An account in a room.
#[derive(Clone, Copy, Debug)]
pub struct UserState<'a> {
    /// Who.
    pub account: &'a Account,
    /// Badges in this room.
    pub badges: Badges,
    /// The message that was just accepted: its number and nonce are echoed.
    pub said: Option<&'a Said>,
}

/// USERSTATE: at a join, after each accepted message of this connection, and when a role changed.
pub fn user_state(state: UserState<'_>, caps: Caps, server: &ServerName, channel: &str, out: &mut Vec<u8>) {
    if !caps.commands {
        return;
    }
    let badges = state.badges;
    let mut tags = TagWriter::new(caps, out);
    tags.badges(badges);
    if let Some(nonce) = state.said.and_then(|said| said.nonce.as_deref()) {
        tags.text("client-nonce", nonce);
    }
    tags.colour(state.account.colour);
    tags.text("display-name", &state.account.display);
    tags.text("emote-sets", EMOTE_SETS);
    if let Some(said) = state.said {
        tags.number("id", said.id.0);
    }
    tags.flag("mod", badges.moderator);
    tags.flag("subscriber", badges.subscriber.is_some());
    tags.flag("turbo", false);
    tags.text("user-type", user_type(badges));
    if badges.vip {
        tags.flag("vip", true);
    }
    tags.end();
    put_all(out, &[":", server.as_str(), " USERSTATE #", channel, "\r\n"]);
}

/// GLOBALUSERSTATE: after the welcome of somebody with an account.
pub fn global_user_state(account: &Account, caps: Caps, server: &ServerName, out: &mut Vec<u8>) {
    if !caps.commands {
        return;
    }
    let badges =
        Badges { staff: account.admin, partner: account.partner, bot: account.bot, ..Badges::default() };
    let mut tags = TagWriter::new(caps, out);
    tags.badges(badges);
    tags.colour(account.colour);
    tags.text("display-name", &account.display);
    tags.text("emote-sets", EMOTE_SETS);
    tags.flag("turbo", false);
    tags.number("user-id", account.id.0);
    tags.text("user-type", user_type(badges));
    tags.end();
    put_all(out, &[":", server.as_str(), " GLOBALUSERSTATE\r\n"]);
}

/// A room that somebody joined.
#[derive(Clone, Copy, Debug)]
pub struct Joined<'a> {
    /// Login of whoever joined.
    pub nick: &'a str,
    /// Login of the channel.
    pub channel: &'a str,
    /// Number of the channel.
    pub id: ChannelId,
    /// Its modes.
    pub settings: &'a RoomSettings,
    /// The account and its badges here; `None` for anonymous readers.
    pub you: Option<(&'a Account, Badges)>,
}

/// The answer to a JOIN, in the one order that all clients take: own JOIN (always, in full form), 353 and 366, USERSTATE (not
/// for anonymous readers), ROOMSTATE. `names` are others in the room, for clients with membership.
pub fn joined<'n>(
    room: Joined<'_>,
    names: impl IntoIterator<Item = &'n str>,
    caps: Caps,
    server: &ServerName,
    out: &mut Vec<u8>,
) {
    member(room.nick, true, room.channel, server, out);
    let names_begin = |out: &mut Vec<u8>| {
        put_all(out, &[":", room.nick, ".", server.as_str(), " 353 ", room.nick, " = #", room.channel, " :"]);
    };
    names_begin(out);
    out.extend_from_slice(room.nick.as_bytes());
    let others = names.into_iter().filter(|&name| caps.membership && name != room.nick);
    for (count, name) in (1..).zip(others) {
        if count % NAMES_PER_LINE == 0 {
            end(out);
            names_begin(out);
        } else {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
    }
    end(out);
    end_of_names(room.nick, room.channel, server, out);
    if let Some((account, badges)) = room.you {
        user_state(UserState { account, badges, said: None }, caps, server, room.channel, out);
    }
    room_state(room.settings, room.id, caps, server, room.channel, out);
}

/// The answer to a PART.
pub fn parted(nick: &str, channel: &str, server: &ServerName, out: &mut Vec<u8>) {
    member(nick, false, channel, server, out);
}

/// Somebody comes (`joined`) or goes.
pub fn member(login: &str, joined: bool, channel: &str, server: &ServerName, out: &mut Vec<u8>) {
    user_prefix(out, login, server.as_str());
    put_all(out, &[if joined { "JOIN #" } else { "PART #" }, channel]);
    end(out);
}
