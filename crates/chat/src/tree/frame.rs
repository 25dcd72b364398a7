//! A run of a room's events, ready to be written: for each language the bytes with the WebSocket header in front, compressed or not,
//! and where in them each event ends. Everybody gets the same bytes; who must get less (the sender its own line, a joiner what
//! it has seen) or more (a mention that the sample left out) gets a slice, which is rare.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use domain::ids::{ChannelId, UserId};
use domain::names::Name;

use super::language::Language;
use super::redact::{Removal, Said};
use crate::command::Account;
use crate::event::{Audience, Became, ConnectionId};
use crate::websocket::frame::{Opcode, head_len, put_head};
use crate::wire::native;

/// Consecutive events of one audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where.
    pub channel: ChannelId,
    /// Life of the room that the numbers belong to.
    pub epoch: u64,
    /// Number of the first event.
    pub first: u64,
    /// Number of the last event.
    pub last: u64,
    /// Who sees it.
    pub audience: Audience,
    /// Each event's facts, in order.
    pub entries: Box<[Entry]>,
    /// Events that the sampled view leaves out.
    pub left_out: u32,
    /// Bytes by language, for all who see it.
    pub spoken: Vec<Spoken>,
    /// What moderators get instead, where lines are marked for them.
    pub marked: Option<Vec<Spoken>>,
    /// Connections that wrote lines, sorted, with the event's place.
    pub origins: Box<[(ConnectionId, u32)]>,
    /// Authors of events that the sample leaves out, sorted.
    pub authors: Box<[(UserId, u32)]>,
    /// Logins that such events mention, sorted.
    pub mentions: Box<[(Name, u32)]>,
    /// Messages whose words events hold, with the event's place.
    pub said: Box<[(Said, u32)]>,
    /// Messages that events quote, with the event's place.
    pub quotes: Box<[(Said, u32)]>,
    /// What events take back of what was said before them, with the event's place.
    pub removals: Box<[(Removal, u32)]>,
    /// Accounts that are something else from here on.
    pub roles: Box<[(UserId, Became)]>,
}

/// What is known of an event without reading its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A slow reader may not skip it.
    pub must_reach: bool,
    /// The sampled view has it.
    pub sampled: bool,
}

/// A frame in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Which.
    pub language: Language,
    /// All events. The payload begins with a prefix of [`prefix_len`] bytes and ends with a tail.
    pub full: Body,
    /// Where each event ends in the payload of `full`, its separator included; the tail begins at the last one.
    pub ends: Box<[u32]>,
    /// The sampled view, where it differs.
    pub sampled: Option<Body>,
}

/// Bytes for the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Header and payload; empty if there is nothing to write.
    pub plain: Bytes,
    /// Bytes of the header: TCP leaves them out.
    pub head: u8,
    /// Header and compressed payload, if somebody wants it and it is shorter.
    pub deflate: Option<Bytes>,
}

impl Body {
    /// Frames a payload. An empty one stays empty.
    pub fn plain(payload: &[u8]) -> Self {
        if payload.is_empty() {
            return Self::default();
        }
        let head = head_len(payload.len());
        let mut out = BytesMut::with_capacity(head + payload.len());
        put_head(Opcode::Text, false, payload.len(), &mut out);
        out.put_slice(payload);
        Self { plain: out.freeze(), head: head as u8, deflate: None }
    }
    /// The payload without header.
    pub fn payload(&self) -> &[u8] {
        &self.plain[usize::from(self.head)..]
    }
}

/// Bytes in front of the first event of a payload: native's bracket.
pub fn prefix_len(language: Language) -> usize {
    usize::from(language == Language::Native)
}

/// Appends what ends a native payload: how many events the sample left out, and where the reader is now.
pub fn tail(language: Language, epoch: u64, seq: u64, left_out: usize, out: &mut Vec<u8>) {
    if language != Language::Native {
        return;
    }
    if left_out > 0 {
        native::left_out(left_out as u64, out);
        out.push(b',');
    }
    native::at(epoch, seq, out);
    out.push(b']');
}

/// Who reads: what decides over the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The connection.
    pub connection: ConnectionId,
    /// How it is spoken to.
    pub language: Language,
    /// Compression was agreed.
    pub deflate: bool,
    /// Bytes go out with WebSocket headers; not over plain TCP.
    pub framed: bool,
    /// Reads every message, not the sampled view.
    pub full: bool,
    /// Moderates the room.
    pub moderates: bool,
    /// Got the message of an [`Audience::EverybodyElse`] when it was for moderators and its author alone.
    pub had: bool,
    /// The account, if signed in.
    pub account: Option<&'a Account>,
}

/// What a viewer is to be written of a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Share {
    /// Nothing of it is for this viewer.
    Nothing,
    /// These bytes; shared with everybody unless the viewer is special.
    Bytes(Bytes),
    /// The frame was made before anybody read this language: the viewer misses it.
    Unspoken,
}

impl Frame {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// Never: a frame has at least one event.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// Whether a slow reader may not skip all of it.
    pub fn has_must(&self) -> bool {
        self.entries.iter().any(|entry| entry.must_reach)
    }
    /// Bytes that it holds, about.
    pub fn weight(&self) -> usize {
        let body = |body: &Body| body.plain.len() + body.deflate.as_ref().map_or(0, Bytes::len);
        let spoken = |s: &Spoken| body(&s.full) + s.sampled.as_ref().map_or(0, body) + 4 * s.ends.len();
        let marked = self.marked.iter().flatten();
        self.spoken.iter().chain(marked).map(spoken).sum::<usize>() + self.entries.len() * 40 + 256
    }

    /// Whether `viewer` may see it.
    pub fn concerns(&self, viewer: &Viewer<'_>) -> bool {
        let is = |user| viewer.account.is_some_and(|account| account.id == user);
        match self.audience {
            Audience::Everyone => true,
            Audience::Moderators => viewer.moderates,
            Audience::User(user) => is(user),
            Audience::ModeratorsAnd(user) => viewer.moderates || is(user),
            Audience::EverybodyElse { .. } => !viewer.had,
        }
    }

    /// What `viewer` gets of the events from number `from` on.
    pub fn share(&self, viewer: &Viewer<'_>, from: u64) -> Share {
        if from > self.last || !self.concerns(viewer) {
            return Share::Nothing;
        }
        let Some(spoken) = self.spoken(viewer) else {
            return Share::Unspoken;
        };
        let sampled = !viewer.full && self.left_out > 0;
        let own = self.own_lines(viewer);
        let extra = if sampled { self.personal(viewer) } else { Vec::new() };
        if from > self.first || !own.is_empty() || !extra.is_empty() {
            let skip = usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX);
            let left_out = if sampled { (self.left_out as usize).saturating_sub(extra.len()) } else { 0 };
            return self.slice(spoken, viewer, left_out, |at, entry| {
                at >= skip
                    && (!sampled || entry.sampled || extra.contains(&(at as u32)))
                    && !own.contains(&(at as u32))
            });
        }
        let body = if sampled { spoken.sampled.as_ref().unwrap_or(&spoken.full) } else { &spoken.full };
        match &body.deflate {
            _ if body.plain.is_empty() => Share::Nothing,
            Some(bytes) if viewer.deflate => Share::Bytes(bytes.clone()),
            _ if viewer.framed => Share::Bytes(body.plain.clone()),
            _ => Share::Bytes(body.plain.slice(usize::from(body.head)..)),
        }
    }

    /// In the viewer's language, with the marks that it may see.
    fn spoken(&self, viewer: &Viewer<'_>) -> Option<&Spoken> {
        let marked = if viewer.moderates { self.marked.as_ref() } else { None };
        marked.unwrap_or(&self.spoken).iter().find(|s| s.language == viewer.language)
    }

    /// The events from number `from` on that `viewer` may see, without what is around the events of a payload.
    pub fn events(&self, viewer: &Viewer<'_>, from: u64) -> &[u8] {
        let Some(spoken) = self.spoken(viewer).filter(|_| self.concerns(viewer)) else {
            return &[];
        };
        let place = |seq: u64| match seq.checked_sub(self.first + 1) {
            None => prefix_len(spoken.language),
            Some(before) => spoken.ends.get(before as usize).map_or(usize::MAX, |end| *end as usize),
        };
        let last = spoken.ends.last().map_or(0, |end| *end as usize);
        spoken.full.payload().get(place(from)..last).unwrap_or_default()
    }

    /// Lines that this connection wrote itself: an IRC client does not get them back.
    fn own_lines(&self, viewer: &Viewer<'_>) -> Vec<u32> {
        if viewer.language == Language::Native {
            return Vec::new();
        }
        equal(&self.origins, &viewer.connection).collect()
    }

    /// Lines that the sample leaves out but this viewer wrote or is mentioned in.
    fn personal(&self, viewer: &Viewer<'_>) -> Vec<u32> {
        let Some(account) = viewer.account else {
            return Vec::new();
        };
        let mut found: Vec<u32> =
            equal(&self.authors, &account.id).chain(equal(&self.mentions, &account.login)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Some events only, plain.
    fn slice(
        &self,
        spoken: &Spoken,
        viewer: &Viewer<'_>,
        left_out: usize,
        keep: impl Fn(usize, &Entry) -> bool,
    ) -> Share {
        let body = self.pick(spoken, left_out, keep);
        match (body.plain.is_empty(), viewer.framed) {
            (true, _) => Share::Nothing,
            (false, true) => Share::Bytes(body.plain),
            (false, false) => Share::Bytes(body.plain.slice(usize::from(body.head)..)),
        }
    }

    fn pick(&self, spoken: &Spoken, left_out: usize, keep: impl Fn(usize, &Entry) -> bool) -> Body {
        let (payload, ends) = (spoken.full.payload(), &spoken.ends);
        if payload.is_empty() {
            return Body::default();
        }
        let mut start = prefix_len(spoken.language);
        let mut out = payload[..start].to_vec();
        for (at, (end, entry)) in ends.iter().zip(&self.entries).enumerate() {
            let end = *end as usize;
            if keep(at, entry) {
                out.extend_from_slice(&payload[start..end]);
            }
            start = end;
        }
        if out.len() == prefix_len(spoken.language) {
            return Body::default();
        }
        tail(spoken.language, self.epoch, self.last, left_out, &mut out);
        Body::plain(&out)
    }

    /// The events alone that may not be skipped, for readers that skip the rest; `None` if there are none.
    pub fn only_must(self: &Arc<Self>) -> Option<Arc<Self>> {
        match self.entries.iter().filter(|entry| entry.must_reach).count() {
            0 => None,
            all if all == self.entries.len() => Some(Arc::clone(self)),
            _ => {
                let only = |spoken: &Vec<Spoken>| spoken.iter().map(|s| self.only_must_of(s)).collect();
                Some(Arc::new(Self {
                    entries: self.entries.iter().filter(|e| e.must_reach).copied().collect(),
                    left_out: 0,
                    spoken: only(&self.spoken),
                    marked: self.marked.as_ref().map(only),
                    origins: Box::default(),
                    authors: Box::default(),
                    mentions: Box::default(),
                    said: Box::default(),
                    quotes: Box::default(),
                    removals: Box::default(),
                    roles: Box::default(),
                    ..**self
                }))
            }
        }
    }

    fn only_must_of(&self, spoken: &Spoken) -> Spoken {
        let full = self.pick(spoken, 0, |_, entry| entry.must_reach);
        let mut start = prefix_len(spoken.language) as u32;
        let (mut at, mut ends) = (start, Vec::new());
        for (end, entry) in spoken.ends.iter().zip(&self.entries) {
            if entry.must_reach {
                at += end - start;
                ends.push(at);
            }
            start = *end;
        }
        Spoken { language: spoken.language, full, ends: ends.into(), sampled: None }
    }
}

/// The events of all pairs with this key in a sorted list.
fn equal<'a, K: Ord>(sorted: &'a [(K, u32)], key: &'a K) -> impl Iterator<Item = u32> + use<'a, K> {
    let start = sorted.partition_point(|(k, _)| k < key);
    sorted[start..].iter().take_while(move |(k, _)| k == key).map(|(_, at)| *at)
}

#[cfg(test)]
mod tests;
