//! Repairs the timestamps that encoders send into one strictly rising 64-bit timeline per track.
//!
//! A [`Timeline`] lives as long as the stream: a second encoder session goes on where the first one stopped, later by
//! the wall-clock time that passed. It decides and never waits; `now` is an argument. Comments name the rows T1 … T13
//! and A1 … A6 of our list of what real encoders send; the tests have their names.
//!
//! Video keeps the encoder's timestamps. Audio counts its samples, because RTMP's milliseconds round 21.33 ms to 21
//! and 22, and goes back to the encoder's timestamps when the two are [`AUDIO_SLACK`] apart (T9).
//!
//! What comes too late to be shown is dropped further on. A track that would stay late for good, because its clock stood
//! still while the wall's went on, is moved to where it belongs (`pace` says which one will).

mod pace;

use std::time::Instant;

use media::time::{MediaSpan, MediaTime};

use self::pace::Pace;

/// Offset between the tracks' first timestamps that is taken as true; beyond it the second track is re-based (T1).
const TRUE_OFFSET_MAX: MediaSpan = MediaSpan::from_ms(2_000);
/// A step in timestamps larger than this, and not explained by the wall clock, is a clock that was reset (T3, T4).
const JUMP_MIN: MediaSpan = MediaSpan::from_ms(2_000);
/// A step back of at most this is jitter: the frame is nudged behind its predecessor (T4, T7).
const OVERLAP_MAX: MediaSpan = MediaSpan::from_ms(1_000);
/// How far counted samples and the encoder's timestamps may drift apart (T9).
const AUDIO_SLACK: MediaSpan = MediaSpan::from_ms(50);
/// The shortest step, in ticks: what a duplicate timestamp is given (T12).
const TICK: MediaSpan = MediaSpan(1);
/// A returning encoder starts this much later than the wall clock says, so that it never runs into the gap before it.
const RETURN_MARGIN: MediaSpan = MediaSpan::from_ms(250);
/// After a silence that viewers saw as a gap, a track that is late by less than this soon is on time by itself.
const LATE_MIN: MediaSpan = MediaSpan::from_ms(500);
/// A track this far behind the other one is of no use: more than a true offset, less than packaging waits for sound (A3).
const BEHIND_MAX: MediaSpan = MediaSpan::from_ms(2_250);

/// How far the timeline may run ahead of the wall clock: more than any buffer that an encoder empties at its start. What
/// is faster for longer is squeezed.
const AHEAD_MAX: MediaSpan = MediaSpan::from_ms(30_000);
/// An encoder's clock may be fast by one part in so many.
const DRIFT_PART: i64 = 200;
/// The largest composition offset: sixteen pictures of reordering at four a second. More is an error of the encoder.
const CTS_MAX_MS: i32 = 4_000;
/// The longest audio frame: the lowest rate of AAC has 140 ms. More is an error in the encoder's header.
const AUDIO_FRAME_MAX: MediaSpan = MediaSpan::from_ms(200);
/// Encoders that send for years don't get here; sums of hostile steps stay far from overflow.
const CLOCK_MAX_MS: i64 = 1 << 44;

/// Where a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// Here.
    At {
        /// When it is decoded.
        dts: MediaTime,
        /// The timeline breaks before it: the clock was reset, or another session began.
        breaks: bool,
    },
    /// Nowhere: what it holds was heard already.
    Drop,
}

/// One timeline for both tracks of a stream, over all its encoder sessions.
#[derive(Debug, Default)]
pub struct Timeline {
    session: Session,
    video: Track,
    audio: Track,
    /// The end of what was placed so far, and when that was.
    newest: Option<(MediaTime, Instant)>,
    /// Where the encoder's session began, and when.
    anchor: Option<(MediaTime, Instant)>,
    /// Repairs made, for the creator's health page.
    repairs: u64,
}

/// What both tracks share within one encoder session.
#[derive(Debug, Default)]
struct Session {
    /// From the encoder's time to ours; unknown until the first frame.
    shift: Option<MediaSpan>,
    /// How far the first track to return from the last silence was moved.
    moved: Option<MediaSpan>,
}

#[derive(Debug, Default)]
struct Track {
    clock: Unwrap,
    /// The shift this track uses; differs from the session's for a moment when a clock is reset.
    shift: Option<MediaSpan>,
    /// The newest frame: where it was placed and when it came.
    last: Option<(MediaTime, Instant)>,
    /// Audio: where the count of samples stands.
    counted: Option<MediaTime>,
    /// Its newest frame when the source went silent and its time became a gap; until it is on time again.
    missed: Option<(MediaTime, Instant)>,
    /// How it comes while it is late.
    pace: Pace,
}

/// Unwraps RTMP's 32-bit milliseconds to 64 bits (T5, T6).
#[derive(Debug, Default)]
struct Unwrap {
    last: Option<(u32, i64)>,
}

impl Unwrap {
    fn next(&mut self, raw: u32) -> MediaTime {
        let ms = match self.last {
            // The shorter way around: a wrap is a small step forward, jitter a small step back.
            Some((last, ms)) if ms.abs() < CLOCK_MAX_MS => {
                ms + i64::from(raw.wrapping_sub(last).cast_signed())
            }
            // For the timeline this is one more clock that was reset.
            _ => i64::from(raw),
        };
        self.last = Some((raw, ms));
        MediaTime::from_ms(ms)
    }
}

impl Timeline {
    /// A new encoder session begins. What follows goes on after what was placed so far.
    pub fn begin_session(&mut self) {
        self.session = Session::default();
        self.anchor = None;
        for track in [&mut self.video, &mut self.audio] {
            track.clock = Unwrap::default();
            track.shift = None;
            track.counted = None;
            track.missed = None;
            track.pace.on_time();
        }
    }

    /// The source has been silent for so long that viewers see a gap, which goes on with the wall clock.
    pub fn interrupt(&mut self) {
        self.session.moved = None;
        for track in [&mut self.video, &mut self.audio] {
            track.missed = track.last;
        }
    }

    /// Places a video frame with raw RTMP timestamp `raw_ms`.
    pub fn video(&mut self, raw_ms: u32, now: Instant) -> Placed {
        let at = self.video.clock.next(raw_ms);
        let (want, breaks) = self.shifted(Which::Video, at, now);
        let want = self.held_back(want, now);
        let dts = match self.video.last {
            // Every frame that a decoder needs is kept: a step back costs a tick, not a picture.
            Some((last, _)) if want <= last => last + TICK,
            _ => want,
        };
        self.keep(Which::Video, dts, dts, now);
        Placed::At { dts, breaks }
    }

    /// Places an audio frame of `samples` samples at `rate` samples a second.
    pub fn audio(&mut self, raw_ms: u32, samples: u32, rate: u32, now: Instant) -> Placed {
        let at = self.audio.clock.next(raw_ms);
        let (want, breaks) = self.shifted(Which::Audio, at, now);
        let length = MediaSpan::of_samples(u64::from(samples), rate).min(AUDIO_FRAME_MAX);
        let want = self.held_back(want, now);
        let dts = match self.audio.counted {
            Some(counted) if !breaks && within(counted, want, AUDIO_SLACK) => counted,
            // More samples than time has passed: this one would be heard twice.
            Some(counted) if !breaks && want < counted => {
                self.repairs += 1;
                return Placed::Drop;
            }
            Some(_) => {
                self.repairs += u64::from(!breaks);
                want
            }
            None => want,
        };
        let dts = self.audio.last.map_or(dts, |(last, _)| dts.max(last + TICK));
        self.audio.counted = Some(dts + length);
        self.keep(Which::Audio, dts, dts + length, now);
        Placed::At { dts, breaks }
    }

    /// `want`, or less if that is too far ahead of the wall clock.
    fn held_back(&mut self, want: MediaTime, now: Instant) -> MediaTime {
        let (start, began) = *self.anchor.get_or_insert((want, now));
        let passed = wall(now, began);
        let latest = start + passed + MediaSpan(passed.0 / DRIFT_PART) + AHEAD_MAX;
        self.repairs += u64::from(want > latest);
        want.min(latest)
    }

    /// How many timestamps had to be repaired.
    pub fn repairs(&self) -> u64 {
        self.repairs
    }

    /// `at` on our timeline, and whether the encoder's clock was reset to get there.
    fn shifted(&mut self, which: Which, at: MediaTime, now: Instant) -> (MediaTime, bool) {
        let Some(shift) = self.track(which).shift else {
            return (at + self.first_shift(which, at, now), false);
        };
        let want = at + shift;
        let Some((last, arrived)) = self.track(which).last else { return (want, false) };
        let step = want - last;
        let passed = wall(now, arrived);
        let back = step < MediaSpan::ZERO - OVERLAP_MAX;
        let ahead = step > JUMP_MIN && step - passed > JUMP_MIN;
        if !back && !ahead {
            return (want + self.caught_up(which, at, want, now), false);
        }
        self.repairs += 1;
        let reset = self.reset_shift(at, last, passed);
        self.track(which).shift = Some(reset);
        (at + reset, true)
    }

    /// The shift of a track's first frame in a session.
    fn first_shift(&mut self, which: Which, at: MediaTime, now: Instant) -> MediaSpan {
        let zero = MediaTime::default();
        let shift = match (self.session.shift, self.newest) {
            // The other track began the session: a small offset between them is true, a large one is not (T1).
            (Some(shift), Some((newest, _))) if !within(at + shift, newest, TRUE_OFFSET_MAX) => {
                self.repairs += 1;
                newest - at
            }
            (Some(shift), _) => shift,
            (None, None) => zero - at,
            (None, Some((newest, arrived))) => newest + wall(now, arrived) + RETURN_MARGIN - at,
        };
        self.session.shift.get_or_insert(shift);
        self.track(which).shift = Some(shift);
        shift
    }

    /// The shift after a reset of the encoder's clock: the other track's new one if that fits, so that both stay in step.
    fn reset_shift(&mut self, at: MediaTime, last: MediaTime, passed: MediaSpan) -> MediaSpan {
        let expected = last + passed.max(TICK);
        if let Some(shift) = self.session.shift
            && within(at + shift, expected, TRUE_OFFSET_MAX)
        {
            return shift;
        }
        let shift = expected - at;
        self.session.shift = Some(shift);
        shift
    }

    /// How far a track is moved that comes too late: not at all, unless it would stay late for good (A3).
    fn caught_up(&mut self, which: Which, at: MediaTime, want: MediaTime, now: Instant) -> MediaSpan {
        let Some(late) = self.lateness(which, want, now) else {
            self.track(which).missed = None;
            self.track(which).pace.on_time();
            return MediaSpan::ZERO;
        };
        let moved = self.session.moved;
        let track = self.track(which);
        // Both tracks stood still together, and stay together.
        let together = moved.filter(|moved| track.missed.is_some() && (late - *moved).0.abs() <= LATE_MIN.0);
        if together.is_none() && !track.pace.stays_late(at, now) {
            return MediaSpan::ZERO;
        }
        let by = together.unwrap_or(late);
        let shift = want - at + by;
        track.shift = Some(shift);
        track.pace.on_time();
        if track.missed.take().is_some() {
            self.session.moved.get_or_insert(by);
        }
        self.session.shift = Some(shift);
        self.repairs += 1;
        by
    }

    /// How much too late a frame is that wants to be at `want`; `None` if it is not.
    fn lateness(&mut self, which: Which, want: MediaTime, now: Instant) -> Option<MediaSpan> {
        let other = match which {
            Which::Video => self.audio.last,
            Which::Audio => self.video.last,
        };
        let missed = self.track(which).missed.map(|(last, arrived)| last + wall(now, arrived) - want);
        if let Some(late) = missed.filter(|late| *late > LATE_MIN) {
            return Some(late + RETURN_MARGIN);
        }
        other.map(|(newest, _)| newest - want).filter(|behind| *behind > BEHIND_MAX)
    }

    fn keep(&mut self, which: Which, dts: MediaTime, end: MediaTime, now: Instant) {
        self.track(which).last = Some((dts, now));
        let newest = self.newest.map_or(end, |(newest, _)| newest.max(end));
        self.newest = Some((newest, now));
    }

    fn track(&mut self, which: Which) -> &mut Track {
        match which {
            Which::Video => &mut self.video,
            Which::Audio => &mut self.audio,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Video,
    Audio,
}

fn within(a: MediaTime, b: MediaTime, slack: MediaSpan) -> bool {
    (a - b).0.abs() <= slack.0
}

fn wall(now: Instant, earlier: Instant) -> MediaSpan {
    MediaSpan::from_ms(
        i64::try_from(now.saturating_duration_since(earlier).as_millis()).unwrap_or(i64::MAX / 90),
    )
}

/// A composition offset as a decoder can use it: rounding makes some encoders show a frame before it is decoded (T7).
pub fn repaired_cts(cts_ms: i32) -> MediaSpan {
    MediaSpan::from_ms(i64::from(cts_ms.clamp(0, CTS_MAX_MS)))
}

#[cfg(test)]
mod tests;
