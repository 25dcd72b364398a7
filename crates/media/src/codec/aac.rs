//! AAC: the `AudioSpecificConfig`, and nothing of the audio itself.
//!
//! Owns reading and building the few bytes that a decoder needs first. Promises that no input panics and that
//! a config it accepts is one that browsers play: LC, HE or HE v2 with 1024-sample frames and a channel
//! configuration from the table. Leaves ADTS and LATM to the demuxers that meet them.

use bytes::Bytes;

/// Samples in every access unit, per channel, at the core sample rate. (960-sample frames are refused.)
pub const FRAME_SAMPLES: u32 = 1024;

/// The longest record accepted; real ones have 2 to 7 bytes, those with extensions a few more.
const RECORD_BYTES_MAX: usize = 64;

/// ISO/IEC 14496-3 table 1.18, by `samplingFrequencyIndex`.
const SAMPLE_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// ISO/IEC 14496-3 table 1.19, by `channelConfiguration`; 0 marks a reserved value (and the one that means
/// "in a PCE").
const CHANNELS: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0];

/// The audio object type of AAC-LC.
pub const AAC_LC: u8 = 2;
const SBR: u8 = 5;
const PS: u8 = 29;
const EXPLICIT_RATE: u32 = 15;
const SYNC_EXTENSION: u32 = 0x2b7;

/// A parsed `AudioSpecificConfig` (ISO/IEC 14496-3 §1.6.2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct AacConfig {
    /// The config as it arrived, for `esds` boxes and FLV sequence headers; two configs are the same if this
    /// is.
    pub record: Bytes,
    /// Audio object type: 2 is AAC-LC ([`AAC_LC`]), 5 HE-AAC and 29 HE-AAC v2 where the stream says so explicitly.
    pub object_type: u8,
    /// Samples a second of the core coder. SBR doubles what is heard, not what is counted.
    pub sample_rate: u32,
    /// The rate after SBR, where the stream signals SBR.
    pub extension_sample_rate: Option<u32>,
    /// Channels of the core coder.
    pub channels: u8,
}

/// Why a config is refused. All of them are the encoder's to fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AacError {
    /// The record ends inside a field.
    #[error("AudioSpecificConfig ends early")]
    Truncated,
    /// The record is longer than any real one.
    #[error("AudioSpecificConfig of {0} bytes is too long")]
    TooLong(usize),
    /// Not LC, HE or HE v2.
    #[error("AAC object type {0} is not supported: use AAC-LC")]
    ObjectType(u8),
    /// A reserved frequency index, or an explicit rate outside 1 Hz to 96 kHz.
    #[error("AAC sample rate is not valid")]
    SampleRate,
    /// Channels described by a program config element.
    #[error("AAC channels are described by a program config element: use a standard channel layout")]
    ProgramConfigElement,
    /// A reserved channel configuration, or more than eight channels.
    #[error("AAC channel configuration {0} is not supported")]
    Channels(u8),
    /// `frameLengthFlag` is set.
    #[error("AAC frames of 960 samples are not supported: use 1024")]
    ShortFrames,
    /// The audio depends on another stream.
    #[error("AAC depends on a core coder in another stream")]
    DependsOnCoreCoder,
}

impl AacConfig {
    /// Reads a record as found in an FLV sequence header or an `esds` box.
    ///
    /// # Errors
    /// See [`AacError`]; never panics.
    pub fn parse(record: &Bytes) -> Result<Self, AacError> {
        if record.len() > RECORD_BYTES_MAX {
            return Err(AacError::TooLong(record.len()));
        }
        let mut bits = Bits { data: record, at: 0 };
        let mut object_type = bits.object_type()?;
        let signalled = object_type;
        let sample_rate = bits.sample_rate()?;
        let channel_configuration = bits.read_u8(4)?;
        let mut extension_sample_rate = None;
        if object_type == SBR || object_type == PS {
            extension_sample_rate = Some(bits.sample_rate()?);
            object_type = bits.object_type()?;
        }
        if object_type != AAC_LC {
            return Err(AacError::ObjectType(object_type));
        }
        bits.general_audio_config()?;
        if extension_sample_rate.is_none() {
            extension_sample_rate = bits.trailing_sbr();
        }
        let channels = match (channel_configuration, CHANNELS[usize::from(channel_configuration & 15)]) {
            (0, _) => return Err(AacError::ProgramConfigElement),
            (n, 0 | 9..) => return Err(AacError::Channels(n)),
            (_, channels) => channels,
        };
        Ok(Self {
            record: record.clone(),
            object_type: signalled,
            sample_rate,
            extension_sample_rate,
            channels,
        })
    }

    /// AAC-LC with the given core rate and channel count (1 to 8), as an encoder would announce it.
    ///
    /// # Errors
    /// [`AacError::SampleRate`] and [`AacError::Channels`] for what no record can say.
    pub fn lc(sample_rate: u32, channels: u8) -> Result<Self, AacError> {
        let configuration = match channels {
            1..=6 => u32::from(channels),
            7 => 11,
            8 => 7,
            n => return Err(AacError::Channels(n)),
        };
        if sample_rate == 0 || sample_rate > SAMPLE_RATES[0] {
            return Err(AacError::SampleRate);
        }
        // 5 bits type, 4 or 28 bits rate, 4 bits channels, 3 bits of GASpecificConfig, all zero: 16 or 40
        // bits.
        let record = match SAMPLE_RATES.iter().zip(0_u32..).find(|(rate, _)| **rate == sample_rate) {
            Some((_, index)) => {
                let word = (u32::from(AAC_LC) << 11) | (index << 7) | (configuration << 3);
                Bytes::copy_from_slice(&word.to_be_bytes()[2..])
            }
            None => {
                let word = (u64::from(AAC_LC) << 35)
                    | (u64::from(EXPLICIT_RATE) << 31)
                    | (u64::from(sample_rate) << 7)
                    | (u64::from(configuration) << 3);
                Bytes::copy_from_slice(&word.to_be_bytes()[3..])
            }
        };
        Ok(Self { record, object_type: AAC_LC, sample_rate, extension_sample_rate: None, channels })
    }

    /// RFC 6381 §3.3: `mp4a.40.N`.
    pub fn rfc6381(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }

    /// Samples in each frame, per channel, at [`AacConfig::sample_rate`].
    pub fn frame_samples(&self) -> u32 {
        FRAME_SAMPLES
    }
}

/// Reads bits, most significant first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits, at most 32.
    fn read(&mut self, count: usize) -> Result<u32, AacError> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.data.get(self.at / 8).ok_or(AacError::Truncated)?;
            value = (value << 1) | u32::from((byte >> (7 - self.at % 8)) & 1);
            self.at += 1;
        }
        Ok(value)
    }

    /// The next `count` bits, at most 8.
    fn read_u8(&mut self, count: usize) -> Result<u8, AacError> {
        self.read(count).map(|value| value as u8)
    }

    /// `GetAudioObjectType()`.
    fn object_type(&mut self) -> Result<u8, AacError> {
        match self.read_u8(5)? {
            31 => Ok(32 + self.read_u8(6)?),
            object_type => Ok(object_type),
        }
    }

    fn sample_rate(&mut self) -> Result<u32, AacError> {
        let index = self.read(4)?;
        let rate = match index {
            EXPLICIT_RATE => self.read(24)?,
            _ => SAMPLE_RATES.get(index as usize).copied().unwrap_or(0),
        };
        if rate == 0 || rate > SAMPLE_RATES[0] { Err(AacError::SampleRate) } else { Ok(rate) }
    }

    /// `GASpecificConfig()` of object type 2, without a program config element.
    fn general_audio_config(&mut self) -> Result<(), AacError> {
        if self.read(1)? == 1 {
            return Err(AacError::ShortFrames);
        }
        if self.read(1)? == 1 {
            return Err(AacError::DependsOnCoreCoder);
        }
        // The extension flag: object type 2 has nothing behind it.
        self.read(1).map(drop)
    }

    /// The backward compatible signalling that FFmpeg's encoder always writes, mostly to say "no SBR".
    fn trailing_sbr(&mut self) -> Option<u32> {
        if self.read(11).ok()? != SYNC_EXTENSION || self.object_type().ok()? != SBR || self.read(1).ok()? == 0
        {
            return None;
        }
        self.sample_rate().ok()
    }
}

#[cfg(test)]
mod tests;
