//! Media time: 90 kHz ticks on a stream's own clock, 64 bits wide so that nothing ever wraps.

use std::ops::{Add, Sub};

/// Ticks in a second.
pub const TICKS_PER_SECOND: i64 = 90_000;

/// An instant on a stream's own clock, in 90 kHz ticks. Never a wall-clock time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaTime(pub i64);

/// A length of media time, in 90 kHz ticks. Negative for composition offsets that lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaSpan(pub i64);

impl MediaTime {
    /// From milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms * (TICKS_PER_SECOND / 1000))
    }
    /// Whole milliseconds, rounded to the nearest.
    pub const fn to_ms(self) -> i64 {
        (self.0 + 45).div_euclid(90)
    }
    /// This instant in units of 1/`timescale` s, rounded to the nearest: exact for audio that counts its samples.
    pub fn in_timescale(self, timescale: u32) -> i64 {
        let scaled = i128::from(self.0) * i128::from(timescale) + i128::from(TICKS_PER_SECOND / 2);
        i64::try_from(scaled.div_euclid(i128::from(TICKS_PER_SECOND))).unwrap_or(i64::MAX)
    }
}

impl MediaSpan {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// From milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms * (TICKS_PER_SECOND / 1000))
    }
    /// Whole milliseconds, rounded to the nearest.
    pub const fn to_ms(self) -> i64 {
        (self.0 + 45).div_euclid(90)
    }
    /// Seconds, for playlists and people.
    pub fn to_seconds(self) -> f64 {
        self.0 as f64 / TICKS_PER_SECOND as f64
    }
    /// The length of `count` samples at `rate` samples a second, rounded to the nearest tick.
    pub fn of_samples(count: u64, rate: u32) -> Self {
        let rate = i128::from(rate.max(1));
        let ticks = (i128::from(count) * i128::from(TICKS_PER_SECOND) + rate / 2) / rate;
        Self(i64::try_from(ticks).unwrap_or(i64::MAX))
    }
}

impl Sub for MediaTime {
    type Output = MediaSpan;
    fn sub(self, earlier: Self) -> MediaSpan {
        MediaSpan(self.0 - earlier.0)
    }
}
impl Add<MediaSpan> for MediaTime {
    type Output = Self;
    fn add(self, span: MediaSpan) -> Self {
        Self(self.0 + span.0)
    }
}
impl Sub<MediaSpan> for MediaTime {
    type Output = Self;
    fn sub(self, span: MediaSpan) -> Self {
        Self(self.0 - span.0)
    }
}
impl Add for MediaSpan {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl Sub for MediaSpan {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_audio_survives_the_way_through_ticks() {
        for rate in [44_100_u32, 48_000] {
            for frames in [1_u64, 7, 1_000, 40_000_000] {
                let at = MediaTime::default() + MediaSpan::of_samples(frames * 1024, rate);
                assert_eq!(at.in_timescale(rate), i64::try_from(frames * 1024).expect("fits"));
            }
        }
    }
}
