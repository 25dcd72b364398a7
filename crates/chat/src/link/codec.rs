//! Frames as bytes between nodes: numbers little-endian, lists with their length in front. Reading copies no payload: bodies are slices of
//! what came. Any bytes can be read without panic; what is no frame is refused.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use domain::ids::{ChannelId, MessageId, UserId};
use domain::names::Name;

use super::LinkError;
use crate::event::{Audience, ConnectionId};
use crate::tree::frame::{Body, Entry, Frame, Spoken};
use crate::tree::language::Language;
use crate::tree::redact::{Removal, Said};

const BAD: LinkError = LinkError::Message("not a frame");

/// Writes a frame.
pub fn write(frame: &Frame) -> Bytes {
    let mut out = BytesMut::with_capacity(frame.weight());
    for number in [frame.channel.0, frame.epoch, frame.first, frame.last] {
        out.put_u64_le(number);
    }
    let (kind, user, first) = match frame.audience {
        Audience::Everyone => (0, 0, 0),
        Audience::Moderators => (1, 0, 0),
        Audience::User(user) => (2, user.0, 0),
        Audience::ModeratorsAnd(user) => (3, user.0, 0),
        Audience::EverybodyElse { author, first } => (4, author.0, first),
    };
    out.put_u8(kind);
    out.put_u64_le(user);
    out.put_u64_le(first);
    out.put_u32_le(frame.left_out);
    list(&mut out, &frame.entries, |out, e| out.put_u8(u8::from(e.must_reach) | u8::from(e.sampled) << 1));
    list(&mut out, &frame.origins, |out, (id, at)| pair(out, id.0, *at));
    list(&mut out, &frame.authors, |out, (id, at)| pair(out, id.0, *at));
    list(&mut out, &frame.mentions, |out, (name, at)| {
        out.put_u8(name.as_str().len() as u8);
        out.put_slice(name.as_str().as_bytes());
        out.put_u32_le(*at);
    });
    for words in [&frame.said, &frame.quotes] {
        list(&mut out, words, |out, (said, at)| {
            out.put_u64_le(said.id.0);
            pair(out, said.author.0, *at);
        });
    }
    list(&mut out, &frame.removals, |out, (removal, at)| {
        let (kind, what) = match removal {
            Removal::Message(id) => (0, id.0),
            Removal::Author(user) => (1, user.0),
            Removal::Everything => (2, 0),
        };
        out.put_u8(kind);
        pair(out, what, *at);
    });
    let roles = serde_json::to_vec(&frame.roles).unwrap_or_default();
    blob(&mut out, &roles);
    list(&mut out, &frame.spoken, write_spoken);
    out.put_u8(u8::from(frame.marked.is_some()));
    if let Some(marked) = &frame.marked {
        list(&mut out, marked, write_spoken);
    }
    out.freeze()
}

fn write_spoken(out: &mut BytesMut, spoken: &Spoken) {
    out.put_u8(spoken.language.into());
    body(out, &spoken.full);
    list(out, &spoken.ends, |out, end| out.put_u32_le(*end));
    out.put_u8(u8::from(spoken.sampled.is_some()));
    if let Some(sampled) = &spoken.sampled {
        body(out, sampled);
    }
}

fn body(out: &mut BytesMut, body: &Body) {
    out.put_u8(body.head);
    blob(out, &body.plain);
    out.put_u8(u8::from(body.deflate.is_some()));
    if let Some(deflate) = &body.deflate {
        blob(out, deflate);
    }
}

fn pair(out: &mut BytesMut, id: u64, at: u32) {
    out.put_u64_le(id);
    out.put_u32_le(at);
}

fn blob(out: &mut BytesMut, bytes: &[u8]) {
    out.put_u32_le(bytes.len() as u32);
    out.put_slice(bytes);
}

fn list<T>(out: &mut BytesMut, items: &[T], write: impl Fn(&mut BytesMut, &T)) {
    out.put_u32_le(items.len() as u32);
    items.iter().for_each(|item| write(out, item));
}

/// Reads a frame.
///
/// # Errors
/// When the bytes are none, or are more than one.
pub fn read(bytes: Bytes) -> Result<Frame, LinkError> {
    let mut from = Reading(bytes);
    let [channel, epoch, first, last] = [from.u64()?, from.u64()?, from.u64()?, from.u64()?];
    let (kind, user, earlier) = (from.u8()?, UserId(from.u64()?), from.u64()?);
    let audience = match kind {
        0 => Audience::Everyone,
        1 => Audience::Moderators,
        2 => Audience::User(user),
        3 => Audience::ModeratorsAnd(user),
        4 => Audience::EverybodyElse { author: user, first: earlier },
        _ => return Err(BAD),
    };
    let left_out = from.u32()?;
    let entries: Vec<Entry> = from.list(|from| {
        let bits = from.u8()?;
        Ok(Entry { must_reach: bits & 1 != 0, sampled: bits & 2 != 0 })
    })?;
    let origins = from.list(|from| Ok((ConnectionId(from.u64()?), from.u32()?)))?;
    let authors = from.list(|from| Ok((UserId(from.u64()?), from.u32()?)))?;
    let mentions = from.list(|from| {
        let len = usize::from(from.u8()?);
        let name = from.take(len)?;
        let name: Name = std::str::from_utf8(&name).ok().and_then(|n| n.parse().ok()).ok_or(BAD)?;
        Ok((name, from.u32()?))
    })?;
    let said = from.list(read_said)?;
    let quotes = from.list(read_said)?;
    let removals = from.list(|from| {
        let (kind, what) = (from.u8()?, from.u64()?);
        let removal = match kind {
            0 => Removal::Message(MessageId(what)),
            1 => Removal::Author(UserId(what)),
            2 => Removal::Everything,
            _ => return Err(BAD),
        };
        Ok((removal, from.u32()?))
    })?;
    let roles: Vec<_> = serde_json::from_slice(&from.blob()?).map_err(|_| BAD)?;
    let events = entries.len();
    let spoken = from.list(|from| read_spoken(from, events))?;
    let marked = if from.u8()? == 1 { Some(from.list(|from| read_spoken(from, events))?) } else { None };
    let span = last.checked_sub(first).and_then(|span| span.checked_add(1));
    if !from.0.is_empty() || entries.is_empty() || span != Some(events as u64) || first == 0 {
        return Err(BAD);
    }
    Ok(Frame {
        channel: ChannelId(channel),
        epoch,
        first,
        last,
        audience,
        entries: entries.into(),
        left_out,
        spoken,
        marked,
        origins: origins.into(),
        authors: authors.into(),
        mentions: mentions.into(),
        said: said.into(),
        quotes: quotes.into(),
        removals: removals.into(),
        roles: roles.into(),
    })
}

fn read_said(from: &mut Reading) -> Result<(Said, u32), LinkError> {
    let said = Said { id: MessageId(from.u64()?), author: UserId(from.u64()?) };
    Ok((said, from.u32()?))
}

fn read_spoken(from: &mut Reading, events: usize) -> Result<Spoken, LinkError> {
    let language = Language::try_from(from.u8()?).map_err(|_| BAD)?;
    let full = read_body(from)?;
    let ends: Vec<u32> = from.list(Reading::u32)?;
    let sampled = if from.u8()? == 1 { Some(read_body(from)?) } else { None };
    // Slices are cut along the ends: they must rise, lie in the payload, and be one for each event.
    let least = crate::tree::frame::prefix_len(language);
    let rises = ends.is_sorted() && ends.first().is_none_or(|end| *end as usize >= least);
    let fits = full.plain.is_empty() || ends.last().is_some_and(|end| *end as usize <= full.payload().len());
    if ends.len() != events || !rises || !fits {
        return Err(BAD);
    }
    Ok(Spoken { language, full, ends: ends.into(), sampled })
}

fn read_body(from: &mut Reading) -> Result<Body, LinkError> {
    let head = from.u8()?;
    let plain = from.blob()?;
    let deflate = if from.u8()? == 1 { Some(from.blob()?) } else { None };
    if usize::from(head) > plain.len() {
        return Err(BAD);
    }
    Ok(Body { plain, head, deflate })
}

/// Bytes that are read from the front, never past their end.
struct Reading(Bytes);

impl Reading {
    fn take(&mut self, len: usize) -> Result<Bytes, LinkError> {
        if self.0.len() < len { Err(BAD) } else { Ok(self.0.split_to(len)) }
    }
    fn u8(&mut self) -> Result<u8, LinkError> {
        self.0.try_get_u8().map_err(|_| BAD)
    }
    fn u32(&mut self) -> Result<u32, LinkError> {
        self.0.try_get_u32_le().map_err(|_| BAD)
    }
    fn u64(&mut self) -> Result<u64, LinkError> {
        self.0.try_get_u64_le().map_err(|_| BAD)
    }
    fn blob(&mut self) -> Result<Bytes, LinkError> {
        let len = self.u32()? as usize;
        self.take(len)
    }
    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, LinkError>) -> Result<Vec<T>, LinkError> {
        let len = self.u32()? as usize;
        // Every item has at least a byte: a length that the bytes cannot hold is no reason to allocate.
        if len > self.0.len() {
            return Err(BAD);
        }
        (0..len).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Happening};
    use crate::tree::encode::Encoder;
    use crate::tree::language::{Want, Wants};
    use crate::tree::testing::{Plainly, cleared, line, room};
    use domain::rooms::Suspicion;
    use proptest::prelude::*;

    fn example() -> Frame {
        let mut events = vec![(line(1, "maya"), false), (cleared(2), true), (line(3, "anna"), false)];
        if let Happening::Line(line) = &mut events[0].0.what {
            line.suspicion = Some(Suspicion::Monitored);
            line.origin = Some(ConnectionId(5));
            line.mentions = vec!["bob_99".parse().expect("a name")];
        }
        let wants = Wants::default().and(Want::new(Language::Native, true, true)).and(Want::new(
            Language::Native,
            true,
            false,
        ));
        let events: Vec<(Event, bool)> = events;
        Encoder::default().frames(&room(), 9, &events, wants, &Plainly).remove(0)
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        assert_eq!(read(write(&example())).expect("a frame"), example());
    }

    #[test]
    fn a_frame_that_is_cut_anywhere_is_refused() {
        let bytes = write(&example());
        for cut in 0..bytes.len() {
            assert!(read(bytes.slice(..cut)).is_err(), "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn a_frame_with_a_changed_byte_never_panics(at in 0usize..400, byte in any::<u8>()) {
            let mut bytes = write(&example()).to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(frame) = read(bytes.into()) {
                let viewer = crate::tree::frame::Viewer {
                    connection: ConnectionId(5), language: Language::Native, deflate: false, framed: true,
                    full: false, moderates: true, had: false, account: None,
                };
                let _ = frame.share(&viewer, frame.first + 1);
                let _ = frame.without(Removal::Everything, u32::MAX).map(|rest| rest.share(&viewer, rest.first));
                let _ = std::sync::Arc::new(frame).only_must();
            }
        }
    }
}
