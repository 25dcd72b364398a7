//! What is done to a source's sound, and where its frames go. Pure.

use media::codec::aac::{AAC_LC, AacConfig};
use media::frame::CodecConfig;
use media::time::{MediaSpan, MediaTime};

use crate::live::{SOUND_CHANNELS, SOUND_FRAME, SOUND_RATE};

/// What is done to a source's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It is what listeners get.
    Pass,
    /// It is coded anew.
    Encode,
}

impl Treatment {
    /// What sound with `config` needs.
    pub(super) fn of(config: &CodecConfig) -> Self {
        match config {
            CodecConfig::Aac(aac) if is_wanted(aac) => Self::Pass,
            _ => Self::Encode,
        }
    }
}

/// Whether `aac` is AAC-LC of listeners' rate and channels. Whatever else its record says (FFmpeg's adds that there is no SBR)
/// makes no difference to a decoder.
pub(super) fn is_wanted(aac: &AacConfig) -> bool {
    let has_sbr = aac.extension_sample_rate.is_some();
    let is_lc = aac.object_type == AAC_LC && !has_sbr;
    is_lc && aac.sample_rate == SOUND_RATE && aac.channels == SOUND_CHANNELS
}

/// Two timestamps in whole milliseconds, as FLV has them, say their distance to within this.
const ROUNDING: MediaSpan = MediaSpan::from_ms(2);

/// Counts frames, each of which begins exactly where the one before ends.
#[derive(Debug, Default)]
pub(super) struct Count {
    next: Option<MediaTime>,
    /// Whether the last frame was one that was heard already: another child warms up.
    is_repeating: bool,
}

impl Count {
    /// Where a frame goes that is said to begin at `at`; `None` if that was heard already.
    ///
    /// Within half a frame the count is right and `at` was rounded, or is another child's first frame. That child's frames
    /// stay as far off as its first, give or take [`ROUNDING`]; without that one child in sixty would leave a hole at the edge.
    /// The difference never grows: each child says anew where its frames are.
    pub(super) fn place(&mut self, at: MediaTime) -> Option<MediaTime> {
        let half = MediaSpan(SOUND_FRAME.0 / 2);
        let early = if self.is_repeating { half } else { half + ROUNDING };
        self.is_repeating = self.next.is_some_and(|next| at + early < next);
        let placed = match self.next {
            Some(_) if self.is_repeating => return None,
            Some(next) if at - next <= half + ROUNDING => next,
            // Media time begins at 0: an encoder's warm-up before that is nobody's.
            None if at + half < MediaTime::default() => return None,
            _ => at.max(MediaTime::default()),
        };
        self.next = Some(placed + SOUND_FRAME);
        Some(placed)
    }

    /// Where the next frame is expected; `None` before the first one.
    pub(super) fn next(&self) -> Option<MediaTime> {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::live::sound_config;

    #[test]
    fn only_what_listeners_get_anyway_passes() {
        let lc = |rate, channels| AacConfig::lc(rate, channels).expect("a usual config");
        let from_ffmpeg = Bytes::from_static(&[0x11, 0x90, 0x56, 0xe5, 0x00]);
        let he_aac = Bytes::from_static(&[0x2b, 0x11, 0x88, 0x00]);
        let parsed = |record: Bytes| AacConfig::parse(&record).expect("a good record");
        let cases = [
            (lc(48_000, 2), Treatment::Pass),
            (parsed(from_ffmpeg), Treatment::Pass),
            (lc(44_100, 2), Treatment::Encode),
            (lc(48_000, 1), Treatment::Encode),
            (lc(48_000, 6), Treatment::Encode),
            (parsed(he_aac), Treatment::Encode),
        ];
        for (aac, want) in cases {
            assert_eq!(Treatment::of(&CodecConfig::Aac(aac.clone())), want, "{aac:?}");
        }
        assert_eq!(sound_config(), Ok(CodecConfig::Aac(lc(48_000, 2))));
    }

    #[test]
    fn frames_are_counted_over_rounding_and_other_children_and_holes_are_kept() {
        let mut count = Count::default();
        let said_ms = [1_000, 1_021, 1_043, 1_064, 1_000, 1_076, 1_098, 2_000, 2_021, 1_900];
        let placed: Vec<_> = said_ms
            .iter()
            .map(|ms| count.place(MediaTime::from_ms(*ms)).map_or(-1, |at| at.0 - 90_000))
            .collect();
        assert_eq!(placed, [0, 1_920, 3_840, 5_760, -1, 7_680, 9_600, 90_000, 91_920, -1]);
    }

    /// A child's frames as FLV writes them, `phase` ticks (90 kHz) after the count's.
    fn said(phase: i64) -> impl Iterator<Item = MediaTime> {
        (0..40).map(move |n| MediaTime::from_ms((450_000 + phase + n * SOUND_FRAME.0 + 45) / 90))
    }

    #[test]
    fn wherever_another_child_begins_no_frame_is_missing() {
        for phase in 0..SOUND_FRAME.0 {
            let mut count = Count::default();
            let heard: Vec<_> =
                said(0).take(20).chain(said(phase).skip(15)).filter_map(|at| count.place(at)).collect();
            let steps = heard.windows(2).map(|pair| pair[1] - pair[0]);
            assert!(steps.into_iter().all(|step| step == SOUND_FRAME), "{phase}: {heard:?}");
        }
    }

    #[test]
    fn nothing_is_before_the_beginning() {
        let mut count = Count::default();
        let placed = [-1_927, -7, 1_913].map(|at| count.place(MediaTime(at)).map(|at| at.0));
        assert_eq!(placed, [None, Some(0), Some(1_920)]);
    }
}
