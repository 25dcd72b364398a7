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

/// Says which frames begin a segment: at most one segment length after the last one, key frames of the source included.
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

    /// When the beat after a key frame that is shown at `key` is due: it is the first frame shown then or later, unless
    /// the source sends a key frame before.
    pub fn due_after(mode: LatencyMode, key: MediaTime) -> MediaTime {
        key + MediaSpan(segment_length(mode).0 - EARLY.0)
    }

    /// Takes the next frame in decoding order; says whether a segment begins with it. Frames that are shown before
    /// others which came earlier (B-frames) begin none.
    pub fn is_on(&mut self, pts: MediaTime, key: bool) -> bool {
        if self.newest.is_some_and(|newest| pts <= newest) {
            return false;
        }
        self.newest = Some(pts);
        let on = key || self.last.is_none_or(|last| pts - last + EARLY >= self.every);
        if on {
            self.last = Some(pts);
        }
        on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places of the frames that are on, of frames shown at these milliseconds; `keys` are places of key frames.
    fn on(shown_ms: &[i64], keys: &[usize]) -> Vec<usize> {
        let mut beat = Beat::new(LatencyMode::Low);
        let mut is_on = |n: usize| beat.is_on(MediaTime::from_ms(shown_ms[n]), keys.contains(&n));
        (0..shown_ms.len()).filter(|&n| is_on(n)).collect()
    }

    #[test]
    fn every_segment_length_is_one_beat_whatever_the_frame_rate_and_rounding() {
        for (fps, frames) in
            [(23.976, 24), (24.0, 24), (25.0, 25), (29.97, 30), (30.0, 30), (59.94, 60), (60.0, 60)]
        {
            let shown: Vec<i64> = (0..400).map(|n| (f64::from(n) * 1000.0 / fps).round() as i64).collect();
            let want: Vec<usize> = (0..400).step_by(frames).collect();
            assert_eq!(on(&shown, &[0]), want, "{fps}");
        }
    }

    #[test]
    fn the_sources_key_frames_are_beats_too() {
        let shown: Vec<i64> = (0..40).map(|n| n * 100).collect();
        assert_eq!(on(&shown, &[0, 13, 31]), [0, 10, 13, 23, 31]);
    }

    #[test]
    fn b_frames_are_never_on() {
        let shown = [0, 300, 100, 200, 600, 400, 500, 900, 700, 800, 1_200, 1_000, 1_100, 1_500];
        assert_eq!(on(&shown, &[0]), [0, 10]);
    }
}
