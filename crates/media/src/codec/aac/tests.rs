//! What configs are read as, and which are refused.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn check(record: &[u8], expected: Result<(u8, u32, Option<u32>, u8), AacError>) {
    let parsed = AacConfig::parse(&Bytes::copy_from_slice(record));
    let seen = parsed.map(|c| (c.object_type, c.sample_rate, c.extension_sample_rate, c.channels));
    assert_eq!(seen, expected, "{record:02x?}");
}

#[test]
fn plain_lc_is_read() {
    check(&[0x11, 0x90], Ok((2, 48_000, None, 2)));
    check(&[0x12, 0x08], Ok((2, 44_100, None, 1)));
    check(&[0x11, 0xb0], Ok((2, 48_000, None, 6)));
    check(&[0x11, 0xb8], Ok((2, 48_000, None, 8)));
}

#[test]
fn the_extension_that_ffmpeg_always_writes_leaves_it_lc() {
    check(&[0x11, 0x90, 0x56, 0xe5, 0x00], Ok((2, 48_000, None, 2)));
    check(&[0x10, 0x10, 0x56, 0xe5, 0x00], Ok((2, 96_000, None, 2)));
}

#[test]
fn backward_compatible_sbr_is_noticed_and_counted_at_the_core_rate() {
    // 24 kHz core, sync extension, SBR present, index 3.
    check(&[0x13, 0x10, 0x56, 0xe5, 0x98], Ok((2, 24_000, Some(48_000), 2)));
}

#[test]
fn explicit_sbr_and_ps_keep_their_object_type() {
    // Type 5 (29), 24 kHz, stereo (mono), extension 48 kHz, then type 2 and three zero bits.
    check(&[0x2b, 0x11, 0x88, 0x00], Ok((5, 24_000, Some(48_000), 2)));
    check(&[0xeb, 0x09, 0x88, 0x00], Ok((29, 24_000, Some(48_000), 1)));
}

#[test]
fn explicit_rates_are_read() {
    check(&AacConfig::lc(12_345, 2).expect("valid").record, Ok((2, 12_345, None, 2)));
    check(&[0x17, 0x80, 0x00, 0x00, 0x10], Err(AacError::SampleRate));
    check(&[0x16, 0x90], Err(AacError::SampleRate));
}

#[test]
fn what_players_cannot_play_is_refused_by_name() {
    check(&[0x11, 0x80], Err(AacError::ProgramConfigElement));
    check(&[0x11, 0xc8], Err(AacError::Channels(9)));
    check(&[0x11, 0xe8], Err(AacError::Channels(13)));
    check(&[0x11, 0x94], Err(AacError::ShortFrames));
    check(&[0x11, 0x92, 0x00], Err(AacError::DependsOnCoreCoder));
    check(&[0x09, 0x90], Err(AacError::ObjectType(1)));
    check(&[0xf9, 0x46, 0x40], Err(AacError::ObjectType(42)));
    check(&[], Err(AacError::Truncated));
    check(&[0x11], Err(AacError::Truncated));
    check(&[0; 65], Err(AacError::TooLong(65)));
}

#[test]
fn codec_strings_name_the_object_type() {
    assert_eq!(AacConfig::lc(48_000, 2).expect("valid").rfc6381(), "mp4a.40.2");
}

proptest! {
    #[test]
    fn a_built_config_reads_back_as_itself(rate in 1_u32..=96_000, channels in 1_u8..=8) {
        let built = AacConfig::lc(rate, channels).expect("valid");
        prop_assert_eq!(AacConfig::parse(&built.record), Ok(built));
    }

    #[test]
    fn no_bytes_panic(record in proptest::collection::vec(any::<u8>(), 0..80)) {
        drop(AacConfig::parse(&Bytes::from(record)));
    }
}
