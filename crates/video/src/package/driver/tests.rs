//! Frames in, cuts out.

use bytes::Bytes;
use domain::users::LatencyMode;
use media::codec::aac::AacConfig;

use super::filler::HOLE_MAX;
use super::*;
use crate::live::SOUND_FRAME;

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
    let gap = driver.fill(Fill::Gap, edge + MediaSpan::from_ms(1_300), WallTime::from_unix_ms(0));
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
    driver.fill(Fill::Gap, until, WallTime::from_unix_ms(0));
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

/// What a driver says of key frames (`!`) and others at these milliseconds.
fn told(times: &str) -> String {
    let mut driver = driver();
    let mut emits = Vec::new();
    for time in times.split(' ') {
        let ms: i64 = time.trim_end_matches('!').parse().expect("milliseconds");
        emits.extend(driver.push(read(ms, time.ends_with('!'), false), WallTime::from_unix_ms(ms)));
    }
    emits.extend(driver.end());
    text(&emits)
}

/// Twenty-five pictures a second, for the time from one to the other.
fn even(from: i64, to: i64) -> String {
    let times: Vec<String> = (from..to).step_by(40).map(|ms| ms.to_string()).collect();
    times.join(" ")
}

#[test]
fn a_hole_within_a_session_makes_a_frame_last_longer_and_a_very_long_one_is_a_gap() {
    let (begin, after) = (even(0, 200).replacen('0', "0!", 1), |from| even(from, from + 120));
    let hole = |ms: i64| told(&format!("{begin} {}", after(200 + ms)));
    assert_eq!(hole(0), "S0 g200 E S1 p200/5 p120/3 E");
    // The picture after the hole is shown where it begins.
    assert_eq!(hole(80), "S0 g200 E S1 p200/5 p200/3 E");
    assert_eq!(hole(400), "S0 g200 E S1 p200/5 p440/1 p80/2 E");
    assert_eq!(hole(1_900), "S0 g200 E S1 p200/5 p1940/1 p80/2 E");
    let gaps = "g200 g200 g200 g200 g200 E";
    assert_eq!(hole(2_400), "S0 g200 E S1 p200/5 E", "until a key frame comes");
    let with_key = told(&format!("{begin} {} 4000! 4040 4080", after(2_600)));
    let filled = format!("S2 {gaps} S3 {gaps} S4 {gaps} S5 g200 g200 g200 g200 E");
    assert_eq!(with_key, format!("S0 g200 E S1 p200/5 E {filled} S6 p120/3 E"));
}

#[test]
fn a_hole_in_a_part_is_shared_out_between_two_where_both_stay_short_enough() {
    let times = format!("{} 80 360 400 440", "0! 40");
    assert_eq!(told(&times), "S0 g200 E S1 p214/3 p186/1 p80/2 E");
    assert_eq!(told("0! 40 80 300 340 380"), "S0 g200 E S1 p214/3 p206/3 E");
}

#[test]
fn a_hole_before_a_key_frame_shows_that_in_parts_of_the_usual_length() {
    let times = format!("{} 1000! {}", even(0, 200).replacen('0', "0!", 1), even(1_040, 1_120));
    assert_eq!(told(&times), "S0 g200 E S1 p200/5 E S2 p200/1 p200/1 p200/1 p200/1 E S3 p120/3 E");
}

#[test]
fn a_pace_that_quickens_shows_nothing_twice() {
    // Five pictures a second, and then twenty-five: the last slow one was taken to last 200 ms.
    let times = format!("0! 200 400 600 800! 1000 1200 {}", even(1_240, 1_700));
    let told = told(&times);
    assert!(told.contains("p200/1 p200/"), "{told}");
}

#[test]
fn a_still_goes_on_until_a_key_frame() {
    let mut driver = driver();
    play(&mut driver, 0, 25, false);
    let now = WallTime::from_unix_ms(0);
    let still = driver.fill(Fill::Still, MediaTime::from_ms(80 + 1_900), now);
    assert_eq!(text(&still), "E S2 p200/1 p200/1 p200/1 p200/1");
    assert!(driver.push(read(1_920, false, false), now).is_empty(), "nothing to decode it with");
    assert_eq!(text(&driver.push(read(2_000, true, false), now)), "p200/1 E S3");
    let cuts = driver.plan.since(0).cuts;
    assert!(cuts.windows(2).all(|pair| pair[0].end == Some(pair[1].start)), "{cuts:?}");
    assert_eq!(cuts.iter().filter(|cut| cut.still).count(), 5);
    assert_eq!(cuts.iter().filter(|cut| cut.gap).count(), 1);
}

#[test]
fn a_picture_a_second_is_a_pace_and_no_row_of_holes() {
    let told = told("0! 1000 2000! 3000 4000! 5000 6000!");
    assert_eq!(told, "S0 g200 E S1 p1000/1 p1000/1 E S2 p1000/1 p1000/1 E S3 p1000/1 p1000/1 E S4 p33/1 E");
}

#[test]
fn key_frames_that_are_decoded_earlier_before_their_pictures_do_not_move_the_plan() {
    let mut driver = driver();
    for n in 0..120 {
        let mut read = read(n * 40, n % 25 == 0, false);
        // A hole of the pictures is seen in the next key frame's offset, before it is in the times of decoding.
        read.frame.cts = MediaSpan::from_ms(if n == 50 { 1_600 } else { [80, 160, 80, 0][n as usize % 4] });
        driver.push(read, WallTime::from_unix_ms(n * 40));
    }
    let cuts = driver.plan.since(0).cuts;
    assert!(cuts.iter().skip(1).all(|cut| !cut.gap && !cut.still), "{cuts:?}");
    assert!(cuts.windows(2).all(|pair| pair[0].end == Some(pair[1].start)), "{cuts:?}");
    assert!(cuts.last().is_some_and(|cut| cut.start < MediaTime::from_ms(5_000)), "{cuts:?}");
}

proptest::proptest! {
    /// Steps between pictures in milliseconds: even, jittered, dropped, slow, all at once.
    #[test]
    fn whenever_pictures_come_media_goes_on_where_it_ended(
        steps in proptest::collection::vec(
            proptest::prop_oneof![8 => 30..36_i64, 2 => 1..10_i64, 2 => 60..700_i64, 1 => 700..6_000_i64], 1..400),
        gop in 1..90_usize,
        reordered: bool,
    ) {
        let mut driver = driver();
        let (mut at, mut end, mut length) = (0, None, MediaSpan::ZERO);
        for (n, step) in steps.iter().enumerate() {
            at += step;
            let mut read = read(at, n % gop == 0, false);
            read.frame.cts = MediaSpan::from_ms(if reordered && !read.frame.key { [160, 80, 0, 40][n % 4] } else { 80 });
            for emit in driver.push(read, WallTime::from_unix_ms(at)) {
                match emit {
                    Emit::Segment { discontinuity, .. } => {
                        length = MediaSpan::ZERO;
                        end = end.filter(|_| !discontinuity);
                    }
                    Emit::EndSegment => {}
                    Emit::Part { duration, frames, .. } => {
                        let mut within = frames.first().map(|(frame, _)| frame.dts);
                        // After a gap it may begin anywhere.
                        if let (Some(end), Some(first)) = (end, within) {
                            proptest::prop_assert_eq!(end, first);
                        }
                        for (frame, span) in &frames {
                            proptest::prop_assert_eq!(Some(frame.dts), within);
                            proptest::prop_assert!(*span > MediaSpan::ZERO);
                            within = Some(frame.dts + *span);
                        }
                        let all: i64 = frames.iter().map(|(_, span)| span.0).sum();
                        proptest::prop_assert!(frames.is_empty() || all == duration.0);
                        length = length + duration;
                        // With an audio frame more it must still round to TARGETDURATION.
                        let longest = driver.timing.target_duration() + MediaSpan::from_ms(500) - SOUND_FRAME;
                        proptest::prop_assert!(length < longest, "{:?}", length);
                        end = within;
                    }
                }
            }
        }
        let cuts = driver.plan.since(0).cuts;
        // Only a wait for a key frame that is longer than any hole that is filled is stepped over, and said to be.
        let goes_on = |pair: &[Cut]| {
            let is_stepped_over = |end| pair[1].start - end > HOLE_MAX && pair[1].discontinuity;
            pair[0].end.is_some_and(|end| end == pair[1].start || is_stepped_over(end))
        };
        proptest::prop_assert!(cuts.windows(2).all(goes_on), "{:?}", cuts);
    }
}
