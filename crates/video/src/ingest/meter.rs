//! What a source sends, second by second: the figures behind the creator's health page and the bit-rate limit.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use domain::time::WallTime;
use media::time::{MediaSpan, MediaTime};

use crate::health::Sample;

/// Seconds of history.
const HISTORY: usize = 120;
/// Key-frame intervals that count.
const INTERVALS: usize = 8;
/// So many short ones in a row prove that key frames come often enough.
const INTERVALS_PROVE: usize = 4;
/// A longer step between pictures is a pause, if it is one at this source's pace.
const HOLE_MIN: MediaSpan = MediaSpan::from_ms(600);
/// Seconds over which a source of few frames shows how many.
const SPAN_ENOUGH_S: f64 = 4.0;
/// Seconds over which rates are averaged.
const RATE_WINDOW: usize = 10;

/// Measures one stream over all its encoder sessions. `now` is an argument.
#[derive(Debug, Default)]
pub struct Meter {
    /// When the open second ends.
    until: Option<Instant>,
    open: Tally,
    history: VecDeque<Sample>,
    /// Bits read in each of the newest seconds, those that were no media too.
    read: VecDeque<u64>,
    last_key: Option<MediaTime>,
    intervals: VecDeque<MediaSpan>,
    /// Decoding time of the newest frames, for the frame rate: how many, over how long.
    steps: VecDeque<MediaTime>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    video_bytes: u64,
    audio_bytes: u64,
    read_bytes: u64,
    frames: u32,
}

impl Meter {
    /// Counts a video frame.
    pub fn video(&mut self, bytes: usize, dts: MediaTime, key: bool, now: Instant, wall: WallTime) {
        self.roll(now, wall);
        self.open.video_bytes += bytes as u64;
        self.open.frames += 1;
        if let Some(hole) = self.hole_before(dts) {
            // Time without pictures is no distance of key frames.
            self.last_key = self.last_key.map(|key| key + hole);
        }
        if self.steps.back().is_some_and(|last| dts - *last > MediaSpan::from_ms(2_000)) {
            self.steps.clear();
        }
        self.steps.push_back(dts);
        if self.steps.len() > 121 {
            self.steps.pop_front();
        }
        if key {
            self.intervals.extend(self.last_key.map(|last| dts - last));
            self.last_key = Some(dts);
            if self.intervals.len() > INTERVALS {
                self.intervals.pop_front();
            }
        }
    }

    /// How much longer than usual the picture was away before this frame, if it was.
    fn hole_before(&self, dts: MediaTime) -> Option<MediaSpan> {
        let (first, last) = (self.steps.front()?, self.steps.back()?);
        let steps = self.steps.len() as i64 - 1;
        if steps < 2 {
            return None;
        }
        let usual = (*last - *first).0 / steps;
        let step = (dts - *last).0;
        (step > HOLE_MIN.0 && step > 3 * usual).then_some(MediaSpan(step - usual))
    }

    /// Counts an audio frame.
    pub fn audio(&mut self, bytes: usize, now: Instant, wall: WallTime) {
        self.roll(now, wall);
        self.open.audio_bytes += bytes as u64;
    }

    /// Counts what was read from the encoder, media or not.
    pub fn read(&mut self, bytes: usize, now: Instant, wall: WallTime) {
        self.roll(now, wall);
        self.open.read_bytes += bytes as u64;
    }

    /// Another encoder session begins: intervals and steps over the break say nothing.
    pub fn begin_session(&mut self) {
        self.last_key = None;
        self.intervals.clear();
        self.steps.clear();
    }

    /// Frames a second of media time; `None` while too few were seen.
    pub fn fps(&self) -> Option<f64> {
        let (first, last) = (self.steps.front()?, self.steps.back()?);
        let span = (*last - *first).to_seconds();
        let is_enough = self.steps.len() > 15 && span > 0.0 || span >= SPAN_ENOUGH_S;
        is_enough.then(|| tidy_fps((self.steps.len() - 1) as f64 / span))
    }

    /// Bits a second of video and of audio, over the last ten seconds or what there is of them.
    pub fn rates(&self) -> (u64, u64) {
        let newest = self.history.iter().rev().take(RATE_WINDOW);
        let count = newest.len().max(1) as u64;
        let sums = newest.fold((0, 0), |(video, audio), s| (video + s.video_bps, audio + s.audio_bps));
        (sums.0 / count, sums.1 / count)
    }

    /// Bits a second of video and audio together, over ten seconds that end now. What is not known yet counts as nothing,
    /// so that a start or a burst after a stall may be fast, but only by as much as ten seconds allow.
    pub fn sustained_bps(&self) -> u64 {
        let newest = self.history.iter().rev().take(RATE_WINDOW - 1);
        let closed: u64 = newest.map(|second| second.video_bps + second.audio_bps).sum();
        let open = (self.open.video_bytes + self.open.audio_bytes) * 8;
        (closed + open) / RATE_WINDOW as u64
    }

    /// As [`Self::sustained_bps`], of all that was read.
    pub fn sustained_read_bps(&self) -> u64 {
        let closed: u64 = self.read.iter().sum();
        (closed + self.open.read_bytes * 8) / RATE_WINDOW as u64
    }

    /// The longest of the newest key-frame intervals, counting the one that goes on now.
    pub fn keyframe_interval(&self) -> MediaSpan {
        let open = self.last_key.zip(self.steps.back()).map(|(key, newest)| *newest - key);
        self.intervals.iter().copied().chain(open).max().unwrap_or_default()
    }

    /// Whether segments of at most `longest` can't be cut by the source's key frames; `before` is what was said last. One
    /// long interval proves nothing, and neither does one short one.
    pub fn keys_are_seldom(&self, longest: MediaSpan, before: bool) -> bool {
        let open =
            self.last_key.zip(self.steps.back()).map_or(MediaSpan::ZERO, |(key, newest)| *newest - key);
        let long = self.intervals.iter().filter(|interval| **interval > longest).count();
        // An encoder that has shown no pace yet is believed at once: its viewers wait.
        let proven = long >= 2 || open.0 > longest.0 * if self.intervals.is_empty() { 1 } else { 2 };
        let refuted = long == 0 && open <= longest && self.intervals.len() >= INTERVALS_PROVE;
        proven || (before && !refuted)
    }

    /// The last two minutes, oldest first.
    pub fn history(&self) -> Vec<Sample> {
        self.history.iter().copied().collect()
    }

    /// Closes seconds that are over, empty ones too.
    pub fn roll(&mut self, now: Instant, wall: WallTime) {
        let until = *self.until.get_or_insert(now + Duration::from_secs(1));
        if now < until {
            return;
        }
        let over = now.saturating_duration_since(until).as_secs().min(HISTORY as u64);
        for back in (0..=over).rev() {
            let tally = std::mem::take(&mut self.open);
            let at = WallTime::from_unix_ms(wall.unix_ms() - i64::try_from(back * 1000).unwrap_or(0));
            self.history.push_back(Sample {
                at,
                video_bps: tally.video_bytes * 8,
                audio_bps: tally.audio_bytes * 8,
                fps: tally.frames,
            });
            self.read.push_back(tally.read_bytes * 8);
        }
        while self.read.len() >= RATE_WINDOW {
            self.read.pop_front();
        }
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
        self.until = Some(now + Duration::from_secs(1));
    }
}

/// Encoders run at well-known rates and RTMP rounds to milliseconds: 29.98 is 29.97 and 59.9 is 60.
fn tidy_fps(measured: f64) -> f64 {
    const KNOWN: [f64; 11] = [10.0, 15.0, 20.0, 23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 60.0];
    let nearest = KNOWN.into_iter().min_by(|a, b| (a - measured).abs().total_cmp(&(b - measured).abs()));
    match nearest {
        Some(known) if (known - measured).abs() / known < 0.004 => known,
        _ => (measured * 100.0).round() / 100.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn a_flood_counts_from_its_first_second() {
        let now = Instant::now();
        let mut meter = Meter::default();
        meter.audio(10_000_000, now, WallTime::from_unix_ms(0));
        assert_eq!(meter.sustained_bps(), 8_000_000);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn a_picture_a_second_has_a_rate_too() {
        let now = Instant::now();
        let mut meter = Meter::default();
        for (second, fps) in [(0, None), (1, None), (2, None), (3, None), (4, Some(1.0)), (5, Some(1.0))] {
            meter.video(1_000, MediaTime::from_ms(second * 1_000), true, now, WallTime::from_unix_ms(0));
            assert_eq!(meter.fps(), fps, "after {second} s");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn a_pause_of_the_picture_is_no_distance_of_key_frames() {
        let now = Instant::now();
        let mut meter = Meter::default();
        // Thirty pictures a second with a key frame each second, and pauses of four seconds in the middle of two of them.
        for n in 0..300_i64 {
            let pauses = (n + 15) / 100;
            let dts = MediaTime::from_ms(n * 1_000 / 30 + pauses * 4_000);
            meter.video(1_000, dts, n % 30 == 0, now, WallTime::from_unix_ms(0));
            assert!(!meter.keys_are_seldom(MediaSpan::from_ms(2_460), false), "picture {n}");
        }
    }

    /// What is said after key frames at these seconds, with frames in between, up to the last of them.
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn seldom_after(keys_s: &[i64], until_s: i64, before: bool) -> bool {
        let now = Instant::now();
        let mut meter = Meter::default();
        for second in 0..=until_s {
            let (dts, key) = (MediaTime::from_ms(second * 1_000), keys_s.contains(&second));
            meter.video(1_000, dts, key, now, WallTime::from_unix_ms(0));
        }
        meter.keys_are_seldom(MediaSpan::from_ms(2_460), before)
    }

    #[test]
    fn key_frames_are_seldom_when_it_is_proven_and_often_when_that_is() {
        let cases: [(&str, &[i64], i64, bool, bool); 9] = [
            ("every second", &[0, 1, 2, 3, 4, 5], 5, false, false),
            ("one alone, and no more", &[0], 3, false, true),
            ("not yet", &[0], 2, false, false),
            ("no more after a good start", &[0, 1, 2], 7, false, true),
            ("which may be a hiccup", &[0, 1, 2], 6, false, false),
            ("one long interval is a hiccup", &[0, 1, 2, 5, 6, 7], 7, false, false),
            ("two are none", &[0, 3, 6], 6, false, true),
            ("a new session has to prove itself", &[0, 1, 2, 3], 3, true, true),
            ("and then has", &[0, 1, 2, 3, 4], 4, true, false),
        ];
        for (name, keys, until, before, want) in cases {
            assert_eq!(seldom_after(keys, until, before), want, "{name}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn seconds_are_closed_as_they_pass_and_frame_rates_are_tidy() {
        let begin = Instant::now();
        let mut meter = Meter::default();
        for n in 0..91_u64 {
            let now = begin + Duration::from_micros(n * 33_333);
            let dts = MediaTime::from_ms((n * 33_333 / 1000) as i64);
            meter.video(1_000, dts, n % 60 == 0, now, WallTime::from_unix_ms(0));
        }
        assert_eq!(meter.fps(), Some(30.0));
        assert_eq!(meter.history().len(), 2, "the third second is just over or about to be");
        let frames = meter.rates().0 / 8_000;
        assert!((30..=31).contains(&frames), "30 or 31 frames fall into a second, not {frames}");
        assert_eq!(meter.keyframe_interval().to_ms(), 1_999);
    }
}
