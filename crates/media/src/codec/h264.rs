//! H.264: the decoder configuration record, what its first SPS says, and the NAL units of a frame.
//!
//! Owns reading what hostile encoders send. Promises that no input panics: the record is cut up here, with
//! every length checked, and only then does `h264-reader` see an SPS. Leaves slices and pictures to decoders.

pub mod nal;
mod x264;

use bytes::{BufMut, Bytes, BytesMut};
use h264_reader::nal::sps::{FrameMbsFlags, SeqParameterSet};
use h264_reader::nal::{Nal, RefNal};

pub use nal::{check_frame, contains_idr, inband_parameter_sets, nal_units, to_four_byte_lengths};
pub use x264::announced_key_frame_interval;

/// The longest record accepted; real ones have about 40 to 100 bytes.
const RECORD_BYTES_MAX: usize = 16 * 1024;

/// `level_idc` 6.2, the highest: see [`read_sps`].
const HIGHEST_LEVEL: u8 = 62;

/// A parsed `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15 §5.3.3).
#[derive(Clone, Debug, PartialEq)]
pub struct H264Config {
    /// The record as it arrived, for `avcC` boxes and FLV sequence headers; two configs are the same if this
    /// is.
    pub record: Bytes,
    /// `profile_idc`: 66 Baseline, 77 Main, 100 High.
    pub profile: u8,
    /// The six constraint flags and two zero bits that follow `profile_idc`.
    pub constraints: u8,
    /// `level_idc`: ten times the level.
    pub level: u8,
    /// Picture width in pixels, cropped.
    pub width: u32,
    /// Picture height in pixels, cropped.
    pub height: u32,
    /// Width and height of one sample, relative to each other; (1, 1) if not said.
    pub sample_aspect: (u16, u16),
    /// `chroma_format_idc`: 0 monochrome, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    pub chroma_format: u8,
    /// Bits in a luma sample.
    pub bit_depth_luma: u8,
    /// Bits in a chroma sample.
    pub bit_depth_chroma: u8,
    /// Pictures may be coded as fields (`frame_mbs_only_flag` is 0).
    pub interlaced: bool,
    /// How colours are to be read, if the stream says.
    pub colour: Option<Colour>,
    /// Bytes of the length before each NAL unit as the source sends them: 1, 2, 3 or 4. A
    /// [`crate::frame::Frame`] always has 4; see [`to_four_byte_lengths`].
    pub nal_length_size: u8,
    /// Frames a second from the VUI, if it says so.
    pub fps: Option<f64>,
}

/// Colour description code points (ISO/IEC 23091-2), as in a `colr` box of type `nclx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// `ColourPrimaries`; 2 is unspecified.
    pub primaries: u8,
    /// `TransferCharacteristics`; 2 is unspecified.
    pub transfer: u8,
    /// `MatrixCoefficients`; 2 is unspecified.
    pub matrix: u8,
    /// Samples use the full range of values and not 16 to 235.
    pub full_range: bool,
}

/// Why a record or a frame is refused. All of them are the encoder's to fix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum H264Error {
    /// The record ends inside a field.
    #[error("AVC decoder configuration record ends early")]
    Truncated,
    /// The record is longer than any real one.
    #[error("AVC decoder configuration record of {0} bytes is too long")]
    TooLong(usize),
    /// `configurationVersion` is not 1.
    #[error("AVC decoder configuration record has version {0}, not 1")]
    Version(u8),
    /// A parameter set of length 0.
    #[error("AVC decoder configuration record holds an empty parameter set")]
    EmptyParameterSet,
    /// The record lacks an SPS or a PPS.
    #[error("AVC decoder configuration record lacks a sequence or picture parameter set")]
    NoParameterSet,
    /// A NAL unit of the wrong type where a parameter set belongs.
    #[error("NAL unit type {0} where a parameter set belongs")]
    NotAParameterSet(u8),
    /// The SPS cannot be read; the text is `h264-reader`'s.
    #[error("sequence parameter set cannot be read: {0}")]
    Sps(String),
    /// A second SPS that describes other pictures: what is checked and announced is the first.
    #[error("sequence parameter sets describe different pictures; send one size and format at a time")]
    SetsDiffer,
    /// A picture without area, or one that no level allows.
    #[error("picture of {width}x{height} is not supported")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A frame without a byte.
    #[error("frame is empty")]
    EmptyFrame,
    /// A NAL unit of length 0: browsers refuse the whole segment.
    #[error("frame holds an empty NAL unit")]
    EmptyNal,
    /// The lengths in a frame do not add up to its size.
    #[error("NAL unit lengths do not add up to the frame's {0} bytes")]
    Lengths(usize),
    /// A NAL length size other than 1 to 4, or a NAL unit too long for it.
    #[error("NAL length size {0} is not valid")]
    LengthSize(u8),
}

impl H264Config {
    /// Reads a record as found in an FLV sequence header or an `avcC` box.
    ///
    /// # Errors
    /// See [`H264Error`]; never panics.
    pub fn parse(record: &Bytes) -> Result<Self, H264Error> {
        let sets = ParameterSets::of(record)?;
        let first = sets.sps.first().ok_or(H264Error::NoParameterSet)?;
        if sets.pps.is_empty() {
            return Err(H264Error::NoParameterSet);
        }
        let [_, profile, constraints, level, ..] = **first else { return Err(H264Error::Truncated) };
        let sps = read_sps(first)?;
        for other in &sets.sps[1..] {
            if !is_same_picture(&read_sps(other)?, &sps)? {
                return Err(H264Error::SetsDiffer);
            }
        }
        let (width, height) = sps.pixel_dimensions().map_err(sps_error)?;
        if width == 0 || height == 0 || width > u32::from(u16::MAX) || height > u32::from(u16::MAX) {
            return Err(H264Error::Size { width, height });
        }
        let chroma = &sps.chroma_info;
        let chroma_format = u8::try_from(chroma.chroma_format.to_u32()).unwrap_or(u8::MAX);
        if chroma_format > 3 {
            return Err(H264Error::Sps("chroma_format_idc is not valid".to_owned()));
        }
        Ok(Self {
            record: record.clone(),
            profile,
            constraints,
            level,
            width,
            height,
            sample_aspect: sample_aspect(&sps),
            chroma_format,
            bit_depth_luma: 8 + chroma.bit_depth_luma_minus8,
            bit_depth_chroma: 8 + chroma.bit_depth_chroma_minus8,
            interlaced: sps.frame_mbs_flags != FrameMbsFlags::Frames,
            colour: colour(&sps),
            nal_length_size: sets.length_size,
            fps: sps.fps().filter(|fps| fps.is_finite() && (0.1..=1000.0).contains(fps)),
        })
    }

    /// A config from parameter sets as they stand in a stream (without start codes or lengths), with 4-byte
    /// NAL lengths.
    ///
    /// # Errors
    /// As [`H264Config::parse`]; also if there are more sets, or longer ones, than a record can hold.
    pub fn from_parameter_sets(sps: &[&[u8]], pps: &[&[u8]]) -> Result<Self, H264Error> {
        let [_, profile, constraints, level, ..] = *sps.first().copied().ok_or(H264Error::NoParameterSet)?
        else {
            return Err(H264Error::Truncated);
        };
        if sps.len() > 31 || pps.len() > 255 {
            return Err(H264Error::TooLong(sps.len() + pps.len()));
        }
        let mut record = BytesMut::with_capacity(128);
        record.put_slice(&[1, profile, constraints, level, 0xff, 0xe0 | sps.len() as u8]);
        put_sets(&mut record, sps)?;
        record.put_u8(pps.len() as u8);
        put_sets(&mut record, pps)?;
        if has_chroma_info(profile) {
            let parsed = read_sps(sps[0])?;
            record.put_slice(&extension(&parsed));
        }
        Self::parse(&record.freeze())
    }

    /// RFC 6381 §3.3: `avc1.PPCCLL`.
    pub fn rfc6381(&self) -> String {
        format!("avc1.{:02X}{:02X}{:02X}", self.profile, self.constraints, self.level)
    }

    /// Width in square pixels at the coded height, rounded to the nearest; equal to `width` for square
    /// samples.
    pub fn display_width(&self) -> u32 {
        let (w, h) = (u64::from(self.sample_aspect.0), u64::from(self.sample_aspect.1).max(1));
        u32::try_from((u64::from(self.width) * w + h / 2) / h).unwrap_or(u32::MAX)
    }

    /// 4:2:0 with 8 bits a sample: what every browser decodes.
    pub fn is_420_8bit(&self) -> bool {
        self.chroma_format == 1 && self.bit_depth_luma == 8 && self.bit_depth_chroma == 8
    }

    /// Whether records of this profile end with the chroma format and bit depths (ISO/IEC 14496-15
    /// §5.3.3.1.2).
    pub fn has_chroma_info(&self) -> bool {
        has_chroma_info(self.profile)
    }

    /// The parameter sets in the record, NAL units without lengths: first all SPS, then all PPS.
    pub fn parameter_sets(&self) -> ParameterSets<'_> {
        ParameterSets::of(&self.record).unwrap_or_default()
    }

    /// Whether the record already holds `nal`, an SPS or PPS met inside a frame.
    pub fn holds(&self, nal: &[u8]) -> bool {
        let sets = self.parameter_sets();
        sets.sps.iter().chain(&sets.pps).any(|set| *set == nal)
    }
}

/// Whether two sets describe pictures of one size and format.
fn is_same_picture(one: &SeqParameterSet, other: &SeqParameterSet) -> Result<bool, H264Error> {
    let size = |sps: &SeqParameterSet| sps.pixel_dimensions().map_err(sps_error);
    let format = |sps: &SeqParameterSet| {
        let chroma = &sps.chroma_info;
        (chroma.chroma_format.to_u32(), chroma.bit_depth_luma_minus8, chroma.bit_depth_chroma_minus8)
    };
    Ok(size(one)? == size(other)? && format(one) == format(other))
}

/// The parameter sets of a record, in order, each at least one byte long and of the right type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSets<'a> {
    /// Bytes of the length before each NAL unit of the stream: 1 to 4.
    pub length_size: u8,
    /// Sequence parameter sets.
    pub sps: Vec<&'a [u8]>,
    /// Picture parameter sets.
    pub pps: Vec<&'a [u8]>,
}

impl<'a> ParameterSets<'a> {
    /// Cuts up a record. What follows the picture parameter sets (chroma format, SPS extensions) repeats the
    /// SPS and is not looked at: encoders often leave it out or get it wrong.
    fn of(record: &'a [u8]) -> Result<Self, H264Error> {
        if record.len() > RECORD_BYTES_MAX {
            return Err(H264Error::TooLong(record.len()));
        }
        let [version, _, _, _, sizes, sps_count, ref rest @ ..] = *record else {
            return Err(H264Error::Truncated);
        };
        if version != 1 {
            return Err(H264Error::Version(version));
        }
        let mut rest = rest;
        let sps = take_sets(&mut rest, sps_count & 0x1f, nal::SPS)?;
        let (pps_count, after) = rest.split_first().ok_or(H264Error::Truncated)?;
        rest = after;
        let pps = take_sets(&mut rest, *pps_count, nal::PPS)?;
        Ok(Self { length_size: (sizes & 3) + 1, sps, pps })
    }
}

fn take_sets<'a>(rest: &mut &'a [u8], count: u8, nal_type: u8) -> Result<Vec<&'a [u8]>, H264Error> {
    let mut sets = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(H264Error::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (set, after) = after.split_at_checked(length).ok_or(H264Error::Truncated)?;
        match set.first() {
            None => return Err(H264Error::EmptyParameterSet),
            Some(header) if header & 0x1f != nal_type => {
                return Err(H264Error::NotAParameterSet(header & 0x1f));
            }
            Some(_) => sets.push(set),
        }
        *rest = after;
    }
    Ok(sets)
}

fn put_sets(record: &mut BytesMut, sets: &[&[u8]]) -> Result<(), H264Error> {
    for set in sets {
        record.put_u16(u16::try_from(set.len()).map_err(|_| H264Error::TooLong(set.len()))?);
        record.put_slice(set);
    }
    Ok(())
}

/// Parses an SPS, NAL header included.
///
/// Two habits of real encoders would make `h264-reader` refuse it: a level too low for the picture (so it is
/// shown the highest one) and zero bytes after the trailing bits.
fn read_sps(nal: &[u8]) -> Result<SeqParameterSet, H264Error> {
    let end = nal.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut nal = nal[..end].to_vec();
    *nal.get_mut(3).ok_or(H264Error::Truncated)? = HIGHEST_LEVEL;
    SeqParameterSet::from_bits(RefNal::new(&nal, &[], true).rbsp_bits()).map_err(sps_error)
}

/// `h264-reader`'s errors say what is wrong in their debug text only.
fn sps_error(error: h264_reader::nal::sps::SpsError) -> H264Error {
    H264Error::Sps(format!("{error:?}"))
}

fn sample_aspect(sps: &SeqParameterSet) -> (u16, u16) {
    let vui = sps.vui_parameters.as_ref();
    vui.and_then(|vui| vui.aspect_ratio_info.as_ref()).and_then(|ratio| ratio.get()).unwrap_or((1, 1))
}

fn colour(sps: &SeqParameterSet) -> Option<Colour> {
    let signal = sps.vui_parameters.as_ref()?.video_signal_type.as_ref()?;
    let full_range = signal.video_full_range_flag;
    match &signal.colour_description {
        Some(c) => Some(Colour {
            primaries: c.colour_primaries,
            transfer: c.transfer_characteristics,
            matrix: c.matrix_coefficients,
            full_range,
        }),
        None if full_range => Some(Colour { primaries: 2, transfer: 2, matrix: 2, full_range }),
        None => None,
    }
}

/// Profiles whose records and SPS carry the chroma format.
fn has_chroma_info(profile: u8) -> bool {
    matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 134 | 135 | 138 | 139)
}

/// The end of a record for such profiles: chroma format, bit depths, no SPS extensions.
fn extension(sps: &SeqParameterSet) -> [u8; 4] {
    let chroma = &sps.chroma_info;
    [
        0xfc | chroma.chroma_format.to_u32() as u8,
        0xf8 | chroma.bit_depth_luma_minus8,
        0xf8 | chroma.bit_depth_chroma_minus8,
        0,
    ]
}

#[cfg(test)]
pub(crate) mod tests;
