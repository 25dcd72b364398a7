//! A reader of a node's ring, and what it was given.

use std::time::Instant;

use chat::edge::ring::{Place, Ring, Step};
use chat::event::ConnectionId;
use chat::tree::frame::{Frame, Share, Viewer};
use chat::tree::language::Language;

use super::room::EPOCH;

/// A client of some node.
pub struct Reader {
    place: Place,
    /// The newest that its node had when it came.
    came: Place,
    /// Steps for which it takes nothing.
    pub stalled: u32,
    /// Never stalled.
    pub healthy: bool,
    /// Where it came in.
    pub since: u64,
    /// Numbers of the events.
    pub given: Vec<u64>,
    /// The last event of each frame that it was given, and how many numbers it had then.
    marks: Vec<(u64, usize)>,
    /// It was told that it missed something.
    pub told_gap: bool,
}

impl Reader {
    /// One that begins after event `seq`.
    pub fn new(ring: &mut Ring, seq: u64) -> Self {
        Self {
            place: ring.after(EPOCH, seq),
            came: ring.end(),
            stalled: 0,
            healthy: true,
            since: seq,
            given: Vec::new(),
            marks: vec![(seq, 0)],
            told_gap: false,
        }
    }

    /// Its last so many frames were on the wire and never came: it knows of those before.
    pub fn loses(&mut self, frames: usize) {
        let keep = self.marks.len().saturating_sub(frames).max(1);
        self.marks.truncate(keep);
        self.given.truncate(self.last().1);
    }

    fn goes_to(&mut self, place: Place) {
        self.place = place;
        self.marks.push((place.seq() - 1, self.given.len()));
    }

    fn last(&self) -> (u64, usize) {
        self.marks.last().copied().unwrap_or((self.since, 0))
    }

    /// Comes to a node and goes on there, if that has what it missed.
    pub fn resumes(&mut self, ring: &mut Ring) -> bool {
        let (seq, _) = self.last();
        let can = ring.remembers(EPOCH, seq);
        if can {
            (self.place, self.came, self.stalled) = (ring.after(EPOCH, seq), ring.end(), 0);
        }
        can
    }
}

/// Gives a reader everything that it has not got; false if it has to come again, because a deletion may be in what is missing.
pub fn drain(ring: &Ring, now: Instant, reader: &mut Reader) -> bool {
    loop {
        match ring.next(now, reader.place, reader.came) {
            Step::Idle => return true,
            Step::Frame { frame, from, then } => {
                take(frame, from, &mut reader.given);
                reader.goes_to(then);
            }
            Step::Skip { missed, must, then } => {
                reader.told_gap |= missed > 0;
                must.iter().for_each(|(frame, from)| take(frame, *from, &mut reader.given));
                reader.goes_to(then);
            }
            Step::Lost => return false,
        }
    }
}

/// The numbers in what a reader is written.
fn take(frame: &Frame, from: u64, given: &mut Vec<u64>) {
    let viewer = Viewer {
        connection: ConnectionId(1),
        language: Language::Native,
        deflate: false,
        framed: false,
        full: true,
        moderates: false,
        had: false,
        account: None,
    };
    if let Share::Bytes(bytes) = frame.share(&viewer, from) {
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        given.extend(text.split(['[', ']']).filter_map(|part| part.parse::<u64>().ok()));
    }
}
