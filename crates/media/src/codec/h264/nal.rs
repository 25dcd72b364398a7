//! NAL units behind lengths: the shape of a frame's bytes (ISO/IEC 14496-15 §5.3.4.2).
//!
//! Owns walking and checking them. Promises never to read past a frame, whatever its lengths say. Does not
//! look inside a unit further than its header byte (ISO/IEC 14496-10 §7.3.1).

use bytes::{BufMut, Bytes, BytesMut};

use super::H264Error;

/// `nal_unit_type` of a slice of an IDR picture.
pub const IDR: u8 = 5;
/// `nal_unit_type` of supplemental enhancement information.
pub const SEI: u8 = 6;
/// `nal_unit_type` of a sequence parameter set.
pub const SPS: u8 = 7;
/// `nal_unit_type` of a picture parameter set.
pub const PPS: u8 = 8;

/// The units of a frame; ends after the first error.
#[derive(Clone, Debug)]
pub struct NalUnits<'a> {
    rest: &'a [u8],
    length_size: usize,
    frame_bytes: usize,
}

/// The NAL units of `frame`, each behind its 4-byte length; header byte first, without the length.
pub fn nal_units(frame: &[u8]) -> NalUnits<'_> {
    NalUnits { rest: frame, length_size: 4, frame_bytes: frame.len() }
}

impl<'a> Iterator for NalUnits<'a> {
    type Item = Result<&'a [u8], H264Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let unit = self.split();
        if unit.is_err() {
            self.rest = &[];
        }
        Some(unit)
    }
}

impl<'a> NalUnits<'a> {
    fn split(&mut self) -> Result<&'a [u8], H264Error> {
        let wrong = H264Error::Lengths(self.frame_bytes);
        let Some((length, after)) = self.rest.split_at_checked(self.length_size) else { return Err(wrong) };
        let length = length.iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
        let Some((unit, rest)) = after.split_at_checked(length) else { return Err(wrong) };
        if unit.is_empty() {
            return Err(H264Error::EmptyNal);
        }
        self.rest = rest;
        Ok(unit)
    }
}

/// `nal_unit_type` of a unit; 0 if it is empty.
pub fn nal_type(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |header| header & 0x1f)
}

/// Whether a decoder can be given `frame`: at least one unit, none empty, and the lengths add up.
///
/// # Errors
/// [`H264Error::EmptyFrame`], [`H264Error::EmptyNal`] or [`H264Error::Lengths`].
pub fn check_frame(frame: &[u8]) -> Result<(), H264Error> {
    if frame.is_empty() {
        return Err(H264Error::EmptyFrame);
    }
    nal_units(frame).try_for_each(|unit| unit.map(drop))
}

/// Whether `frame` holds a slice of an IDR picture: a decoder can start here. Stops at the first error.
pub fn contains_idr(frame: &[u8]) -> bool {
    nal_units(frame).map_while(Result::ok).any(|unit| nal_type(unit) == IDR)
}

/// The SPS and PPS that travel inside `frame`, in order. Stops at the first error.
pub fn inband_parameter_sets(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    nal_units(frame).map_while(Result::ok).filter(|unit| matches!(nal_type(unit), SPS | PPS))
}

/// `data` with the 4-byte lengths that frames have, from `size`-byte ones. Checks the lengths; with `size` 4
/// it copies nothing.
///
/// # Errors
/// As [`check_frame`]; [`H264Error::LengthSize`] if `size` is not 1 to 4.
pub fn to_four_byte_lengths(data: &Bytes, size: u8) -> Result<Bytes, H264Error> {
    if data.is_empty() {
        return Err(H264Error::EmptyFrame);
    }
    if size == 4 {
        check_frame(data)?;
        return Ok(data.clone());
    }
    if !(1..4).contains(&size) {
        return Err(H264Error::LengthSize(size));
    }
    let units = NalUnits { rest: data, length_size: usize::from(size), frame_bytes: data.len() };
    let mut out = BytesMut::with_capacity(data.len() + 16);
    for unit in units {
        let unit = unit?;
        // A 3-byte length at most, so it fits.
        out.put_u32(unit.len() as u32);
        out.put_slice(unit);
    }
    Ok(out.freeze())
}
