//! Pictures as we keep them: PNG, and animated PNG where they move, which everything that shows PNG shows at least still.

use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgba, RgbaImage};
use png::{BlendOp, ColorType, Compression, DisposeOp, Encoder, EncodingError};

/// The media type of everything that is encoded here.
pub const MEDIA_TYPE: &str = "image/png";

/// One picture of an animation, and how long it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Straight (not premultiplied) alpha.
    pub pixels: RgbaImage,
    /// Milliseconds; of no meaning if it is the only one.
    pub shown_ms: u16,
}

/// A picture of height `height`, whose width follows; at least one pixel wide. Colours of transparent pixels do not bleed.
pub fn scaled(pixels: &RgbaImage, height: u32) -> RgbaImage {
    let (w, h) = pixels.dimensions();
    let width = u32::try_from((u64::from(w) * u64::from(height) + u64::from(h) / 2) / u64::from(h.max(1)));
    let width = width.unwrap_or(u32::MAX).max(1);
    if (w, h) == (width, height) {
        return pixels.clone();
    }
    let mut premultiplied = pixels.clone();
    for Rgba([r, g, b, a]) in premultiplied.pixels_mut() {
        for c in [r, g, b] {
            *c = product(*c, *a);
        }
    }
    // Lanczos rings where a picture grows; triangles do not.
    let filter = if height < h { FilterType::Lanczos3 } else { FilterType::Triangle };
    let mut out = DynamicImage::from(premultiplied).resize_exact(width, height, filter).into_rgba8();
    for Rgba([r, g, b, a]) in out.pixels_mut() {
        for c in [r, g, b] {
            *c = quotient(*c, *a);
        }
    }
    out
}

fn product(colour: u8, alpha: u8) -> u8 {
    u8::try_from((u16::from(colour) * u16::from(alpha) + 127) / 255).unwrap_or(u8::MAX)
}

/// A colour that was multiplied by an opacity, as it was before.
pub(super) fn quotient(colour: u8, alpha: u8) -> u8 {
    if alpha == 0 {
        return 0;
    }
    u8::try_from((u16::from(colour) * 255 + u16::from(alpha) / 2) / u16::from(alpha)).unwrap_or(u8::MAX)
}

/// Frames of one size as a PNG; several make an animated one that repeats for ever. Frames that are the same as the one before
/// only lengthen it, and of the others only what changed is written. No frames make no bytes.
///
/// # Errors
/// Only if the frames are not all of one size: memory does not refuse to be written.
pub fn encode(frames: &[Frame]) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    let steps = steps(frames);
    let Some(first) = steps.first() else { return Ok(out) };
    let mut encoder = Encoder::new(&mut out, first.pixels.width(), first.pixels.height());
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(Compression::High);
    if steps.len() > 1 {
        encoder.set_animated(u32::try_from(steps.len()).unwrap_or(u32::MAX), 0)?;
    }
    let mut writer = encoder.write_header()?;
    for step in &steps {
        if steps.len() > 1 {
            writer.set_frame_delay(step.shown_ms, 1000)?;
            writer.set_blend_op(BlendOp::Source)?;
            writer.set_dispose_op(DisposeOp::None)?;
            // To the corner first: a larger frame must fit where it is put.
            writer.reset_frame_position()?;
            writer.set_frame_dimension(step.pixels.width(), step.pixels.height())?;
            writer.set_frame_position(step.x, step.y)?;
        }
        writer.write_image_data(step.pixels.as_raw())?;
    }
    writer.finish()?;
    Ok(out)
}

/// What an animated PNG writes for a frame: a part of the picture that replaces what is there.
struct Step {
    x: u32,
    y: u32,
    pixels: RgbaImage,
    shown_ms: u16,
}

fn steps(frames: &[Frame]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut before: Option<&RgbaImage> = None;
    for frame in frames {
        match (before, steps.last_mut()) {
            (Some(shown), Some(last)) => match changed(shown, &frame.pixels) {
                None => last.shown_ms = last.shown_ms.saturating_add(frame.shown_ms),
                Some((x, y, w, h)) => {
                    let pixels = imageops::crop_imm(&frame.pixels, x, y, w, h).to_image();
                    steps.push(Step { x, y, pixels, shown_ms: frame.shown_ms });
                }
            },
            _ => steps.push(Step { x: 0, y: 0, pixels: frame.pixels.clone(), shown_ms: frame.shown_ms }),
        }
        before = Some(&frame.pixels);
    }
    steps
}

/// The smallest rectangle (x, y, width, height) outside of which the two are the same.
fn changed(before: &RgbaImage, after: &RgbaImage) -> Option<(u32, u32, u32, u32)> {
    if before.dimensions() != after.dimensions() {
        return Some((0, 0, after.width(), after.height()));
    }
    let differing = before.enumerate_pixels().zip(after.pixels()).filter(|((_, _, a), b)| a != b);
    let bounds = differing.fold(None, |bounds, ((x, y, _), _)| {
        let (left, top, right, bottom) = bounds.unwrap_or((x, y, x, y));
        Some((left.min(x), top.min(y), right.max(x), bottom.max(y)))
    });
    bounds.map(|(left, top, right, bottom)| (left, top, right - left + 1, bottom - top + 1))
}

/// An animated PNG of ours without its movement: the first frame. Other PNGs stay as they are; what is no PNG does too.
pub fn still(png: &[u8]) -> Vec<u8> {
    const SIGNATURE: usize = 8;
    let Some((signature, mut rest)) = png.split_at_checked(SIGNATURE) else { return png.to_vec() };
    let mut out = signature.to_vec();
    // A chunk: length, name, that many bytes, checksum (PNG §5.3). The three of APNG go; the first frame is in IDAT.
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let whole = usize::try_from(length).ok().and_then(|length| length.checked_add(12));
        let Some((chunk, after)) = whole.and_then(|whole| rest.split_at_checked(whole)) else {
            return png.to_vec();
        };
        if !matches!(&head[4..], b"acTL" | b"fcTL" | b"fdAT") {
            out.extend_from_slice(chunk);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::AnimationDecoder as _;
    use image::codecs::png::PngDecoder;

    use super::*;

    const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
    const BLUE: Rgba<u8> = Rgba([0, 0, 255, 128]);

    fn frame(dot: (u32, u32), colour: Rgba<u8>) -> Frame {
        let mut pixels = RgbaImage::new(8, 8);
        pixels.put_pixel(dot.0, dot.1, colour);
        Frame { pixels, shown_ms: 40 }
    }

    fn decoded(png: &[u8]) -> Vec<(RgbaImage, u32)> {
        let decoder = PngDecoder::new(Cursor::new(png)).expect("is a PNG").apng().expect("moves");
        let frames = decoder.into_frames().collect_frames().expect("decodes");
        let one = |frame: image::Frame| (frame.buffer().clone(), frame.delay().numer_denom_ms().0);
        frames.into_iter().map(one).collect()
    }

    #[test]
    fn an_animation_is_decoded_as_it_was_though_only_changes_are_written() {
        let frames = [
            frame((1, 1), RED),
            frame((6, 2), RED),
            frame((6, 2), RED),
            frame((0, 7), BLUE),
            frame((1, 1), RED),
        ];
        let png = encode(&frames).expect("encodes");
        let seen = decoded(&png);
        let expected: Vec<(RgbaImage, u32)> = [(0, 40), (1, 80), (3, 40), (4, 40)]
            .map(|(n, ms): (usize, u32)| (frames[n].pixels.clone(), ms))
            .to_vec();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_still_of_an_animation_is_its_first_frame_and_of_anything_else_itself() {
        let frames = [frame((1, 1), RED), frame((6, 2), BLUE)];
        let moving = encode(&frames).expect("encodes");
        let still_png = still(&moving);
        assert!(still_png.len() < moving.len());
        let pixels = image::load_from_memory(&still_png).expect("decodes").to_rgba8();
        assert_eq!(pixels, frames[0].pixels);
        let plain = encode(&frames[..1]).expect("encodes");
        assert_eq!(still(&plain), plain);
        for junk in [&b""[..], b"short", b"no picture at all, of no kind"] {
            assert_eq!(still(junk), junk);
        }
    }

    #[test]
    fn scaling_keeps_the_shape_and_lets_no_hidden_colour_bleed() {
        let mut pixels = RgbaImage::from_pixel(64, 32, Rgba([0, 255, 0, 0]));
        for (x, _, pixel) in pixels.enumerate_pixels_mut() {
            if x < 32 {
                *pixel = RED;
            }
        }
        let small = scaled(&pixels, 8);
        assert_eq!(small.dimensions(), (16, 8));
        assert!(small.pixels().all(|Rgba([_, g, _, a])| *a == 0 || *g == 0), "the invisible green stays so");
        assert_eq!(scaled(&RgbaImage::new(1, 90), 28).dimensions(), (1, 28), "never without any width");
    }
}
