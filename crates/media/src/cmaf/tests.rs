//! Headers and fragments, judged by other readers: `mp4-atom` for the boxes, FFmpeg for the whole.

mod ffmpeg;

use bytes::Bytes;
use mp4_atom::{Any, Codec, Decode, DecodeMaybe, Moof, Moov, TrunEntry};
use proptest::prelude::*;

use super::fragment::{Lead, Sample, fragment};
use super::init::init_segment;
use super::*;
use crate::codec::aac::AacConfig;
use crate::codec::h264::tests::{ANAMORPHIC_INTERLACED, HD, good, mutated};
use crate::frame::Frame;
use crate::time::{MediaSpan, MediaTime};

fn aac(sample_rate: u32) -> CodecConfig {
    CodecConfig::Aac(AacConfig::lc(sample_rate, 2).expect("valid"))
}

fn frame(dts: i64, cts: i64, key: bool, data: &'static [u8]) -> Frame {
    Frame { dts: MediaTime(dts), cts: MediaSpan(cts), key, data: Bytes::from_static(data) }
}

/// Frames that each last until the next; the last lasts `last` ticks.
fn samples(frames: &[Frame], last: i64) -> Vec<Sample<'_>> {
    let ends =
        frames.iter().skip(1).map(|frame| frame.dts).chain(frames.last().map(|f| f.dts + MediaSpan(last)));
    frames.iter().zip(ends).map(|(frame, end)| Sample { frame, duration: end - frame.dts }).collect()
}

fn atoms(mut bytes: &[u8]) -> Vec<Any> {
    std::iter::from_fn(|| Any::decode_maybe(&mut bytes).expect("a box")).collect()
}

fn moov(config: &CodecConfig) -> Moov {
    let init = init_segment(config, TrackParams::of(config));
    let [Any::Ftyp(_), Any::Moov(moov)] = <[Any; 2]>::try_from(atoms(&init)).expect("two boxes") else {
        panic!("not ftyp and moov");
    };
    moov
}

/// The `moof`, which begins at the returned offset of the first piece.
fn moof(fragment: &[Bytes]) -> (usize, Moof) {
    let header = &fragment[0];
    let at = header.windows(4).position(|kind| kind == b"moof").expect("a moof") - 4;
    (at, Moof::decode(&mut &header[at..]).expect("a moof"))
}

fn entries(fragment: &[Bytes]) -> Vec<TrunEntry> {
    moof(fragment).1.traf[0].trun[0].samples.iter().collect()
}

#[test]
fn a_video_header_holds_the_parameter_sets_shape_and_colour() {
    let source = good(ANAMORPHIC_INTERLACED);
    let moov = moov(&CodecConfig::H264(source.clone()));
    let mdia = &moov.trak[0].mdia;
    assert_eq!((mdia.mdhd.timescale, mdia.mdhd.language.as_str()), (90_000, "und"));
    assert_eq!(moov.trak[0].tkhd.width.integer(), 1047);
    let [Codec::Avc1(avc1)] = mdia.minf.stbl.stsd.codecs.as_slice() else { panic!("not avc1") };
    assert_eq!((avc1.visual.width, avc1.visual.height), (720, 576));
    assert_eq!(avc1.pasp.as_ref().map(|pasp| (pasp.h_spacing, pasp.v_spacing)), Some((16, 11)));
    assert_eq!(avc1.avcc.length_size, 4);
    assert_eq!(avc1.avcc.sequence_parameter_sets, source.parameter_sets().sps);
    assert!(avc1.avcc.ext.is_some());
    assert!(moov.mvex.is_some());
}

#[test]
fn square_samples_need_no_pasp_and_a_header_is_a_function_of_its_config() {
    let config = CodecConfig::H264(good(HD));
    let moov = moov(&config);
    let [Codec::Avc1(avc1)] = moov.trak[0].mdia.minf.stbl.stsd.codecs.as_slice() else { panic!("not avc1") };
    assert_eq!(avc1.pasp, None);
    assert!(avc1.colr.is_some());
    let track = TrackParams::of(&config);
    assert_eq!(init_segment(&config, track), init_segment(&config.clone(), track));
}

#[test]
fn an_audio_header_holds_the_config_and_counts_in_samples() {
    let config = aac(44_100);
    let moov = moov(&config);
    let mdia = &moov.trak[0].mdia;
    assert_eq!(mdia.mdhd.timescale, 44_100);
    let [Codec::Mp4a(mp4a)] = mdia.minf.stbl.stsd.codecs.as_slice() else { panic!("not mp4a") };
    assert_eq!((mp4a.audio.channel_count, mp4a.audio.sample_rate.integer()), (2, 44_100));
    let specific = mp4a.esds.es_desc.dec_config.dec_specific.as_ref().expect("a config");
    let CodecConfig::Aac(source) = config else { panic!("not AAC") };
    assert_eq!(specific.raw, source.record);
}

#[test]
fn a_fragment_shares_its_payload_and_points_at_it() {
    let track = TrackParams::of(&CodecConfig::H264(good(HD)));
    let frames = [frame(9_000, 6_000, true, b"key"), frame(12_000, -3_000, false, b"delta")];
    for segment_start in [false, true] {
        let lead = Lead { sequence: 7, segment_start };
        let made = fragment(lead, track, &samples(&frames, 3_000));
        assert_eq!(made[1].as_ptr(), frames[0].data.as_ptr());
        assert_eq!(made[2].as_ptr(), frames[1].data.as_ptr());
        let (at, moof) = moof(&made);
        assert_eq!(at > 0, segment_start);
        assert_eq!(moof.mfhd.sequence_number, 7);
        assert_eq!(moof.traf[0].tfdt.as_ref().expect("tfdt").base_media_decode_time, 909_000);
        let offset = moof.traf[0].trun[0].data_offset.expect("an offset") as usize;
        assert_eq!(&made.concat()[at + offset..], b"keydelta");
        let expected = [(3_000, 3, 0x0200_0000, 6_000), (3_000, 5, 0x0101_0000, -3_000)];
        let seen = entries(&made).into_iter().map(|e| (e.duration, e.size, e.flags, e.cts));
        assert!(seen.eq(expected.map(|(d, s, f, c)| (Some(d), Some(s), Some(f), Some(c)))));
    }
}

#[test]
fn t1_a_track_that_begins_before_zero_is_written_in_order() {
    let track = TrackParams::of(&CodecConfig::H264(good(HD)));
    let starts = [-180_000, -90_000, 0].map(|at| {
        let made = fragment(Lead::default(), track, &samples(&[frame(at, 0, true, b"x")], 3_000));
        moof(&made).1.traf[0].tfdt.as_ref().expect("tfdt").base_media_decode_time
    });
    assert_eq!(starts, [720_000, 810_000, 900_000]);
}

#[test]
fn no_samples_make_no_fragment() {
    assert!(fragment(Lead::default(), TrackParams::of(&aac(48_000)), &[]).is_empty());
}

#[test]
fn counted_audio_has_exact_durations_for_hours_at_every_rate() {
    for rate in [7_350, 11_025, 22_050, 44_100, 48_000, 64_000, 88_200, 96_000] {
        for first in [0, 1_000_000] {
            let at = |n: u64| MediaTime(0) + MediaSpan::of_samples(n * 1024, rate);
            let frames: Vec<_> = (first..first + 40).map(|n| frame(at(n).0, 0, true, b"x")).collect();
            let last = MediaSpan::of_samples(1024, rate).0;
            let made = fragment(Lead::default(), TrackParams::of(&aac(rate)), &samples(&frames, last));
            let start = moof(&made).1.traf[0].tfdt.as_ref().expect("tfdt").base_media_decode_time;
            assert_eq!(start, first * 1024 + 10 * u64::from(rate), "{rate}");
            assert!(entries(&made).iter().all(|entry| entry.duration == Some(1024)), "{rate}");
        }
    }
}

#[test]
fn decode_times_that_do_not_rise_fall_back_to_the_stated_duration() {
    let frames = [frame(5_000, 0, true, b"a"), frame(5_000, 0, false, b"b"), frame(-9, 0, false, b"c")];
    let stated: Vec<_> = frames.iter().map(|frame| Sample { frame, duration: MediaSpan(3_000) }).collect();
    let made = fragment(Lead::default(), TrackParams::of(&CodecConfig::H264(good(HD))), &stated);
    assert!(entries(&made).iter().all(|entry| entry.duration == Some(3_000)));
}

proptest! {
    #[test]
    fn every_accepted_record_makes_a_header_that_reads_back(record in mutated()) {
        if let Ok(config) = crate::codec::h264::H264Config::parse(&Bytes::from(record)) {
            prop_assert!(!moov(&CodecConfig::H264(config)).trak.is_empty());
        }
    }

    #[test]
    fn fragments_follow_each_other_without_gap(
        steps in prop::collection::vec(1_i64..20_000, 2..40),
        cut in any::<prop::sample::Index>(),
        rate in prop::sample::select(vec![44_100_u32, 48_000, 90_000]),
    ) {
        let times = steps.iter().scan(0, |at, step| { *at += step; Some(*at) });
        let frames: Vec<_> = times.map(|at| frame(at, 0, true, b"x")).collect();
        let cut = 1 + cut.index(frames.len() - 1);
        let track = TrackParams { id: 1, timescale: rate, frame_samples: None };
        let all = samples(&frames, 3_000);
        let first = fragment(Lead::default(), track, &all[..cut]);
        let second = fragment(Lead::default(), track, &all[cut..]);
        let start = |f: &[Bytes]| moof(f).1.traf[0].tfdt.as_ref().expect("tfdt").base_media_decode_time;
        let length: u64 = entries(&first).iter().map(|e| u64::from(e.duration.expect("explicit"))).sum();
        prop_assert_eq!(start(&first) + length, start(&second));
    }
}
