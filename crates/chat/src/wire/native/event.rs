//! Every event of a room as the native protocol tells it.

use domain::rooms::{ModEntry, Person, Pinned, RoomSettings};
use domain::time::WallTime;

use super::line::{LineNote, Utf16, line};
use crate::event::{Event, Fate, Happening, Held, Line};
use crate::wire::put::{decimal, json_bool, json_id, json_string, signed};

/// Whether the reader is told which authors are watched. Only moderators may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// For viewers, and for the author of a restricted message, who must not learn of it.
    Hidden,
    /// For moderators.
    Shown,
}

/// Appends one event; says whether there was anything to append. Who came and went is no part of the protocol, and what
/// somebody became is a [`you`](super::you), which the edge writes because it knows the account.
pub fn event(event: &Event, marks: Marks, out: &mut Vec<u8>) -> bool {
    let note = LineNote { history: false, marks: marks == Marks::Shown };
    match &event.what {
        Happening::Line(said) => line(said, note, out),
        Happening::Announcement { line: said, colour } => announcement(said, colour, note, out),
        Happening::Notice { kind, system, params, line: said } => {
            told_by_platform(kind, system, params, out);
            line(said, note, out);
            out.push(b']');
        }
        Happening::MessageDeleted { id, login, .. } => {
            out.extend_from_slice(b"[\"d\",");
            json_id(out, id.0);
            out.push(b',');
            json_string(out, login.as_str());
            out.push(b']');
        }
        Happening::UserCleared { user, login, seconds } => {
            out.extend_from_slice(b"[\"c\",");
            json_id(out, user.0);
            out.push(b',');
            json_string(out, login.as_str());
            out.push(b',');
            number_or_null(seconds.map(u64::from), out);
            out.push(b']');
        }
        Happening::RoomCleared => out.extend_from_slice(b"[\"c\"]"),
        Happening::Modes { settings: now, notices, .. } => modes(now, notices, out),
        Happening::Pinned(pin) => {
            out.extend_from_slice(b"[\"p\",");
            pinned(pin.as_deref(), out);
            out.push(b']');
        }
        Happening::Held(waiting) => held(waiting, out),
        Happening::HeldDecided { id, fate, by } => {
            out.extend_from_slice(b"[\"hd\",");
            json_id(out, id.0);
            out.push(b',');
            json_string(out, fate_name(*fate));
            out.push(b',');
            string_or_null(by.as_ref().map(domain::names::Name::as_str), out);
            out.push(b']');
        }
        Happening::Moderated(entry) => log_entry(entry, out),
        Happening::Warned { reason } => {
            out.extend_from_slice(b"[\"w\",");
            string_or_null(reason.as_deref(), out);
            out.push(b']');
        }
        Happening::Told { id, text } => super::notice(id, text, out),
        Happening::Members { .. } | Happening::YouChanged(_) => return false,
    }
    true
}

/// Appends an announcement in its colour.
pub fn announcement(said: &Line, colour: &str, note: LineNote, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"a\",");
    json_string(out, colour);
    out.push(b',');
    line(said, note, out);
    out.push(b']');
}

fn told_by_platform(kind: &str, system: &str, params: &[(Box<str>, Box<str>)], out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"u\",");
    json_string(out, kind);
    out.push(b',');
    json_string(out, system);
    out.extend_from_slice(b",{");
    for (at, (name, value)) in params.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json_string(out, name);
        out.push(b':');
        json_string(out, value);
    }
    out.extend_from_slice(b"},");
}

fn modes(now: &RoomSettings, notices: &[(Box<str>, Box<str>)], out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"s\",");
    settings(now, out);
    out.extend_from_slice(b",[");
    for (at, (id, text)) in notices.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"[" } else { b",[" });
        json_string(out, id);
        out.push(b',');
        json_string(out, text);
        out.push(b']');
    }
    out.extend_from_slice(b"]]");
}

/// `["h",{category,level,spans},m]`, spans in UTF-16 code units.
fn held(waiting: &Held, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"h\",{\"category\":");
    json_string(out, &waiting.category);
    out.extend_from_slice(b",\"level\":");
    decimal(out, u64::from(waiting.level));
    out.extend_from_slice(b",\"spans\":[");
    let mut units = Utf16::new(&waiting.line.text);
    for (at, (start, end)) in waiting.spans.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"[" } else { b",[" });
        decimal(out, units.of(usize::from(*start)));
        out.push(b',');
        decimal(out, units.of(usize::from(*end) + 1));
        out.push(b']');
    }
    out.extend_from_slice(b"]},");
    line(&waiting.line, LineNote { history: false, marks: true }, out);
    out.push(b']');
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Allowed => "allowed",
        Fate::Denied => "denied",
        Fate::Expired => "expired",
    }
}

fn log_entry(entry: &ModEntry, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[\"l\",{\"id\":");
    json_id(out, entry.id.0);
    out.extend_from_slice(b",\"at\":");
    signed(out, entry.at.unix_ms());
    out.extend_from_slice(b",\"by\":");
    person(&entry.by, out);
    out.extend_from_slice(b",\"action\":");
    json_string(out, &entry.action);
    out.extend_from_slice(b",\"target\":");
    match &entry.target {
        Some(target) => person(target, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"detail\":");
    json_string(out, &entry.detail);
    out.extend_from_slice(b",\"seconds\":");
    number_or_null(entry.duration.map(|duration| duration.as_secs()), out);
    out.extend_from_slice(b"}]");
}

fn person(person: &Person, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    json_id(out, person.id.0);
    out.extend_from_slice(b",\"login\":");
    json_string(out, person.login.as_str());
    out.push(b'}');
}

/// The modes of a room.
pub(super) fn settings(of: &RoomSettings, out: &mut Vec<u8>) {
    let mut first = true;
    let mut key = |out: &mut Vec<u8>, key: &str| {
        out.extend_from_slice(if first { b"{\"" } else { b",\"" });
        first = false;
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\":");
    };
    key(out, "slow_s");
    decimal(out, u64::from(of.slow_s));
    key(out, "followers_min");
    number_or_null(of.followers_min.map(u64::from), out);
    for (name, on) in [
        ("subscribers_only", of.subscribers_only),
        ("emote_only", of.emote_only),
        ("unique", of.unique),
        ("block_links", of.block_links),
        ("verified_only", of.verified_only),
        ("history", of.history),
        ("log", of.log),
        ("shield_on", of.shield_on),
    ] {
        key(out, name);
        json_bool(out, on);
    }
    for (name, value) in [
        ("delay_s", u32::from(of.delay_s)),
        ("automod", u32::from(of.automod)),
        ("account_age_min", of.account_age_min),
    ] {
        key(out, name);
        decimal(out, u64::from(value));
    }
    out.push(b'}');
}

/// The pinned message, or null.
pub(super) fn pinned(pin: Option<&Pinned>, out: &mut Vec<u8>) {
    let Some(pin) = pin else {
        out.extend_from_slice(b"null");
        return;
    };
    out.extend_from_slice(b"{\"message\":");
    json_id(out, pin.message.0);
    out.extend_from_slice(b",\"author\":");
    person(&pin.author, out);
    out.extend_from_slice(b",\"text\":");
    json_string(out, &pin.text);
    out.extend_from_slice(b",\"by\":");
    person(&pin.by, out);
    out.extend_from_slice(b",\"until\":");
    moment_or_null(pin.until, out);
    out.push(b'}');
}

pub(super) fn moment_or_null(moment: Option<WallTime>, out: &mut Vec<u8>) {
    match moment {
        Some(moment) => signed(out, moment.unix_ms()),
        None => out.extend_from_slice(b"null"),
    }
}

pub(super) fn string_or_null(text: Option<&str>, out: &mut Vec<u8>) {
    match text {
        Some(text) => json_string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

pub(super) fn number_or_null(number: Option<u64>, out: &mut Vec<u8>) {
    match number {
        Some(number) => decimal(out, number),
        None => out.extend_from_slice(b"null"),
    }
}
