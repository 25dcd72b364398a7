//! What is shown where the source shows nothing: a gap, or a still picture while the sound goes on.
//!
//! A still is a key frame, shown again and again: nothing else can be decoded anywhere. After it the source goes on with a key
//! frame, as after a gap.

use std::sync::Arc;

use domain::time::WallTime;
use media::frame::Frame;
use media::time::{MediaSpan, MediaTime};

use super::{Driver, HOLE_MIN};
use crate::live::Read;
use crate::package::{Emit, PartFrames};

/// A hole longer than this is not filled: the timeline steps over it.
/// Less than the plan remembers.
pub(super) const HOLE_MAX: MediaSpan = MediaSpan::from_ms(40_000);
/// A hole before a key frame that is longer than this is a gap: had there been sound in it, it would have been filled before.
const STILL_MAX: MediaSpan = MediaSpan::from_ms(3_500);
/// Less than this is no part of its own, but belongs to the one before.
const REST_MAX: MediaSpan = MediaSpan::from_ms(5);

/// What is shown instead of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Nothing, in all renditions.
    Gap,
    /// The last picture that can be; the sound goes on.
    Still,
}

/// What was filled, and with what.
#[derive(Debug, Default)]
pub(super) struct Filler {
    /// The segment of it that is open, and how long it is.
    open: Option<(Fill, MediaSpan)>,
    /// The plan's last part was filled: the next segment follows it without a hole.
    last: Option<Fill>,
    /// The newest key frame that was shown.
    key: Option<Read>,
}

impl Filler {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }
    pub(super) fn was_last(&self) -> bool {
        self.last.is_some()
    }
    pub(super) fn is_gap(&self) -> bool {
        matches!(self.open, Some((Fill::Gap, _)))
    }
    pub(super) fn is_still(&self) -> bool {
        matches!(self.open, Some((Fill::Still, _)))
    }
}

impl Driver {
    /// The source is silent, or its picture stands still: what is open ends, and the timeline goes on up to `until`, by whole parts.
    pub fn fill(&mut self, fill: Fill, until: MediaTime, now: WallTime) -> Vec<Emit> {
        let mut out = Vec::new();
        self.end_segment_unless_filler(&mut out);
        let is_due = |driver: &Self| driver.fill_due_after(until).is_some_and(|rest| rest <= MediaSpan::ZERO);
        if is_due(self) && fill == Fill::Gap {
            self.settle();
        }
        while let Some(edge) = self.edge
            && is_due(self)
        {
            self.fill_part(fill, edge, self.timing.part, now, &mut out);
        }
        out
    }

    /// How long after `at` the next part is due if the source stays silent: parts come at their pace, filled or not.
    pub fn fill_due_after(&self, at: MediaTime) -> Option<MediaSpan> {
        Some(self.edge? + self.timing.part - at)
    }

    /// A stream begins with a gap segment of one part, just before its first picture. Players take a playlist for empty
    /// until it lists a whole segment (hls.js looks again a second later): with this one they have the first part
    /// when it is there, and not with the second key frame.
    pub(super) fn begin_with_gap(&mut self, start: MediaTime, now: WallTime, out: &mut Vec<Emit>) {
        self.epoch.measure(start, now, true);
        self.fill_part(Fill::Gap, start - self.timing.part, self.timing.part, now, out);
        self.end_filler(out);
        self.filler.last = None;
    }

    /// Fills a hole between the edge and `start`, where `next` is shown, so that media sequence and time stay continuous.
    pub(super) fn bridge(&mut self, start: MediaTime, next: &Read, now: WallTime, out: &mut Vec<Emit>) {
        let hole = self.edge.map_or(MediaSpan::ZERO, |edge| start - edge);
        if hole > HOLE_MAX {
            self.broken = true;
        } else if let (Some(fill), Some(mut at)) = (self.fill_for(hole, next), self.edge) {
            while start - at > MediaSpan::ZERO {
                let rest = start - at;
                let length = if rest <= self.timing.part + REST_MAX { rest } else { self.timing.part };
                self.fill_part(fill, at, length, now, out);
                at = at + length;
            }
        }
        self.end_filler(out);
        self.filler.last = None;
        if next.frame.key {
            self.filler.key = Some(next.clone());
        }
    }

    /// What a hole before `next` is filled with: with what filled its beginning, or with the picture that ends it.
    fn fill_for(&mut self, hole: MediaSpan, next: &Read) -> Option<Fill> {
        if let Some(fill) = self.filler.last {
            return (hole > REST_MAX).then_some(fill);
        }
        if self.joint.is_some() || hole <= REST_MAX {
            return None;
        }
        let is_session = !self.broken && !self.spliced;
        if next.frame.key && is_session && hole <= STILL_MAX {
            self.filler.key = Some(next.clone());
            return Some(Fill::Still);
        }
        (hole > HOLE_MIN).then_some(Fill::Gap)
    }

    fn fill_part(
        &mut self,
        fill: Fill,
        at: MediaTime,
        length: MediaSpan,
        now: WallTime,
        out: &mut Vec<Emit>,
    ) {
        let key = self.filler.key.clone().filter(|_| fill == Fill::Still);
        let fill = if key.is_some() { fill } else { Fill::Gap };
        if self.filler.open.is_some_and(|(open, _)| open != fill) {
            self.end_filler(out);
        }
        let before = self.filler.open.map(|(_, length)| length);
        let total = before.unwrap_or_default() + length;
        self.filler.open = Some((fill, total));
        self.filler.last = Some(fill);
        if before.is_none() {
            self.open_segment(at, false, key.as_ref().map(|key| Arc::clone(&key.config)), now, out);
        } else {
            self.part += 1;
            self.plan.begin(self.cut(at, self.epoch.date(at, now)));
        }
        let ends = total + self.timing.part > self.timing.segment;
        self.plan.end_part(at + length, ends, ends);
        self.plan.advance(at + length);
        self.edge = Some(at + length);
        let offset = self.offset;
        let frames = key.map_or(PartFrames::new(), |key| still(key, offset, at, length));
        out.push(Emit::Part { duration: length, frames, last: ends });
        if ends {
            self.end_filler(out);
        }
    }

    pub(super) fn end_filler(&mut self, out: &mut Vec<Emit>) {
        if let (Some(_), Some(edge)) = (self.filler.open.take(), self.edge) {
            self.plan.end_part(edge, true, true);
            self.msn += 1;
            self.part = 0;
            out.push(Emit::EndSegment);
        }
    }
}

/// A key frame that is shown at `at` for `length`, and decoded `offset` before.
pub(in crate::package) fn still(
    key: Read,
    offset: MediaSpan,
    at: MediaTime,
    length: MediaSpan,
) -> PartFrames {
    let frame = Frame { dts: at - offset, cts: offset, ..key.frame };
    vec![(frame, length)]
}
