//! Real files and hostile ones. What is decoded is decoded by the FFmpeg of this machine.

use std::io::Cursor;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use image::AnimationDecoder as _;
use image::codecs::png::PngDecoder;

use super::*;
use crate::emotes::intake::{self, Taken};
use crate::emotes::{FRAMES_MAX, UPLOAD_BYTES_MAX};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("samples/", $name, ".avif")).as_slice()
    };
}

const STILL: &[u8] = sample!("still");
const ANIMATED: &[u8] = sample!("animated");
const ALL: [&[u8]; 8] = [
    STILL,
    ANIMATED,
    sample!("premultiplied"),
    sample!("ten-bit"),
    sample!("turned"),
    sample!("by-ffmpeg"),
    sample!("crop"),
    sample!("grid"),
];

fn take(bytes: &[u8]) -> Result<Taken, IntakeError> {
    intake::take(bytes, Path::new("ffmpeg"))
}

/// The largest picture that is kept of a file.
fn shown(bytes: &[u8]) -> RgbaImage {
    let taken = take(bytes).expect("is taken");
    image::load_from_memory(&taken.pictures.sizes[2]).expect("decodes").into_rgba8()
}

fn near(pixels: &RgbaImage, (x, y): (u32, u32), expected: [u8; 4]) {
    let found = pixels.get_pixel(x, y).0;
    let close = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 6);
    assert!(close, "{found:?} is not about {expected:?}");
}

/// The same file with some bytes behind a name replaced.
fn with(file: &[u8], name: &[u8; 4], behind: usize, bytes: &[u8]) -> Vec<u8> {
    let at = file.windows(4).position(|four| four == name).expect("has the box") + 4 + behind;
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

fn refused(bytes: &[u8]) -> &'static str {
    take(bytes).expect_err("is refused").code()
}

#[test]
fn stills_keep_their_opacity() {
    let taken = take(STILL).expect("is taken");
    assert!(!taken.animated);
    let heights =
        taken.pictures.sizes.each_ref().map(|png| image::load_from_memory(png).expect("decodes").height());
    assert_eq!(heights, [28, 56, 112]);
    let pixels = shown(STILL);
    assert_eq!(pixels.dimensions(), (168, 112));
    near(&pixels, (20, 50), [255, 0, 0, 255]);
    assert_eq!(pixels.get_pixel(150, 50).0[3], 0);
    near(&shown(sample!("premultiplied")), (80, 50), [255, 0, 0, 128]);
}

#[test]
fn ten_bits_and_limited_range_have_the_same_colours() {
    near(&shown(sample!("ten-bit")), (80, 50), [200, 100, 50, 255]);
}

#[test]
fn pictures_are_turned_as_they_say() {
    // The corner at the top left goes to the bottom left by a quarter of a turn, then to the right.
    let pixels = shown(sample!("turned"));
    assert_eq!(pixels.dimensions(), (75, 112));
    near(&pixels, (70, 105), [255, 0, 0, 255]);
    for white in [(5, 5), (70, 5), (5, 105)] {
        near(&pixels, white, [255, 255, 255, 255]);
    }
}

#[test]
fn animations_move_in_all_sizes_at_their_own_pace() {
    let taken = take(ANIMATED).expect("is taken");
    assert!(taken.animated);
    for png in &taken.pictures.sizes {
        let decoder = PngDecoder::new(Cursor::new(png)).expect("is a PNG").apng().expect("moves");
        let frames = decoder.into_frames().collect_frames().expect("decodes");
        let times: Vec<u32> = frames.iter().map(|frame| frame.delay().numer_denom_ms().0).collect();
        assert_eq!(times, [100, 50, 250]);
        let colours = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]];
        for (frame, colour) in frames.iter().zip(colours) {
            near(frame.buffer(), (3, 10), colour);
            assert_eq!(frame.buffer().get_pixel(frame.buffer().width() - 3, 10).0[3], 0);
        }
    }
    assert!(take(sample!("by-ffmpeg")).expect("is taken").animated);
}

#[test]
fn a_file_is_what_any_of_its_brands_says() {
    assert!(!take(&with(STILL, b"ftyp", 0, b"mif1")).expect("is taken").animated);
    let heif = with(&with(STILL, b"ftyp", 0, b"heic"), b"ftyp", 8, b"heic");
    assert_eq!(refused(&heif), "format");
}

#[test]
fn other_kinds_and_claims_are_refused_before_anything_is_decoded() {
    let nothing = Path::new("/nonexistent");
    let (wide, long) = (0xffff_u32.to_be_bytes(), 121_u32.to_be_bytes());
    for (bytes, code) in [
        (sample!("crop").to_vec(), "variant"),
        (sample!("grid").to_vec(), "variant"),
        (with(STILL, b"ispe", 4, &wide), "too_many_pixels"),
        (with(STILL, b"ispe", 4, &[0, 0, 0, 200]), "shape"),
        (with(STILL, b"ispe", 4, &[0; 4]), "shape"),
        (with(ANIMATED, b"stsz", 8, &long), "too_many_frames"),
        (with(ANIMATED, b"stsz", 8, &u32::MAX.to_be_bytes()), "too_many_frames"),
        // One size for all samples, as large as the file could never hold three times.
        (with(ANIMATED, b"stsz", 4, &1_000_000_u32.to_be_bytes()), "broken"),
        (STILL[..STILL.len() - 1].to_vec(), "broken"),
        (b"\0\0\0\x1cftypavif\0\0\0\0".to_vec(), "format"),
        (b"\0\0\0\x14ftypavif\0\0\0\0avif".to_vec(), "broken"),
        (b"\0\0\0\x14ftypavis\0\0\0\0avis".to_vec(), "broken"),
    ] {
        let refused = intake::take(&bytes, nothing).expect_err("is refused").code();
        assert_eq!(refused, code, "{:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_is_no_av1_or_more_than_it_says_is_broken() {
    let data = STILL.len() - 40;
    let mut noise = STILL.to_vec();
    noise[data..].fill(0xa5);
    assert_eq!(refused(&noise), "broken");
    assert_eq!(refused(sample!("bomb")), "broken");
}

#[test]
fn without_a_decoder_the_formats_that_are_taken_are_named() {
    for program in ["/nonexistent", "false"] {
        let refused = intake::take(STILL, Path::new(program)).expect_err("is refused");
        assert!(matches!(refused, IntakeError::NoAvif), "{program}: {refused:?}");
    }
}

/// A program that stands in for FFmpeg.
fn stand_in(folder: &tempfile::TempDir, script: &str) -> PathBuf {
    let path = folder.path().join("ffmpeg");
    std::fs::write(&path, format!("#!/bin/sh\ncat > /dev/null\n{script}\n")).expect("writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("may run");
    path
}

#[test]
fn a_child_that_takes_too_much_is_told_apart_from_a_broken_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let greedy = stand_in(&folder, "kill -XCPU $$");
    let refused = intake::take(STILL, &greedy).expect_err("is refused");
    assert_eq!(refused.code(), "too_slow", "{refused:?}");
}

#[tokio::test]
async fn a_child_is_limited_before_it_is_given_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let ffmpeg = stand_in(&folder, "cat /proc/self/limits; env");
    let mut decoder = Decoder::start(&ffmpeg, Pixels::Grey, (16, 16), 1).expect("starts");
    feed(decoder.input(), b"picture").await;
    let mut said = Vec::new();
    let mut byte = [0];
    while decoder.next(&mut byte).await.expect("reads") {
        said.push(byte[0]);
    }
    let said = String::from_utf8(said).expect("is text");
    for (name, most) in [
        ("Max cpu time", child::CPU_SECONDS_MAX),
        ("Max address space", child::ADDRESS_SPACE_BYTES_MAX),
        ("Max file size", 0),
        ("Max core file size", 0),
        ("Max open files", 32),
    ] {
        let line = said.lines().find(|line| line.starts_with(name)).expect("is limited");
        let numbers: Vec<&str> = line[name.len()..].split_whitespace().take(2).collect();
        assert_eq!(numbers, [most, most].map(|most| most.to_string()), "{line}");
    }
    assert!(!said.contains("CARGO"), "nothing of our environment: {said}");
    assert_eq!(decoder.end().await.expect("ends"), Ended::Gave);
}

#[test]
fn files_that_were_cut_or_tampered_with_never_panic_and_stay_within_bounds() {
    let check = |bytes: &[u8]| {
        let Ok(pictures) = file::read(bytes) else { return };
        let frames = pictures.colour.iter().chain(pictures.alpha.iter().flatten());
        assert!(frames.map(Vec::len).sum::<usize>() <= UPLOAD_BYTES_MAX);
        assert!(pictures.colour.len() <= FRAMES_MAX && pictures.colour.len() == pictures.shown_ms.len());
    };
    for good in ALL {
        for place in 0..good.len() {
            check(&good[..place]);
            for byte in [0, 1, 0x5a, 0x7f, 0xff] {
                let mut bad = good.to_vec();
                bad[place] ^= byte;
                check(&bad);
            }
        }
    }
}
