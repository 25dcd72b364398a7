//! The sound that listeners get, whatever the source's is: AAC-LC, 48 kHz, stereo. One kind for a stream's whole life, so
//! that silence can stand in for it at any frame.

use bytes::Bytes;
use media::codec::aac::{AacConfig, AacError, FRAME_SAMPLES};
use media::frame::CodecConfig;
use media::time::MediaSpan;

/// Samples a second.
pub const SOUND_RATE: u32 = 48_000;
/// Channels.
pub const SOUND_CHANNELS: u8 = 2;
/// How long a frame lasts: no rounding, 1,024 samples of 48,000 a second are 1,920 ticks.
pub const SOUND_FRAME: MediaSpan = MediaSpan(FRAME_SAMPLES as i64 * 90_000 / SOUND_RATE as i64);
/// A frame in which nothing is heard: what FFmpeg's encoder makes of silence.
pub const SILENCE: Bytes = Bytes::from_static(&[0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c]);

/// The one config that listeners ever see.
///
/// # Errors
/// None: AAC can say this.
pub fn sound_config() -> Result<CodecConfig, AacError> {
    AacConfig::lc(SOUND_RATE, SOUND_CHANNELS).map(CodecConfig::Aac)
}
