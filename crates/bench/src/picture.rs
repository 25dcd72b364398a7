//! The picture: a moving pattern that gives the encoder honest work, with the time code on top. YUV 4:2:0, planar.

use crate::timecode::{self, COLUMNS, ROWS};

/// Luma of black and white in video range.
const BLACK: u8 = 16;
const WHITE: u8 = 235;

/// A canvas of one size, drawn anew for each frame.
pub(crate) struct Picture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Picture {
    /// Both sides are even and at least 160.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, bytes: vec![128; width * height * 3 / 2] }
    }

    /// Draws frame `index`, born at `wall_ms`, and returns its bytes.
    pub(crate) fn draw(&mut self, index: u64, wall_ms: i64) -> &[u8] {
        self.pattern(index as usize);
        self.stamp(wall_ms);
        &self.bytes
    }

    /// Diagonal ramps that slide, and a band of noise: motion to search and texture that cannot be predicted.
    fn pattern(&mut self, index: usize) {
        let (top, noise) = (self.stamp_height(), self.height * 7 / 8);
        let mut seed = index as u32 | 1;
        for y in top..self.height {
            let row = &mut self.bytes[y * self.width..(y + 1) * self.width];
            for (x, luma) in row.iter_mut().enumerate() {
                *luma = BLACK + ((x + y + index * 4) >> 1 & 0x7f) as u8 + ((x >> 6 ^ y >> 6) & 1) as u8 * 40;
            }
            if y >= noise {
                for luma in row.iter_mut().step_by(4) {
                    // xorshift: cheap, and the same for every run.
                    seed ^= seed << 13;
                    seed ^= seed >> 17;
                    seed ^= seed << 5;
                    *luma = luma.wrapping_add(seed as u8 & 31).clamp(BLACK, WHITE);
                }
            }
        }
        let chroma = self.width * self.height;
        let tint = ((index / 2) % 64) as u8;
        self.bytes[chroma..chroma + chroma / 4].fill(96 + tint);
        self.bytes[chroma + chroma / 4..].fill(160 - tint);
    }

    fn stamp(&mut self, wall_ms: i64) {
        let (side, width) = (self.stamp_height() / ROWS, self.width);
        let blocks = timecode::blocks(wall_ms);
        for (at, white) in blocks.iter().enumerate() {
            let (row, column) = (at / COLUMNS, at % COLUMNS);
            let (left, right) = (column * width / COLUMNS, (column + 1) * width / COLUMNS);
            for y in row * side..(row + 1) * side {
                self.bytes[y * width + left..y * width + right].fill(if *white { WHITE } else { BLACK });
            }
        }
    }

    /// Blocks are square.
    fn stamp_height(&self) -> usize {
        self.width / COLUMNS * ROWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_each_block_has_its_colour() {
        let mut picture = Picture::new(320, 180);
        let bytes = picture.draw(7, 1_795_376_733_123);
        assert_eq!(bytes.len(), 320 * 180 * 3 / 2);
        for (at, white) in timecode::blocks(1_795_376_733_123).iter().enumerate() {
            let (x, y) = (at % COLUMNS * 16 + 8, at / COLUMNS * 16 + 8);
            assert_eq!(bytes[y * 320 + x], if *white { WHITE } else { BLACK }, "block {at}");
        }
    }

    #[test]
    fn two_frames_differ_below_the_time_code_too() {
        let mut picture = Picture::new(320, 180);
        let first = picture.draw(0, 0).to_vec();
        assert_ne!(first, picture.draw(1, 0));
    }
}
