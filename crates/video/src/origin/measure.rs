//! BANDWIDTH and AVERAGE-BANDWIDTH as they are, and not as the encoder was told.

use std::collections::VecDeque;

use media::time::MediaSpan;

/// Segments whose sizes count: the last minutes.
const SEGMENTS: usize = 64;

/// Bit rates of the newest segments.
#[derive(Debug)]
pub struct Bandwidth {
    target: MediaSpan,
    /// Bytes and ticks of each, oldest first.
    newest: VecDeque<(u64, i64)>,
}

impl Bandwidth {
    /// Nothing measured yet, of segments of at most about `target`.
    pub fn new(target: MediaSpan) -> Self {
        Self { target, newest: VecDeque::new() }
    }

    /// Takes a finished segment.
    pub fn add(&mut self, bytes: usize, duration: MediaSpan) {
        if duration <= MediaSpan::ZERO {
            return;
        }
        if self.newest.len() == SEGMENTS {
            self.newest.pop_front();
        }
        self.newest.push_back((bytes as u64, duration.0));
    }

    /// The peak and the mean, in bits a second; zeros while nothing counts. The peak is that of any neighbours which
    /// together last at least half a target duration (draft-pantos-hls-rfc8216bis §4.1): the key frame alone at the end of
    /// an interrupted session is none.
    pub fn peak_and_mean(&self) -> (u64, u64) {
        let peak = (0..self.newest.len()).filter_map(|from| self.rate_from(from)).max().unwrap_or(0);
        let (bytes, ticks) = self.newest.iter().fold((0, 0), |sum, entry| (sum.0 + entry.0, sum.1 + entry.1));
        (peak, if peak > 0 { rate(bytes, ticks) } else { 0 })
    }

    /// The rate of segments from `from` on, as few as count.
    fn rate_from(&self, from: usize) -> Option<u64> {
        let (mut bytes, mut ticks) = (0, 0);
        for entry in self.newest.iter().skip(from) {
            bytes += entry.0;
            ticks += entry.1;
            if ticks * 2 >= self.target.0 {
                return Some(rate(bytes, ticks));
            }
        }
        None
    }
}

fn rate(bytes: u64, ticks: i64) -> u64 {
    let bits = u128::from(bytes) * 8 * 90_000 / u128::from(ticks.max(1).unsigned_abs());
    u64::try_from(bits).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_segment_alone_is_no_peak() {
        let mut bandwidth = Bandwidth::new(MediaSpan::from_ms(2_000));
        bandwidth.add(100_000, MediaSpan::from_ms(40));
        assert_eq!(bandwidth.peak_and_mean(), (0, 0));
        bandwidth.add(125_000, MediaSpan::from_ms(1_000));
        bandwidth.add(250_000, MediaSpan::from_ms(1_000));
        bandwidth.add(100_000, MediaSpan::from_ms(40));
        let (peak, mean) = bandwidth.peak_and_mean();
        assert_eq!((peak, mean / 1_000), (2_000_000, 2_211));
    }
}
