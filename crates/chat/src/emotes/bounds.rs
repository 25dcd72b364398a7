//! How much of a picture is taken, and the words for what is not.

use std::io;

use domain::class::Class;
use image::ImageError;

use super::{ASPECT_MAX, FRAMES_MAX, PIXELS_MAX, SIDE_MAX, UPLOAD_BYTES_MAX};

/// Why an upload is not taken.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Nothing was sent.
    #[error("there is no picture in the request's body")]
    Empty,
    /// Too many bytes.
    #[error("a picture has at most {} KiB", UPLOAD_BYTES_MAX / 1024)]
    TooLarge,
    /// Not one of the formats that are taken.
    #[error("that is no PNG, GIF, WebP or AVIF picture")]
    Format,
    /// AVIF, where FFmpeg is missing or decodes no AV1.
    #[error(
        "AVIF pictures are not taken here, because this server's FFmpeg decodes no AV1; send PNG, GIF or WebP"
    )]
    NoAvif,
    /// A kind of AVIF that is not taken.
    #[error("the picture has {0}, and such AVIF is not taken")]
    Variant(&'static str),
    /// Too many pixels.
    #[error(
        "a picture is at most {SIDE_MAX} pixels wide and high, and an animation not so large and long at once"
    )]
    Pixels,
    /// Too many frames.
    #[error("an animation has at most {FRAMES_MAX} frames")]
    Frames,
    /// Too wide or too high.
    #[error("a picture is at most {ASPECT_MAX} times as wide as high, or as high as wide")]
    Shape,
    /// It says what it is and is not that.
    #[error("the picture is broken")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Decoding it took more time or memory than a picture is worth.
    #[error("the picture takes too long to decode")]
    Slow,
    /// FFmpeg could not be run.
    #[error("the picture could not be decoded")]
    Decoder(#[source] io::Error),
    /// We could not write it.
    #[error("the picture could not be encoded")]
    Encode(#[source] png::EncodingError),
}

impl IntakeError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Empty | Self::TooLarge | Self::Format | Self::NoAvif | Self::Variant(_) => Class::Caller,
            Self::Pixels | Self::Frames | Self::Shape | Self::Broken(_) | Self::Slow => Class::Caller,
            Self::Decoder(_) | Self::Encode(_) => Class::Fault,
        }
    }

    /// Stable, snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLarge => "too_large",
            Self::Format | Self::NoAvif => "format",
            Self::Variant(_) => "variant",
            Self::Pixels => "too_many_pixels",
            Self::Frames => "too_many_frames",
            Self::Shape => "shape",
            Self::Broken(_) => "broken",
            Self::Slow => "too_slow",
            Self::Decoder(_) | Self::Encode(_) => "internal",
        }
    }
}

impl From<ImageError> for IntakeError {
    fn from(e: ImageError) -> Self {
        match e {
            ImageError::Limits(_) => Self::Pixels,
            other => Self::Broken(Box::new(other)),
        }
    }
}

/// Whether a picture of this size is taken.
pub(super) fn fits((w, h): (u32, u32)) -> Result<(), IntakeError> {
    if w > SIDE_MAX || h > SIDE_MAX {
        return Err(IntakeError::Pixels);
    }
    if w == 0 || h == 0 || w > h.saturating_mul(ASPECT_MAX) || h > w.saturating_mul(ASPECT_MAX) {
        return Err(IntakeError::Shape);
    }
    Ok(())
}

/// What an animation has used up so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    frames: usize,
    pixels: u64,
}

impl Budget {
    /// Takes one frame more.
    pub(super) fn spend(&mut self, (w, h): (u32, u32)) -> Result<(), IntakeError> {
        self.frames += 1;
        self.pixels += u64::from(w) * u64::from(h);
        match () {
            () if self.frames > FRAMES_MAX => Err(IntakeError::Frames),
            () if self.pixels > PIXELS_MAX => Err(IntakeError::Pixels),
            () => Ok(()),
        }
    }
}

/// Whether so many frames of this size are taken: for decoders that are told beforehand.
pub(super) fn spend(size: (u32, u32), frames: usize) -> Result<(), IntakeError> {
    let mut budget = Budget::default();
    (0..frames).try_for_each(|_| budget.spend(size))
}

/// As browsers have it: what claims to be shown for 10 ms or less is shown for 100.
pub(super) fn shown_ms(ms: u32) -> u16 {
    if ms <= 10 { 100 } else { u16::try_from(ms).unwrap_or(u16::MAX) }
}
