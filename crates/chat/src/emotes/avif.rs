//! AVIF: its container read by us, its AV1 decoded by FFmpeg in a child with hard limits, as `docs/decisions/0003-avif-emotes.md` has it.
//!
//! Colours and opacity are two pictures in AVIF. Each has a child of its own, and frames are taken from both in step, so that
//! never more than one whole frame is held here.

pub mod boxes;
pub mod child;
pub mod file;
mod items;
mod tracks;

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::time::Duration;

use image::imageops;
use image::{Rgba, RgbaImage};

use child::{Decoder, Ended, Pixels, feed, ivf};
pub use file::is_avif;
use file::{Mirror, Pictures, ReadError, Turn};

use super::bounds::{IntakeError, fits, shown_ms, spend};
use super::picture::{self, Frame};

/// Time in which all frames must be there, whatever the machine does. Beyond it: the children are killed.
const TIME_MAX: Duration = Duration::from_secs(30);
/// A picture of 16 pixels, to tell what is wrong when one is not decoded: the picture or the decoder.
const GOOD: &[u8] = include_bytes!("../../assets/emotes/probe.avif");

/// The pictures of an AVIF file, each made by `keep`. To be called where blocking is fine.
///
/// # Errors
/// When the file is not taken, or FFmpeg does not do it.
pub fn decode(
    bytes: &[u8],
    ffmpeg: &Path,
    keep: impl Fn(&RgbaImage, u16) -> Frame,
) -> Result<Vec<Frame>, IntakeError> {
    let pictures = file::read(bytes).map_err(|e| match e {
        ReadError::Frames => IntakeError::Frames,
        ReadError::Unsupported(what) => IntakeError::Variant(what),
        broken => IntakeError::Broken(broken.into()),
    })?;
    fits((pictures.width, pictures.height))?;
    spend((pictures.width, pictures.height), pictures.colour.len())?;
    // Of its own: this thread waits for nothing else, and no thread of the server waits for this.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(IntakeError::Decoder)?;
    runtime.block_on(async {
        let frames = within_time(ffmpeg, &pictures, keep).await;
        match frames {
            Err(IntakeError::Broken(_) | IntakeError::Decoder(_)) if !works(ffmpeg).await => {
                Err(IntakeError::NoAvif)
            }
            frames => frames,
        }
    })
}

/// Whether this FFmpeg decodes AV1 at all.
async fn works(ffmpeg: &Path) -> bool {
    let Ok(good) = file::read(GOOD) else { return false };
    let keep = |pixels: &RgbaImage, shown_ms| Frame { pixels: pixels.clone(), shown_ms };
    within_time(ffmpeg, &good, keep).await.is_ok()
}

async fn within_time(
    ffmpeg: &Path,
    pictures: &Pictures,
    keep: impl Fn(&RgbaImage, u16) -> Frame,
) -> Result<Vec<Frame>, IntakeError> {
    match tokio::time::timeout(TIME_MAX, frames(ffmpeg, pictures, keep)).await {
        Ok(frames) => frames,
        Err(_) => Err(IntakeError::Slow),
    }
}

async fn frames(
    ffmpeg: &Path,
    pictures: &Pictures,
    keep: impl Fn(&RgbaImage, u16) -> Frame,
) -> Result<Vec<Frame>, IntakeError> {
    let size = (pictures.width, pictures.height);
    let count = pictures.colour.len();
    let start = |pixels| Decoder::start(ffmpeg, pixels, size, count).map_err(IntakeError::Decoder);
    let mut colour = Source::new(start(Pixels::Rgb)?, Pixels::Rgb, size);
    let mut alpha = match pictures.alpha {
        Some(_) => Some(Source::new(start(Pixels::Grey)?, Pixels::Grey, size)),
        None => None,
    };
    let inputs = (colour.decoder.input(), alpha.as_mut().and_then(|alpha| alpha.decoder.input()));
    let files = (ivf(size, &pictures.colour), ivf(size, pictures.alpha.as_deref().unwrap_or_default()));
    let feeding = async {
        tokio::join!(feed(inputs.0, &files.0), feed(inputs.1, &files.1));
        std::future::pending::<Infallible>().await
    };
    let reading = async {
        let mut frames = Vec::with_capacity(count);
        for &ms in &pictures.shown_ms {
            let whole = colour.fill().await?
                && match &mut alpha {
                    Some(alpha) => alpha.fill().await?,
                    None => true,
                };
            if !whole {
                break;
            }
            let opacity = alpha.as_ref().map(|alpha| &*alpha.pixels);
            let pixels = merged(&colour.pixels, opacity, size, pictures.premultiplied);
            frames.push(keep(&turned(pixels, pictures.turn), shown_ms(ms)));
        }
        Ok::<_, io::Error>(frames)
    };
    // What is read decides: when one child gives up, the other may never read to the end of its input.
    let frames = tokio::select! {
        frames = reading => frames.map_err(IntakeError::Decoder)?,
        never = feeding => match never {},
    };
    if frames.len() == count {
        return Ok(frames);
    }
    let mut ends = vec![colour.decoder.end().await];
    if let Some(alpha) = alpha {
        ends.push(alpha.decoder.end().await);
    }
    // One that was killed took too much; the other may only have missed its partner's end.
    if ends.iter().any(|end| matches!(end, Ok(Ended::Killed))) {
        return Err(IntakeError::Slow);
    }
    Err(IntakeError::Broken("AV1 that is not decoded".into()))
}

/// A decoder and its newest frame.
struct Source {
    decoder: Decoder,
    pixels: Vec<u8>,
}

impl Source {
    fn new(decoder: Decoder, pixels: Pixels, (width, height): (u32, u32)) -> Self {
        let area = width as usize * height as usize;
        Self { decoder, pixels: vec![0; area * pixels.bytes()] }
    }

    async fn fill(&mut self) -> io::Result<bool> {
        self.decoder.next(&mut self.pixels).await
    }
}

/// One picture of colours and their opacity, not premultiplied.
fn merged(rgb: &[u8], alpha: Option<&[u8]>, (width, height): (u32, u32), premultiplied: bool) -> RgbaImage {
    let mut pixels = RgbaImage::new(width, height);
    for (Rgba(pixel), colour) in pixels.pixels_mut().zip(rgb.chunks_exact(3)) {
        *pixel = [colour[0], colour[1], colour[2], u8::MAX];
    }
    for (Rgba([r, g, b, a]), &opacity) in pixels.pixels_mut().zip(alpha.unwrap_or_default()) {
        *a = opacity;
        if premultiplied {
            for c in [r, g, b] {
                *c = picture::quotient(*c, opacity);
            }
        }
    }
    pixels
}

fn turned(pixels: RgbaImage, turn: Turn) -> RgbaImage {
    let pixels = match turn.quarters {
        1 => imageops::rotate270(&pixels),
        2 => imageops::rotate180(&pixels),
        3 => imageops::rotate90(&pixels),
        _ => pixels,
    };
    match turn.mirror {
        Some(Mirror::Vertical) => imageops::flip_vertical(&pixels),
        Some(Mirror::Horizontal) => imageops::flip_horizontal(&pixels),
        None => pixels,
    }
}

#[cfg(test)]
mod tests;
