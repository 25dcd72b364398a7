//! What wall-clock time a stream's media time stands for: EXT-X-PROGRAM-DATE-TIME.
//!
//! An encoder's clock runs a little slow or fast against ours (T10: 100 ppm are 8.6 s a day), so the wall-clock time of media
//! time 0 is measured anew with every segment: no frame comes before it was taken, and the one that comes quickest says
//! most. A correction is made where a segment begins, which the plan hands to all renditions alike. Dates rise from
//! segment to segment, and two segments never claim the same second (draft-pantos-hls-rfc8216bis §6.2.1 lets them overlap
//! by less).

use std::collections::VecDeque;

use domain::time::WallTime;
use media::time::MediaTime;

/// Segments over which the quickest is looked for: one that was held up on its way says nothing of the encoder's clock.
const RECENT_MAX: usize = 8;
/// How far dates may lag behind before they are set forward, in milliseconds: less is jitter of the network.
const FORWARD_MIN_MS: i64 = 250;
/// How far dates are set back at once, in milliseconds.
const BACK_MAX_MS: i64 = 500;

/// The wall-clock time of media time 0.
#[derive(Debug, Default)]
pub struct Epoch {
    /// In milliseconds; unknown before the first segment.
    at: Option<i64>,
    /// What it would be by each of the newest segments.
    recent: VecDeque<i64>,
    /// The newest segment's date, in milliseconds.
    newest: Option<i64>,
}

impl Epoch {
    /// A segment with media begins at `start`, and its first frame came at `now`. `anew` if nothing that was measured before
    /// says anything of it: another encoder session.
    pub fn measure(&mut self, start: MediaTime, now: WallTime, anew: bool) {
        let measured = now.unix_ms() - start.to_ms();
        if anew {
            self.recent.clear();
        }
        self.recent.push_back(measured);
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
        // The first frame of a session is taken as live: that is what latency is measured against.
        let set = match self.at.filter(|_| !anew) {
            None => measured,
            Some(at) if measured < at => measured.max(at - BACK_MAX_MS),
            Some(at) => match self.recent.iter().min() {
                Some(quickest) if self.recent.len() == RECENT_MAX && quickest - at > FORWARD_MIN_MS => {
                    *quickest
                }
                _ => at,
            },
        };
        let rising = self.newest.map(|newest| newest + 1 - start.to_ms());
        self.at = Some(rising.map_or(set, |rising| set.max(rising)));
    }

    /// The date of a segment that begins at `start`, be it a gap.
    pub fn begin(&mut self, start: MediaTime, now: WallTime) -> WallTime {
        let date = self.date(start, now);
        self.newest = Some(date.unix_ms());
        date
    }

    /// The date of `at`; `now` while nothing was measured.
    pub fn date(&self, at: MediaTime, now: WallTime) -> WallTime {
        self.at.map_or(now, |epoch| WallTime::from_unix_ms(epoch + at.to_ms()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Begins segments at `(media ms, wall ms)` and says how far each date is from its media time; `anew` are places where
    /// another session begins. Dates always rise.
    fn dates(segments: &[(i64, i64)], anew: &[usize]) -> Vec<i64> {
        let (mut epoch, mut last) = (Epoch::default(), i64::MIN);
        let mut date = |n: usize| {
            let (start, now) = (MediaTime::from_ms(segments[n].0), WallTime::from_unix_ms(segments[n].1));
            epoch.measure(start, now, n == 0 || anew.contains(&n));
            let date = epoch.begin(start, now).unix_ms();
            assert!(date > last, "{date} after {last}");
            last = date;
            date - segments[n].0
        };
        (0..segments.len()).map(&mut date).collect()
    }

    /// One-second segments of an encoder whose clock shows `media_ms` a second, each late by the network's `delays_ms`.
    fn run(count: i64, media_ms: f64, delays_ms: &[i64]) -> Vec<i64> {
        let at = |n: i64| (n as f64 * media_ms).round() as i64;
        let delay = |n: i64| delays_ms[usize::try_from(n).expect("counts up") % delays_ms.len()];
        dates(&(0..count).map(|n| (at(n), 100_000 + n * 1_000 + delay(n))).collect::<Vec<_>>(), &[])
    }

    /// The steps between neighbours, without those of no length.
    fn steps(offsets: &[i64]) -> Vec<i64> {
        offsets.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step != 0).collect()
    }

    #[test]
    fn a_clock_that_is_right_is_never_corrected_however_the_network_jitters() {
        for delays_ms in [[0, 40, 200, 90, 10, 0], [0, 0, 3_000, 2_000, 1_000, 0]] {
            assert_eq!(steps(&run(300, 1_000.0, &delays_ms)), Vec::<i64>::new(), "{delays_ms:?}");
        }
    }

    #[test]
    fn t10_a_slow_clock_is_followed_in_steps_of_a_quarter_second() {
        // Two parts in a thousand: 2 ms a second.
        let offsets = run(1_000, 998.0, &[0, 30, 60]);
        let steps = steps(&offsets);
        assert!(
            (6..=8).contains(&steps.len()) && steps.iter().all(|step| (251..=320).contains(step)),
            "{steps:?}"
        );
        let error = offsets[999] - (100_000 + 2 * 999);
        assert!((-300..=0).contains(&error), "{error} ms behind at the end");
    }

    #[test]
    fn t10_a_fast_clock_is_followed_at_once_and_unseen() {
        let offsets = run(1_000, 1_002.0, &[0]);
        assert!(steps(&offsets).iter().all(|step| *step == -2), "{:?}", steps(&offsets));
        assert_eq!(offsets[999], 100_000 - 2 * 999);
    }

    #[test]
    fn a_first_frame_that_came_late_is_corrected_within_a_segment_and_a_very_late_one_by_half_seconds() {
        assert_eq!(
            steps(&run(20, 1_000.0, &[300, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
            [-300]
        );
        let late: Vec<i64> = std::iter::once(1_700).chain([0; 19]).collect();
        assert_eq!(steps(&run(20, 1_000.0, &late)), [-500, -500, -500, -200]);
    }

    #[test]
    fn another_session_starts_afresh_and_never_before_what_was_dated_already() {
        assert_eq!(dates(&[(0, 50_000), (1_000, 51_000), (9_000, 60_000)], &[2]), [50_000, 50_000, 51_000]);
        assert_eq!(dates(&[(0, 50_000), (1_000, 51_000), (1_100, 50_900)], &[2]), [50_000, 50_000, 49_901]);
    }
}
