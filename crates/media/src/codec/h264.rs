//! H.264: the decoder configuration record and what its first SPS says.

use bytes::Bytes;

/// A parsed `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15 §5.3.3).
#[derive(Clone, Debug, PartialEq)]
pub struct H264Config {
    /// The record as it arrived, for `avcC` boxes and FLV sequence headers; two configs are the same if this is.
    pub record: Bytes,
    /// Picture width in pixels, cropped.
    pub width: u32,
    /// Picture height in pixels, cropped.
    pub height: u32,
    /// Frames a second from the VUI, if it says so.
    pub fps: Option<f64>,
}

impl H264Config {
    /// RFC 6381 §3.3: `avc1.PPCCLL`.
    pub fn rfc6381(&self) -> String {
        todo!()
    }
}
