//! A picture that stands still while the sound goes on: a camera that froze, an encoder's fault.
//!
//! The picture's key frames drive the playlists, so without them nothing would go on, and viewers who had sound would lose
//! it. After a while the picture's time is given up as a gap, as far as the sound has come. It is a gap of the sound
//! too: players don't get over segments that only some renditions have.

use media::time::{MediaSpan, MediaTime};

/// Sound that may come without a picture before viewers see a gap: longer than the pause before any key frame that
/// segments can be cut by.
const STANDSTILL_MIN: MediaSpan = MediaSpan::from_ms(3_000);
/// How far the gap stays behind the sound, so that a picture that comes back does not come too late for its own place.
const MARGIN: MediaSpan = MediaSpan::from_ms(250);

/// Where picture and sound were when the picture last went on.
#[derive(Debug, Default)]
pub struct Standstill {
    last: Option<(MediaTime, MediaTime)>,
}

impl Standstill {
    /// The picture goes on. Its newest frame is shown at `picture`, the newest sound is heard at `sound`.
    pub fn moves(&mut self, picture: Option<MediaTime>, sound: Option<MediaTime>) {
        self.last = picture.zip(sound);
    }

    /// Up to where there is a gap now that the newest sound is at `sound`; `None` while the picture may yet come.
    ///
    /// An encoder's true offset between the two is kept: what counts is how far the sound has come since.
    pub fn gap_until(&self, sound: Option<MediaTime>) -> Option<MediaTime> {
        let (picture, before) = self.last?;
        let passed = sound? - before;
        (passed >= STANDSTILL_MIN).then(|| picture + passed - MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_alone_becomes_a_gap_after_three_seconds_and_keeps_its_offset_to_the_picture() {
        let at = |ms: i64| Some(MediaTime::from_ms(ms));
        let cases = [
            ("in step", at(5_000), at(5_000), at(7_900), None),
            ("long enough", at(5_000), at(5_000), at(8_000), at(7_750)),
            ("goes on", at(5_000), at(5_000), at(20_000), at(19_750)),
            ("sound that is ahead by nature", at(5_000), at(7_000), at(9_900), None),
            ("and goes on alone", at(5_000), at(7_000), at(10_000), at(7_750)),
            ("sound that is behind", at(5_000), at(3_500), at(6_500), at(7_750)),
            ("no sound", at(5_000), None, at(9_000), None),
            ("no picture yet", None, at(5_000), at(9_000), None),
            ("no sound any more", at(5_000), at(5_000), None, None),
        ];
        for (name, picture, before, sound, want) in cases {
            let mut standstill = Standstill::default();
            standstill.moves(picture, before);
            assert_eq!(standstill.gap_until(sound), want, "{name}");
        }
    }
}
