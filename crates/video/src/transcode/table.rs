//! The time line that a child is fed, and the way back from its milliseconds to the source's ticks. Pure.
//!
//! FLV rounds to milliseconds, writes 31 bits of them and must never go back. So each child counts from its own start, a tick
//! that would not rise is moved by a millisecond, and this table remembers what every millisecond was.

use std::collections::BTreeMap;

use media::time::{MediaSpan, MediaTime};

/// Frames remembered. A child holds well under a second of them, its pipes a few hundred. Full: *oldest goes*.
const FRAMES_MAX: usize = 4_096;
/// Where a child's time line begins, so that frames shown before the first one are not negative.
const START_MS: i64 = 1_000;
/// A child that has counted this far (24 days fit into FLV) is replaced.
const END_MS: i64 = 20 * 24 * 3_600 * 1_000;

/// One child's time line.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The source's millisecond that is 0 here; `None` before the first frame.
    zero_ms: Option<i64>,
    last_dts_ms: i64,
    /// By the millisecond at which a frame is shown here: when the source shows it.
    shown: BTreeMap<i64, MediaTime>,
}

/// A frame's times as FLV takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Decoding time, strictly rising.
    pub dts_ms: u32,
    /// From decoding to presentation.
    pub cts_ms: i32,
}

impl Table {
    /// The times at which the child gets the next frame; `None` if the child's time is used up.
    pub(super) fn stamp(&mut self, dts: MediaTime, pts: MediaTime) -> Option<Stamp> {
        let zero = *self.zero_ms.get_or_insert(dts.to_ms() - START_MS);
        let dts_ms = (dts.to_ms() - zero).max(self.last_dts_ms + 1);
        if dts_ms > END_MS {
            return None;
        }
        self.last_dts_ms = dts_ms;
        let mut pts_ms = (pts.to_ms() - zero).max(0);
        if pts == dts {
            pts_ms = dts_ms;
        }
        while self.shown.contains_key(&pts_ms) {
            pts_ms += 1;
        }
        self.shown.insert(pts_ms, pts);
        if self.shown.len() > FRAMES_MAX {
            self.shown.pop_first();
        }
        // Both fit: the one is below `END_MS`, the other is cut by the writer to the 24 bits that FLV has.
        Some(Stamp {
            dts_ms: u32::try_from(dts_ms).unwrap_or(u32::MAX),
            cts_ms: i32::try_from(pts_ms - dts_ms).unwrap_or(i32::MAX),
        })
    }

    /// The child's millisecond at which a source that starts at `first` (decoding time) shows what it shows at `at`.
    pub(super) fn ahead(first: MediaTime, at: MediaTime) -> i64 {
        at.to_ms() - first.to_ms() + START_MS
    }

    /// When the source shows what the child shows at `ms`: to the tick if the child made it of one of the source's
    /// frames, else as near as milliseconds are.
    pub(super) fn restore(&self, ms: i64) -> MediaTime {
        let exact = self.shown.get(&ms).copied();
        exact.unwrap_or_else(|| MediaTime::default() + MediaSpan::from_ms(ms + self.zero_ms.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds frames of (dts, pts) ticks; gives what each is restored to.
    fn round_trip(frames: &[(i64, i64)]) -> Vec<i64> {
        let mut table = Table::default();
        let mut last = 0;
        let stamps: Vec<_> = frames
            .iter()
            .map(|&(dts, pts)| {
                let stamp = table.stamp(MediaTime(dts), MediaTime(pts)).expect("in range");
                assert!(stamp.dts_ms > last, "dts rises");
                last = stamp.dts_ms;
                i64::from(stamp.dts_ms) + i64::from(stamp.cts_ms)
            })
            .collect();
        stamps.into_iter().map(|ms| table.restore(ms).0).collect()
    }

    #[test]
    fn every_tick_comes_back_exactly() {
        let at_29_97 = |n: i64| n * 3_003;
        let steady: Vec<_> = (0..300).map(|n| (at_29_97(n), at_29_97(n))).collect();
        let with_b_frames =
            [(0, 6_006), (3_003, 15_015), (6_006, 9_009), (9_009, 12_012), (12_012, 24_024)].to_vec();
        let jump = vec![(0, 0), (3_000, 3_000), (90_000_000, 90_000_000), (90_003_001, 90_003_001)];
        let denser_than_milliseconds: Vec<_> = (0..50).map(|n| (n * 30, n * 30)).collect();
        let negative = vec![(-900_000_000, -900_000_000), (-899_997_000, -899_997_000)];
        let late = vec![(1 << 50, 1 << 50), ((1 << 50) + 1_501, (1 << 50) + 1_501)];
        for frames in [steady, with_b_frames, jump, denser_than_milliseconds, negative, late] {
            let want: Vec<_> = frames.iter().map(|frame| frame.1).collect();
            assert_eq!(round_trip(&frames), want);
        }
    }

    #[test]
    fn what_no_frame_had_is_as_near_as_a_millisecond() {
        let mut table = Table::default();
        table.stamp(MediaTime(90_045), MediaTime(90_045)).expect("in range");
        assert_eq!(table.restore(1_500).0, 90_000 + 90 + 45_000);
    }

    #[test]
    fn the_table_is_bounded_and_so_is_a_childs_time() {
        let mut table = Table::default();
        for n in 0..2 * FRAMES_MAX as i64 {
            table.stamp(MediaTime(n * 1_500), MediaTime(n * 1_500)).expect("in range");
        }
        assert_eq!(table.shown.len(), FRAMES_MAX);
        let late = MediaTime::from_ms(END_MS + 1);
        assert_eq!(table.stamp(late, late), None);
    }
}
