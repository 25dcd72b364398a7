//! BANDWIDTH and AVERAGE-BANDWIDTH as they are, and not as the encoder was told.

use media::time::MediaSpan;

/// Segments whose sizes count: the last minutes.
const SEGMENTS: usize = 64;

/// Bit rates of the newest segments.
#[derive(Debug, Default)]
pub struct Bandwidth {
    /// Bytes and ticks of each, in a ring.
    newest: Vec<(usize, i64)>,
    next: usize,
}

impl Bandwidth {
    /// Takes a finished segment.
    pub fn add(&mut self, bytes: usize, duration: MediaSpan) {
        if duration <= MediaSpan::ZERO {
            return;
        }
        let entry = (bytes, duration.0);
        if self.newest.len() < SEGMENTS {
            self.newest.push(entry);
        } else {
            self.newest[self.next] = entry;
            self.next = (self.next + 1) % SEGMENTS;
        }
    }

    /// The highest rate of a segment and the mean, in bits a second; zeros before the first segment.
    pub fn peak_and_mean(&self) -> (u64, u64) {
        let rate = |bytes: usize, ticks: i64| (bytes as u64 * 8 * 90_000) / (ticks.max(1) as u64);
        let peak = self.newest.iter().map(|&(bytes, ticks)| rate(bytes, ticks)).max().unwrap_or(0);
        let bytes = self.newest.iter().map(|entry| entry.0).sum();
        let ticks = self.newest.iter().map(|entry| entry.1).sum();
        (peak, if ticks > 0 { rate(bytes, ticks) } else { 0 })
    }
}
