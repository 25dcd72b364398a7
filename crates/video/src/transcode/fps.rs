//! How many frames a second a source has, before its first frame is encoded: x264 shares out its bits by it.

use media::time::{MediaTime, TICKS_PER_SECOND};

use crate::live::Track;

/// Frames that make a measurement.
const FRAMES_MIN: usize = 8;
const FRAMES_MAX: usize = 60;
/// What is believed of a source that says nothing and shows nothing strange.
const USUAL: f64 = 30.0;

/// Frames a second of `video`: measured if enough frames are there, else as `declared`; if that is missing too, it waits for
/// enough frames. Late readers start with the newest key frame, so waiting loses none.
pub(super) async fn measure(video: &Track, declared: Option<f64>) -> f64 {
    let mut reader = video.reader();
    let mut times = Vec::with_capacity(FRAMES_MAX);
    while times.len() < FRAMES_MAX
        && let Some(read) = reader.try_next()
    {
        times.push(read.frame.dts);
    }
    if times.len() < FRAMES_MIN
        && let Some(fps) = declared
    {
        return fps;
    }
    while times.len() < FRAMES_MIN {
        let Some(read) = reader.next().await else { break };
        times.push(read.frame.dts);
    }
    of(&times)
}

/// Two rates nearer to each other than this are one, measured twice.
const SAME: f64 = 0.03;

/// A stream's rate over all its children: encoders write it into their parameter sets, and a child whose sets differ from the
/// last one's for no reason could not go on within a segment.
#[derive(Debug, Default)]
pub(super) struct Steady(Option<f64>);

impl Steady {
    /// The rate for the next child, of a source that was measured at `fps` now.
    pub(super) fn take(&mut self, fps: f64) -> f64 {
        let kept = self.0.filter(|kept| (kept - fps).abs() <= kept * SAME).unwrap_or(fps);
        self.0 = Some(kept);
        kept
    }
}

/// Frames a second of frames decoded at `times`, by the middle gap: a pause or two don't count.
fn of(times: &[MediaTime]) -> f64 {
    let mut gaps: Vec<i64> =
        times.windows(2).map(|pair| (pair[1] - pair[0]).0).filter(|gap| *gap > 0).collect();
    gaps.sort_unstable();
    let usual = TICKS_PER_SECOND as f64 / USUAL;
    // Timestamps in whole milliseconds make 33, 33, 34 of 33.3: the mean of the middle half is nearer than the middle one.
    let middle = &gaps[gaps.len() / 4..gaps.len() - gaps.len() / 4];
    let gap = if middle.is_empty() { usual } else { middle.iter().sum::<i64>() as f64 / middle.len() as f64 };
    (TICKS_PER_SECOND as f64 / gap).clamp(1.0, 240.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_stays_until_it_is_another_one() {
        let mut rate = Steady::default();
        let taken = [30.0, 30.126, 29.7, 59.94, 60.1, 30.0].map(|fps| rate.take(fps));
        assert_eq!(taken, [30.0, 30.0, 30.0, 59.94, 59.94, 30.0]);
    }

    #[test]
    fn the_rate_is_that_of_most_frames() {
        let at = |ms: &[i64]| of(&ms.iter().copied().map(MediaTime::from_ms).collect::<Vec<_>>()).round();
        let steady: Vec<i64> = (0..30).map(|n| n * 1000 / 60).collect();
        let paused: Vec<i64> = (0..30).map(|n| n * 40 + if n > 15 { 5_000 } else { 0 }).collect();
        assert_eq!([at(&steady), at(&paused), at(&[]), at(&[5])], [60.0, 25.0, 30.0, 30.0]);
    }
}
