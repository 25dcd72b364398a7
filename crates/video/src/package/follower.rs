//! Puts a rendition's frames between the cuts that the driver made.
//!
//! A follower may be early (audio before its video) or late (a rung that is still being encoded): it holds frames until
//! the plan covers them, and cuts until its frames have come. What does not come in time becomes a gap, or silence if it is
//! sound, so that media sequence numbers never drift apart.

use std::collections::VecDeque;
use std::sync::Arc;

use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};

use super::driver::still;
use super::silence::{self, Ear};
use super::timing::SLACK;
use super::{Cut, Emit, PartFrames, Planned};
use crate::live::{Read, SOUND_FRAME, sound_config};

/// How far the source may be ahead, at its own pace, before a part of a rung that has not come is given up.
pub const RUNG_LATE_MAX: MediaSpan = MediaSpan::from_ms(1_500);
/// The same for audio that still comes: more than the largest offset between picture and sound that ingest lets pass (T1,
/// A3), and what coding it anew takes.
const AUDIO_LATE_MAX: MediaSpan = MediaSpan::from_ms(2_750);
/// Frames that wait for the plan: ten seconds of audio. Full: *oldest goes*.
const WAITING_MAX: usize = 512;
/// Least time that a frame is shown.
const FRAME_MIN: MediaSpan = MediaSpan::from_ms(1);

/// What a follower carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Audio: its frames have their own length and any of them can start a part. There is silence where none comes.
    Audio,
    /// A rung of the ladder: its frames are the source's, and its key frames too.
    Rung,
}

/// The packager of a rendition that follows the plan.
#[derive(Debug)]
pub struct Follower {
    role: Role,
    /// The cut that is being filled.
    at: u64,
    /// The cut at `at` has gone out.
    part_done: bool,
    started: bool,
    /// A rung that lost frames can only go on at a key frame.
    needs_key: bool,
    segment_open: bool,
    config: Option<Arc<CodecConfig>>,
    /// A rung: its newest key frame, for stills.
    key: Option<Read>,
    waiting: VecDeque<Read>,
    open: Vec<Frame>,
    /// Where the last part that went out ends.
    edge: Option<MediaTime>,
    /// The segment before the one that a rung will start with, as a gap: players want a whole segment to begin with, and
    /// need not wait then until the rung's own first one is whole.
    lead: Vec<Emit>,
    /// A rung: where its newest frame is, and how far frames are apart.
    newest: Option<MediaTime>,
    step: Option<MediaSpan>,
    /// Audio: whether some is expected.
    ear: Ear,
    /// Some came since the plan was last looked at.
    is_heard: bool,
    /// A rung: nobody makes it, until a frame comes again.
    is_abandoned: bool,
    /// Audio: where what went out ends, which is not where its part does.
    covered: Option<MediaTime>,
}

impl Follower {
    /// A follower that starts at cut number `at`.
    pub fn new(role: Role, at: u64) -> Self {
        Self {
            role,
            at,
            part_done: false,
            started: role == Role::Audio,
            needs_key: role == Role::Rung,
            segment_open: false,
            config: None,
            key: None,
            waiting: VecDeque::new(),
            open: Vec::new(),
            edge: None,
            lead: Vec::new(),
            newest: None,
            step: None,
            ear: Ear::default(),
            is_heard: false,
            is_abandoned: false,
            covered: None,
        }
    }

    /// The number of the cut it looks at: what to ask the plan for.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The source has begun to send sound: it is on its way.
    pub fn expect_sound(&mut self) {
        self.is_heard = true;
    }

    /// Nobody makes this rung any more: what has not come will not, and its viewers should know at once.
    pub fn abandon(&mut self) {
        self.is_abandoned = self.role == Role::Rung;
    }

    /// Takes the next frame; [`Self::advance`] says where it goes.
    pub fn push(&mut self, read: Read) {
        self.is_heard = true;
        self.is_abandoned = false;
        self.needs_key |= self.role == Role::Rung && (read.skipped || read.discontinuity);
        if self.waiting.len() == WAITING_MAX {
            self.waiting.pop_front();
            self.needs_key = self.role == Role::Rung;
        }
        self.waiting.push_back(read);
    }

    /// Whatever is decided now, given the plan from [`Self::at`] on.
    pub fn advance(&mut self, plan: &Planned) -> Vec<Emit> {
        let mut out = Vec::new();
        if plan.first > self.at {
            self.restart(plan, &mut out);
        }
        if let Some(horizon) = plan.horizon.filter(|_| std::mem::take(&mut self.is_heard)) {
            self.ear.hears(horizon);
        }
        while let Some(cut) = plan.cuts.get(usize::try_from(self.at - plan.first).unwrap_or(usize::MAX)) {
            if !self.part_done {
                self.collect(cut, plan.horizon);
                let is_settled = self.at < plan.settled;
                if !self.is_due(cut, plan, is_settled) {
                    break;
                }
                self.finish_part(cut, is_settled, &mut out);
            }
            if cut.ends_segment {
                self.end_segment(&mut out);
            }
            if plan.first + plan.cuts.len() as u64 <= self.at + 1 {
                break;
            }
            self.at += 1;
            self.part_done = false;
        }
        out
    }

    /// It was asleep for longer than the plan remembers.
    fn restart(&mut self, plan: &Planned, out: &mut Vec<Emit>) {
        self.end_segment(out);
        self.open.clear();
        self.lead.clear();
        self.edge = None;
        self.covered = None;
        // Parts are counted within their segment, so it goes on at the start of one.
        let skip = plan.cuts.iter().position(|cut| cut.part == 0).unwrap_or(plan.cuts.len());
        self.at = plan.first + skip as u64;
        self.part_done = false;
        self.started = self.role == Role::Audio;
        self.needs_key = self.role == Role::Rung;
    }

    /// Moves frames that belong to `cut` from `waiting` to `open`, and drops those that came too late for theirs.
    fn collect(&mut self, cut: &Cut, horizon: Option<MediaTime>) {
        let until = self.until(cut, horizon);
        let start = match self.role {
            Role::Audio => cut.start,
            // The part before may have gone out before it was known that more of its frames follow.
            Role::Rung if !self.needs_key && self.edge == Some(cut.start) => MediaTime(i64::MIN),
            Role::Rung => first(cut),
        };
        let is_filled = cut.gap || self.is_still(cut);
        while let Some(read) = self.waiting.front() {
            let pts = read.frame.pts();
            if pts >= until {
                break;
            }
            let Some(read) = self.waiting.pop_front() else { break };
            // A gap is one in every rendition: hls.js never gets over a segment of which some parts are missing.
            if pts + SLACK >= start && !is_filled {
                self.take(read, cut);
            } else {
                self.needs_key = self.role == Role::Rung;
            }
        }
    }

    /// Frames that are shown before this are `cut`'s or an earlier one's. A rung's are where the source's are, by the source's clock.
    fn until(&self, cut: &Cut, horizon: Option<MediaTime>) -> MediaTime {
        match (cut.end, cut.source) {
            (Some(_), Some(source)) if self.role == Role::Rung => source.until,
            (Some(end), _) => end - SLACK,
            (None, _) => horizon.unwrap_or(cut.start),
        }
    }

    fn take(&mut self, read: Read, cut: &Cut) {
        if self.needs_key && !read.frame.key {
            return;
        }
        if !self.started {
            let at_segment = cut.part == 0 && (read.frame.pts() - first(cut)).0.abs() <= SLACK.0;
            if self.role == Role::Rung && !at_segment {
                return;
            }
            self.started = true;
        }
        // A segment has one initialisation section, the one it began with.
        if self.segment_open && self.config.as_ref() != Some(&read.config) {
            return;
        }
        self.needs_key = false;
        if self.role == Role::Rung && read.frame.key {
            self.key = Some(read.clone());
        }
        self.config = Some(read.config);
        let pts = read.frame.pts();
        let before = self.newest.replace(pts).filter(|_| !read.frame.key);
        // The least of those since a key frame: a hole is no pace, and to take it for one would end a part before its frames came.
        self.step = before.map(|before| self.step.map_or(pts - before, |step| step.min(pts - before)));
        self.open.push(read.frame);
    }

    /// Whether a rung shows a key frame again here. Sound goes on as ever.
    fn is_still(&self, cut: &Cut) -> bool {
        cut.still && self.role == Role::Rung
    }

    fn is_due(&self, cut: &Cut, plan: &Planned, is_settled: bool) -> bool {
        let Some(end) = cut.end else { return false };
        let is_within = |late: MediaSpan| plan.paced.is_none_or(|paced| paced - end <= late);
        let is_expected = match self.role {
            Role::Audio => {
                plan.horizon.is_none_or(|horizon| self.ear.expects(horizon)) && is_within(AUDIO_LATE_MAX)
            }
            Role::Rung => !self.is_abandoned && is_within(RUNG_LATE_MAX),
        };
        let is_newest = |last: &Frame| cut.source.is_some_and(|source| last.pts() + SLACK >= source.until);
        let is_whole = !self.waiting.is_empty()
            || (self.role == Role::Rung && self.open.last().is_some_and(is_newest))
            || self.open_end().is_some_and(|at| at + SLACK >= end);
        cut.gap || self.is_still(cut) || is_settled || is_whole || !is_expected
    }

    /// Where the newest collected frame ends, as far as can be known without its successor: a rung's frames are as far apart as
    /// they were so far.
    fn open_end(&self) -> Option<MediaTime> {
        let last = self.open.last()?;
        match self.role {
            Role::Audio => Some(last.pts() + SOUND_FRAME),
            Role::Rung => self.step.map(|step| last.pts() + step + SLACK),
        }
    }

    fn finish_part(&mut self, cut: &Cut, is_settled: bool, out: &mut Vec<Emit>) {
        self.part_done = true;
        let end = cut.end.unwrap_or(cut.start);
        if !self.started {
            if cut.part == 0 {
                self.lead = vec![segment(cut, None)];
            }
            self.lead.push(Emit::Part { duration: end - cut.start, frames: PartFrames::new(), last: false });
            return;
        }
        if !self.lead.is_empty() {
            out.append(&mut self.lead);
            out.push(Emit::EndSegment);
        }
        if self.open.is_empty() && self.role == Role::Rung && !cut.gap && !cut.still {
            self.take_early();
        }
        let is_missing = self.open.is_empty() && self.role == Role::Rung;
        if is_missing && is_settled && !cut.gap && cut.part > 0 && self.config.is_some() {
            // An encoder still has the source's last pictures: the segment is over without them, rather than a gap in part.
            return;
        }
        let frames = match self.role {
            _ if cut.gap => PartFrames::new(),
            Role::Audio => self.with_silence(cut, end),
            Role::Rung if cut.still => self.still(cut, end),
            Role::Rung => placed(std::mem::take(&mut self.open), cut.start, end),
        };
        if cut.part == 0 || !self.segment_open {
            self.end_segment(out);
            self.segment_open = true;
            // A segment that begins without media is a gap as a whole: players don't get over one of which parts are missing.
            let config = self.config.take().filter(|_| !frames.is_empty());
            self.config.clone_from(&config);
            out.push(segment(cut, config));
        }
        self.edge = Some(end);
        let duration = match frames.is_empty() {
            true => {
                self.needs_key |= self.role == Role::Rung;
                self.ear.pauses(end - cut.start);
                end - cut.start
            }
            false => MediaSpan(frames.iter().map(|(_, span)| span.0).sum()),
        };
        out.push(Emit::Part { duration, frames, last: cut.ends_segment_likely });
    }

    /// A part of the source may hold only frames that this rung has shown by their times, in the part before. Nothing is missing then:
    /// the next frame is shown early, and a key frame is there again in the segment that it begins.
    fn take_early(&mut self) {
        let Some(next) = self.waiting.front().filter(|_| !self.needs_key) else { return };
        if self.segment_open && self.config.as_ref() != Some(&next.config) {
            return;
        }
        self.config = Some(Arc::clone(&next.config));
        self.open.push(next.frame.clone());
        if !next.frame.key {
            self.waiting.pop_front();
        }
    }

    /// The rung's own last picture that can be shown, as the source shows one of its. It goes on with a key frame.
    fn still(&mut self, cut: &Cut, end: MediaTime) -> PartFrames {
        self.needs_key = true;
        let Some(key) = self.key.clone() else { return PartFrames::new() };
        self.config = Some(Arc::clone(&key.config));
        let offset = key.frame.cts;
        still(key, offset, cut.start, end - cut.start)
    }

    /// The part's sound, which goes on where the last part's ended.
    fn with_silence(&mut self, cut: &Cut, end: MediaTime) -> PartFrames {
        let from = self.covered.filter(|at| cut.start - *at < SOUND_FRAME).unwrap_or(cut.start);
        if self.config.is_none() {
            self.config = sound_config().ok().map(Arc::new);
        }
        let frames = silence::fill(std::mem::take(&mut self.open), from, end - SLACK);
        self.covered = frames.last().map_or(self.covered, |(last, span)| Some(last.dts + *span));
        frames
    }

    fn end_segment(&mut self, out: &mut Vec<Emit>) {
        if std::mem::take(&mut self.segment_open) {
            out.push(Emit::EndSegment);
        }
    }
}

/// When the source's first frame in `cut` is shown by its own clock.
fn first(cut: &Cut) -> MediaTime {
    cut.source.map_or(cut.start, |source| source.first)
}

/// The segment that `cut` begins.
fn segment(cut: &Cut, config: Option<Arc<CodecConfig>>) -> Emit {
    Emit::Segment { msn: cut.msn, discontinuity: cut.discontinuity, era: cut.era, date: cut.date, config }
}

/// From `start` to `end` without a hole: each frame lasts until the next one is shown. As the source's, they are shown earlier or
/// later than they should be where a part ended before or after its last frame did.
fn placed(mut frames: Vec<Frame>, start: MediaTime, end: MediaTime) -> PartFrames {
    let (mut at, mut left) = (start, frames.len() as i64);
    let least = MediaSpan(FRAME_MIN.0.min((end - start).0 / left.max(1)).max(1));
    for (n, frame) in frames.iter_mut().enumerate() {
        let latest = end - MediaSpan(least.0 * left);
        at = if n == 0 { start } else { frame.pts().min(latest).max(at + least) };
        frame.dts = at - frame.cts;
        left -= 1;
    }
    let next: Vec<MediaTime> = frames.iter().skip(1).map(Frame::pts).chain([end]).collect();
    let lasts = |(frame, next): (Frame, MediaTime)| {
        let span = (next - frame.pts()).max(least);
        (frame, span)
    };
    frames.into_iter().zip(next).map(lasts).collect()
}

#[cfg(test)]
mod tests;
