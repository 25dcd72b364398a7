//! The rule that says what a source frame starts: nothing, a part, or a segment.

use std::collections::VecDeque;

use media::time::{MediaSpan, MediaTime};

use super::Timing;

/// Frames whose pace is measured: two seconds at 30 frames a second.
const PACED_MAX: usize = 61;

/// Frames farther apart than this are no pace but a hole.
const FRAME_MAX: MediaSpan = MediaSpan::from_ms(600);

/// What a frame starts.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starts {
    /// It continues the open part.
    Nothing,
    /// A part of the open segment.
    Part,
    /// A segment, and its first part.
    Segment,
}

/// Cuts one track by decoding time. Values in, decisions out.
#[derive(Debug)]
pub struct Cutter {
    timing: Timing,
    segment_start: Option<MediaTime>,
    part_start: MediaTime,
    /// Newest frames at an even pace: RTMP's whole milliseconds only tell the length of a frame over many of them.
    paced: VecDeque<MediaTime>,
    /// The usual length of a frame.
    frame: MediaSpan,
    /// The newest key frame, and how far it was from the one before.
    key: Option<(MediaTime, Option<MediaSpan>)>,
    /// The open part needs no more frames: the next one starts another.
    part_full: bool,
}

impl Cutter {
    /// A cutter that waits for its first key frame.
    pub fn new(timing: Timing) -> Self {
        let zero = MediaTime::default();
        Self {
            timing,
            segment_start: None,
            part_start: zero,
            paced: VecDeque::new(),
            frame: MediaSpan::from_ms(33),
            key: None,
            part_full: false,
        }
    }

    /// Takes a frame and says what it starts. A frame before the first key frame starts nothing and belongs nowhere.
    pub fn push(&mut self, at: MediaTime, key: bool) -> Starts {
        self.measure(at);
        if key && self.keeps_pace(at) {
            self.key = Some((at, self.interval(at)));
        }
        let Some(segment_start) = self.segment_start else {
            return if key { self.open_segment(at) } else { Starts::Nothing };
        };
        if key && self.is_long_enough(at) {
            return self.open_segment(at);
        }
        // Key frames too far apart (V1): the segment ends without one rather than break TARGETDURATION.
        if at + self.frame - segment_start > self.timing.segment_max() {
            return self.open_segment(at);
        }
        if self.part_full || at + self.frame - self.part_start > self.timing.part_target {
            self.open_part(at);
            return Starts::Part;
        }
        self.see_if_full(at);
        Starts::Nothing
    }

    /// The segment that the newest frame began is shown from `at` on, and its first part with it.
    pub fn segment_began(&mut self, at: MediaTime) {
        self.segment_start = Some(at);
        self.part_began(at);
    }

    /// The part that the newest frame began is shown from `at` on.
    pub fn part_began(&mut self, at: MediaTime) {
        self.part_start = at;
        if let Some(newest) = self.paced.back().copied() {
            self.see_if_full(newest);
        }
    }

    /// A segment ends here, whatever comes next: the source breaks or stops.
    pub fn end_segment(&mut self) {
        self.segment_start = None;
        self.part_full = false;
    }

    /// Whether a segment is open.
    pub fn is_open(&self) -> bool {
        self.segment_start.is_some()
    }

    /// The open part is as long as parts should be, counting the newest frame: it need not wait for the next one.
    pub fn part_is_full(&self) -> bool {
        self.part_full
    }

    /// Whether a segment is expected to begin at `at`: encoders send key frames at an even pace. A guess, good enough for
    /// a preload hint.
    pub fn expects_segment(&self, at: MediaTime) -> bool {
        let Some((segment_start, (key, Some(interval)))) = self.segment_start.zip(self.key) else {
            return false;
        };
        let early = MediaSpan(self.frame.0 / 2);
        (key + interval - at).0.abs() <= early.0 && at - segment_start + early >= self.timing.segment
    }

    /// The usual length of a frame.
    pub fn frame_length(&self) -> MediaSpan {
        self.frame
    }

    /// How far key frames are apart, now that one is at `at`. After a break that says nothing of the encoder's pace, which is
    /// most likely what it was.
    fn interval(&self, at: MediaTime) -> Option<MediaSpan> {
        let (last, interval) = self.key?;
        if self.is_open() { Some(at - last) } else { interval }
    }

    /// Whether a key frame at `at` is one that segments may begin with, and not one in between, as encoders make where the scene
    /// changes.
    fn keeps_pace(&self, at: MediaTime) -> bool {
        let paced = self.key.is_none_or(|(last, interval)| {
            interval.is_none_or(|interval| (at - last - interval).0.abs() <= self.frame.0)
        });
        !self.is_open() || paced || self.is_long_enough(at)
    }

    /// Whether the open segment has its target length if it ends at `at`.
    fn is_long_enough(&self, at: MediaTime) -> bool {
        self.segment_start
            .is_some_and(|start| at - start + MediaSpan(self.frame.0 / 2) >= self.timing.segment)
    }

    fn open_segment(&mut self, at: MediaTime) -> Starts {
        self.segment_start = Some(at);
        self.open_part(at);
        Starts::Segment
    }

    fn open_part(&mut self, at: MediaTime) {
        self.part_start = at;
        self.see_if_full(at);
    }

    fn see_if_full(&mut self, at: MediaTime) {
        // One step alone may be a hole: to end a part early by it would end it in the middle of the next frames.
        let is_paced = self.paced.len() > 2;
        let end = at + self.frame + MediaSpan(self.frame.0 / 2);
        self.part_full = is_paced && end - self.part_start >= self.timing.part;
    }

    fn measure(&mut self, at: MediaTime) {
        if let Some(last) = self.paced.back() {
            let step = at - *last;
            // Another pace, or a hole: what was measured so far says nothing any more.
            let hole = step <= MediaSpan::ZERO || step >= FRAME_MAX;
            if hole || (self.paced.len() > 1 && (step.0 - self.frame.0).abs() > self.frame.0 / 4) {
                self.paced.clear();
            } else {
                let count = self.paced.len() as i64;
                self.frame = MediaSpan(((at - self.paced[0]).0 + count / 2) / count);
            }
        }
        self.paced.push_back(at);
        if self.paced.len() > PACED_MAX {
            self.paced.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::users::LatencyMode;

    use super::*;

    /// Cuts frames `every` ms apart, `keys` apart key frames, and prints `S` and `P` with the number of frames in each part.
    fn check(every_ms: f64, frames: usize, key_every: usize, expected: &str) {
        let mut cutter = Cutter::new(Timing::of(LatencyMode::Low, MediaSpan::from_ms(200)));
        let mut parts: Vec<(char, usize)> = Vec::new();
        for n in 0..frames {
            let at = MediaTime::from_ms((n as f64 * every_ms).round() as i64);
            match cutter.push(at, n % key_every == 0) {
                Starts::Segment => parts.push(('S', 1)),
                Starts::Part => parts.push(('P', 1)),
                Starts::Nothing => parts.last_mut().expect("begins with a key frame").1 += 1,
            }
        }
        let text: Vec<String> = parts.iter().map(|(kind, count)| format!("{kind}{count}")).collect();
        assert_eq!(text.join(" "), expected);
    }

    #[test]
    fn parts_hold_the_frames_that_come_nearest_to_their_target() {
        check(1000.0 / 30.0, 60, 30, "S6 P6 P6 P6 P6 S6 P6 P6 P6 P6");
        check(1000.0 / 25.0, 26, 25, "S5 P5 P5 P5 P5 S1");
        check(1000.0 / 24.0, 25, 24, "S5 P5 P5 P5 P4 S1");
        check(1000.0 / 60.0, 61, 60, "S12 P12 P12 P12 P12 S1");
    }

    #[test]
    fn a_hole_is_not_taken_for_the_length_of_a_frame() {
        let mut cutter = Cutter::new(Timing::of(LatencyMode::Low, MediaSpan::from_ms(200)));
        assert_eq!(cutter.push(MediaTime::from_ms(0), true), Starts::Segment);
        assert_eq!(cutter.push(MediaTime::from_ms(102), false), Starts::Nothing);
        assert!(!cutter.part_is_full());
        for ms in [1_500, 1_600, 1_700, 1_800] {
            assert_ne!(cutter.push(MediaTime::from_ms(ms), false), Starts::Segment);
        }
        assert_eq!(cutter.frame_length(), MediaSpan::from_ms(100));
    }

    #[test]
    fn v5_a_slow_source_does_not_make_segments_too_long() {
        check(200.0, 26, 13, "S1 P1 P1 P1 P1 P1 P1 P1 P1 P1 P1 P1 S1 P1 P1 P1 P1 P1 P1 P1 P1 P1 P1 P1 S1 P1");
    }

    #[test]
    fn key_frames_closer_than_the_target_do_not_cut() {
        check(100.0, 21, 5, "S2 P2 P2 P2 P2 S2 P2 P2 P2 P2 S1");
    }

    #[test]
    fn v1_key_frames_too_far_apart_end_segments_without_one() {
        check(100.0, 26, 1000, "S2 P2 P2 P2 P2 P2 P2 P2 P2 P2 P2 P2 S2");
    }

    #[test]
    fn a_key_frame_in_between_does_not_change_what_is_expected() {
        let mut cutter = Cutter::new(Timing::of(LatencyMode::Low, MediaSpan::from_ms(200)));
        let mut expected = Vec::new();
        for n in 0..40 {
            let at = MediaTime::from_ms(n * 100);
            if cutter.expects_segment(at) {
                expected.push(n);
            }
            let _ = cutter.push(at, n % 10 == 0 || n == 23);
        }
        assert_eq!(expected, [20, 30]);
    }

    #[test]
    fn after_a_break_segments_are_expected_at_the_pace_from_before() {
        let mut cutter = Cutter::new(Timing::of(LatencyMode::Low, MediaSpan::from_ms(200)));
        let mut expected = Vec::new();
        for n in (0..25).chain(74..110) {
            let at = MediaTime::from_ms(n * 100);
            if n == 74 {
                cutter.end_segment();
            }
            if cutter.expects_segment(at) {
                expected.push(n);
            }
            let _ = cutter.push(at, n % 10 == if n < 74 { 0 } else { 4 });
        }
        assert_eq!(expected, [20, 84, 94, 104]);
    }

    #[test]
    fn nothing_starts_before_the_first_key_frame() {
        let mut cutter = Cutter::new(Timing::of(LatencyMode::Low, MediaSpan::from_ms(200)));
        assert_eq!(cutter.push(MediaTime::from_ms(0), false), Starts::Nothing);
        assert!(!cutter.is_open());
        assert_eq!(cutter.push(MediaTime::from_ms(33), true), Starts::Segment);
    }
}
