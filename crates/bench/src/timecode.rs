//! A moment written so that it survives scaling and hard compression: 40 large black and white blocks.
//!
//! 32 bits of wall-clock milliseconds, most significant first, then 8 bits of checksum; 20 blocks in a row, two rows,
//! over the whole width at the top of the picture. `tests/bench/reader.js` reads it back; both must agree.

/// Blocks in a row.
pub(crate) const COLUMNS: usize = 20;
/// Rows of blocks.
pub(crate) const ROWS: usize = 2;
/// Bits in all.
pub(crate) const BITS: usize = COLUMNS * ROWS;

/// The blocks of a moment: `true` is white.
pub(crate) fn blocks(wall_ms: i64) -> [bool; BITS] {
    // The low 32 bits turn over every 49 days; a reader knows the time to better than that.
    let millis = (wall_ms & 0xffff_ffff) as u64;
    let code = millis << 8 | u64::from(checksum(millis as u32));
    std::array::from_fn(|at| code >> (BITS - 1 - at) & 1 == 1)
}

/// What tells a time code from a picture that merely looks like one: all black and all white both fail it.
fn checksum(millis: u32) -> u8 {
    millis.to_be_bytes().iter().fold(0x5a, |sum: u8, byte| sum.rotate_left(3) ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(blocks: &[bool; BITS]) -> Option<u32> {
        let code = blocks.iter().fold(0_u64, |code, white| code << 1 | u64::from(*white));
        let millis = (code >> 8) as u32;
        (checksum(millis) == code as u8).then_some(millis)
    }

    #[test]
    fn a_moment_is_read_back_as_it_was_written() {
        for moment in [0, 1, 1_795_376_733_123, i64::from(u32::MAX)] {
            assert_eq!(read(&blocks(moment)), Some(moment as u32));
        }
    }

    #[test]
    fn one_wrong_block_is_noticed() {
        for at in 0..BITS {
            let mut wrong = blocks(1_795_376_733_123);
            wrong[at] = !wrong[at];
            assert_eq!(read(&wrong), None, "block {at}");
        }
    }

    #[test]
    fn black_and_white_pictures_are_no_time() {
        assert_eq!(read(&[false; BITS]), None);
        assert_eq!(read(&[true; BITS]), None);
    }
}
