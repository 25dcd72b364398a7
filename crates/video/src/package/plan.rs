//! The cuts that all renditions of a stream share.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::time::WallTime;
use media::time::{MediaSpan, MediaTime};
use tokio::sync::watch;

/// Cuts that are kept for followers: a minute of 200 ms parts. Full: *oldest goes*; who needs it is far too late.
const CUTS_MAX: usize = 300;

/// Longest burst that is forgiven: more than an encoder's line may stall before its stream is interrupted.
const BURST_MAX: MediaSpan = MediaSpan::from_ms(10_000);

/// One part, from one cut to the next, by presentation time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Media sequence number of the segment it is in.
    pub msn: u64,
    /// Place within the segment, from 0.
    pub part: u32,
    /// Where it begins.
    pub start: MediaTime,
    /// Where it ends; `None` while nobody knows.
    pub end: Option<MediaTime>,
    /// Which frames of the source are in it; `None` where nothing of the source is shown.
    pub source: Option<Source>,
    /// The last part of its segment; false while nobody knows.
    pub ends_segment: bool,
    /// The last part of its segment as far as can be guessed.
    pub ends_segment_likely: bool,
    /// The source had nothing here.
    pub gap: bool,
    /// The source had no picture here that can be shown, and sound goes on: a key frame is shown again and again.
    pub still: bool,
    /// The segment it begins is a discontinuity (first parts only).
    pub discontinuity: bool,
    /// Discontinuities of the stream up to here, this one included: the same number in every rendition, whenever it began.
    pub era: u64,
    /// Wall-clock time of `start`.
    pub date: WallTime,
}

/// The source's frames in a part, by when they are shown by the source's own clock. Where a part ended before or after its last frame
/// did, the next one's are shown later or earlier than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The first one.
    pub first: MediaTime,
    /// After the newest one, and before the one that follows it.
    pub until: MediaTime,
}

/// The plan of a stream: written by its driver, read by its followers.
#[derive(Debug)]
pub struct Plan {
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Number of the cut at the front.
    first: u64,
    cuts: VecDeque<Cut>,
    /// Cuts are known up to here: a frame that begins before it belongs to a cut that is in the plan.
    horizon: Option<MediaTime>,
    /// How much of the newest media came faster than it plays, as after a stalled line, and is not forgiven yet.
    burst: MediaSpan,
    /// When [`Plan::pace`] was told the time, and where the horizon was then.
    paced: Option<(WallTime, MediaTime)>,
    /// See [`Plan::settle`].
    settled: u64,
}

/// What a follower sees of the plan at one moment.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Number of the first cut here; higher than asked for if what was asked for is gone.
    pub first: u64,
    /// The cuts from there on.
    pub cuts: Vec<Cut>,
    /// See [`Plan::advance`].
    pub horizon: Option<MediaTime>,
    /// The horizon as if a burst came at one and a half times its pace: what is made from the source takes time, and is not late
    /// because the source came all at once.
    pub paced: Option<MediaTime>,
    /// Cuts below this number are not waited for: see [`Plan::settle`].
    pub settled: u64,
}

impl State {
    fn reach(&mut self, horizon: MediaTime) {
        self.horizon = Some(self.horizon.map_or(horizon, |before| before.max(horizon)));
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self { state: Mutex::default(), version: watch::Sender::new(0) }
    }
}

impl Plan {
    /// Begins a part. The one before it ends here at the latest.
    pub fn begin(&self, cut: Cut) {
        let mut state = self.lock();
        if let Some(last) = state.cuts.back_mut() {
            last.end.get_or_insert(cut.start);
            last.ends_segment |= last.msn != cut.msn;
        }
        state.cuts.push_back(cut);
        if state.cuts.len() > CUTS_MAX {
            state.cuts.pop_front();
            state.first += 1;
        }
        self.tell(state);
    }

    /// Ends the open part at `end`, and its segment with it if `ends_segment`; `likely` if that is a guess.
    pub fn end_part(&self, end: MediaTime, ends_segment: bool, likely: bool) {
        let mut state = self.lock();
        if let Some(last) = state.cuts.back_mut() {
            last.end.get_or_insert(end);
            last.ends_segment |= ends_segment;
            last.ends_segment_likely |= likely || ends_segment;
        }
        self.tell(state);
    }

    /// Cuts are decided up to `horizon`.
    pub fn advance(&self, horizon: MediaTime) {
        let mut state = self.lock();
        state.reach(horizon);
        self.tell(state);
    }

    /// The open part has a frame more, of those in `source`; cuts are decided up to `horizon`. Nobody is woken: nothing of an
    /// open part goes out, and what is late by now is found to be with the part's end.
    pub fn take(&self, source: Source, horizon: MediaTime) {
        let mut state = self.lock();
        if let Some(last) = state.cuts.back_mut() {
            let first = last.source.map_or(source.first, |before| before.first);
            last.source = Some(Source { first, ..source });
        }
        state.reach(horizon);
    }

    /// It is `now`: what the horizon moved by since this was said last came within that time.
    pub fn pace(&self, now: WallTime) {
        let mut state = self.lock();
        let Some(horizon) = state.horizon else { return };
        let Some((then, before)) = state.paced.replace((now, horizon)) else { return };
        let passed = MediaSpan::from_ms(i64::try_from(now.since(then).as_millis()).unwrap_or(BURST_MAX.0));
        let grown = (horizon - before).0 - passed.0 / 2 * 3;
        state.burst = MediaSpan((state.burst.0 + grown).clamp(0, BURST_MAX.0));
    }

    /// The source is away: what has not come by now of the cuts so far will not come.
    pub fn settle(&self) {
        let mut state = self.lock();
        state.settled = state.first + state.cuts.len() as u64;
        self.tell(state);
    }

    /// The cuts from number `from` on.
    pub fn since(&self, from: u64) -> Planned {
        let state = self.lock();
        let first = from.max(state.first);
        let skip = usize::try_from(first - state.first).unwrap_or(usize::MAX);
        let cuts = state.cuts.iter().skip(skip).copied().collect();
        let paced = state.horizon.map(|horizon| horizon - state.burst);
        Planned { first, cuts, horizon: state.horizon, paced, settled: state.settled }
    }

    /// The number of the cut that begins the segment before the newest one, or the newest: where a follower starts whose
    /// frames come with the source's. The segment before is a gap to it, which lets players begin with its first part.
    pub fn segment_before_newest(&self) -> u64 {
        let state = self.lock();
        let begins = |(at, cut): (usize, &Cut)| (cut.part == 0).then_some(at);
        let newest = state.cuts.iter().enumerate().rev().filter_map(begins).take(2).last();
        state.first + newest.unwrap_or(0) as u64
    }

    /// The number of the newest cut that begins a segment and is at least `late` old, or of the oldest that begins one: where
    /// a follower starts whose frames come later than the source's.
    pub fn segment_before(&self, late: MediaSpan) -> u64 {
        let state = self.lock();
        let is_before = |cut: &Cut| state.horizon.is_none_or(|horizon| horizon - cut.start >= late);
        let back = state.cuts.iter().rposition(|cut| cut.part == 0 && is_before(cut));
        let oldest = || state.cuts.iter().position(|cut| cut.part == 0);
        state.first + back.or_else(oldest).unwrap_or(0) as u64
    }

    /// Changes with every part that begins or ends, not with every frame.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, state: MutexGuard<'_, State>) {
        drop(state);
        self.version.send_modify(|version| *version += 1);
    }
}

#[cfg(test)]
impl Cut {
    /// A part that begins at `start_ms`, on both clocks, and of which nothing more is known.
    pub(super) fn open(msn: u64, part: u32, start_ms: i64) -> Self {
        Self {
            msn,
            part,
            start: MediaTime::from_ms(start_ms),
            end: None,
            source: None,
            ends_segment: false,
            ends_segment_likely: false,
            gap: false,
            still: false,
            discontinuity: false,
            era: 0,
            date: WallTime::from_unix_ms(start_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn followers_are_woken_by_parts_and_not_by_frames() {
        let plan = Plan::default();
        let mut changes = plan.changes();
        let mut told = || {
            let is_told = changes.has_changed().expect("the plan is there");
            changes.mark_unchanged();
            is_told
        };
        let at = MediaTime::from_ms;
        plan.begin(Cut::open(1, 0, 0));
        assert!(told(), "a part begins");
        for ms in [0, 40, 80] {
            plan.take(Source { first: at(ms), until: at(ms + 2) }, at(ms + 1));
            assert!(!told(), "a frame more");
        }
        let planned = plan.since(0);
        assert_eq!(planned.horizon, Some(at(81)), "whoever looks sees it");
        assert_eq!(planned.cuts[0].source, Some(Source { first: at(0), until: at(82) }));
        plan.end_part(at(120), false, false);
        assert!(told(), "it ends");
        plan.settle();
        assert!(told(), "nothing more of it comes");
    }
}
