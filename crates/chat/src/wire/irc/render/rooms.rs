//! ROOMSTATE, CLEARCHAT, CLEARMSG, NOTICE: what a room says of itself and what was taken back.

use domain::ids::{ChannelId, MessageId, UserId};
use domain::rooms::RoomSettings;
use domain::time::WallTime;

use super::parts::{Place, TagWriter, end, put_all, put_text, server_prefix};
use super::{Caps, ServerName};

/// ROOMSTATE with every tag, as after a JOIN.
pub fn room_state(
    settings: &RoomSettings,
    room: ChannelId,
    caps: Caps,
    server: &ServerName,
    channel: &str,
    out: &mut Vec<u8>,
) {
    if !caps.commands {
        return;
    }
    let mut tags = TagWriter::new(caps, out);
    tags.flag("emote-only", settings.emote_only);
    tags.signed("followers-only", followers(settings));
    tags.flag("r9k", settings.unique);
    tags.number("room-id", room.0);
    tags.number("slow", u64::from(settings.slow_s));
    tags.flag("subs-only", settings.subscribers_only);
    tags.end();
    put_all(out, &[":", server.as_str(), " ROOMSTATE #", channel, "\r\n"]);
}

/// -1 off, 0 any follower, else minutes.
fn followers(settings: &RoomSettings) -> i64 {
    settings.followers_min.map_or(-1, i64::from)
}

/// One ROOMSTATE with `room-id` and one tag for each mode that changed: clients take the number of tags for the kind of line.
pub(super) fn changed(now: &RoomSettings, before: &RoomSettings, place: Place<'_>, out: &mut Vec<u8>) {
    let mut partial = |changed: bool, key: &str, value: i64, before_room: bool| {
        if !changed {
            return;
        }
        let mut tags = TagWriter::new(place.caps, out);
        if before_room {
            tags.signed(key, value);
        }
        tags.number("room-id", place.room.0);
        if !before_room {
            tags.signed(key, value);
        }
        tags.end();
        put_all(out, &[":", place.server, " ROOMSTATE #", place.channel, "\r\n"]);
    };
    partial(now.emote_only != before.emote_only, "emote-only", i64::from(now.emote_only), true);
    partial(followers(now) != followers(before), "followers-only", followers(now), true);
    partial(now.unique != before.unique, "r9k", i64::from(now.unique), true);
    partial(now.slow_s != before.slow_s, "slow", i64::from(now.slow_s), false);
    let subscribers = now.subscribers_only;
    partial(subscribers != before.subscribers_only, "subs-only", i64::from(subscribers), false);
}

/// CLEARCHAT: of one user (timeout in seconds, 0 where only messages were removed, absent for a ban), or of the room.
pub(super) fn clear_chat(
    whose: Option<(UserId, &str, Option<u32>)>,
    at: WallTime,
    place: Place<'_>,
    out: &mut Vec<u8>,
) {
    let mut tags = TagWriter::new(place.caps, out);
    if let Some((_, _, Some(seconds))) = whose {
        tags.number("ban-duration", u64::from(seconds));
    }
    tags.number("room-id", place.room.0);
    if let Some((user, _, _)) = whose {
        tags.number("target-user-id", user.0);
    }
    tags.signed("tmi-sent-ts", at.unix_ms());
    tags.end();
    put_all(out, &[":", place.server, " CLEARCHAT #", place.channel]);
    if let Some((_, login, _)) = whose {
        put_all(out, &[" :", login]);
    }
    end(out);
}

/// CLEARMSG: one message was deleted.
pub(super) fn clear_message(
    id: MessageId,
    login: &str,
    text: &str,
    at: WallTime,
    place: Place<'_>,
    out: &mut Vec<u8>,
) {
    let mut tags = TagWriter::new(place.caps, out);
    tags.text("login", login);
    tags.number("room-id", place.room.0);
    tags.number("target-msg-id", id.0);
    tags.signed("tmi-sent-ts", at.unix_ms());
    tags.end();
    put_all(out, &[":", place.server, " CLEARMSG #", place.channel, " :"]);
    put_text(out, text);
    end(out);
}

/// NOTICE in a room, or to `*` where there is none (an unknown channel has its name all the same).
pub fn notice(
    id: &str,
    text: &str,
    channel: Option<&str>,
    caps: Caps,
    server: &ServerName,
    out: &mut Vec<u8>,
) {
    if !caps.commands {
        return;
    }
    let mut tags = TagWriter::new(caps, out);
    tags.text("msg-id", id);
    tags.end();
    server_prefix(out, server.as_str());
    match channel {
        Some(channel) => put_all(out, &["NOTICE #", channel, " :"]),
        None => put_all(out, &["NOTICE * :"]),
    }
    put_text(out, text);
    end(out);
}

/// NOTICE in the place where an event happened.
pub(super) fn notice_in(id: &str, text: &str, place: Place<'_>, out: &mut Vec<u8>) {
    let mut tags = TagWriter::new(place.caps, out);
    tags.text("msg-id", id);
    tags.end();
    put_all(out, &[":", place.server, " NOTICE #", place.channel, " :"]);
    put_text(out, text);
    end(out);
}

/// A warning. Twitch has no line for it on IRC; the id says what it is.
pub(super) fn warned(reason: &str, place: Place<'_>, out: &mut Vec<u8>) {
    let mut tags = TagWriter::new(place.caps, out);
    tags.text("msg-id", "msg_warned");
    tags.end();
    put_all(out, &[":", place.server, " NOTICE #", place.channel]);
    put_all(
        out,
        &[" :You have been warned by a moderator and must acknowledge it before you can chat again: "],
    );
    put_text(out, reason);
    end(out);
}
