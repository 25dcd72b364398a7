//! What records and frames are read as, and which are refused. The records are x264's.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

pub(crate) const HD: &str =
    "0164001fffe1001c6764001facd9405005bb016a02020280000003008000001e078c18cb01000668ebe3cb22c0fdf8f800";
pub(crate) const ANAMORPHIC_INTERLACED: &str =
    "0164001effe100186764001eacd940b424d8208000000300800000190f8a14cb01000668fba3cb22c0fdf8f800";
const HIGH_422_10: &str =
    "017a000dffe10019677a000db6cd941419f8dc04400000fa40003a9803c50a658001000668ebe3cb22c0fefafa00";
const LEVEL_TOO_LOW: &str = "0142c00bffe100186742c00bda01e0089f970110000003001000000780f142aa01000468ce0fc8";

fn unhex(text: &str) -> Vec<u8> {
    let digit = |index: usize| u8::from_str_radix(&text[index..index + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn parse(record: &[u8]) -> Result<H264Config, H264Error> {
    H264Config::parse(&Bytes::copy_from_slice(record))
}

pub(crate) fn good(record: &str) -> H264Config {
    parse(&unhex(record)).expect("a good record")
}

/// Units behind lengths of `size` bytes.
fn frame(size: usize, units: &[&[u8]]) -> Vec<u8> {
    let length = |unit: &[u8]| (unit.len() as u32).to_be_bytes()[4 - size..].to_vec();
    units.iter().flat_map(|unit| [length(unit), unit.to_vec()].concat()).collect()
}

#[test]
fn a_common_record_tells_size_rate_and_colour() {
    let config = good(HD);
    assert_eq!((config.width, config.height, config.display_width()), (1280, 720, 1280));
    assert_eq!(config.fps, Some(30.0));
    assert_eq!(config.rfc6381(), "avc1.64001F");
    assert_eq!(config.colour, Some(Colour { primaries: 1, transfer: 1, matrix: 1, full_range: false }));
    assert!(config.is_420_8bit() && !config.interlaced);
    assert_eq!(config.nal_length_size, 4);
}

#[test]
fn wide_samples_and_fields_are_noticed() {
    let config = good(ANAMORPHIC_INTERLACED);
    assert_eq!((config.width, config.height, config.display_width()), (720, 576, 1047));
    assert_eq!(config.sample_aspect, (16, 11));
    assert!(config.interlaced);
}

#[test]
fn what_browsers_do_not_decode_is_noticed() {
    let config = good(HIGH_422_10);
    assert_eq!((config.chroma_format, config.bit_depth_luma, config.bit_depth_chroma), (2, 10, 10));
    assert!(!config.is_420_8bit());
    assert!((config.fps.expect("timing") - 29.97).abs() < 0.001);
}

#[test]
fn a_level_too_low_for_the_picture_is_forgiven_and_reported_as_it_is() {
    let config = good(LEVEL_TOO_LOW);
    assert_eq!((config.width, config.height, config.level), (1920, 1080, 11));
    assert_eq!(config.rfc6381(), "avc1.42C00B");
}

#[test]
fn zero_bytes_behind_an_sps_are_forgiven() {
    let config = good(HD);
    let sets = config.parameter_sets();
    let padded = [sets.sps[0], &[0, 0]].concat();
    let again = H264Config::from_parameter_sets(&[&padded], &sets.pps).expect("padded");
    assert_eq!((again.width, again.height), (1280, 720));
}

#[test]
fn parameter_sets_make_the_record_they_came_from() {
    for record in [HD, ANAMORPHIC_INTERLACED, HIGH_422_10, LEVEL_TOO_LOW] {
        let config = good(record);
        let sets = config.parameter_sets();
        assert_eq!(H264Config::from_parameter_sets(&sets.sps, &sets.pps), Ok(config.clone()));
        assert!(config.holds(sets.sps[0]) && config.holds(sets.pps[0]) && !config.holds(&[0x67]));
    }
}

#[test]
fn a_second_set_may_not_describe_other_pictures() {
    let (hd, other, deeper) = (good(HD), good(LEVEL_TOO_LOW), good(HIGH_422_10));
    let (sps, pps) = (hd.parameter_sets().sps[0], hd.parameter_sets().pps[0]);
    let with = |second: &[u8]| H264Config::from_parameter_sets(&[sps, second], &[pps]);
    assert_eq!(with(sps).map(|config| (config.width, config.height)), Ok((hd.width, hd.height)));
    for second in [&other, &deeper] {
        assert_eq!(with(second.parameter_sets().sps[0]), Err(H264Error::SetsDiffer));
    }
    assert!(matches!(with(&[0x67, 1, 2, 3]), Err(H264Error::Sps(_))), "it is read like the first");
}

#[test]
fn broken_records_are_refused_by_name() {
    let refused = |record: &[u8]| parse(record).expect_err("a broken record");
    assert_eq!(refused(&[]), H264Error::Truncated);
    assert_eq!(refused(&[0; 20_000]), H264Error::TooLong(20_000));
    assert_eq!(refused(&[2, 0x64, 0, 0x1f, 0xff, 0xe0, 0]), H264Error::Version(2));
    assert_eq!(refused(&[1, 0x64, 0, 0x1f, 0xff, 0xe0, 0]), H264Error::NoParameterSet);
    assert_eq!(refused(&[1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 0, 1, 0, 0]), H264Error::EmptyParameterSet);
    assert_eq!(refused(&[1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 1, 0x68, 0]), H264Error::NotAParameterSet(8));
    assert_eq!(refused(&[1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 1, 0x67, 1, 0, 1, 0x68]), H264Error::Truncated);
    let mut no_pps = unhex(LEVEL_TOO_LOW);
    no_pps.truncate(6 + 2 + 0x18);
    no_pps.push(0);
    assert_eq!(refused(&no_pps), H264Error::NoParameterSet);
}

#[test]
fn every_shorter_record_is_refused() {
    let record = unhex(LEVEL_TOO_LOW);
    for end in 0..record.len() {
        assert!(parse(&record[..end]).is_err(), "{end}");
    }
}

#[test]
fn frames_are_walked_and_what_is_in_them_is_found() {
    let data = frame(4, &[&[0x09, 0xf0], &[0x67, 1], &[0x68, 2], &[0x65, 3, 3]]);
    assert_eq!(check_frame(&data), Ok(()));
    assert!(contains_idr(&data));
    assert_eq!(inband_parameter_sets(&data).collect::<Vec<_>>(), [&[0x67, 1], &[0x68, 2]]);
    let delta = frame(4, &[&[0x41, 1]]);
    assert!(!contains_idr(&delta));
    assert_eq!(inband_parameter_sets(&delta).count(), 0);
}

#[test]
fn frames_whose_lengths_do_not_add_up_are_refused() {
    assert_eq!(check_frame(&[]), Err(H264Error::EmptyFrame));
    assert_eq!(check_frame(&[0, 0, 0]), Err(H264Error::Lengths(3)));
    assert_eq!(check_frame(&[0, 0, 0, 2, 0x65]), Err(H264Error::Lengths(5)));
    assert_eq!(check_frame(&[0, 0, 0, 1, 0x65, 0]), Err(H264Error::Lengths(6)));
    assert_eq!(check_frame(&[0, 0, 0, 0]), Err(H264Error::EmptyNal));
    assert_eq!(check_frame(&[0xff; 9]), Err(H264Error::Lengths(9)));
}

#[test]
fn shorter_lengths_become_four_bytes_and_four_are_left_alone() {
    let units: [&[u8]; 2] = [&[0x67, 1], &[0x65, 2, 3]];
    let four = Bytes::from(frame(4, &units));
    for size in 1..=4 {
        let data = Bytes::from(frame(size, &units));
        assert_eq!(to_four_byte_lengths(&data, size as u8), Ok(four.clone()));
    }
    let same = to_four_byte_lengths(&four, 4).expect("checked");
    assert_eq!(same.as_ptr(), four.as_ptr());
    assert_eq!(to_four_byte_lengths(&four, 5), Err(H264Error::LengthSize(5)));
    assert_eq!(to_four_byte_lengths(&Bytes::from_static(&[5, 1]), 1), Err(H264Error::Lengths(2)));
}

/// A good record with a few bytes replaced, and perhaps cut short.
pub(crate) fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let record = prop::sample::select(vec![HD, ANAMORPHIC_INTERLACED, HIGH_422_10, LEVEL_TOO_LOW]);
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (record, changes, any::<prop::sample::Index>()).prop_map(|(record, changes, end)| {
        let mut record = unhex(record);
        for (at, value) in changes {
            let at = at.index(record.len());
            record[at] = value;
        }
        record.truncate(1 + end.index(record.len() * 2));
        record
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_panic(record in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(parse(&record));
        let data = Bytes::from(record);
        drop(check_frame(&data));
        let _ = (contains_idr(&data), inband_parameter_sets(&data).count());
        for size in 0..6 {
            drop(to_four_byte_lengths(&data, size));
        }
    }

    #[test]
    fn no_damaged_record_panics_nor_does_what_is_made_of_it(record in mutated()) {
        if let Ok(config) = parse(&record) {
            prop_assert!(config.width > 0 && config.height > 0);
            let _ = (config.rfc6381(), config.display_width(), config.is_420_8bit());
            let config = crate::frame::CodecConfig::H264(config);
            let _ = config.rfc6381();
        }
    }
}
