//! The container of AVIF: which AV1 pictures a file shows, in which order, for how long and how they are turned.
//!
//! Only what leads to those pictures is read (AVIF 1.1, HEIF: ISO/IEC 23008-12, sequences: ISO/IEC 14496-12 §8). Metadata is
//! walked past. What is not shown by copying one picture, such as grids, crops and layers, is refused by name. All counts are
//! bounded before anything is kept for them.

use super::boxes::{Cursor, Cut, Name, at};
use super::{items, tracks};
use crate::emotes::{FRAMES_MAX, UPLOAD_BYTES_MAX};

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A box ends before what it announces.
    #[error(transparent)]
    Cut(#[from] Cut),
    /// Something that must be there is not.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// Numbers that contradict each other.
    #[error("its {0} cannot be")]
    Absurd(&'static str),
    /// A kind of AVIF that is not taken.
    #[error("it has {0}")]
    Unsupported(&'static str),
    /// More frames than are taken.
    #[error("it has too many frames")]
    Frames,
}

/// What an AVIF file shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// Pixels, before it is turned.
    pub width: u32,
    /// Pixels, before it is turned.
    pub height: u32,
    /// AV1 of each frame.
    pub colour: Vec<Vec<u8>>,
    /// AV1 of each frame's opacity; opaque without.
    pub alpha: Option<Vec<Vec<u8>>>,
    /// Colours are multiplied by the opacity.
    pub premultiplied: bool,
    /// Milliseconds for which each frame is shown.
    pub shown_ms: Vec<u32>,
    /// How to turn it when it is shown.
    pub turn: Turn,
}

/// How a picture is turned, in this order (MIAF §7.3.6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Quarters of a turn, anti-clockwise.
    pub quarters: u8,
    /// Then mirrored.
    pub mirror: Option<Mirror>,
}

/// Which sides change places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// Top and bottom.
    Vertical,
    /// Left and right.
    Horizontal,
}

/// Whether bytes begin as AVIF: a file of ISO base media with AVIF among its brands (AVIF §6).
pub fn is_avif(bytes: &[u8]) -> bool {
    brands(bytes).is_some_and(|mut brands| brands.any(|brand| matches!(brand, b"avif" | b"avis")))
}

/// The major brand (the version that follows it is no brand, and harmless here), then the compatible ones.
fn brands(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let (name, payload) = Cursor(bytes).next_box().ok()??;
    (name == *b"ftyp" && payload.len() >= 8).then(|| payload.chunks_exact(4))
}

/// Reads a file: its animation if that is its major brand, else its primary picture.
///
/// # Errors
/// When it is broken, or shows more or otherwise than is taken.
pub fn read(bytes: &[u8]) -> Result<Pictures, ReadError> {
    let major = brands(bytes).and_then(|mut brands| brands.next());
    if major == Some(b"avis") {
        let moov = at(bytes, &[b"moov"])?.ok_or(ReadError::Missing("moov"))?;
        return tracks::read(bytes, moov);
    }
    let meta = at(bytes, &[b"meta"])?.ok_or(ReadError::Missing("meta"))?;
    items::read(bytes, meta)
}

/// A range of the file, copied; `spent` are the bytes that were copied before. Ranges may overlap, so that a small file could
/// name a lot.
pub(super) fn copy(bytes: &[u8], from: u64, length: u64, spent: &mut usize) -> Result<Vec<u8>, ReadError> {
    let from = usize::try_from(from).map_err(|_| Cut)?;
    let length = usize::try_from(length).map_err(|_| Cut)?;
    let range = bytes.get(from..).and_then(|rest| rest.get(..length)).ok_or(Cut)?;
    *spent += length;
    if *spent > UPLOAD_BYTES_MAX { Err(ReadError::Absurd("ranges")) } else { Ok(range.to_vec()) }
}

/// A number of frames, if so many are taken.
pub(super) fn frames(count: u32) -> Result<usize, ReadError> {
    usize::try_from(count).ok().filter(|&count| count <= FRAMES_MAX).ok_or(ReadError::Frames)
}

/// The reason for which properties that must not be overlooked are refused.
pub(super) fn essential(name: Name) -> ReadError {
    ReadError::Unsupported(match &name {
        b"clap" => "a crop",
        b"a1op" | b"lsel" | b"a1lx" => "layers",
        _ => "a property that is not known here",
    })
}
