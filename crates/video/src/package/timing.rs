//! The durations that are frozen for a stream's life: segment and part targets, and what playlists promise from them.

use domain::users::LatencyMode;
use media::time::MediaSpan;

use crate::live;

/// Longest AAC-LC frame at the rates we pass through: 1,024 samples at 44.1 kHz.
const AUDIO_FRAME: f64 = 1024.0 / 44_100.0;

/// Encoders and FLV round to milliseconds: a frame this close before a moment is one at it.
pub(super) const SLACK: MediaSpan = MediaSpan(180);

/// Durations of one stream. TARGETDURATION, PART-TARGET and the hold-backs never change while it lives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// A segment ends at the first key frame after this.
    pub segment: MediaSpan,
    /// A part ends at the frame that comes nearest to this.
    pub part: MediaSpan,
    /// EXT-X-TARGETDURATION, in seconds: room for an encoder whose key frames are farther apart than `segment`.
    pub target_duration_s: u32,
    /// PART-TARGET: no part is longer. A little more than `part`, because audio frames don't end where video frames do;
    /// little enough that every part still has 85 % of it (draft-pantos-hls-rfc8216bis §4.4.4.9).
    pub part_target: MediaSpan,
}

impl Timing {
    /// The timing of a latency mode, with parts of `part` (both modes may be configured).
    pub fn of(mode: LatencyMode, part: MediaSpan) -> Self {
        let target_duration_s = match mode {
            LatencyMode::Low => 2,
            LatencyMode::Normal => 4,
        };
        let segment = live::segment_length(mode);
        Self { segment, part, target_duration_s, part_target: part_target(part) }
    }

    /// The longest segment of the source; with an audio frame more it still rounds to TARGETDURATION.
    pub fn segment_max(&self) -> MediaSpan {
        MediaSpan::from_ms(i64::from(self.target_duration_s) * 1000 + 460)
    }

    /// EXT-X-TARGETDURATION as a span.
    pub fn target_duration(&self) -> MediaSpan {
        MediaSpan::from_ms(i64::from(self.target_duration_s) * 1000)
    }
}

/// A whole number of audio frames that covers `part`, rounded up to the millisecond.
fn part_target(part: MediaSpan) -> MediaSpan {
    let frames_48k = (part.to_seconds() * 48_000.0 / 1024.0).ceil() * 1024.0 / 48_000.0;
    let frames_44k = (part.to_seconds() / AUDIO_FRAME).ceil() * AUDIO_FRAME;
    MediaSpan::from_ms((frames_48k.max(frames_44k) * 1000.0).ceil() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_segment_rounds_to_the_target_duration_with_an_audio_frame_more() {
        for mode in [LatencyMode::Low, LatencyMode::Normal] {
            let timing = Timing::of(mode, MediaSpan::from_ms(200));
            let audio = timing.segment_max().to_seconds() + AUDIO_FRAME;
            assert_eq!(audio.round() as u32, timing.target_duration_s);
        }
    }

    #[test]
    fn part_target_leaves_room_for_an_audio_frame_and_keeps_the_85_percent_rule() {
        for part_ms in [200, 250, 333, 500, 1000] {
            let timing = Timing::of(LatencyMode::Low, MediaSpan::from_ms(part_ms));
            let target = timing.part_target.to_seconds();
            for rate in [44_100.0, 48_000.0] {
                let frame = 1024.0 / rate;
                let frames = part_ms as f64 / 1000.0 / frame;
                assert!(frames.ceil() * frame <= target, "{part_ms} ms at {rate} Hz");
                assert!(frames.floor() * frame >= 0.85 * target, "{part_ms} ms at {rate} Hz");
            }
        }
    }
}
