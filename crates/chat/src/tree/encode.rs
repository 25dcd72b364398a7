//! Events into frames: runs of one audience, each encoded once for every language that somebody reads, compressed once where
//! somebody reads it compressed.

use bytes::{BufMut, BytesMut};
use domain::ids::{ChannelId, UserId};
use domain::names::Name;
use serde::{Deserialize, Serialize};

use super::frame::{Body, Entry, Frame, Spoken, prefix_len, tail};
use super::language::{Language, Wants};
use super::redact::{Removal, Said};
use crate::event::{Audience, Became, Event, Fate, Happening, Line};
use crate::websocket::deflate::Deflater;
use crate::websocket::frame::{HEAD_MAX, Opcode, head_len, put_head};
use crate::wire::irc::render::{self, ServerName};
use crate::wire::native;

/// How an event is said in a language.
pub trait Speech: Send + Sync {
    /// Appends an event of the channel with this login: native one JSON array without comma, IRC lines with CR LF. Nothing where
    /// readers of the language are told nothing. `marks`: with the marks of watched authors that only moderators see.
    fn event(&self, language: Language, event: &Event, marks: bool, channel: &Name, out: &mut Vec<u8>);
}

/// The languages of [`crate::wire`].
#[derive(Clone, Debug, Default)]
pub struct Wire {
    /// The name in server lines.
    pub server: ServerName,
}

impl Speech for Wire {
    fn event(&self, language: Language, event: &Event, marks: bool, channel: &Name, out: &mut Vec<u8>) {
        match language {
            Language::Native => {
                let marks = if marks { native::Marks::Shown } else { native::Marks::Hidden };
                native::event(event, marks, out);
            }
            Language::Irc(caps) => render::event(event, caps, &self.server, channel.as_str(), out),
        }
    }
}

/// A room's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomName {
    /// Number.
    pub channel: ChannelId,
    /// The owner's login, as in `#login`.
    pub login: Name,
}

/// Most events of one frame: what a busy room has in a tick, and a bound on a slice's work.
const FRAME_EVENTS_MAX: usize = 4096;

/// Encodes. Holds scratch space: one for each place that encodes.
#[derive(Debug, Default)]
pub struct Encoder {
    deflater: Deflater,
    payload: Vec<u8>,
    packed: Vec<u8>,
}

impl Encoder {
    /// Frames of `events` (with whether the sampled view has each), which are of one epoch and in order.
    pub fn frames(
        &mut self,
        room: &RoomName,
        epoch: u64,
        events: &[(Event, bool)],
        wants: Wants,
        speech: &dyn Speech,
    ) -> Vec<Frame> {
        events
            .chunk_by(|(a, _), (b, _)| {
                a.audience == b.audience && a.seq + 1 == b.seq && is_shared(a.audience)
            })
            .flat_map(|run| run.chunks(FRAME_EVENTS_MAX))
            .map(|run| self.frame(room, epoch, run, wants, speech))
            .collect()
    }

    fn frame(
        &mut self,
        room: &RoomName,
        epoch: u64,
        run: &[(Event, bool)],
        wants: Wants,
        speech: &dyn Speech,
    ) -> Frame {
        let audience = run[0].0.audience;
        let has_marks = run.iter().any(|(event, _)| is_marked(event));
        let keeps_marks = audience == Audience::Moderators;
        let all = |marks, this: &mut Self| {
            wants.languages().map(|l| this.speak(l, room, epoch, run, wants, speech, marks)).collect()
        };
        let spoken = all(!has_marks || keeps_marks, self);
        let marked = (has_marks && !keeps_marks).then(|| all(true, self));
        Frame {
            channel: room.channel,
            epoch,
            first: run[0].0.seq,
            last: run[run.len() - 1].0.seq,
            audience,
            entries: run
                .iter()
                .map(|(event, sampled)| Entry { must_reach: event.must_reach(), sampled: *sampled })
                .collect(),
            left_out: run.iter().filter(|(_, sampled)| !sampled).count() as u32,
            spoken,
            marked,
            origins: pairs(run, |event, _| line(event)?.origin.map(|o| vec![o])),
            authors: pairs(run, |event, out| Some(vec![line(event).filter(|_| out)?.author.id])),
            said: placed(run, said),
            quotes: placed(run, quote),
            removals: placed(run, removal),
            roles: run.iter().filter_map(|(event, _)| role(event)).collect(),
            mentions: pairs(run, |event, out| Some(line(event).filter(|_| out)?.mentions.clone())),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one run, handed on")]
    fn speak(
        &mut self,
        language: Language,
        room: &RoomName,
        epoch: u64,
        run: &[(Event, bool)],
        wants: Wants,
        speech: &dyn Speech,
        marks: bool,
    ) -> Spoken {
        let mut ends = Vec::with_capacity(run.len());
        self.payload.clear();
        self.payload.extend_from_slice(&b"["[..prefix_len(language)]);
        for (event, _) in run {
            let before = self.payload.len();
            speech.event(language, event, marks, &room.login, &mut self.payload);
            if language == Language::Native && self.payload.len() > before {
                self.payload.push(b',');
            }
            ends.push(self.payload.len() as u32);
        }
        let says_nothing = self.payload.len() == prefix_len(language);
        let last = run[run.len() - 1].0.seq;
        let out = run.iter().filter(|(_, sampled)| !sampled).count();
        if says_nothing {
            return Spoken { language, full: Body::default(), ends: ends.into(), sampled: None };
        }
        tail(language, epoch, last, 0, &mut self.payload);
        let payload = std::mem::take(&mut self.payload);
        let sample = (out > 0 && (wants.has(language, false, false) || wants.has(language, true, false)))
            .then(|| sampled(language, epoch, run, &payload, &ends, out));
        // Where nothing is left out both kinds of readers read the same bytes.
        let deflate_full = wants.has(language, true, true) || (out == 0 && wants.has(language, true, false));
        let full = self.body(&payload, deflate_full);
        let sampled = sample.map(|sample| self.body(&sample, wants.has(language, true, false)));
        self.payload = payload;
        Spoken { language, full, ends: ends.into(), sampled }
    }

    fn body(&mut self, payload: &[u8], deflate: bool) -> Body {
        let mut body = Body::plain(payload);
        if !deflate {
            return body;
        }
        self.packed.clear();
        if self.deflater.deflate(payload, &mut self.packed).is_some() {
            let mut out = BytesMut::with_capacity(HEAD_MAX + self.packed.len());
            put_head(Opcode::Text, true, self.packed.len(), &mut out);
            out.put_slice(&self.packed);
            debug_assert_eq!(out.len(), head_len(self.packed.len()) + self.packed.len());
            body.deflate = Some(out.freeze());
        }
        body
    }
}

/// The payload of the sampled view.
fn sampled(
    language: Language,
    epoch: u64,
    run: &[(Event, bool)],
    payload: &[u8],
    ends: &[u32],
    out: usize,
) -> Vec<u8> {
    let mut sample = payload[..prefix_len(language)].to_vec();
    let mut start = prefix_len(language);
    for ((_, kept), end) in run.iter().zip(ends) {
        let end = *end as usize;
        if *kept {
            sample.extend_from_slice(&payload[start..end]);
        }
        start = end;
    }
    if language == Language::Native || !sample.is_empty() {
        tail(language, epoch, run[run.len() - 1].0.seq, out, &mut sample);
    }
    sample
}

/// Whether events for this audience share frames. A message that waits has one of its own: it may be left out alone.
fn is_shared(audience: Audience) -> bool {
    !matches!(audience, Audience::ModeratorsAnd(_))
}

/// Who is something else with an event, and what.
fn role(event: &Event) -> Option<(UserId, Became)> {
    match (&event.what, event.audience) {
        (Happening::YouChanged(became), Audience::User(user)) => Some((user, Became::clone(became))),
        _ => None,
    }
}

/// Whether moderators see a mark on it that others must not see.
fn is_marked(event: &Event) -> bool {
    match &event.what {
        Happening::Line(line) | Happening::Announcement { line, .. } | Happening::Notice { line, .. } => {
            line.suspicion.is_some()
        }
        _ => false,
    }
}

/// The facts of those events that have one, with their places.
fn placed<T>(run: &[(Event, bool)], fact: impl Fn(&Event) -> Option<T>) -> Box<[(T, u32)]> {
    run.iter().zip(0..).filter_map(|((event, _), at)| Some((fact(event)?, at))).collect()
}

/// Whose words an event holds.
fn said(event: &Event) -> Option<Said> {
    match &event.what {
        Happening::Line(line) | Happening::Announcement { line, .. } | Happening::Notice { line, .. } => {
            Some(Said { id: line.id, author: line.author.id })
        }
        Happening::Held(held) => Some(Said { id: held.line.id, author: held.line.author.id }),
        Happening::Pinned(Some(pinned)) => Some(Said { id: pinned.message, author: pinned.author.id }),
        _ => None,
    }
}

/// Whose words an event quotes.
fn quote(event: &Event) -> Option<Said> {
    let line = match &event.what {
        Happening::Held(held) => &held.line,
        _ => line(event)?,
    };
    line.parent.as_ref().map(|parent| Said { id: parent.id, author: parent.author })
}

/// What an event takes back.
fn removal(event: &Event) -> Option<Removal> {
    match &event.what {
        Happening::MessageDeleted { id, .. } => Some(Removal::Message(*id)),
        // Nobody has to decide over it any more. One that is allowed is a message from there on.
        Happening::HeldDecided { id, fate: Fate::Denied | Fate::Expired, .. } => Some(Removal::Message(*id)),
        Happening::UserCleared { user, .. } => Some(Removal::Author(*user)),
        Happening::RoomCleared => Some(Removal::Everything),
        _ => None,
    }
}

/// The line of an event that is one.
fn line(event: &Event) -> Option<&Line> {
    match &event.what {
        Happening::Line(line) => Some(line),
        _ => None,
    }
}

/// A sorted list of keys of events with their places. `keys` is told whether the sample leaves the event out.
fn pairs<K: Ord>(run: &[(Event, bool)], keys: impl Fn(&Event, bool) -> Option<Vec<K>>) -> Box<[(K, u32)]> {
    let mut pairs: Vec<(K, u32)> = run
        .iter()
        .enumerate()
        .flat_map(|(at, (event, sampled))| {
            keys(event, !sampled).unwrap_or_default().into_iter().map(move |key| (key, at as u32))
        })
        .collect();
    pairs.sort_unstable();
    pairs.into()
}
