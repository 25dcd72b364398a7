//! Cuts FFmpeg's `image2pipe` into JPEGs. Pure.

use bytes::{Buf as _, Bytes, BytesMut};

/// A thumbnail of 440 pixels has 20 to 60 kB. What is longer is no JPEG of ours.
const JPEG_BYTES_MAX: usize = 1024 * 1024;
const START: [u8; 2] = [0xff, 0xd8];
const END: [u8; 2] = [0xff, 0xd9];

/// Takes bytes as they come and gives whole pictures.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    buffer: BytesMut,
    /// How far the end has been looked for.
    seen: usize,
}

impl Splitter {
    /// Where the next bytes go.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next picture, if it is all there.
    ///
    /// Within coded data 0xff is always followed by 0 or a restart mark, and FFmpeg's tables hold no such pair: the end
    /// mark is where it seems to be.
    pub(super) fn next_picture(&mut self) -> Option<Bytes> {
        if self.buffer.len() >= 2 && self.buffer[..2] != START {
            let start = self.buffer.windows(2).position(|pair| pair == START);
            self.buffer.advance(start.unwrap_or(self.buffer.len() - 1));
            self.seen = 0;
        }
        let from = self.seen.saturating_sub(1);
        let end = self.buffer[from..].windows(2).position(|pair| pair == END);
        self.seen = self.buffer.len();
        if let Some(end) = end {
            self.seen = 0;
            return Some(self.buffer.split_to(from + end + 2).freeze());
        }
        if self.buffer.len() > JPEG_BYTES_MAX {
            self.buffer.clear();
            self.seen = 0;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(step) {
            splitter.buffer().extend_from_slice(piece);
            while let Some(picture) = splitter.next_picture() {
                found.push(picture.to_vec());
            }
        }
        found
    }

    #[test]
    fn pictures_are_found_however_the_bytes_come_and_noise_is_passed_over() {
        let one = [0xff, 0xd8, 1, 0xff, 0, 2, 0xff, 0xd9];
        let two = [0xff, 0xd8, 7, 0xff, 0xd9];
        let stream = [&[9, 9, 0xff][..], &one, &two, &[5], &one, &[0xff, 0xd8, 1]].concat();
        for step in 1..stream.len() {
            assert_eq!(pictures(&stream, step), [one.to_vec(), two.to_vec(), one.to_vec()], "by {step}");
        }
    }

    #[test]
    fn a_picture_without_end_is_given_up() {
        let mut splitter = Splitter::default();
        splitter.buffer().extend_from_slice(&START);
        splitter.buffer().extend_from_slice(&vec![0; JPEG_BYTES_MAX]);
        assert_eq!(splitter.next_picture(), None);
        assert!(splitter.buffer().is_empty());
    }
}
