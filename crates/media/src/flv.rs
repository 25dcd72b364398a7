//! FLV: tag bodies as RTMP carries them, and tags as files and pipes carry them ("Video File Format Specification Version 10.1", Annex E; veovera's
//! "Enhanced RTMP v2").
//!
//! [`VideoTag`] and [`AudioTag`] read tag bodies, [`writer`] gives the bytes around a payload that goes to FFmpeg, [`Reader`] takes tags out of
//! FFmpeg's pipes. All promise not to copy a payload that lies in one piece, and not to panic. What H.264 and AAC records mean is `codec`'s.

mod enhanced;
mod video;
mod audio;
pub mod writer;
mod reader;

use std::borrow::Cow;

pub use audio::AudioTag;
pub use reader::{Reader, Tag};
pub use video::VideoTag;

/// Type, size, timestamp and stream before every tag body (E.4.1).
pub const TAG_HEAD_BYTES: usize = 11;
/// `PreviousTagSize` after every tag body (E.3).
pub const TRAILER_BYTES: usize = 4;

/// What can be wrong with a tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlvError {
    /// It ends inside its own header.
    #[error("the {0} tag ends inside its header; update the encoder")]
    Short(&'static str),
    /// A packet type that the specifications don't have.
    #[error("the {media} packet type {packet} is not known; update the encoder or this server")]
    Packet {
        /// `video` or `audio`.
        media: &'static str,
        /// As sent.
        packet: u8,
    },
    /// Not an FLV stream.
    #[error("the stream does not begin with an FLV header")]
    Signature,
    /// A tag whose body is encrypted.
    #[error("the tag is encrypted; turn encryption off")]
    Encrypted,
    /// A tag that is too long for us, or for FLV.
    #[error("a tag of {bytes} bytes is over the limit of {max}; lower the bit rate or the key-frame size")]
    TooLong {
        /// Length of the body.
        bytes: usize,
        /// The limit.
        max: usize,
    },
}

/// What a tag carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    /// Type 8.
    Audio,
    /// Type 9.
    Video,
    /// Type 18: `onMetaData` and the like, in AMF0.
    Script,
}

impl TagKind {
    /// As it is written.
    pub const fn code(self) -> u8 {
        match self {
            Self::Audio => 8,
            Self::Video => 9,
            Self::Script => 18,
        }
    }
}

/// The header of a tag (E.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagHead {
    /// `None` for a type that is to be skipped.
    pub kind: Option<TagKind>,
    /// Milliseconds, 32 bits, wrapping.
    pub timestamp_ms: u32,
    /// Length of the body.
    pub data_bytes: usize,
    /// The filter bit.
    pub encrypted: bool,
}

impl TagHead {
    /// Reads a header. Every 11 bytes are one.
    pub fn parse(bytes: &[u8; TAG_HEAD_BYTES]) -> Self {
        let kind = match bytes[0] & 0x1f {
            8 => Some(TagKind::Audio),
            9 => Some(TagKind::Video),
            18 => Some(TagKind::Script),
            _ => None,
        };
        Self {
            kind,
            timestamp_ms: u32::from_be_bytes([bytes[7], bytes[4], bytes[5], bytes[6]]),
            data_bytes: u32::from_be_bytes([0, bytes[1], bytes[2], bytes[3]]) as usize,
            encrypted: bytes[0] & 0x20 != 0,
        }
    }
}

/// A codec's name for people, from its FourCC.
fn four_cc_name(four_cc: [u8; 4]) -> Cow<'static, str> {
    let name = match &four_cc {
        b"avc1" => "H.264",
        b"hvc1" => "HEVC (H.265)",
        b"vvc1" => "VVC (H.266)",
        b"av01" => "AV1",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"mp4a" => "AAC",
        b"Opus" => "Opus",
        b"fLaC" => "FLAC",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b".mp3" => "MP3",
        other => return format!("codec {}", other.escape_ascii()).into(),
    };
    name.into()
}
