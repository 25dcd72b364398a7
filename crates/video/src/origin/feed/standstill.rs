//! A picture that stands still while the sound goes on: a camera that froze, an encoder's fault.
//!
//! The picture's key frames drive the playlists, so without them nothing would go on, and viewers who had sound would lose
//! it. After a while the last key frame is shown again, as far as the sound has come.

use media::time::{MediaSpan, MediaTime};

/// Sound that may come without a picture before viewers see a still: longer than the pause before any key frame that
/// segments can be cut by.
const STANDSTILL_MIN: MediaSpan = MediaSpan::from_ms(2_000);
/// How far the still stays behind the sound, so that a picture that comes back does not come too late for its own place.
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

    /// Up to where there is a still now that the newest sound is at `sound`; `None` while the picture may yet come.
    ///
    /// An encoder's true offset between the two is kept: what counts is how far the sound has come since.
    pub fn still_until(&self, sound: Option<MediaTime>) -> Option<MediaTime> {
        let (picture, before) = self.last?;
        let passed = sound? - before;
        (passed >= STANDSTILL_MIN).then(|| picture + passed - MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_alone_has_a_still_after_two_seconds_and_keeps_its_offset_to_the_picture() {
        let at = |ms: i64| Some(MediaTime::from_ms(ms));
        let cases = [
            ("in step", at(5_000), at(5_000), at(6_900), None),
            ("long enough", at(5_000), at(5_000), at(7_000), at(6_750)),
            ("goes on", at(5_000), at(5_000), at(20_000), at(19_750)),
            ("sound that is ahead by nature", at(5_000), at(7_000), at(8_900), None),
            ("and goes on alone", at(5_000), at(7_000), at(9_000), at(6_750)),
            ("sound that is behind", at(5_000), at(3_500), at(5_500), at(6_750)),
            ("no sound", at(5_000), None, at(9_000), None),
            ("no picture yet", None, at(5_000), at(9_000), None),
            ("no sound any more", at(5_000), at(5_000), None, None),
        ];
        for (name, picture, before, sound, want) in cases {
            let mut standstill = Standstill::default();
            standstill.moves(picture, before);
            assert_eq!(standstill.still_until(sound), want, "{name}");
        }
    }
}
