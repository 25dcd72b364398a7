//! Boxes of ISO base media (ISO/IEC 14496-12 §4.2), read without copying and without trusting any length.
//!
//! Whatever is read moves the cursor by at least a byte, so that no loop over a file is longer than the file.

/// A four-character code.
pub type Name = [u8; 4];

/// Bytes ended before what they announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a box ends before what it announces")]
pub struct Cut;

/// What is left of some bytes; numbers are big-endian.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Cut> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Cut)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of `n` bytes, at most eight.
    pub fn number(&mut self, n: usize) -> Result<u64, Cut> {
        Ok(self.take(n)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Cut> {
        self.number(2).map(|number| number as u16)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Cut> {
        self.number(4).map(|number| number as u32)
    }

    /// A four-character code.
    pub fn name(&mut self) -> Result<Name, Cut> {
        self.u32().map(u32::to_be_bytes)
    }

    /// Version and flags of a full box.
    pub fn full(&mut self) -> Result<(u8, u32), Cut> {
        self.u32().map(|both| ((both >> 24) as u8, both & 0xff_ffff))
    }

    /// The next box, name and payload; nothing at the end.
    pub fn next_box(&mut self) -> Result<Option<(Name, &'a [u8])>, Cut> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let (size, name) = (self.u32()?, self.name()?);
        let payload = match size {
            // To the end of what encloses it.
            0 => self.0.len(),
            1 => usize::try_from(self.number(8)?).ok().and_then(|size| size.checked_sub(16)).ok_or(Cut)?,
            _ => usize::try_from(size).ok().and_then(|size| size.checked_sub(8)).ok_or(Cut)?,
        };
        Ok(Some((name, self.take(payload)?)))
    }

    /// The payload of the first box of that name.
    pub fn find(mut self, wanted: &Name) -> Result<Option<&'a [u8]>, Cut> {
        while let Some((name, payload)) = self.next_box()? {
            if name == *wanted {
                return Ok(Some(payload));
            }
        }
        Ok(None)
    }
}

/// The payload of a box inside others.
pub fn at<'a>(bytes: &'a [u8], path: &[&Name]) -> Result<Option<&'a [u8]>, Cut> {
    let mut found = Some(bytes);
    for name in path {
        let Some(bytes) = found else { return Ok(None) };
        found = Cursor(bytes).find(name)?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_found_by_name_whatever_form_their_size_has() {
        let mut bytes = b"\0\0\0\x0aaaaaxy".to_vec();
        bytes.extend(b"\0\0\0\x01bbbb\0\0\0\0\0\0\0\x11z");
        bytes.extend(b"\0\0\0\0ccccto the end");
        assert_eq!(at(&bytes, &[b"aaaa"]), Ok(Some(&b"xy"[..])));
        assert_eq!(at(&bytes, &[b"bbbb"]), Ok(Some(&b"z"[..])));
        assert_eq!(at(&bytes, &[b"cccc"]), Ok(Some(&b"to the end"[..])));
        assert_eq!(at(&bytes, &[b"dddd"]), Ok(None));
        assert_eq!(at(&bytes, &[b"dddd", b"aaaa"]), Ok(None));
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        for bytes in [
            &b"\0\0\0\x07aaaa"[..],
            b"\0\0\0\x09aaaa",
            b"\0\0\0\x01aaaa\0\0\0\0\0\0\0\x0f",
            b"\0\0\0\x01aaaa\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\0\0\0",
        ] {
            assert_eq!(Cursor(bytes).next_box(), Err(Cut), "{bytes:?}");
        }
    }
}
