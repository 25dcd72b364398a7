//! From what somebody uploads to pictures of our own making: decoded within bounds, scaled, encoded anew. Nothing of the file
//! itself is kept, so neither are its metadata nor what it might do to other decoders.

use std::io::Cursor;

use domain::class::Class;
use domain::messages::EmotePictures;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{
    AnimationDecoder, DynamicImage, Frames, ImageDecoder, ImageError, ImageFormat, Limits, RgbaImage,
};

use super::picture::{self, Frame, MEDIA_TYPE};
use super::{ASPECT_MAX, DECODER_BYTES_MAX, FRAMES_MAX, PIXELS_MAX, SIDE_MAX, SIZES, UPLOAD_BYTES_MAX};

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
    #[error("that is no PNG, GIF or WebP picture")]
    Format,
    /// AVIF, for which no decoder is built in.
    #[error("AVIF pictures are not taken yet; send PNG, GIF or WebP")]
    Avif,
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
    Broken(#[source] Box<ImageError>),
    /// We could not write it.
    #[error("the picture could not be encoded")]
    Encode(#[source] png::EncodingError),
}

impl IntakeError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Empty | Self::TooLarge | Self::Format | Self::Avif | Self::Pixels => Class::Caller,
            Self::Frames | Self::Shape | Self::Broken(_) => Class::Caller,
            Self::Encode(_) => Class::Fault,
        }
    }

    /// Stable, snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLarge => "too_large",
            Self::Format | Self::Avif => "format",
            Self::Pixels => "too_many_pixels",
            Self::Frames => "too_many_frames",
            Self::Shape => "shape",
            Self::Broken(_) => "broken",
            Self::Encode(_) => "internal",
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

/// An upload as it will be kept.
#[derive(Debug)]
pub struct Taken {
    /// It moves.
    pub animated: bool,
    /// In three sizes.
    pub pictures: EmotePictures,
}

/// Decodes, scales and encodes. Takes up to some seconds of a core: not for a thread that others wait for.
///
/// The format is what the bytes say; a declared media type is not asked.
///
/// # Errors
/// When the picture is not taken; never more than the bounds of [`super`] are spent on one.
pub fn take(bytes: &[u8]) -> Result<Taken, IntakeError> {
    if bytes.is_empty() {
        return Err(IntakeError::Empty);
    }
    if bytes.len() > UPLOAD_BYTES_MAX {
        return Err(IntakeError::TooLarge);
    }
    let largest = decode(bytes)?;
    let mut sizes = <[Vec<u8>; 3]>::default();
    for (png, height) in sizes.iter_mut().zip(SIZES) {
        let scaled = |frame: &Frame| Frame { pixels: picture::scaled(&frame.pixels, height), ..*frame };
        let frames: Vec<Frame> = largest.iter().map(scaled).collect();
        *png = picture::encode(&frames).map_err(IntakeError::Encode)?;
    }
    let pictures = EmotePictures { media_type: MEDIA_TYPE.to_owned(), sizes };
    // Frames that are all the same do not move.
    let animated = largest.windows(2).any(|pair| pair[0].pixels != pair[1].pixels);
    Ok(Taken { animated, pictures })
}

/// All frames, each scaled to the largest size as soon as it is decoded: there is never more than one whole frame.
fn decode(bytes: &[u8]) -> Result<Vec<Frame>, IntakeError> {
    if is_avif(bytes) {
        return Err(IntakeError::Avif);
    }
    match image::guess_format(bytes).map_err(|_| IntakeError::Format)? {
        ImageFormat::Png => {
            let mut decoder = PngDecoder::with_limits(Cursor::new(bytes), limits())?;
            if decoder.is_apng()? {
                check(&mut decoder)?;
                return frames(decoder.apng()?.into_frames());
            }
            still(decoder)
        }
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(Cursor::new(bytes))?;
            check(&mut decoder)?;
            frames(decoder.into_frames())
        }
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(Cursor::new(bytes))?;
            if decoder.has_animation() {
                check(&mut decoder)?;
                return frames(decoder.into_frames());
            }
            still(decoder)
        }
        _ => Err(IntakeError::Format),
    }
}

/// A file of ISO base media whose brand is AVIF's (AVIF §6).
fn is_avif(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp") && matches!(bytes.get(8..12), Some(b"avif" | b"avis"))
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    limits
}

/// Refuses by the head alone, and bounds what the decoder may hold.
fn check(decoder: &mut impl ImageDecoder) -> Result<(), IntakeError> {
    let (w, h) = decoder.dimensions();
    decoder.set_limits(limits())?;
    if w == 0 || h == 0 || w > h.saturating_mul(ASPECT_MAX) || h > w.saturating_mul(ASPECT_MAX) {
        return Err(IntakeError::Shape);
    }
    Ok(())
}

fn still(mut decoder: impl ImageDecoder) -> Result<Vec<Frame>, IntakeError> {
    check(&mut decoder)?;
    let turned = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(turned);
    Ok(vec![largest(&image.into_rgba8(), 0)])
}

fn frames(frames: Frames<'_>) -> Result<Vec<Frame>, IntakeError> {
    let mut taken = Vec::new();
    let mut budget = Budget::default();
    for frame in frames {
        let frame = frame?;
        budget.spend(frame.buffer().dimensions())?;
        let (ms, per) = frame.delay().numer_denom_ms();
        taken.push(largest(frame.buffer(), shown_ms(ms / per.max(1))));
    }
    if taken.is_empty() { Err(IntakeError::Format) } else { Ok(taken) }
}

/// What an animation has used up so far.
#[derive(Default)]
struct Budget {
    frames: usize,
    pixels: u64,
}

impl Budget {
    fn spend(&mut self, (w, h): (u32, u32)) -> Result<(), IntakeError> {
        self.frames += 1;
        self.pixels += u64::from(w) * u64::from(h);
        match () {
            () if self.frames > FRAMES_MAX => Err(IntakeError::Frames),
            () if self.pixels > PIXELS_MAX => Err(IntakeError::Pixels),
            () => Ok(()),
        }
    }
}

fn largest(pixels: &RgbaImage, shown_ms: u16) -> Frame {
    Frame { pixels: picture::scaled(pixels, SIZES[2]), shown_ms }
}

/// As browsers have it: what claims to be shown for 10 ms or less is shown for 100.
fn shown_ms(ms: u32) -> u16 {
    if ms <= 10 { 100 } else { u16::try_from(ms).unwrap_or(u16::MAX) }
}

#[cfg(test)]
mod tests;
