//! Video tag bodies (E.4.3; Enhanced RTMP v2, "Enhanced Video").

use std::borrow::Cow;

use bytes::{Buf, Bytes};

use super::enhanced::{self, CODED_FRAMES, SEQUENCE_END, SEQUENCE_START, take};
use super::{FlvError, four_cc_name};

const MEDIA: &str = "video";
const AVC: u8 = 7;
const KEY_FRAME: u8 = 1;
/// Also sent by encoders that repeat one; a decoder can start there.
const GENERATED_KEY_FRAME: u8 = 4;
const COMMAND_FRAME: u8 = 5;
const ENHANCED: u8 = 0x80;

/// Packet types of Enhanced RTMP video beyond those shared with audio.
const CODED_FRAMES_X: u8 = 3;
const METADATA: u8 = 4;
const MPEG2_TS_SEQUENCE_START: u8 = 5;
const MULTITRACK: u8 = 6;

/// What a video tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoTag {
    /// An `AVCDecoderConfigurationRecord`. Some encoders repeat it before every key frame: compare the bytes.
    Config(Bytes),
    /// One access unit of H.264.
    Frame {
        /// The encoder calls it a key frame.
        key: bool,
        /// From decoding to presentation, in milliseconds; 24 bits with a sign.
        cts_ms: i32,
        /// NAL units behind lengths, as the record says; never empty.
        data: Bytes,
    },
    /// No more frames with the last record.
    EndOfSequence,
    /// Nothing to do: seek marks, colour metadata, tracks beside the main one, empty tags.
    Ignored,
    /// A codec that we don't take.
    Unsupported {
        /// Its name for people.
        codec: Cow<'static, str>,
    },
}

impl VideoTag {
    /// Reads a tag body. The data are slices of it.
    pub fn parse(mut body: Bytes) -> Result<Self, FlvError> {
        if body.is_empty() {
            return Ok(Self::Ignored);
        }
        let first = body.get_u8();
        let frame = (first >> 4) & 0x07;
        let low = first & 0x0f;
        if first & ENHANCED != 0 {
            return Self::enhanced(frame, low, body);
        }
        if frame == COMMAND_FRAME {
            return Ok(Self::Ignored);
        }
        match low {
            AVC => Self::avc(is_key(frame), take(MEDIA, 1, &mut body)?[0], body),
            codec => Ok(Self::Unsupported { codec: legacy_name(codec) }),
        }
    }

    /// `AVCVIDEOPACKET` (E.4.3.2).
    fn avc(key: bool, packet: u8, mut body: Bytes) -> Result<Self, FlvError> {
        match packet {
            SEQUENCE_END => Ok(Self::EndOfSequence),
            SEQUENCE_START => {
                take(MEDIA, 3, &mut body)?;
                Ok(Self::config(body))
            }
            CODED_FRAMES => Self::frame_with_offset(key, body),
            packet => Err(FlvError::Packet { media: MEDIA, packet }),
        }
    }

    fn enhanced(frame: u8, packet: u8, body: Bytes) -> Result<Self, FlvError> {
        if frame == COMMAND_FRAME && packet != METADATA {
            return Ok(Self::Ignored);
        }
        let Some(packet) = enhanced::packet(MEDIA, MULTITRACK, packet, body)? else {
            return Ok(Self::Ignored);
        };
        if &packet.four_cc != b"avc1" {
            return Ok(Self::Unsupported { codec: four_cc_name(packet.four_cc) });
        }
        match packet.packet {
            SEQUENCE_START => Ok(Self::config(packet.body)),
            CODED_FRAMES => Self::frame_with_offset(is_key(frame), packet.body),
            CODED_FRAMES_X => Ok(Self::frame(is_key(frame), 0, packet.body)),
            SEQUENCE_END => Ok(Self::EndOfSequence),
            METADATA | MPEG2_TS_SEQUENCE_START => Ok(Self::Ignored),
            packet => Err(FlvError::Packet { media: MEDIA, packet }),
        }
    }

    fn config(record: Bytes) -> Self {
        if record.is_empty() { Self::Ignored } else { Self::Config(record) }
    }

    fn frame_with_offset(key: bool, mut body: Bytes) -> Result<Self, FlvError> {
        let offset = take(MEDIA, 3, &mut body)?;
        let cts_ms = i32::from_be_bytes([offset[0], offset[1], offset[2], 0]) >> 8;
        Ok(Self::frame(key, cts_ms, body))
    }

    fn frame(key: bool, cts_ms: i32, data: Bytes) -> Self {
        if data.is_empty() { Self::Ignored } else { Self::Frame { key, cts_ms, data } }
    }
}

fn is_key(frame: u8) -> bool {
    matches!(frame, KEY_FRAME | GENERATED_KEY_FRAME)
}

fn legacy_name(codec: u8) -> Cow<'static, str> {
    let name = match codec {
        2 => "Sorenson H.263",
        3 => "Screen Video",
        4 | 5 => "VP6",
        6 => "Screen Video 2",
        8 => "H.263",
        9 => "MPEG-4 Part 2",
        // Private numbers that cameras and Chinese encoders use.
        12 => "HEVC (H.265)",
        13 => "AV1",
        other => return format!("video codec {other}").into(),
    };
    name.into()
}

#[cfg(test)]
mod tests;
