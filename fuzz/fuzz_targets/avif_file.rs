//! Any bytes as an AVIF file: no panic, frames and bytes within the limits of an upload, as many times and opacities as frames.
#![no_main]

use chat::emotes::avif::file::read;
use chat::emotes::{FRAMES_MAX, UPLOAD_BYTES_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(pictures) = read(data) else { return };
    let frames = pictures.colour.iter().chain(pictures.alpha.iter().flatten());
    assert!(frames.map(Vec::len).sum::<usize>() <= UPLOAD_BYTES_MAX);
    assert!((1..=FRAMES_MAX).contains(&pictures.colour.len()));
    assert_eq!(pictures.shown_ms.len(), pictures.colour.len());
    assert!(pictures.alpha.is_none_or(|alpha| alpha.len() == pictures.colour.len()));
});
