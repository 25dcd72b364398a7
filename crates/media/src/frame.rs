//! The unit that flows: one coded picture or one coded block of audio, in shared bytes.

use bytes::Bytes;

use crate::codec::{aac::AacConfig, h264::H264Config};
use crate::time::{MediaSpan, MediaTime};

/// One access unit (ISO/IEC 14496-10) or one AAC raw data block (ISO/IEC 14496-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it is decoded. Strictly rising within a track once `timeline` has seen it.
    pub dts: MediaTime,
    /// From decoding to presentation; zero for audio and for video without B-frames.
    pub cts: MediaSpan,
    /// A decoder can start here (H.264: an IDR picture). Always true for audio.
    pub key: bool,
    /// H.264: NAL units, each behind its 4-byte length, as in `avcC` and MP4. AAC: the raw block, no ADTS header.
    pub data: Bytes,
}

impl Frame {
    /// When it is shown or heard.
    pub fn pts(&self) -> MediaTime {
        self.dts + self.cts
    }
}

/// What a decoder must know before the first frame of a track.
#[derive(Clone, Debug, PartialEq)]
pub enum CodecConfig {
    /// H.264 with its `AVCDecoderConfigurationRecord`.
    H264(H264Config),
    /// AAC with its `AudioSpecificConfig`.
    Aac(AacConfig),
}

impl CodecConfig {
    /// RFC 6381 codec string, as `CODECS` wants it.
    pub fn rfc6381(&self) -> String {
        match self {
            Self::H264(c) => c.rfc6381(),
            Self::Aac(c) => c.rfc6381(),
        }
    }
}
