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

/// The first frame that is shown so long after a beat, or later, is the next beat: a segment begins with it. The source's own
/// key frames, few as they are, don't disturb it: segments are of one length, as players expect.
pub const fn beat_length(mode: LatencyMode) -> MediaSpan {
    MediaSpan(segment_length(mode).0 - EARLY.0)
}

/// When the first beat after `after` is due, if one was at `beat`: it is the first frame shown then or later.
pub fn beat_due(mode: LatencyMode, beat: MediaTime, after: MediaTime) -> MediaTime {
    let every = segment_length(mode).0;
    let passed = (after - beat + EARLY).0.div_euclid(every).max(0);
    beat + MediaSpan((passed + 1) * every - EARLY.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_beat_is_known_from_any_before_it() {
        let due = |beat, after| {
            beat_due(LatencyMode::Low, MediaTime::from_ms(beat), MediaTime::from_ms(after)).to_ms()
        };
        assert_eq!(
            [due(400, 400), due(400, 1_391), due(400, 1_392), due(400, 2_300)],
            [1_392, 1_392, 2_392, 2_392]
        );
        assert_eq!(beat_length(LatencyMode::Low).to_ms(), 992);
    }
}
