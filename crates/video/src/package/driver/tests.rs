//! Frames in, cuts out.

use bytes::Bytes;
use domain::users::LatencyMode;
use media::codec::aac::AacConfig;

use super::*;

fn driver() -> Driver {
    Driver::new(Timing::of(LatencyMode::Low, MediaSpan::from_ms(200)), Arc::default())
}

fn read(ms: i64, key: bool, discontinuity: bool) -> Read {
    let record = Bytes::from_static(b"config");
    let config = CodecConfig::Aac(AacConfig { record, ..AacConfig::lc(48_000, 2).expect("a usual config") });
    let frame = Frame { dts: MediaTime::from_ms(ms), cts: MediaSpan::from_ms(80), key, data: Bytes::new() };
    Read { frame, config: Arc::new(config), starts_group: key, discontinuity, skipped: false }
}

/// Prints emits: `S3!` a segment (with its number, and `!` for a discontinuity), `p200/5` a part of 200 ms in 5 frames,
/// `g200` a gap part, `E` a segment's end.
fn text(emits: &[Emit]) -> String {
    let words: Vec<String> = emits
        .iter()
        .map(|emit| match emit {
            Emit::Segment { msn, discontinuity, .. } => {
                format!("S{msn}{}", if *discontinuity { "!" } else { "" })
            }
            Emit::Part { duration, frames, .. } if frames.is_empty() => format!("g{}", duration.to_ms()),
            Emit::Part { duration, frames, .. } => format!("p{}/{}", duration.to_ms(), frames.len()),
            Emit::EndSegment => "E".to_owned(),
        })
        .collect();
    words.join(" ")
}

fn play(driver: &mut Driver, from: i64, frames: i64, discontinuity: bool) -> String {
    let mut emits = Vec::new();
    for n in 0..frames {
        let now = WallTime::from_unix_ms(1_000_000 + from + n * 40);
        emits.extend(driver.push(read(from + n * 40, n % 25 == 0, discontinuity && n == 0), now));
    }
    text(&emits)
}

#[test]
fn a_part_is_out_with_its_last_frame_and_a_segment_with_the_next_key_frame() {
    assert_eq!(
        play(&mut driver(), 0, 31, false),
        "S0 g200 E S1 p200/5 p200/5 p200/5 p200/5 p200/5 E S2 p200/5"
    );
}

#[test]
fn silence_becomes_gap_parts_and_the_return_a_discontinuity_without_a_hole() {
    let mut driver = driver();
    assert_eq!(play(&mut driver, 0, 7, true), "S0 g200 E S1 p200/5");
    let edge = driver.edge().expect("parts went out") + MediaSpan::from_ms(80);
    let gap = driver.fill_gap(edge + MediaSpan::from_ms(1_300), WallTime::from_unix_ms(0));
    assert_eq!(text(&gap), "p80/2 E S2 g200 g200 g200 g200 g200 E S3 g200");
    assert_eq!(play(&mut driver, 1_650, 6, true), "E S4 g170 E S5! p200/5");
    let cuts = driver.plan.since(0).cuts;
    for pair in cuts.windows(2) {
        assert_eq!(pair[0].end, Some(pair[1].start), "{pair:?}");
    }
}

#[test]
fn what_comes_for_a_time_that_was_given_up_is_dropped() {
    let mut driver = driver();
    play(&mut driver, 0, 25, false);
    let until = driver.edge().expect("parts went out") + MediaSpan::from_ms(3_000);
    driver.fill_gap(until, WallTime::from_unix_ms(0));
    let burst = play(&mut driver, 1_000, 100, false);
    assert_eq!(burst.split(' ').next(), Some("S5"), "{burst}");
    let cuts = driver.plan.since(0).cuts;
    assert!(cuts.windows(2).all(|pair| pair[0].end == Some(pair[1].start)), "{cuts:?}");
}

#[test]
fn v1_a_segment_that_begins_without_a_key_frame_begins_where_the_last_one_ended() {
    let mut driver = driver();
    for n in 0..200 {
        let mut read = read(n * 40, n == 0, false);
        read.frame.cts = MediaSpan::from_ms([80, 200, 80, 0, 40][n as usize % 5]);
        driver.push(read, WallTime::from_unix_ms(n * 40));
    }
    let cuts = driver.plan.since(0).cuts;
    assert!(cuts.last().is_some_and(|cut| cut.msn > 2));
    assert!(cuts.windows(2).all(|pair| pair[0].end == Some(pair[1].start)), "{cuts:?}");
}

#[test]
fn a_hole_within_a_session_is_a_gap_and_goes_on_without_a_key_frame() {
    let mut driver = driver();
    assert_eq!(play(&mut driver, 0, 5, false), "S0 g200 E S1 p200/5");
    let after = driver.push(read(1_200, false, false), WallTime::from_unix_ms(0));
    assert_eq!(text(&after), "E S2 g200 g200 g200 g200 g200 E S3");
}
