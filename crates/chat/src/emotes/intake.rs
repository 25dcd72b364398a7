//! From what somebody uploads to pictures of our own making: decoded within bounds, scaled, encoded anew. Nothing of the file
//! itself is kept, so neither are its metadata nor what it might do to other decoders.

use std::io::Cursor;
use std::path::Path;

use domain::messages::EmotePictures;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, DynamicImage, Frames, ImageDecoder, ImageFormat, Limits, RgbaImage};

use super::bounds::{Budget, IntakeError, fits, shown_ms};
use super::picture::{self, Frame, MEDIA_TYPE};
use super::{DECODER_BYTES_MAX, SIDE_MAX, SIZES, UPLOAD_BYTES_MAX, avif};

/// What may be unpacked of a PNG before its picture: profiles, which nobody needs here.
const HEAD_BYTES_MAX: u64 = 4 * 1024 * 1024;

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
/// The format is what the bytes say; a declared media type is not asked. AV1 is decoded by `ffmpeg`, in children.
///
/// # Errors
/// When the picture is not taken; never more than the bounds of [`super`] are spent on one.
pub fn take(bytes: &[u8], ffmpeg: &Path) -> Result<Taken, IntakeError> {
    if bytes.is_empty() {
        return Err(IntakeError::Empty);
    }
    if bytes.len() > UPLOAD_BYTES_MAX {
        return Err(IntakeError::TooLarge);
    }
    let largest = decode(bytes, ffmpeg)?;
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
fn decode(bytes: &[u8], ffmpeg: &Path) -> Result<Vec<Frame>, IntakeError> {
    if avif::is_avif(bytes) {
        return avif::decode(bytes, ffmpeg, largest);
    }
    match image::guess_format(bytes).map_err(|_| IntakeError::Format)? {
        ImageFormat::Png => {
            let mut decoder = PngDecoder::with_limits(Cursor::new(bytes), limits(HEAD_BYTES_MAX))?;
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

fn limits(decoder_bytes_max: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(decoder_bytes_max);
    limits
}

/// Refuses by the head alone, and bounds what the decoder may hold.
fn check(decoder: &mut impl ImageDecoder) -> Result<(), IntakeError> {
    decoder.set_limits(limits(DECODER_BYTES_MAX))?;
    fits(decoder.dimensions())
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

fn largest(pixels: &RgbaImage, shown_ms: u16) -> Frame {
    Frame { pixels: picture::scaled(pixels, SIZES[2]), shown_ms }
}

#[cfg(test)]
mod tests;
