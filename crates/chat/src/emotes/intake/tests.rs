//! What is taken, and every way of being refused.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::png::PngEncoder;
use image::{Delay, ExtendedColorType, ImageBuffer, ImageEncoder as _, ImageFormat, Rgba, RgbaImage};

use super::*;

fn take(bytes: &[u8]) -> Result<Taken, IntakeError> {
    super::take(bytes, Path::new("ffmpeg"))
}

fn picture_of(w: u32, h: u32) -> RgbaImage {
    RgbaImage::from_fn(w, h, |x, y| Rgba([x as u8, y as u8, 90, if x < w / 2 { 255 } else { 0 }]))
}

fn written(w: u32, h: u32, format: ImageFormat) -> Vec<u8> {
    let mut out = Vec::new();
    picture_of(w, h).write_to(&mut Cursor::new(&mut out), format).expect("writes");
    out
}

/// A GIF of `count` frames that differ, each shown for `ms`.
fn gif(w: u32, h: u32, count: u8, ms: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut out, 30);
    for n in 0..count {
        let pixels = RgbaImage::from_pixel(w, h, Rgba([n.wrapping_mul(37), 255 - n, 60, 255]));
        let delay = Delay::from_numer_denom_ms(ms, 1);
        encoder.encode_frame(image::Frame::from_parts(pixels, 0, 0, delay)).expect("writes");
    }
    drop(encoder);
    out
}

/// Sizes of what was taken, as a decoder sees them, and whether it moves.
fn sizes(bytes: &[u8]) -> ([(u32, u32); 3], bool) {
    let taken = take(bytes).expect("is taken");
    assert_eq!(taken.pictures.media_type, "image/png");
    let size = |png: &Vec<u8>| {
        assert_eq!(image::guess_format(png).ok(), Some(ImageFormat::Png));
        image::load_from_memory(png).map(|image| (image.width(), image.height())).expect("decodes")
    };
    (taken.pictures.sizes.each_ref().map(size), taken.animated)
}

fn refused(bytes: &[u8]) -> &'static str {
    take(bytes).expect_err("is refused").code()
}

#[test]
fn stills_are_scaled_to_three_heights_whatever_they_were() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        assert_eq!(
            sizes(&written(300, 300, format)),
            ([(28, 28), (56, 56), (112, 112)], false),
            "{format:?}"
        );
    }
    assert_eq!(sizes(&written(20, 10, ImageFormat::Png)), ([(56, 28), (112, 56), (224, 112)], false));
    assert_eq!(
        sizes(&gif(40, 40, 1, 50)),
        ([(28, 28), (56, 56), (112, 112)], false),
        "one frame does not move"
    );
}

#[test]
fn animations_move_in_all_sizes_at_their_own_pace() {
    let taken = take(&gif(64, 64, 5, 70)).expect("is taken");
    assert!(taken.animated);
    for png in &taken.pictures.sizes {
        let decoder = PngDecoder::new(Cursor::new(png)).expect("is a PNG").apng().expect("moves");
        let frames = decoder.into_frames().collect_frames().expect("decodes");
        let shown: Vec<u32> = frames.iter().map(|frame| frame.delay().numer_denom_ms().0).collect();
        assert_eq!(shown, [70; 5]);
    }
    let again = take(&taken.pictures.sizes[2]).expect("our own animated PNG is taken too");
    assert!(again.animated);
    assert_eq!([0, 10, 20, 100_000].map(shown_ms), [100, 100, 20, u16::MAX]);
}

#[test]
fn what_is_too_large_too_long_misshapen_or_no_picture_is_refused() {
    let long = gif(8, 8, 121, 50);
    let mut cut = written(300, 300, ImageFormat::Png);
    cut.truncate(cut.len() / 2);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (bytes, code) in [
        (Vec::new(), "required"),
        (vec![0; UPLOAD_BYTES_MAX + 1], "too_large"),
        (svg.to_vec(), "format"),
        (b"BM plainly something else".to_vec(), "format"),
        (written(2049, 1000, ImageFormat::Png), "too_many_pixels"),
        (written(400, 100, ImageFormat::Png), "shape"),
        (written(100, 400, ImageFormat::WebP), "shape"),
        (long, "too_many_frames"),
        (cut, "broken"),
        (b"GIF89a".to_vec(), "broken"),
        (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), "broken"),
    ] {
        assert_eq!(refused(&bytes), code, "{:?}", &bytes[..bytes.len().min(16)]);
    }
}

#[test]
fn an_animation_is_bounded_in_frames_and_in_pixels_of_all_frames() {
    let spent = |size, frames| {
        let mut budget = Budget::default();
        (0..frames).find_map(|_| budget.spend(size).err()).map(|e| e.code())
    };
    assert_eq!(spent((400, 400), 120), None);
    assert_eq!(spent((4, 4), 121), Some("too_many_frames"));
    assert_eq!(spent((2048, 2048), 16), None);
    assert_eq!(spent((2048, 2048), 17), Some("too_many_pixels"));
}

#[test]
fn a_profile_is_not_unpacked_and_the_largest_still_is_taken() {
    let with = |profile: Vec<u8>| {
        let mut out = Vec::new();
        let mut encoder = PngEncoder::new(&mut out);
        encoder.set_icc_profile(profile).expect("a profile");
        encoder.write_image(&picture_of(16, 16), 16, 16, ExtendedColorType::Rgba8).expect("writes");
        out
    };
    assert_eq!(sizes(&with(vec![0; 1024])).0[0], (28, 28));
    assert_eq!(sizes(&with(vec![0; 64 << 20])).0[0], (28, 28), "64 KiB that would be 64 MiB");
    let largest = ImageBuffer::from_pixel(SIDE_MAX, SIDE_MAX, Rgba([7_u16, 8, 9, u16::MAX]));
    let mut out = Vec::new();
    largest.write_to(&mut Cursor::new(&mut out), ImageFormat::Png).expect("writes");
    assert_eq!(sizes(&out).0[2], (112, 112));
}

#[test]
fn a_picture_that_claims_to_be_gigantic_is_refused_by_its_head() {
    let mut bomb = written(16, 16, ImageFormat::Png);
    // Width and height in IHDR (PNG §11.2.1), with the checksum that goes with them.
    bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    assert_eq!(refused(&bomb), "too_many_pixels");
}

#[test]
fn bytes_that_were_tampered_with_never_panic() {
    for good in [written(24, 24, ImageFormat::Png), written(24, 24, ImageFormat::WebP), gif(12, 12, 3, 40)] {
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 0x5a;
            // Taken or refused: either is fine.
            drop(take(&bad));
        }
    }
}
