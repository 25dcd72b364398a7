//! Where a source whose own key frames come too seldom is given more of them (V1). Pure.
//!
//! The transcoder and whoever takes over from it ask the same rule, so that both know the frame without a word between
//! them.

use domain::users::LatencyMode;
use media::time::{MediaSpan, MediaTime};

/// Half a frame of a source with 60 frames a second: a beat that comes so little early is not late by a whole frame.
const EARLY: MediaSpan = MediaSpan::from_ms(8);

/// The length that a latency mode's segments should have.
pub const fn segment_length(mode: LatencyMode) -> MediaSpan {
    match mode {
        LatencyMode::Low => MediaSpan::from_ms(1_000),
        LatencyMode::Normal => MediaSpan::from_ms(2_000),
    }
}

/// Says which frames begin a segment: one segment length after the last one. The source's own key frames, few as they are,
/// don't disturb it: segments are of one length, as players expect.
#[derive(Debug)]
pub struct Beat {
    every: MediaSpan,
    /// When the newest frame is shown, and the newest frame that began a segment.
    newest: Option<MediaTime>,
    last: Option<MediaTime>,
}

impl Beat {
    /// A beat for streams of `mode`, which starts with its first frame.
    pub fn new(mode: LatencyMode) -> Self {
        Self { every: segment_length(mode), newest: None, last: None }
    }

    /// Begins anew with the frame that is taken next.
    pub fn restart(&mut self) {
        self.last = None;
    }

    /// When the first beat after `after` is due, if one was at `beat`: it is the first frame shown then or later.
    pub fn due_after(mode: LatencyMode, beat: MediaTime, after: MediaTime) -> MediaTime {
        let every = segment_length(mode).0;
        let passed = (after - beat + EARLY).0.div_euclid(every).max(0);
        beat + MediaSpan((passed + 1) * every - EARLY.0)
    }

    /// Takes the next frame in decoding order; says whether a segment begins with it. Frames that are shown before
    /// others which came earlier (B-frames) begin none.
    pub fn is_on(&mut self, pts: MediaTime) -> bool {
        if self.newest.is_some_and(|newest| pts <= newest) {
            return false;
        }
        self.newest = Some(pts);
        let on = self.last.is_none_or(|last| pts - last + EARLY >= self.every);
        if on {
            self.last = Some(pts);
        }
        on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places of the frames that are on, of frames shown at these milliseconds.
    fn on(shown_ms: &[i64]) -> Vec<usize> {
        let mut beat = Beat::new(LatencyMode::Low);
        (0..shown_ms.len()).filter(|&n| beat.is_on(MediaTime::from_ms(shown_ms[n]))).collect()
    }

    #[test]
    fn every_segment_length_is_one_beat_whatever_the_frame_rate_and_rounding() {
        for (fps, frames) in
            [(23.976, 24), (24.0, 24), (25.0, 25), (29.97, 30), (30.0, 30), (59.94, 60), (60.0, 60)]
        {
            let shown: Vec<i64> = (0..400).map(|n| (f64::from(n) * 1000.0 / fps).round() as i64).collect();
            let want: Vec<usize> = (0..400).step_by(frames).collect();
            assert_eq!(on(&shown), want, "{fps}");
        }
    }

    #[test]
    fn b_frames_are_never_on() {
        let shown = [0, 300, 100, 200, 600, 400, 500, 900, 700, 800, 1_200, 1_000, 1_100, 1_500];
        assert_eq!(on(&shown), [0, 10]);
    }

    #[test]
    fn the_next_beat_is_known_from_any_before_it() {
        let due = |beat, after| {
            Beat::due_after(LatencyMode::Low, MediaTime::from_ms(beat), MediaTime::from_ms(after)).to_ms()
        };
        assert_eq!(
            [due(400, 400), due(400, 1_391), due(400, 1_392), due(400, 2_300)],
            [1_392, 1_392, 2_392, 2_392]
        );
    }
}
