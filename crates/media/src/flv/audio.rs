//! Audio tag bodies (E.4.2; Enhanced RTMP v2, "Enhanced Audio").

use std::borrow::Cow;

use bytes::{Buf, Bytes};

use super::enhanced::{self, CODED_FRAMES, SEQUENCE_END, SEQUENCE_START, take};
use super::{FlvError, four_cc_name};

const MEDIA: &str = "audio";
const ENHANCED: u8 = 9;
const AAC: u8 = 10;

/// Packet types of Enhanced RTMP audio beyond those shared with video.
const MULTICHANNEL_CONFIG: u8 = 4;
const MULTITRACK: u8 = 5;

/// What an audio tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioTag {
    /// An `AudioSpecificConfig`. May be repeated: compare the bytes.
    Config(Bytes),
    /// One AAC raw data block; never empty.
    Frame(Bytes),
    /// Nothing to do: end marks, channel orders, tracks beside the main one, empty tags.
    Ignored,
    /// A codec that we don't take.
    Unsupported {
        /// Its name for people.
        codec: Cow<'static, str>,
    },
}

impl AudioTag {
    /// Reads a tag body. The data are slices of it.
    pub fn parse(mut body: Bytes) -> Result<Self, FlvError> {
        if body.is_empty() {
            return Ok(Self::Ignored);
        }
        let first = body.get_u8();
        match first >> 4 {
            AAC => Self::packet(take(MEDIA, 1, &mut body)?[0], body),
            ENHANCED => {
                let packet = enhanced::packet(MEDIA, MULTITRACK, first & 0x0f, body)?;
                let Some(packet) = packet else { return Ok(Self::Ignored) };
                match &packet.four_cc {
                    b"mp4a" => Self::packet(packet.packet, packet.body),
                    _ => Ok(Self::Unsupported { codec: four_cc_name(packet.four_cc) }),
                }
            }
            codec => Ok(Self::Unsupported { codec: legacy_name(codec) }),
        }
    }

    /// `AACPacketType` (E.4.2.1) and `AudioPacketType` agree on the numbers that both have.
    fn packet(packet: u8, data: Bytes) -> Result<Self, FlvError> {
        match packet {
            SEQUENCE_START | CODED_FRAMES if data.is_empty() => Ok(Self::Ignored),
            SEQUENCE_START => Ok(Self::Config(data)),
            CODED_FRAMES => Ok(Self::Frame(data)),
            SEQUENCE_END | MULTICHANNEL_CONFIG => Ok(Self::Ignored),
            packet => Err(FlvError::Packet { media: MEDIA, packet }),
        }
    }
}

fn legacy_name(codec: u8) -> Cow<'static, str> {
    let name = match codec {
        0 | 3 => "PCM",
        1 => "ADPCM",
        2 | 14 => "MP3",
        4..=6 => "Nellymoser",
        7 => "G.711 A-law",
        8 => "G.711 µ-law",
        11 => "Speex",
        13 => "Opus",
        other => return format!("audio codec {other}").into(),
    };
    name.into()
}

#[cfg(test)]
mod tests;
