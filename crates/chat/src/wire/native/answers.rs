//! What is said to one connection: who it is, where it begins, what came of what it asked.

use domain::ids::{ChannelId, MessageId};
use domain::names::Name;
use domain::rooms::{Pinned, RoomSettings};

use super::event::{moment_or_null, number_or_null, pinned, settings, string_or_null};
use super::line::{badges, emotes};
use crate::command::{Account, Refusal};
use crate::event::{Badges, OwnBan, Whisper};
use crate::wire::put::{colour, decimal, json_bool, json_id, json_string, signed};

/// An account as its owner is told of it.
#[derive(Clone, Copy, Debug)]
pub struct You<'a> {
    /// Who.
    pub account: &'a Account,
    /// Badges in this room.
    pub badges: Badges,
    /// A warning that waits to be acknowledged.
    pub warning: Option<&'a str>,
    /// What keeps them from writing.
    pub ban: Option<&'a OwnBan>,
}

/// What a reader is told first.
#[derive(Clone, Copy, Debug)]
pub struct Hi<'a> {
    /// The channel's number, login and name as written.
    pub channel: (ChannelId, &'a Name, &'a str),
    /// The room's life.
    pub epoch: u64,
    /// The last event before what follows.
    pub seq: u64,
    /// Modes.
    pub settings: &'a RoomSettings,
    /// Pinned message.
    pub pinned: Option<&'a Pinned>,
    /// Who the reader is; `None` without an account.
    pub you: Option<You<'a>>,
    /// The events after the reader's own last one follow, not the history.
    pub resumed: bool,
    /// Messages a second of the sampled view.
    pub budget: u32,
    /// Seconds of silence after which the server pings.
    pub ping_s: u32,
}

/// `["hi",{…}]`.
pub fn hi(hi: &Hi<'_>, out: &mut Vec<u8>) {
    let (id, login, display) = hi.channel;
    out.extend_from_slice(b"[\"hi\",{\"channel\":{\"id\":");
    json_id(out, id.0);
    out.extend_from_slice(b",\"name\":");
    json_string(out, login.as_str());
    out.extend_from_slice(b",\"display\":");
    json_string(out, display);
    out.extend_from_slice(b"},\"epoch\":");
    json_id(out, hi.epoch);
    out.extend_from_slice(b",\"seq\":");
    decimal(out, hi.seq);
    out.extend_from_slice(b",\"settings\":");
    settings(hi.settings, out);
    out.extend_from_slice(b",\"pinned\":");
    pinned(hi.pinned, out);
    out.extend_from_slice(b",\"you\":");
    match &hi.you {
        Some(who) => you_object(who, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"resumed\":");
    json_bool(out, hi.resumed);
    out.extend_from_slice(b",\"budget\":");
    decimal(out, u64::from(hi.budget));
    out.extend_from_slice(b",\"ping_s\":");
    decimal(out, u64::from(hi.ping_s));
    out.extend_from_slice(b"}]");
}

/// `["you",{…}]`, also whenever it changes.
pub fn you(you: &You<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"you\",");
    you_object(you, out);
    out.push(b']');
}

fn you_object(you: &You<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    json_id(out, you.account.id.0);
    out.extend_from_slice(b",\"login\":");
    json_string(out, you.account.login.as_str());
    out.extend_from_slice(b",\"display\":");
    json_string(out, &you.account.display);
    out.extend_from_slice(b",\"colour\":\"#");
    colour(out, you.account.colour, false);
    out.extend_from_slice(b"\",\"badges\":\"");
    badges(you.badges, out);
    out.extend_from_slice(b"\",\"moderates\":");
    json_bool(out, you.badges.moderates());
    out.extend_from_slice(b",\"warning\":");
    string_or_null(you.warning, out);
    out.extend_from_slice(b",\"timeout_ms\":");
    number_or_null(you.ban.map(|ban| ban.left_ms), out);
    out.extend_from_slice(b",\"ban\":");
    match you.ban {
        Some(ban) => own_ban(ban, out),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
}

fn own_ban(ban: &OwnBan, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"reason\":");
    json_string(out, &ban.reason);
    out.extend_from_slice(b",\"at\":");
    signed(out, ban.at.unix_ms());
    out.extend_from_slice(b",\"until\":");
    moment_or_null(ban.until, out);
    out.push(b'}');
}

/// `["ok",nonce,id]`: done; `said` is the message, if there was one.
pub fn ok(nonce: Option<&str>, said: Option<MessageId>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"ok\",");
    string_or_null(nonce, out);
    out.push(b',');
    match said {
        Some(id) => json_id(out, id.0),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b']');
}

/// `["no",nonce,id,text,retry_ms]`.
pub fn no(nonce: Option<&str>, refusal: &Refusal, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"no\",");
    string_or_null(nonce, out);
    out.push(b',');
    json_string(out, &refusal.id);
    out.push(b',');
    json_string(out, &refusal.text);
    out.push(b',');
    number_or_null(refusal.retry_after_ms.map(u64::from), out);
    out.push(b']');
}

/// `["n",id,text]`: a sentence for this reader.
pub fn notice(id: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"n\",");
    json_string(out, id);
    out.push(b',');
    json_string(out, text);
    out.push(b']');
}

/// `["whisper",{…}]`: somebody says something to this reader alone.
pub fn whisper(whisper: &Whisper, out: &mut Vec<u8>) {
    let from = &*whisper.from;
    out.extend_from_slice(b"[\"whisper\",{\"id\":");
    json_id(out, whisper.id.0);
    out.extend_from_slice(b",\"at\":");
    signed(out, whisper.at.unix_ms());
    out.extend_from_slice(b",\"from\":{\"id\":");
    json_id(out, from.id.0);
    out.extend_from_slice(b",\"login\":");
    json_string(out, from.login.as_str());
    out.extend_from_slice(b",\"display\":");
    json_string(out, &from.display);
    out.extend_from_slice(b",\"colour\":\"#");
    colour(out, from.colour, false);
    out.extend_from_slice(b"\"},\"to\":{\"id\":");
    json_id(out, whisper.to.id.0);
    out.extend_from_slice(b",\"login\":");
    json_string(out, whisper.to.login.as_str());
    out.extend_from_slice(b",\"display\":");
    json_string(out, &whisper.to.display);
    out.extend_from_slice(b"},\"text\":");
    json_string(out, &whisper.text);
    out.extend_from_slice(b",\"e\":");
    emotes(&whisper.text, &whisper.emotes, out);
    out.extend_from_slice(b"}]");
}

/// `["pong",nonce]`.
pub fn pong(nonce: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"pong\",");
    string_or_null(nonce, out);
    out.push(b']');
}

/// `["bye",{after_ms,target}]`: connect anew, to `target` or to the same address.
pub fn bye(after_ms: u64, target: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"bye\",{\"after_ms\":");
    decimal(out, after_ms);
    out.extend_from_slice(b",\"target\":");
    string_or_null(target, out);
    out.extend_from_slice(b"}]");
}

/// `["g",n]`: the reader was too slow for `n` messages.
pub fn gap(messages: u64, out: &mut Vec<u8>) {
    counted(b"[\"g\",", messages, out);
}

/// `["v",n]`: the sampled view left `n` messages out.
pub fn left_out(messages: u64, out: &mut Vec<u8>) {
    counted(b"[\"v\",", messages, out);
}

fn counted(begin: &[u8], n: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(begin);
    decimal(out, n);
    out.push(b']');
}

/// `["at",epoch,seq]`: the last element of every frame.
pub fn at(epoch: u64, seq: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"at\",");
    json_id(out, epoch);
    out.push(b',');
    decimal(out, seq);
    out.push(b']');
}
