//! Takes tags out of FFmpeg's output pipes as the bytes come.

use bytes::{Bytes, BytesMut};

use super::{FlvError, TAG_HEAD_BYTES, TRAILER_BYTES, TagHead, TagKind};

/// `DataOffset` and what it counts (E.2).
const FILE_HEAD_BYTES: usize = 9;
/// Nobody writes a header longer than its 9 bytes; a little more is passed over.
const FILE_HEAD_BYTES_MAX: usize = 1024;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What it carries.
    pub kind: TagKind,
    /// Milliseconds, 32 bits, wrapping.
    pub timestamp_ms: u32,
    /// The body, for [`VideoTag`](super::VideoTag) or [`AudioTag`](super::AudioTag).
    pub data: Bytes,
}

/// An incremental demuxer: push what was read, then take tags until there is none.
///
/// A tag that lies in one push is a slice of it, any other is copied once. At most one tag of the given size is held besides the last push.
#[derive(Debug)]
pub struct Reader {
    tag_bytes_max: usize,
    input: Bytes,
    /// The beginning of what `expect` needs, if it came in an earlier push.
    partial: BytesMut,
    expect: Expect,
}

#[derive(Clone, Copy, Debug)]
enum Expect {
    FileHead,
    /// The rest of the file header, with the first `PreviousTagSize`.
    FileHeadRest(usize),
    TagHead,
    Body(TagHead),
}

impl Reader {
    /// A reader at the beginning of an FLV stream that refuses bodies longer than `tag_bytes_max`.
    pub fn new(tag_bytes_max: usize) -> Self {
        Self { tag_bytes_max, input: Bytes::new(), partial: BytesMut::new(), expect: Expect::FileHead }
    }

    /// Takes what one read gave. Tags of the push before should have been taken: what is left of it is copied.
    pub fn push(&mut self, bytes: Bytes) {
        self.input = if self.input.is_empty() { bytes } else { [&self.input[..], &bytes].concat().into() };
    }

    /// The next tag, or `None` until more is pushed. Tags of unknown types are passed over. After an error the stream can't be read on.
    pub fn next_tag(&mut self) -> Result<Option<Tag>, FlvError> {
        while let Some(piece) = self.take(self.expect.bytes()) {
            match self.expect {
                Expect::FileHead => self.expect = file_head(&piece)?,
                Expect::FileHeadRest(_) => self.expect = Expect::TagHead,
                Expect::TagHead => {
                    let head = TagHead::parse(piece.first_chunk().ok_or(FlvError::Short("FLV"))?);
                    if head.encrypted {
                        return Err(FlvError::Encrypted);
                    }
                    if head.data_bytes > self.tag_bytes_max {
                        return Err(FlvError::TooLong { bytes: head.data_bytes, max: self.tag_bytes_max });
                    }
                    self.expect = Expect::Body(head);
                }
                Expect::Body(head) => {
                    self.expect = Expect::TagHead;
                    if let Some(kind) = head.kind {
                        let data = piece.slice(..head.data_bytes);
                        return Ok(Some(Tag { kind, timestamp_ms: head.timestamp_ms, data }));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The next `bytes`, if they are all there; else what is there is kept.
    fn take(&mut self, bytes: usize) -> Option<Bytes> {
        if self.partial.is_empty() && self.input.len() >= bytes {
            return Some(self.input.split_to(bytes));
        }
        let missing = bytes - self.partial.len();
        if self.partial.is_empty() && !self.input.is_empty() {
            self.partial = BytesMut::with_capacity(bytes);
        }
        self.partial.extend_from_slice(&self.input.split_to(missing.min(self.input.len())));
        (self.partial.len() == bytes).then(|| std::mem::take(&mut self.partial).freeze())
    }
}

impl Expect {
    fn bytes(self) -> usize {
        match self {
            Self::FileHead => FILE_HEAD_BYTES,
            Self::FileHeadRest(bytes) => bytes,
            Self::TagHead => TAG_HEAD_BYTES,
            Self::Body(head) => head.data_bytes + TRAILER_BYTES,
        }
    }
}

fn file_head(head: &[u8]) -> Result<Expect, FlvError> {
    let offset = match head {
        [b'F', b'L', b'V', _version, _flags, offset @ ..] => {
            offset.first_chunk().map(|b| u32::from_be_bytes(*b) as usize)
        }
        _ => None,
    };
    match offset {
        Some(offset @ FILE_HEAD_BYTES..=FILE_HEAD_BYTES_MAX) => {
            Ok(Expect::FileHeadRest(offset - FILE_HEAD_BYTES + TRAILER_BYTES))
        }
        _ => Err(FlvError::Signature),
    }
}

#[cfg(test)]
mod tests;
