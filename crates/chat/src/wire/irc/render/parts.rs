//! Tags, badges and prefixes: the pieces of which all lines are made.

use domain::ids::ChannelId;

use super::Caps;
use crate::event::Badges;
use crate::wire::irc::tags::escape;
use crate::wire::put;

/// Where a line is said and how it is to be written.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub caps: Caps,
    pub server: &'a str,
    pub channel: &'a str,
    pub room: ChannelId,
}

/// Writes `@a=b;c=d `, or nothing at all for a client without tags.
pub(super) struct TagWriter<'o> {
    pub out: &'o mut Vec<u8>,
    on: bool,
    first: bool,
}

impl<'o> TagWriter<'o> {
    pub fn new(caps: Caps, out: &'o mut Vec<u8>) -> Self {
        Self { out, on: caps.tags, first: true }
    }

    /// A tag whose value `write` appends, already escaped.
    pub fn with(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if self.on {
            self.out.push(if self.first { b'@' } else { b';' });
            self.first = false;
            self.out.extend_from_slice(key.as_bytes());
            self.out.push(b'=');
            write(self.out);
        }
    }
    pub fn text(&mut self, key: &str, value: &str) {
        self.with(key, |out| escape(out, value));
    }
    /// `msg-param-NAME`.
    pub fn param(&mut self, name: &str, value: &str) {
        if self.on {
            self.out.push(if self.first { b'@' } else { b';' });
            self.first = false;
            put_all(self.out, &["msg-param-"]);
            escape(self.out, name);
            self.out.push(b'=');
            escape(self.out, value);
        }
    }
    pub fn number(&mut self, key: &str, value: u64) {
        self.with(key, |out| put::decimal(out, value));
    }
    pub fn signed(&mut self, key: &str, value: i64) {
        self.with(key, |out| put::signed(out, value));
    }
    pub fn flag(&mut self, key: &str, value: bool) {
        self.with(key, |out| out.push(if value { b'1' } else { b'0' }));
    }
    pub fn colour(&mut self, rgb: u32) {
        self.with("color", |out| {
            out.push(b'#');
            put::colour(out, rgb, true);
        });
    }
    /// `badge-info` and `badges`, the two that every sender has.
    pub fn badges(&mut self, of: Badges) {
        self.with("badge-info", |out| badge_info(of, out));
        self.with("badges", |out| badges(of, out));
    }
    /// `badges` alone.
    pub fn badges_only(&mut self, of: Badges) {
        self.with("badges", |out| badges(of, out));
    }
    /// The space behind the tags, if there are any.
    pub fn end(self) {
        if !self.first {
            self.out.push(b' ');
        }
    }
}

/// Exact months: `subscriber/14`.
fn badge_info(of: Badges, out: &mut Vec<u8>) {
    if let Some((_, months)) = of.subscriber {
        out.extend_from_slice(b"subscriber/");
        put::decimal(out, u64::from(months));
    }
}

/// `set/version` in display order.
fn badges(of: Badges, out: &mut Vec<u8>) {
    let from = out.len();
    let all = [
        (of.broadcaster, "broadcaster/1"),
        (of.staff, "staff/1"),
        (of.moderator, "moderator/1"),
        (of.vip, "vip/1"),
        (of.subscriber.is_some(), SUBSCRIBER),
        (of.partner, "partner/1"),
        (of.bot, "bot-badge/1"),
    ];
    for (_, name) in all.iter().filter(|(has, _)| *has) {
        if out.len() > from {
            out.push(b',');
        }
        out.extend_from_slice(name.as_bytes());
        if let (&SUBSCRIBER, Some((tier, months))) = (name, of.subscriber) {
            put::decimal(out, subscriber_version(tier, months));
        }
    }
}

/// The one badge whose version says more than that it is there.
const SUBSCRIBER: &str = "subscriber/";

/// The picture of a subscriber's badge: the last step of months that was reached, 2,000 and 3,000 higher for tiers 2 and 3.
fn subscriber_version(tier: u8, months: u16) -> u64 {
    let step = match months {
        0 | 1 => 0,
        2 => 2,
        3..=5 => 3,
        6..=8 => 6,
        9..=11 => 9,
        _ => u64::from(months / 6 * 6),
    };
    step + if tier >= 2 { u64::from(tier) * 1_000 } else { 0 }
}

/// The kind of user that moderates, as old clients look for it.
pub(super) fn user_type(of: Badges) -> &'static str {
    if of.staff {
        "staff"
    } else if of.moderator {
        "mod"
    } else {
        ""
    }
}

/// Appends all of these.
pub(super) fn put_all(out: &mut Vec<u8>, pieces: &[&str]) {
    pieces.iter().for_each(|piece| out.extend_from_slice(piece.as_bytes()));
}

/// `:maya!maya@maya.tmi.twitch.tv `: clients do not take a shorter form.
pub(super) fn user_prefix(out: &mut Vec<u8>, login: &str, server: &str) {
    put_all(out, &[":", login, "!", login, "@", login, ".", server, " "]);
}

/// `:tmi.twitch.tv `.
pub(super) fn server_prefix(out: &mut Vec<u8>, server: &str) {
    put_all(out, &[":", server, " "]);
}

/// Text that somebody wrote: whatever would end the line becomes a space.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    let from = out.len();
    out.extend_from_slice(text.as_bytes());
    for byte in &mut out[from..] {
        if matches!(*byte, b'\r' | b'\n' | 0) {
            *byte = b' ';
        }
    }
}

pub(super) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n");
}
