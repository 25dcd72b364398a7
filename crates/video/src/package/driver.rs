//! Cuts the source and writes the plan that all other renditions follow.

mod filler;

use std::sync::Arc;

use domain::time::WallTime;
use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};

pub use self::filler::Fill;
use self::filler::Filler;
pub(super) use self::filler::still;
use super::{Cut, Cutter, Emit, Epoch, PartFrames, Plan, Source, Starts, Timing};
use crate::live::Read;

/// A hole in the source longer than this is filled where a key frame follows; a shorter one only makes a frame last longer.
const HOLE_MIN: MediaSpan = MediaSpan::from_ms(600);
/// Where no key frame follows, a frame may last this long: a source of few pictures, or one that lost some, keeps its sound.
const STRETCH_MAX: MediaSpan = MediaSpan::from_ms(2_250);
/// What rounding to milliseconds can make of a frame's length, on both sides.
const ROUNDING_MAX: MediaSpan = MediaSpan::from_ms(2);
/// More than what it makes of one frame's time, and less than there is between two frames.
const ROUNDING: MediaSpan = MediaSpan(46);
/// A frame that comes before the end of what went out is shown this long at least.
const FRAME_MIN: MediaSpan = MediaSpan::from_ms(1);

/// The packager of the track whose key frames decide: the source's video, or its audio if it has no video.
///
/// Parts go out with their last frame, before it is known when the next one comes. So each part begins where the one before it
/// ended: its first frame is shown a little earlier or later than it should be if that guess was wrong (a picture that was
/// dropped, a pace that changed), and nothing is shown twice or for no time at all.
#[derive(Debug)]
pub struct Driver {
    timing: Timing,
    plan: Arc<Plan>,
    cutter: Cutter,
    /// The next segment's number.
    msn: u64,
    /// The open part's place in its segment.
    part: u32,
    /// Where the open segment begins, by decoding time and by presentation time.
    segment: Option<(MediaTime, MediaTime)>,
    /// Frames of the open part, where they are shown; empty between parts.
    open: Vec<Frame>,
    /// When the open part's first frame, and the segment's newest one, are decoded by the source's clock.
    came: Option<(MediaTime, MediaTime)>,
    /// Where the plan ends: the end of the last part, by presentation time.
    edge: Option<MediaTime>,
    /// The same by decoding time, where what follows goes on without a break.
    joint: Option<MediaTime>,
    /// What wall-clock time media time stands for.
    epoch: Epoch,
    /// The next segment is a discontinuity, and another encoder session's.
    broken: bool,
    /// The next segment is a discontinuity, and the session goes on.
    spliced: bool,
    /// Discontinuities so far.
    era: u64,
    /// From decoding to presentation of the session's first key frame. Later ones may have another: at an uneven pace B-frames delay each
    /// frame differently, and what is cut by decoding must not jump with them.
    offset: MediaSpan,
    /// How far the newest frame was from the one before.
    step: MediaSpan,
    /// Some frame's presentation was farther from its decoding than that, or less far: there are B-frames.
    reorders: bool,
    filler: Filler,
}

impl Driver {
    /// A driver that writes `plan`.
    pub fn new(timing: Timing, plan: Arc<Plan>) -> Self {
        Self {
            timing,
            plan,
            cutter: Cutter::new(timing),
            msn: 0,
            part: 0,
            segment: None,
            open: Vec::new(),
            came: None,
            edge: None,
            joint: None,
            epoch: Epoch::default(),
            broken: false,
            spliced: false,
            era: 0,
            offset: MediaSpan::ZERO,
            step: MediaSpan::ZERO,
            reorders: false,
            filler: Filler::default(),
        }
    }

    /// Takes the next frame of the source, which arrived at `now`.
    pub fn push(&mut self, mut read: Read, now: WallTime) -> Vec<Emit> {
        let mut out = Vec::new();
        if read.discontinuity || read.skipped {
            self.end_segment(&mut out);
            self.broken |= read.discontinuity;
        }
        // What comes for a time that was given up comes too late, as after a stalled uplink: time never goes back.
        let late = self.filler.was_last() && self.edge.is_some_and(|edge| read.frame.pts() < edge);
        if !self.cutter.is_open() && (late || !read.frame.key) {
            return out;
        }
        if self.is_hole_before(&read.frame) {
            self.end_segment(&mut out);
            // Behind a gap no player's decoder goes on but with a key frame, nor does a rung.
            if !read.frame.key {
                return out;
            }
        }
        let (at, was_open) = (read.frame.dts, self.cutter.is_open());
        match self.cutter.push(at, read.frame.key || !was_open) {
            Starts::Segment => self.begin_segment(&mut read, now, &mut out),
            Starts::Part => {
                self.end_part(Some(at), &mut out);
                self.begin_part(&mut read.frame);
            }
            Starts::Nothing => self.append(&mut read.frame),
        }
        self.plan.take(self.source(at), self.presented(read.frame.dts) + MediaSpan(1));
        self.open.push(read.frame);
        if self.cutter.part_is_full() {
            self.end_part(None, &mut out);
        }
        out
    }

    /// What has not come by now of what the source sent, from those who make other renditions of it, will not come.
    pub fn settle(&self) {
        self.plan.settle();
    }

    /// What follows is coded by another encoder, of the same session: what is open ends, and a discontinuity begins.
    pub fn splice(&mut self) -> Vec<Emit> {
        let mut out = Vec::new();
        self.end_segment_unless_filler(&mut out);
        self.spliced = true;
        out
    }

    /// No more frames follow: what is open ends.
    pub fn end(&mut self) -> Vec<Emit> {
        let mut out = Vec::new();
        self.end_segment(&mut out);
        out
    }

    /// Whether the source's frames go somewhere: not before its first key frame, nor after a gap before the next one.
    pub fn is_cutting(&self) -> bool {
        self.cutter.is_open()
    }

    /// Where the plan ends.
    pub fn edge(&self) -> Option<MediaTime> {
        self.edge
    }

    fn begin_segment(&mut self, read: &mut Read, now: WallTime, out: &mut Vec<Emit>) {
        self.end_segment_keep_cutter(Some(read.frame.dts), out);
        let is_first = self.edge.is_none();
        if is_first || self.broken || self.spliced {
            self.offset = read.frame.cts;
        }
        self.comes(read.frame.dts, read.frame.dts);
        if let Some(joint) = self.joint.or_else(|| self.seam(&read.frame)) {
            self.place(&mut read.frame, joint);
        }
        let start = read.frame.dts + self.offset;
        if is_first {
            self.begin_with_gap(start, now, out);
        }
        self.bridge(start, read, now, out);
        self.epoch.measure(start, now, self.broken);
        let broken = std::mem::take(&mut self.broken) | std::mem::take(&mut self.spliced);
        let discontinuity = broken && !is_first;
        self.segment = Some((read.frame.dts, start));
        self.cutter.segment_began(read.frame.dts);
        self.open_segment(start, discontinuity, Some(Arc::clone(&read.config)), now, out);
    }

    fn open_segment(
        &mut self,
        start: MediaTime,
        discontinuity: bool,
        config: Option<Arc<CodecConfig>>,
        now: WallTime,
        out: &mut Vec<Emit>,
    ) {
        let date = self.epoch.begin(start, now);
        self.era += u64::from(discontinuity);
        self.part = 0;
        self.plan.begin(Cut { discontinuity, ..self.cut(start, date) });
        out.push(Emit::Segment { msn: self.msn, discontinuity, era: self.era, date, config });
    }

    /// The next part, from `start` on.
    fn cut(&self, start: MediaTime, date: WallTime) -> Cut {
        Cut {
            msn: self.msn,
            part: self.part,
            start,
            end: None,
            source: None,
            ends_segment: false,
            ends_segment_likely: false,
            gap: self.filler.is_gap(),
            still: self.filler.is_still(),
            discontinuity: false,
            era: self.era,
            date,
        }
    }

    fn begin_part(&mut self, frame: &mut Frame) {
        self.part += 1;
        self.comes(frame.dts, frame.dts);
        if let Some(joint) = self.joint {
            self.place(frame, joint);
        }
        self.cutter.part_began(frame.dts);
        let start = self.presented(frame.dts);
        self.plan.begin(self.cut(start, self.epoch.date(start, WallTime::from_unix_ms(0))));
    }

    /// A frame goes on in the open part.
    fn append(&mut self, frame: &mut Frame) {
        let first = self.came.map_or(frame.dts, |(first, _)| first);
        self.comes(first, frame.dts);
        self.reorders |= frame.cts != self.offset;
        if let Some(after) = self.open.last().map(|last| last.dts + FRAME_MIN)
            && frame.dts < after
        {
            self.place(frame, after);
        }
    }

    fn comes(&mut self, first: MediaTime, newest: MediaTime) {
        self.step = self.came.map_or(MediaSpan::ZERO, |(_, before)| newest - before);
        self.came = Some((first, newest));
    }

    /// Where another encoder of the same session goes on, if what it leaves open is no hole.
    fn seam(&self, frame: &Frame) -> Option<MediaTime> {
        let at = self.edge? - self.offset;
        let hole = frame.dts - at;
        (self.spliced && !self.broken && !self.filler.was_last() && hole.0.abs() <= HOLE_MIN.0).then_some(at)
    }

    /// Shows a frame as if it were decoded at `at`. Among frames whose order of presentation is another, one that is moved forward
    /// would be shown before those that it follows: only its decoding is.
    fn place(&self, frame: &mut Frame, at: MediaTime) {
        let moved = frame.dts - at;
        frame.dts = at;
        if self.reorders && moved > MediaSpan::ZERO {
            frame.cts = frame.cts + moved;
        }
    }

    /// Ends the open part before the frame that is decoded at `next`, or a usual frame length after its last one.
    fn end_part(&mut self, next: Option<MediaTime>, out: &mut Vec<Emit>) {
        let (Some(first), Some(end)) = (self.open.first(), self.part_end(next)) else { return };
        let duration = end - first.dts;
        let end_presented = self.presented(end);
        let frames = with_durations(std::mem::take(&mut self.open), end);
        let last = self.cutter.expects_segment(end);
        self.plan.end_part(end_presented, false, last);
        self.edge = Some(end_presented);
        self.joint = Some(end);
        out.push(Emit::Part { duration, frames, last });
    }

    /// Where the open part ends, by decoding time.
    fn part_end(&self, next: Option<MediaTime>) -> Option<MediaTime> {
        let (first, last, (_, newest)) = (self.open.first()?, self.open.last()?, self.came?);
        let end = next.filter(|next| *next > newest).unwrap_or_else(|| self.expected_end());
        // What is a little too much for this part is the next one's.
        let most = first.dts + self.timing.part_target;
        let is_slow = self.cutter.frame_length().0 * 2 > self.timing.part.0;
        let end = if end > most && end - most <= self.timing.part && !is_slow { most } else { end };
        // No frame makes the segment longer than TARGETDURATION allows.
        let latest = self.segment.map_or(end, |(dts, _)| dts + self.timing.segment_max());
        Some(end.min(latest).max(last.dts + FRAME_MIN))
    }

    /// Where the open part ends if the next frame comes in time. At an even pace that is a whole number of frames after
    /// its start; RTMP's rounding of the last frame would add half a millisecond to every part.
    fn expected_end(&self) -> MediaTime {
        let (first, newest) = self.came.unwrap_or_default();
        let frame = self.cutter.frame_length();
        let even = first + MediaSpan(frame.0 * self.open.len() as i64);
        let plain = newest + frame;
        if (even - plain).0.abs() < ROUNDING_MAX.0 { even } else { plain }
    }

    fn end_segment_keep_cutter(&mut self, next: Option<MediaTime>, out: &mut Vec<Emit>) {
        self.end_part(next, out);
        if let (Some(_), Some(edge)) = (self.segment.take(), self.edge) {
            self.plan.end_part(edge, true, true);
            self.msn += 1;
            out.push(Emit::EndSegment);
        }
    }

    fn end_segment(&mut self, out: &mut Vec<Emit>) {
        self.end_segment_keep_cutter(None, out);
        self.end_filler(out);
        self.cutter.end_segment();
        self.joint = None;
    }

    fn end_segment_unless_filler(&mut self, out: &mut Vec<Emit>) {
        if !self.filler.is_open() {
            self.end_segment(out);
        }
    }

    /// Whether there is a hole before this frame that is to be filled, and not only another frame of a slow source.
    fn is_hole_before(&self, frame: &Frame) -> bool {
        let Some((_, newest)) = self.segment.and(self.came) else { return false };
        let step = frame.dts - newest;
        let is_steady = step.0 <= self.step.0 * 5 / 4;
        step - self.cutter.frame_length() > if frame.key && !is_steady { HOLE_MIN } else { STRETCH_MAX }
    }

    /// The frame that is decoded at `at` by the source's clock. Among B-frames none need be shown just then: rounding makes a difference.
    fn source(&self, at: MediaTime) -> Source {
        let first = at + self.offset;
        Source { first, until: first + if self.reorders { ROUNDING_MAX } else { ROUNDING } }
    }

    /// The presentation time that a cut at decoding time `dts` stands for: B-frames delay a whole segment alike.
    fn presented(&self, dts: MediaTime) -> MediaTime {
        self.segment.map_or(dts, |(segment_dts, segment_pts)| dts + (segment_pts - segment_dts))
    }
}

/// Each frame lasts until the next one is decoded, the last one until `end`.
fn with_durations(frames: Vec<Frame>, end: MediaTime) -> PartFrames {
    let ends: Vec<MediaTime> = frames.iter().skip(1).map(|frame| frame.dts).chain([end]).collect();
    frames
        .into_iter()
        .zip(ends)
        .map(|(frame, end)| {
            let span = end - frame.dts;
            (frame, span)
        })
        .collect()
}

#[cfg(test)]
mod tests;
