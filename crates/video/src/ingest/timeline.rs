//! Repairs the timestamps that encoders send into one strictly rising 64-bit timeline per track.
//!
//! A [`Timeline`] lives as long as the stream: a second encoder session goes on where the first one stopped, later by
//! the wall-clock time that passed. It decides and never waits; `now` is an argument. The rows T1 … T13 are those of
//! our list of what real encoders send (`docs/operating/encoders.md`).
//!
//! Video keeps the encoder's timestamps. Audio counts its samples, because RTMP's milliseconds round 21.33 ms to 21
//! and 22, and goes back to the encoder's timestamps when the two are [`AUDIO_SLACK`] apart (T9).

use std::time::Instant;

use media::time::{MediaSpan, MediaTime};

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
            return (want, false);
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
mod tests {
    use std::time::Duration;

    use super::*;

    /// Plays `(track, wall ms, raw ms)` and prints where frames went: `v33`, `a21!` after a break, `-` when dropped.
    fn check(tags: &[(char, u64, u32)], expected: &str) {
        let mut timeline = Timeline::default();
        let begin = Instant::now_for_tests();
        let mut out = Vec::new();
        for &(track, wall, raw) in tags {
            let now = begin + Duration::from_millis(wall);
            let placed = match track {
                'v' => timeline.video(raw, now),
                'a' => timeline.audio(raw, 960, 48_000, now),
                _ => {
                    timeline.begin_session();
                    continue;
                }
            };
            out.push(match placed {
                Placed::At { dts, breaks } => {
                    format!("{track}{}{}", dts.to_ms(), if breaks { "!" } else { "" })
                }
                Placed::Drop => "-".to_owned(),
            });
        }
        assert_eq!(out.join(" "), expected);
    }

    trait ForTests {
        fn now_for_tests() -> Self;
    }
    impl ForTests for Instant {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        fn now_for_tests() -> Self {
            Self::now()
        }
    }

    #[test]
    fn a_stream_begins_at_zero_and_keeps_a_small_offset_between_tracks() {
        check(&[('v', 0, 5_000), ('a', 0, 5_040), ('v', 33, 5_033)], "v0 a40 v33");
    }

    #[test]
    fn t1_a_track_that_begins_seconds_apart_is_rebased() {
        check(&[('v', 0, 0), ('v', 33, 33), ('a', 34, 90_000), ('a', 54, 90_020)], "v0 v33 a33 a53");
    }

    #[test]
    fn t3_a_jump_that_the_wall_clock_explains_is_kept() {
        check(&[('v', 0, 0), ('v', 60_000, 60_000)], "v0 v60000");
    }

    #[test]
    fn t3_a_jump_that_it_does_not_explain_is_taken_out_of_both_tracks() {
        check(
            &[('v', 0, 0), ('a', 0, 0), ('v', 33, 10_000_033), ('a', 34, 10_000_020), ('v', 66, 10_000_066)],
            "v0 a0 v33! a20! v66",
        );
    }

    #[test]
    fn t4_a_clock_that_goes_back_breaks_and_goes_on() {
        check(&[('v', 0, 50_000), ('v', 33, 50_033), ('v', 66, 0), ('v', 99, 33)], "v0 v33 v66! v99");
    }

    #[test]
    fn t4_a_small_step_back_costs_a_tick() {
        check(&[('v', 0, 100), ('v', 33, 133), ('v', 40, 120), ('v', 66, 166)], "v0 v33 v33 v66");
    }

    #[test]
    fn t6_thirty_two_bits_wrap_seamlessly() {
        check(&[('v', 0, u32::MAX - 32), ('v', 33, 0), ('v', 66, 33)], "v0 v33 v66");
    }

    #[test]
    fn t9_audio_counts_samples_and_resyncs_beyond_fifty_milliseconds() {
        check(
            &[('a', 0, 0), ('a', 20, 21), ('a', 40, 39), ('a', 60, 200), ('a', 80, 220)],
            "a0 a20 a40 a200 a220",
        );
        check(&[('a', 0, 0), ('a', 1, 1), ('a', 2, 2), ('a', 3, 3), ('a', 4, 4)], "a0 a20 a40 - -");
    }

    #[test]
    fn small_jumps_without_end_do_not_run_away_from_the_wall_clock() {
        let mut timeline = Timeline::default();
        let now = Instant::now_for_tests();
        let mut newest = MediaTime::default();
        for n in 0..1_000 {
            if let Placed::At { dts, .. } = timeline.video(n * 1_900, now) {
                newest = dts;
            }
        }
        assert!(newest.to_ms() < 31_000, "{newest:?}");
    }

    #[test]
    fn t6_a_clock_that_wraps_for_ever_does_not_overflow() {
        let mut clock = Unwrap { last: Some((0, CLOCK_MAX_MS - 1)) };
        assert!(clock.next(0x7fff_ffff).0 > 0);
        assert_eq!(clock.next(5), MediaTime::from_ms(5));
    }

    #[test]
    fn t7_composition_offsets_are_neither_negative_nor_hours() {
        assert_eq!([-40, 80, 8_388_607].map(|ms| repaired_cts(ms).to_ms()), [0, 80, 4_000]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_rises_and_stays_near_the_wall_clock(
            tags in proptest::collection::vec((0..8_u8, proptest::prelude::any::<u32>(), 0..3_000_u64, 1..96_000_u32), 1..200),
            steady in proptest::bool::ANY,
        ) {
            let mut timeline = Timeline::default();
            let begin = Instant::now_for_tests();
            let (mut now, mut raw, mut sessions) = (begin, 0_u32, 1);
            let mut last: [Option<MediaTime>; 2] = [None, None];
            for (what, any, passed, rate) in tags {
                now += Duration::from_millis(passed);
                // Half of the runs have a clock that mostly follows the wall, with jumps; the others have any numbers.
                raw = if steady && what > 1 { raw.wrapping_add(passed as u32) } else { any };
                let (track, placed) = match what {
                    0 => {
                        timeline.begin_session();
                        sessions += 1;
                        continue;
                    }
                    1..=4 => (0, timeline.video(raw, now)),
                    _ => (1, timeline.audio(raw, 1024, rate, now)),
                };
                let Placed::At { dts, .. } = placed else { continue };
                proptest::prop_assert!(last[track].is_none_or(|last| dts > last));
                last[track] = Some(dts);
                let wall = now.duration_since(begin).as_millis() as i64;
                proptest::prop_assert!(dts.to_ms() >= -2_100);
                proptest::prop_assert!(dts.to_ms() <= wall + wall / 200 + sessions * 32_500);
            }
        }
    }

    #[test]
    fn t12_duplicate_timestamps_still_rise() {
        check(&[('v', 0, 0), ('v', 0, 0), ('v', 33, 33)], "v0 v0 v33");
    }

    #[test]
    fn t13_a_burst_after_a_stall_keeps_media_time() {
        check(&[('v', 0, 0), ('v', 9_000, 33), ('v', 9_001, 66), ('v', 9_002, 100)], "v0 v33 v66 v100");
    }

    #[test]
    fn a_returning_encoder_goes_on_later_by_the_time_it_was_away() {
        check(
            &[('v', 0, 0), ('v', 1_000, 1_000), ('s', 0, 0), ('v', 6_000, 0), ('a', 6_000, 10)],
            "v0 v1000 v6250 a6260",
        );
    }
}
