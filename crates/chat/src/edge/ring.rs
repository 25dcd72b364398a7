//! The last seconds of a room, as frames, and where each reader is in them. A reader is one number: a slow one costs nothing and
//! holds nobody. One that falls off the ring skips to the newest frame, is told how much it missed, and still gets every event
//! that must reach it; if even those are gone, or never came here, it has to come again.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::tree::frame::Frame;
use crate::tree::redact::Removal;

/// Where a reader is: the next event that it has not been given. Ordered over lives of the room too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

const SEQ_BITS: u32 = 44;

impl Place {
    fn new(life: u32, seq: u64) -> Self {
        Self((u64::from(life) << SEQ_BITS) | (seq & ((1 << SEQ_BITS) - 1)))
    }
    /// The event's number in its life of the room.
    pub fn seq(self) -> u64 {
        self.0 & ((1 << SEQ_BITS) - 1)
    }
    fn life(self) -> u64 {
        self.0 >> SEQ_BITS
    }
    /// After all others.
    pub const END: Self = Self(u64::MAX);
    /// Event `seq` of the same life of the room.
    pub fn with_seq(self, seq: u64) -> Self {
        Self((self.life() << SEQ_BITS) | (seq & ((1 << SEQ_BITS) - 1)))
    }
}

/// How much a ring holds, and how far behind a reader may be.
#[derive(Clone, Copy, Debug)]
pub struct RingConfig {
    /// Bytes of frames.
    pub bytes_max: usize,
    /// Oldest frame: how long a reader that comes again finds what it missed.
    pub age_max: Duration,
    /// Oldest frame that a reader is still given; beyond, it skips.
    pub lag_max: Duration,
    /// Frames with events that must reach, kept beyond the ring.
    pub must_max: usize,
}

impl Default for RingConfig {
    fn default() -> Self {
        Self {
            bytes_max: 4 << 20,
            age_max: Duration::from_secs(60),
            lag_max: Duration::from_secs(5),
            must_max: 1_000,
        }
    }
}

/// A room's ring.
#[derive(Debug)]
pub struct Ring {
    config: RingConfig,
    life: u32,
    epoch: Option<u64>,
    frames: VecDeque<Kept>,
    bytes: usize,
    /// What must reach, of frames that are gone.
    must: VecDeque<(Place, Arc<Frame>)>,
    /// Before this place, events that must reach may be gone for good, or never have come.
    must_from: Place,
    /// Where the ring begins: of this life of the room, nothing before it ever came.
    begins: Place,
    end: Place,
}

#[derive(Debug)]
struct Kept {
    first: Place,
    end: Place,
    at: Instant,
    weight: usize,
    frame: Arc<Frame>,
    only_must: OnceCell<Option<Arc<Frame>>>,
}

impl Kept {
    fn only_must(&self) -> Option<&Arc<Frame>> {
        self.only_must.get_or_init(|| self.frame.only_must()).as_ref()
    }
}

/// What a reader is given next: the ring's own frames, whose count of users no reader touches, because all threads share it.
#[derive(Debug)]
pub enum Step<'a> {
    /// It has everything.
    Idle,
    /// This frame, its events from the place's number on; then the reader is at `then`.
    Frame {
        /// The frame.
        frame: &'a Frame,
        /// First event that the reader has not got.
        from: u64,
        /// Where the reader is once it has them.
        then: Place,
    },
    /// It was too slow: `missed` events are left out, these may not be; then the reader is at `then`, which is before the newest frame.
    Skip {
        /// Left out, if it can be told.
        missed: u64,
        /// Frames of events that must reach, in order, each with the first event that the reader has not got.
        must: Vec<(&'a Frame, u64)>,
        /// Where the reader is then.
        then: Place,
    },
    /// Events that must reach it are gone: it has to come again.
    Lost,
}

impl Ring {
    /// An empty ring.
    pub fn new(config: RingConfig) -> Self {
        let start = Place::new(0, 0);
        Self {
            config,
            life: 0,
            epoch: None,
            frames: VecDeque::new(),
            bytes: 0,
            must: VecDeque::new(),
            must_from: start,
            begins: start,
            end: start,
        }
    }

    /// Takes the newest frame. One that is here already is left out: returns whether it was new.
    pub fn push(&mut self, now: Instant, frame: Arc<Frame>) -> bool {
        self.enter(frame.epoch);
        let (first, end) = (Place::new(self.life, frame.first), Place::new(self.life, frame.last + 1));
        if end <= self.end {
            return false;
        }
        if self.frames.is_empty() {
            self.begins = first;
        } else if first > self.end.max(Place::new(self.life, 1)) {
            // A hole, of which nobody knows what was in it.
            self.must_from = first;
        }
        let weight = frame.weight();
        self.bytes += weight;
        self.end = end;
        let removals = frame.removals.clone();
        self.frames.push_back(Kept { first, end, at: now, weight, frame, only_must: OnceCell::new() });
        for (removal, at) in removals {
            self.redact(removal, at);
        }
        self.trim(now);
        true
    }

    /// What the event at place `at` of the newest frame takes back is given to nobody any more.
    fn redact(&mut self, removal: Removal, at: u32) {
        let newest = self.frames.len().saturating_sub(1);
        for (index, kept) in self.frames.iter_mut().enumerate() {
            let before = if index == newest { at } else { u32::MAX };
            if let Some(frame) = kept.frame.without(removal, before) {
                self.bytes -= kept.weight;
                kept.weight = frame.weight();
                self.bytes += kept.weight;
                (kept.frame, kept.only_must) = (Arc::new(frame), OnceCell::new());
            }
        }
    }

    /// A new life of the room begins, if this is one.
    fn enter(&mut self, epoch: u64) {
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.life += 1;
            self.end = Place::new(self.life, 0);
        }
    }

    /// More may have happened than came here, which would show with the next frame only: nobody goes on from what is here.
    pub fn lose(&mut self) {
        self.frames.clear();
        self.must.clear();
        self.bytes = 0;
        self.epoch = None;
        self.must_from = self.end;
    }

    /// Lets go of what is too old or too much. The newest frame always stays.
    pub fn trim(&mut self, now: Instant) {
        while self.frames.len() > 1
            && let Some(oldest) = self.frames.front()
            && (self.bytes > self.config.bytes_max
                || now.saturating_duration_since(oldest.at) > self.config.age_max)
            && let Some(gone) = self.frames.pop_front()
        {
            self.bytes -= gone.weight;
            if let Some(must) = gone.only_must() {
                self.must.push_back((gone.end, Arc::clone(must)));
            }
            while self.must.len() > self.config.must_max {
                if let Some((end, _)) = self.must.pop_front() {
                    self.must_from = end;
                }
            }
        }
    }

    /// Where a reader begins that has seen everything up to event `seq` of `epoch`.
    pub fn after(&mut self, epoch: u64, seq: u64) -> Place {
        self.enter(epoch);
        Place::new(self.life, seq + 1)
    }

    /// Epoch and number of the last event before `place`, if that is in the room's present life.
    pub fn before(&self, place: Place) -> Option<(u64, u64)> {
        let epoch = self.epoch.filter(|_| place.life() == u64::from(self.life))?;
        Some((epoch, place.seq().checked_sub(1)?))
    }

    /// Whether a reader that has seen everything up to event `seq` of `epoch` would find all that came since.
    pub fn remembers(&self, epoch: u64, seq: u64) -> bool {
        let next = Place::new(self.life, seq + 1);
        self.epoch == Some(epoch)
            && next >= self.must_from
            && (next == self.end
                || self.frames.front().is_some_and(|oldest| oldest.first <= next && next < self.end))
    }

    /// Whether nothing of this frame's life of the room is known before it.
    pub fn begins_with(&self, frame: &Frame) -> bool {
        self.epoch != Some(frame.epoch) || self.frames.is_empty()
    }

    /// After the newest event.
    pub fn end(&self) -> Place {
        self.end
    }

    /// What a reader at `place` is given next. Frames before `came` were there when it came: they are not too old for it, or
    /// who comes again after more than [`RingConfig::lag_max`] would skip what it comes for.
    pub fn next(&self, now: Instant, place: Place, came: Place) -> Step<'_> {
        if place >= self.end {
            return Step::Idle;
        }
        // Nearly always the newest frame; else the first one that ends after the place.
        let at = match self.frames.back() {
            Some(newest) if newest.first <= place => self.frames.len() - 1,
            _ => self.frames.partition_point(|kept| kept.end <= place),
        };
        let Some(kept) = self.frames.get(at) else {
            return Step::Idle;
        };
        let is_newest = at + 1 == self.frames.len();
        let lags = !is_newest && place >= came;
        let too_old = lags && now.saturating_duration_since(kept.at) > self.config.lag_max;
        let same_life = kept.first.life() == place.life();
        let hole = kept.first > place && (same_life || place < self.must_from);
        if too_old || hole || (!same_life && at == 0 && self.trimmed_since(place)) {
            return self.skip(place, if too_old || at == 0 { self.frames.len() - 1 } else { at });
        }
        let from = if same_life { place.seq() } else { kept.frame.first };
        Step::Frame { frame: &kept.frame, from, then: kept.end }
    }

    /// The frames with events from `from` on and before `to`, of the life that `to` is in, each with the first such event's number.
    pub fn between(&self, from: Place, to: Place) -> impl Iterator<Item = (&Frame, u64)> {
        let range = self.frames.partition_point(|kept| kept.end <= from)
            ..self.frames.partition_point(|kept| kept.first < to);
        self.frames.range(range).filter(move |kept| kept.first.life() == to.life()).map(move |kept| {
            let seq = if kept.first < from { from.seq() } else { kept.frame.first };
            (&*kept.frame, seq)
        })
    }

    /// Whether frames after `place` may have been let go.
    fn trimmed_since(&self, place: Place) -> bool {
        self.must.back().is_some_and(|(end, _)| *end > place) || self.must_from > place
    }

    /// Skips everything before frame `to`, except what must reach.
    fn skip(&self, place: Place, to: usize) -> Step<'_> {
        let never_came = place.life() == self.begins.life() && place < self.begins;
        if place < self.must_from || never_came {
            return Step::Lost;
        }
        let then = self.frames[to].first;
        let gone = self.must.iter().filter(|(end, _)| *end > place).map(|(_, frame)| (frame, frame.first));
        let here = self.frames.iter().take(to).filter(|kept| kept.end > place).filter_map(|kept| {
            // Of a frame that the reader has a part of, it gets the rest.
            if kept.first < place && kept.first.life() == place.life() {
                return Some((&kept.frame, place.seq()));
            }
            kept.only_must().map(|frame| (frame, frame.first))
        });
        let must: Vec<(&Frame, u64)> = gone.chain(here).map(|(frame, from)| (&**frame, from)).collect();
        let given: u64 =
            must.iter().map(|(f, from)| f.len() as u64 - (from - f.first).min(f.len() as u64)).sum();
        let missed =
            if then.life() == place.life() { (then.seq() - place.seq()).saturating_sub(given) } else { 0 };
        Step::Skip { missed, must, then }
    }
}

#[cfg(test)]
mod tests;
