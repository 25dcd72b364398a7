//! Silence in the place of sound that does not come (A1, A3).
//!
//! A player that began without sound never asks for it again, and one whose sound stops stands still. So every stream with
//! a picture has sound from its first part on: silence until there is some, wherever there is none, and when it stops.
//! Sound that is expected is waited for, since it may come a little after its picture; [`Ear`] says whether it is.

use media::frame::Frame;
use media::time::{MediaSpan, MediaTime};

use super::PartFrames;
use crate::live::{SILENCE, SOUND_FRAME};

/// How far the picture may go on without any sound before it is taken to have stopped: longer than encoders hold it back to
/// send it in bursts, and than another child takes that codes it.
const PAUSE_MAX: MediaSpan = MediaSpan::from_ms(750);
/// A hole shorter than this is rounding: half a frame.
const HOLE_MIN: MediaSpan = MediaSpan(SOUND_FRAME.0 / 2);

/// Whether sound is expected, by where the picture was when some last came.
#[derive(Debug, Default)]
pub struct Ear {
    last: Option<MediaTime>,
}

impl Ear {
    /// Sound came, or the first of it was announced, while the picture was at `picture`.
    pub fn hears(&mut self, picture: MediaTime) {
        self.last = Some(picture);
    }

    /// The source was away for `gap`: that it sent no sound then says nothing.
    pub fn pauses(&mut self, gap: MediaSpan) {
        self.last = self.last.map(|last| last + gap);
    }

    /// Whether sound is to be waited for, now that the picture is at `picture`.
    pub fn expects(&self, picture: MediaTime) -> bool {
        self.last.is_some_and(|last| picture - last < PAUSE_MAX)
    }
}

/// A part's sound without holes: `heard` with silence before, between and after it, from `from` until nothing begins before
/// `to` any more. What was covered before is left out. At least one frame, however short the part: one without any would be a
/// gap.
pub fn fill(heard: Vec<Frame>, from: MediaTime, to: MediaTime) -> PartFrames {
    let mut part = PartFrames::new();
    let mut at = from;
    for frame in heard {
        let hole = frame.dts - at;
        if hole < MediaSpan::ZERO - HOLE_MIN {
            continue;
        }
        if hole >= HOLE_MIN {
            silence(at, frame.dts, &mut part);
        }
        at = frame.dts + SOUND_FRAME;
        part.push((frame, SOUND_FRAME));
    }
    while at < to || part.is_empty() {
        part.push((silent(at), SOUND_FRAME));
        at = at + SOUND_FRAME;
    }
    part
}

/// Silence from `from` to `to`, exactly: its last frame is longer or shorter than they are by less than half.
fn silence(from: MediaTime, to: MediaTime, part: &mut PartFrames) {
    let mut at = from;
    while to - at >= MediaSpan(SOUND_FRAME.0 + HOLE_MIN.0) {
        part.push((silent(at), SOUND_FRAME));
        at = at + SOUND_FRAME;
    }
    part.push((silent(at), to - at));
}

fn silent(dts: MediaTime) -> Frame {
    Frame { dts, cts: MediaSpan::ZERO, key: true, data: SILENCE }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const STEP: i64 = SOUND_FRAME.0;

    /// Fills a part of `to` ticks with sound at `heard`; prints each frame's place and length, silent ones in brackets.
    fn filled(heard: &[i64], from: i64, to: i64) -> String {
        let frame = |ticks: &i64| Frame {
            dts: MediaTime(*ticks),
            cts: MediaSpan::ZERO,
            key: true,
            data: Bytes::from_static(b"sound"),
        };
        let part = fill(heard.iter().map(frame).collect(), MediaTime(from), MediaTime(to));
        let words = part.iter().map(|(frame, span)| match frame.data == SILENCE {
            true => format!("({}+{})", frame.dts.0, span.0),
            false => format!("{}+{}", frame.dts.0, span.0),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn holes_are_filled_to_the_tick_and_rounding_is_none() {
        let cases: [(&str, &[i64], &str); 7] = [
            ("none at all", &[], "(0+1920) (1920+1920) (3840+1920)"),
            ("whole", &[0, STEP, 2 * STEP], "0+1920 1920+1920 3840+1920"),
            ("late", &[2 * STEP], "(0+1920) (1920+1920) 3840+1920"),
            ("it stops", &[0], "0+1920 (1920+1920) (3840+1920)"),
            ("a hole that is no whole number of frames", &[0, 4_500], "0+1920 (1920+2580) 4500+1920"),
            ("rounding", &[40, STEP - 40, 2 * STEP + 40], "40+1920 1880+1920 3880+1920"),
            ("what was covered before", &[-STEP, 0, STEP, 2 * STEP], "0+1920 1920+1920 3840+1920"),
        ];
        for (name, heard, want) in cases {
            assert_eq!(filled(heard, 0, 3 * STEP), want, "{name}");
        }
    }

    #[test]
    fn a_part_shorter_than_what_was_covered_before_has_a_frame_all_the_same() {
        assert_eq!(filled(&[], STEP, 1_500), "(1920+1920)");
    }

    #[test]
    fn sound_is_expected_for_a_while_after_it_came_and_gaps_do_not_count() {
        let mut ear = Ear::default();
        assert!(!ear.expects(MediaTime::from_ms(10)), "none came yet");
        ear.hears(MediaTime::from_ms(1_000));
        assert!(ear.expects(MediaTime::from_ms(1_700)));
        assert!(!ear.expects(MediaTime::from_ms(1_750)));
        ear.pauses(MediaSpan::from_ms(5_000));
        assert!(ear.expects(MediaTime::from_ms(6_700)));
    }
}
