//! PRIVMSG, WHISPER and USERNOTICE: what people say.

use super::parts::{Place, TagWriter, end, put_all, put_text, server_prefix, user_prefix, user_type};
use super::{Caps, ServerName};
use crate::event::{EmoteSpan, Line, Parent, Whisper};
use crate::wire::put;

/// `:maya!maya@maya.tmi.twitch.tv PRIVMSG #chan :text`. The text of a reply begins with the name of whom it answers, as clients
/// expect (they cut it off again), and emote positions count it.
pub(super) fn privmsg(line: &Line, place: Place<'_>, out: &mut Vec<u8>) {
    let author = &*line.author;
    let addressee = addressee(line);
    let mut tags = TagWriter::new(place.caps, out);
    tags.badges(author.badges);
    if let Some(nonce) = &line.nonce {
        tags.text("client-nonce", nonce);
    }
    tags.colour(author.colour);
    tags.text("display-name", &author.display);
    if is_emotes_only(line) {
        tags.flag("emote-only", true);
    }
    tags.with("emotes", |out| emotes(&line.emotes, addressee, out));
    tags.flag("first-msg", line.first);
    tags.text("flags", "");
    tags.number("id", line.id.0);
    tags.flag("mod", author.badges.moderator);
    if let Some(parent) = &line.parent {
        reply(parent, &mut tags);
    }
    tags.flag("returning-chatter", false);
    tags.number("room-id", place.room.0);
    who(line, &mut tags);
    tags.end();
    user_prefix(out, author.login.as_str(), place.server);
    put_all(out, &["PRIVMSG #", place.channel, " :"]);
    if line.action {
        out.extend_from_slice(b"\x01ACTION ");
    }
    if let Some(name) = addressee {
        out.push(b'@');
        put_text(out, name);
        out.push(b' ');
    }
    put_text(out, &line.text);
    if line.action {
        out.push(1);
    }
    end(out);
}

/// `:maya!maya@maya.tmi.twitch.tv WHISPER bob :text`.
pub fn whisper(whisper: &Whisper, caps: Caps, server: &ServerName, out: &mut Vec<u8>) {
    if !caps.commands {
        return;
    }
    let (from, to) = (&*whisper.from, &whisper.to);
    let mut tags = TagWriter::new(caps, out);
    tags.badges_only(from.badges);
    tags.colour(from.colour);
    tags.text("display-name", &from.display);
    tags.with("emotes", |out| emotes(&whisper.emotes, None, out));
    tags.number("message-id", whisper.id.0);
    tags.with("thread-id", |out| {
        put::decimal(out, from.id.0.min(to.id.0));
        out.push(b'_');
        put::decimal(out, from.id.0.max(to.id.0));
    });
    tags.flag("turbo", false);
    tags.number("user-id", from.id.0);
    tags.text("user-type", user_type(from.badges));
    tags.end();
    user_prefix(out, from.login.as_str(), server.as_str());
    put_all(out, &["WHISPER ", to.login.as_str(), " :"]);
    put_text(out, &whisper.text);
    end(out);
}

/// The tags with which a sender's line ends.
fn who(line: &Line, tags: &mut TagWriter<'_>) {
    let badges = line.author.badges;
    tags.flag("subscriber", badges.subscriber.is_some());
    tags.signed("tmi-sent-ts", line.at.unix_ms());
    tags.flag("turbo", false);
    tags.number("user-id", line.author.id.0);
    tags.text("user-type", user_type(badges));
    if badges.vip {
        tags.flag("vip", true);
    }
}

/// The direct parent (all five tags or none, says twitch-irc) and the top of the thread, in four.
fn reply(parent: &Parent, tags: &mut TagWriter<'_>) {
    tags.text("reply-parent-display-name", &parent.display);
    tags.text("reply-parent-msg-body", &parent.text);
    tags.number("reply-parent-msg-id", parent.id.0);
    tags.number("reply-parent-user-id", parent.author.0);
    tags.text("reply-parent-user-login", parent.login.as_str());
    tags.text("reply-thread-parent-display-name", &parent.thread.display);
    tags.number("reply-thread-parent-msg-id", parent.thread.id.0);
    tags.number("reply-thread-parent-user-id", parent.thread.author.0);
    tags.text("reply-thread-parent-user-login", parent.thread.login.as_str());
}

/// The name to put before a reply's text, unless the sender wrote it already.
fn addressee(line: &Line) -> Option<&str> {
    let parent = line.parent.as_deref()?;
    let first = line.text.split(' ').next().and_then(|word| word.strip_prefix('@')).unwrap_or("");
    let named = |name: &str| {
        first.eq_ignore_ascii_case(name) || first.trim_end_matches(',').eq_ignore_ascii_case(name)
    };
    (!named(&parent.display) && !named(parent.login.as_str())).then_some(&*parent.display)
}

/// `id:start-end,start-end/id2:start-end`, inclusive, in code points, grouped by emote in the order of first use.
fn emotes(spans: &[EmoteSpan], addressee: Option<&str>, out: &mut Vec<u8>) {
    let shift = addressee.map_or(0, |name| name.chars().count() as u64 + 2);
    for (at, span) in spans.iter().enumerate() {
        if spans[..at].iter().any(|earlier| earlier.id == span.id) {
            continue;
        }
        if at > 0 {
            out.push(b'/');
        }
        put::decimal(out, span.id.0);
        let mut mark = b':';
        for same in spans[at..].iter().filter(|later| later.id == span.id) {
            out.push(mark);
            mark = b',';
            put::decimal(out, u64::from(same.start) + shift);
            out.push(b'-');
            put::decimal(out, u64::from(same.end) + shift);
        }
    }
}

/// Whether there is nothing but emotes and spaces. Codes have no spaces, so counting is enough.
fn is_emotes_only(line: &Line) -> bool {
    if line.emotes.is_empty() {
        return false;
    }
    let covered: usize =
        line.emotes.iter().map(|span| usize::from(span.end.saturating_sub(span.start)) + 1).sum();
    line.text.chars().filter(|&c| c != ' ').count() == covered
}

/// `:tmi.twitch.tv USERNOTICE #chan [:text]`: `kind` is the `msg-id`, `params` become `msg-param-…`.
pub(super) fn user_notice<'p>(
    line: &Line,
    kind: &str,
    system: &str,
    params: impl IntoIterator<Item = (&'p str, &'p str)>,
    place: Place<'_>,
    out: &mut Vec<u8>,
) {
    let author = &*line.author;
    let mut tags = TagWriter::new(place.caps, out);
    tags.badges(author.badges);
    tags.colour(author.colour);
    tags.text("display-name", &author.display);
    tags.with("emotes", |out| emotes(&line.emotes, None, out));
    tags.text("flags", "");
    tags.number("id", line.id.0);
    tags.text("login", author.login.as_str());
    tags.flag("mod", author.badges.moderator);
    tags.text("msg-id", kind);
    for (name, value) in params {
        tags.param(name, value);
    }
    tags.number("room-id", place.room.0);
    tags.flag("subscriber", author.badges.subscriber.is_some());
    tags.text("system-msg", system);
    tags.signed("tmi-sent-ts", line.at.unix_ms());
    tags.flag("turbo", false);
    tags.number("user-id", author.id.0);
    tags.text("user-type", user_type(author.badges));
    if author.badges.vip {
        tags.flag("vip", true);
    }
    tags.end();
    server_prefix(out, place.server);
    put_all(out, &["USERNOTICE #", place.channel]);
    if !line.text.is_empty() {
        out.extend_from_slice(b" :");
        put_text(out, &line.text);
    }
    end(out);
}
