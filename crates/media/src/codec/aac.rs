//! AAC: the `AudioSpecificConfig`.

use bytes::Bytes;

/// A parsed `AudioSpecificConfig` (ISO/IEC 14496-3 §1.6.2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct AacConfig {
    /// The config as it arrived, for `esds` boxes and FLV sequence headers.
    pub record: Bytes,
    /// Audio object type; 2 is AAC-LC.
    pub object_type: u8,
    /// Samples a second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u8,
}

impl AacConfig {
    /// RFC 6381 §3.3: `mp4a.40.N`.
    pub fn rfc6381(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }
}
