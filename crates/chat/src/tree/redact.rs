//! Taking words back out of frames. Whoever resumes is given what the ring holds, and what was deleted must not be in it any more, be it
//! as a message or as the quote in a reply.

use domain::ids::{MessageId, UserId};

use super::frame::{Body, Frame, Spoken, prefix_len, tail};
use super::language::Language;
use crate::wire::native;

/// A message, by all that it may be taken back by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its number.
    pub id: MessageId,
    /// Its author.
    pub author: UserId,
}

/// What an event takes back of all that was said before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// One message.
    Message(MessageId),
    /// All of one author.
    Author(UserId),
    /// All.
    Everything,
}

impl Removal {
    fn takes(self, said: Said) -> bool {
        match self {
            Self::Message(id) => id == said.id,
            Self::Author(author) => author == said.author,
            Self::Everything => true,
        }
    }
}

impl Frame {
    /// The frame without what `removal` takes back of its events before place `before`; `None` if that is nothing. Places and numbers
    /// stay what they were.
    pub fn without(&self, removal: Removal, before: u32) -> Option<Self> {
        let is_gone = |(said, at): &&(Said, u32)| *at < before && removal.takes(*said);
        let gone: Vec<u32> = self.said.iter().filter(is_gone).map(|(_, at)| *at).collect();
        let unquoted: Vec<u32> = self.quotes.iter().filter(is_gone).map(|(_, at)| *at).collect();
        if gone.is_empty() && unquoted.is_empty() {
            return None;
        }
        let rest = |list: &[(Said, u32)]| list.iter().filter(|said| !is_gone(said)).copied().collect();
        let redact =
            |spoken: &Vec<Spoken>| spoken.iter().map(|s| self.redacted(s, &gone, &unquoted)).collect();
        Some(Self {
            said: rest(&self.said),
            quotes: rest(&self.quotes),
            spoken: redact(&self.spoken),
            marked: self.marked.as_ref().map(redact),
            ..self.clone()
        })
    }

    /// The same in one language. Few read what is left of such a frame: it is not compressed again.
    fn redacted(&self, spoken: &Spoken, gone: &[u32], unquoted: &[u32]) -> Spoken {
        let payload = spoken.full.payload();
        if payload.is_empty() {
            return spoken.clone();
        }
        let prefix = &payload[..prefix_len(spoken.language)];
        let (mut full, mut sampled, mut ends) = (prefix.to_vec(), prefix.to_vec(), Vec::new());
        let mut start = prefix.len();
        for (at, (end, entry)) in (0..).zip(spoken.ends.iter().zip(&self.entries)) {
            let event = &payload[start..*end as usize];
            start = *end as usize;
            let from = full.len();
            match spoken.language {
                _ if gone.contains(&at) => {}
                // Nobody resumes in IRC: whoever reads this was there.
                Language::Native if unquoted.contains(&at) => native::unquote(event, &mut full),
                _ => full.extend_from_slice(event),
            }
            if entry.sampled {
                sampled.extend_from_slice(&full[from..]);
            }
            ends.push(full.len() as u32);
        }
        let body = |mut payload: Vec<u8>, left_out: u32| {
            tail(spoken.language, self.epoch, self.last, left_out as usize, &mut payload);
            Body::plain(&payload)
        };
        let sampled = spoken.sampled.as_ref().map(|_| body(sampled, self.left_out));
        Spoken { language: spoken.language, full: body(full, 0), ends: ends.into(), sampled }
    }
}

#[cfg(test)]
mod tests;
