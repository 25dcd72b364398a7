//! Cuts the source and writes the plan that all other renditions follow.

use std::sync::Arc;

use domain::time::WallTime;
use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};

use super::{Cut, Cutter, Emit, Epoch, PartFrames, Plan, Starts, Timing};
use crate::live::Read;

/// A hole in the source longer than this is shown as a gap; a shorter one only makes a frame last longer.
const HOLE_MIN: MediaSpan = MediaSpan::from_ms(600);
/// A hole longer than this is not filled with gap segments: the timeline steps over it.
/// Less than the plan remembers.
const HOLE_MAX: MediaSpan = MediaSpan::from_ms(40_000);

/// What rounding to milliseconds can make of a frame's length, on both sides.
const ROUNDING_MAX: MediaSpan = MediaSpan::from_ms(2);

/// The packager of the track whose key frames decide: the source's video, or its audio if it has no video.
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
    /// Frames of the open part; empty between parts.
    open: Vec<Frame>,
    /// Where the plan ends: the end of the last part, by presentation time.
    edge: Option<MediaTime>,
    /// What wall-clock time media time stands for.
    epoch: Epoch,
    /// The next segment is a discontinuity, and another encoder session's.
    broken: bool,
    /// The next segment is a discontinuity, and the session goes on.
    spliced: bool,
    /// Discontinuities so far.
    era: u64,
    /// From decoding to presentation of the newest key frame that began a segment.
    offset: MediaSpan,
    /// Length of the gap segment that is open, if one is.
    gap: Option<MediaSpan>,
    /// The plan's last part is a gap: the next segment follows it without a hole.
    after_gap: bool,
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
            edge: None,
            epoch: Epoch::default(),
            broken: false,
            spliced: false,
            era: 0,
            offset: MediaSpan::ZERO,
            gap: None,
            after_gap: false,
        }
    }

    /// Takes the next frame of the source, which arrived at `now`.
    pub fn push(&mut self, read: Read, now: WallTime) -> Vec<Emit> {
        let mut out = Vec::new();
        if read.discontinuity || read.skipped {
            self.end_segment(&mut out);
            self.broken |= read.discontinuity;
        }
        // What comes for a time that was given up as a gap comes too late, as after a stalled uplink: time never goes back.
        let late = self.after_gap && self.edge.is_some_and(|edge| read.frame.pts() < edge);
        if !self.cutter.is_open() && (late || !read.frame.key) {
            return out;
        }
        if let Some(last) = self.open_end()
            && read.frame.dts - last > HOLE_MIN
        {
            self.end_segment(&mut out);
        }
        let was_open = self.cutter.is_open();
        match self.cutter.push(read.frame.dts, read.frame.key || !was_open) {
            Starts::Segment => self.begin_segment(&read, now, &mut out),
            Starts::Part => {
                self.end_part(Some(read.frame.dts), &mut out);
                self.begin_part(&read.frame);
            }
            Starts::Nothing => {}
        }
        self.plan.advance(self.presented(read.frame.dts) + MediaSpan(1));
        self.open.push(read.frame);
        if self.cutter.part_is_full() {
            self.end_part(None, &mut out);
        }
        out
    }

    /// The source is silent: what is open ends, and the timeline goes on as gaps up to `until`, by whole parts.
    pub fn fill_gap(&mut self, until: MediaTime, now: WallTime) -> Vec<Emit> {
        let mut out = Vec::new();
        self.end_segment_unless_gap(&mut out);
        if self.gap_due_after(until).is_some_and(|rest| rest <= MediaSpan::ZERO) {
            self.settle();
        }
        while let Some(edge) = self.edge
            && self.gap_due_after(until).is_some_and(|rest| rest <= MediaSpan::ZERO)
        {
            self.gap_part(edge, self.timing.part, now, &mut out);
        }
        out
    }

    /// How long after `at` the next gap part is due if the source stays silent: parts come at their pace, gaps or not.
    pub fn gap_due_after(&self, at: MediaTime) -> Option<MediaSpan> {
        Some(self.edge? + self.timing.part - at)
    }

    /// What has not come by now of what the source sent, from those who make other renditions of it, will not come.
    pub fn settle(&self) {
        self.plan.settle();
    }

    /// What follows is coded by another encoder, of the same session: what is open ends, and a discontinuity begins.
    pub fn splice(&mut self) -> Vec<Emit> {
        let mut out = Vec::new();
        self.end_segment_unless_gap(&mut out);
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

    fn begin_segment(&mut self, read: &Read, now: WallTime, out: &mut Vec<Emit>) {
        let frame = &read.frame;
        self.end_segment_keep_cutter(Some(frame.dts), out);
        // Where a segment begins without a key frame, B-frames have moved that frame's presentation, not the segment's.
        if frame.key {
            self.offset = frame.cts;
        }
        let start = frame.dts + self.offset;
        let is_first = self.edge.is_none();
        if is_first {
            self.begin_with_gap(start, now, out);
        }
        self.bridge(start, now, out);
        self.epoch.measure(start, now, self.broken);
        let broken = std::mem::take(&mut self.broken) | std::mem::take(&mut self.spliced);
        let discontinuity = broken && !is_first;
        self.segment = Some((frame.dts, start));
        self.part = 0;
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
        self.plan.begin(Cut {
            msn: self.msn,
            part: 0,
            start,
            end: None,
            ends_segment: false,
            ends_segment_likely: false,
            gap: config.is_none(),
            discontinuity,
            era: self.era,
            date,
        });
        out.push(Emit::Segment { msn: self.msn, discontinuity, era: self.era, date, config });
    }

    /// A stream begins with a gap segment of one part, just before its first picture. Players take a playlist for empty
    /// until it lists a whole segment (hls.js looks again a second later): with this one they have the first part
    /// when it is there, and not with the second key frame.
    fn begin_with_gap(&mut self, start: MediaTime, now: WallTime, out: &mut Vec<Emit>) {
        self.epoch.measure(start, now, true);
        self.gap_part(start - self.timing.part, self.timing.part, now, out);
        self.end_gap(out);
        self.after_gap = false;
    }

    /// Fills a hole between the edge and `start` with gap segments, so that media sequence and time stay continuous.
    fn bridge(&mut self, start: MediaTime, now: WallTime, out: &mut Vec<Emit>) {
        let Some(edge) = self.edge else { return };
        let hole = start - edge;
        if hole > HOLE_MAX {
            self.broken = true;
        } else if hole > HOLE_MIN || (self.after_gap && hole > MediaSpan::ZERO) {
            let mut at = edge;
            while start - at > MediaSpan::ZERO {
                let length = self.timing.part.min(start - at);
                self.gap_part(at, length, now, out);
                at = at + length;
            }
        }
        self.end_gap(out);
        self.after_gap = false;
    }

    fn gap_part(&mut self, at: MediaTime, length: MediaSpan, now: WallTime, out: &mut Vec<Emit>) {
        match self.gap {
            None => {
                self.open_segment(at, false, None, now, out);
                self.part = 0;
            }
            Some(_) => {
                self.part += 1;
                let date = self.epoch.date(at, now);
                self.plan.begin(Cut {
                    msn: self.msn,
                    part: self.part,
                    start: at,
                    end: None,
                    ends_segment: false,
                    ends_segment_likely: false,
                    gap: true,
                    discontinuity: false,
                    era: self.era,
                    date,
                });
            }
        }
        let total = self.gap.unwrap_or_default() + length;
        self.gap = Some(total);
        let ends = total + self.timing.part > self.timing.segment;
        self.plan.end_part(at + length, ends, ends);
        self.plan.advance(at + length);
        self.edge = Some(at + length);
        self.after_gap = true;
        out.push(Emit::Part { duration: length, frames: PartFrames::new(), last: ends });
        if ends {
            self.end_gap(out);
        }
    }

    fn end_gap(&mut self, out: &mut Vec<Emit>) {
        if let (Some(_), Some(edge)) = (self.gap.take(), self.edge) {
            self.plan.end_part(edge, true, true);
            self.msn += 1;
            self.part = 0;
            out.push(Emit::EndSegment);
        }
    }

    fn begin_part(&mut self, frame: &Frame) {
        self.part += 1;
        let start = self.presented(frame.dts);
        self.plan.begin(Cut {
            msn: self.msn,
            part: self.part,
            start,
            end: None,
            ends_segment: false,
            ends_segment_likely: false,
            gap: false,
            discontinuity: false,
            era: self.era,
            date: self.epoch.date(start, WallTime::from_unix_ms(0)),
        });
    }

    /// Ends the open part before the frame that is decoded at `next`, or a usual frame length after its last one.
    fn end_part(&mut self, next: Option<MediaTime>, out: &mut Vec<Emit>) {
        let (Some(first), Some(last)) = (self.open.first(), self.open.last()) else { return };
        let end =
            next.filter(|next| *next > last.dts).unwrap_or_else(|| self.expected_end(first.dts, last.dts));
        let duration = end - first.dts;
        let end_presented = self.presented(end);
        let frames = with_durations(std::mem::take(&mut self.open), end);
        let last = self.cutter.expects_segment(end);
        self.plan.end_part(end_presented, false, last);
        self.edge = Some(end_presented);
        out.push(Emit::Part { duration, frames, last });
    }

    /// Where the open part ends if the next frame comes in time. At an even pace that is a whole number of frames after
    /// its start; RTMP's rounding of the last frame would add half a millisecond to every part.
    fn expected_end(&self, first: MediaTime, last: MediaTime) -> MediaTime {
        let frame = self.cutter.frame_length();
        let even = first + MediaSpan(frame.0 * self.open.len() as i64);
        let plain = last + frame;
        if (even - plain).0.abs() < ROUNDING_MAX.0 { even } else { plain }
    }

    fn end_segment_keep_cutter(&mut self, next: Option<MediaTime>, out: &mut Vec<Emit>) {
        // A frame that comes much later than the last one does not stretch it over the hole.
        let near = next.filter(|next| self.open_end().is_some_and(|end| *next - end < HOLE_MIN));
        // Nor does it make the segment longer than TARGETDURATION allows.
        let latest = self.segment.map(|(dts, _)| dts + self.timing.segment_max());
        let near = near.map(|next| latest.map_or(next, |latest| next.min(latest)));
        self.end_part(near, out);
        if let (Some(_), Some(edge)) = (self.segment.take(), self.edge) {
            self.plan.end_part(edge, true, true);
            self.msn += 1;
            out.push(Emit::EndSegment);
        }
    }

    fn end_segment(&mut self, out: &mut Vec<Emit>) {
        self.end_segment_keep_cutter(None, out);
        self.end_gap(out);
        self.cutter.end_segment();
    }

    fn end_segment_unless_gap(&mut self, out: &mut Vec<Emit>) {
        if self.gap.is_none() {
            self.end_segment(out);
        }
    }

    /// Where the newest frame ends, by decoding time.
    fn open_end(&self) -> Option<MediaTime> {
        match self.open.last() {
            Some(last) => Some(last.dts + self.cutter.frame_length()),
            // Between parts the edge says it, by presentation time.
            None => self.segment.and_then(|(dts, pts)| Some(dts + (self.edge? - pts))),
        }
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
