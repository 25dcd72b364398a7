//! What encoders send, and where it goes: one line of data each.

use std::time::Duration;

use super::*;

/// Plays `(track, wall ms, raw ms)` and prints where frames went: `v33`, `a21!` after a break, `-` when dropped.
fn check(tags: &[(char, u64, u32)], expected: &str) {
    let mut timeline = Timeline::default();
    let begin = Instant::now_for_tests();
    let mut out = Vec::new();
    for &(track, wall, raw) in tags {
        let now = begin + Duration::from_millis(wall);
        let placed = match track {
            'v' => timeline.video(raw, now),
            'a' => timeline.audio(raw, 960, 48_000, now),
            'i' => {
                timeline.interrupt();
                continue;
            }
            _ => {
                timeline.begin_session();
                continue;
            }
        };
        out.push(match placed {
            Placed::At { dts, breaks } => {
                format!("{track}{}{}", dts.to_ms(), if breaks { "!" } else { "" })
            }
            Placed::Drop => "-".to_owned(),
        });
    }
    assert_eq!(out.join(" "), expected);
}

trait ForTests {
    fn now_for_tests() -> Self;
}
impl ForTests for Instant {
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn now_for_tests() -> Self {
        Self::now()
    }
}

#[test]
fn a_stream_begins_at_zero_and_keeps_a_small_offset_between_tracks() {
    check(&[('v', 0, 5_000), ('a', 0, 5_040), ('v', 33, 5_033)], "v0 a40 v33");
}

#[test]
fn t1_a_track_that_begins_seconds_apart_is_rebased() {
    check(&[('v', 0, 0), ('v', 33, 33), ('a', 34, 90_000), ('a', 54, 90_020)], "v0 v33 a33 a53");
}

#[test]
fn t3_a_jump_that_the_wall_clock_explains_is_kept() {
    check(&[('v', 0, 0), ('v', 60_000, 60_000)], "v0 v60000");
}

#[test]
fn t3_a_jump_that_it_does_not_explain_is_taken_out_of_both_tracks() {
    check(
        &[('v', 0, 0), ('a', 0, 0), ('v', 33, 10_000_033), ('a', 34, 10_000_020), ('v', 66, 10_000_066)],
        "v0 a0 v33! a20! v66",
    );
}

#[test]
fn t4_a_clock_that_goes_back_breaks_and_goes_on() {
    check(&[('v', 0, 50_000), ('v', 33, 50_033), ('v', 66, 0), ('v', 99, 33)], "v0 v33 v66! v99");
}

#[test]
fn t4_a_small_step_back_costs_a_tick() {
    check(&[('v', 0, 100), ('v', 33, 133), ('v', 40, 120), ('v', 66, 166)], "v0 v33 v33 v66");
}

#[test]
fn t6_thirty_two_bits_wrap_seamlessly() {
    check(&[('v', 0, u32::MAX - 32), ('v', 33, 0), ('v', 66, 33)], "v0 v33 v66");
}

#[test]
fn t9_audio_counts_samples_and_resyncs_beyond_fifty_milliseconds() {
    check(
        &[('a', 0, 0), ('a', 20, 21), ('a', 40, 39), ('a', 60, 200), ('a', 80, 220)],
        "a0 a20 a40 a200 a220",
    );
    check(&[('a', 0, 0), ('a', 1, 1), ('a', 2, 2), ('a', 3, 3), ('a', 4, 4)], "a0 a20 a40 - -");
}

#[test]
fn small_jumps_without_end_do_not_run_away_from_the_wall_clock() {
    let mut timeline = Timeline::default();
    let now = Instant::now_for_tests();
    let mut newest = MediaTime::default();
    for n in 0..1_000 {
        if let Placed::At { dts, .. } = timeline.video(n * 1_900, now) {
            newest = dts;
        }
    }
    assert!(newest.to_ms() < 31_000, "{newest:?}");
}

#[test]
fn t6_a_clock_that_wraps_for_ever_does_not_overflow() {
    let mut clock = Unwrap { last: Some((0, CLOCK_MAX_MS - 1)) };
    assert!(clock.next(0x7fff_ffff).0 > 0);
    assert_eq!(clock.next(5), MediaTime::from_ms(5));
}

#[test]
fn t7_composition_offsets_are_neither_negative_nor_hours() {
    assert_eq!([-40, 80, 8_388_607].map(|ms| repaired_cts(ms).to_ms()), [0, 80, 4_000]);
}

proptest::proptest! {
    #[test]
    fn whatever_comes_rises_and_stays_near_the_wall_clock(
        tags in proptest::collection::vec((0..8_u8, proptest::prelude::any::<u32>(), 0..3_000_u64, 1..96_000_u32), 1..200),
        steady in proptest::bool::ANY,
    ) {
        let mut timeline = Timeline::default();
        let begin = Instant::now_for_tests();
        let (mut now, mut raw, mut sessions) = (begin, 0_u32, 1);
        let mut last: [Option<MediaTime>; 2] = [None, None];
        for (what, any, passed, rate) in tags {
            now += Duration::from_millis(passed);
            // Half of the runs have a clock that mostly follows the wall, with jumps; the others have any numbers.
            raw = if steady && what > 1 { raw.wrapping_add(passed as u32) } else { any };
            let (track, placed) = match what {
                0 => {
                    timeline.begin_session();
                    sessions += 1;
                    continue;
                }
                1 => {
                    timeline.interrupt();
                    continue;
                }
                2..=4 => (0, timeline.video(raw, now)),
                _ => (1, timeline.audio(raw, 1024, rate, now)),
            };
            let Placed::At { dts, .. } = placed else { continue };
            proptest::prop_assert!(last[track].is_none_or(|last| dts > last));
            last[track] = Some(dts);
            let wall = now.duration_since(begin).as_millis() as i64;
            proptest::prop_assert!(dts.to_ms() >= -2_100);
            proptest::prop_assert!(dts.to_ms() <= wall + wall / 200 + sessions * 32_500);
        }
    }
}

#[test]
fn t12_duplicate_timestamps_still_rise() {
    check(&[('v', 0, 0), ('v', 0, 0), ('v', 33, 33)], "v0 v0 v33");
}

#[test]
fn t13_a_burst_after_a_stall_keeps_media_time() {
    check(&[('v', 0, 0), ('v', 9_000, 33), ('v', 9_001, 66), ('v', 9_002, 100)], "v0 v33 v66 v100");
}

#[test]
fn a_returning_encoder_goes_on_later_by_the_time_it_was_away() {
    check(
        &[('v', 0, 0), ('v', 1_000, 1_000), ('s', 0, 0), ('v', 6_000, 0), ('a', 6_000, 10)],
        "v0 v1000 v6250 a6260",
    );
}

/// Adds a track's tags that come at an even pace: raw milliseconds from `raw`, wall-clock milliseconds from `wall`.
fn steady(tags: &mut Vec<(char, u64, u32)>, track: char, wall: u64, raw: u32, count: u32) {
    let every = if track == 'v' { 40 } else { 20 };
    tags.extend((0..count).map(|n| (track, wall + u64::from(n * every), raw + n * every)));
}

/// Plays tags in the order of the wall clock and says where a track's frame with raw timestamp `raw` went, in milliseconds.
fn placed(mut tags: Vec<(char, u64, u32)>, which: char, raw: u32) -> i64 {
    tags.sort_by_key(|(_, wall, _)| *wall);
    let mut timeline = Timeline::default();
    let begin = Instant::now_for_tests();
    let mut found = None;
    for (track, wall, at) in tags {
        let now = begin + Duration::from_millis(wall);
        let placed = match track {
            'v' => timeline.video(at, now),
            'a' => timeline.audio(at, 960, 48_000, now),
            _ => {
                timeline.interrupt();
                continue;
            }
        };
        if let Placed::At { dts, breaks: false } = placed
            && (track, at) == (which, raw)
        {
            found = Some(dts.to_ms());
        }
    }
    found.expect("is placed, without a break")
}

/// To a frame or two: a track is moved by whole frames, and sound counts its samples.
#[track_caller]
fn near(placed: i64, wanted: i64) {
    assert!((placed - wanted).abs() <= 60, "{placed}, not {wanted}");
}

/// Both tracks for a second, then a silence of `silence` ms that becomes a gap, then both again from `raw` on, `speed`
/// times as fast as the wall clock.
fn silence(silence: u64, raw: u32, speed: u64) -> Vec<(char, u64, u32)> {
    let mut tags = Vec::new();
    steady(&mut tags, 'v', 0, 0, 26);
    steady(&mut tags, 'a', 0, 0, 51);
    tags.push(('i', 5_000, 0));
    let back = 1_000 + silence;
    let mut after = Vec::new();
    steady(&mut after, 'v', 0, raw, 400);
    steady(&mut after, 'a', 0, raw, 800);
    tags.extend(after.into_iter().map(|(track, wall, raw)| (track, back + wall / speed, raw)));
    tags
}

#[test]
fn a_pause_of_the_encoders_clock_is_taken_out_of_both_tracks_within_half_a_second() {
    let tags = || silence(6_000, 1_040, 1);
    for track in ['v', 'a'] {
        // On time is where the wall clock is, and a margin.
        let on_time = |raw: u32| i64::from(raw) - 1_040 + 7_000 + 250;
        assert!(placed(tags(), track, 1_240) < 1_300, "nobody can know yet");
        for raw in [1_440, 9_040] {
            near(placed(tags(), track, raw), on_time(raw));
        }
    }
}

#[test]
fn a_silence_that_the_encoders_clock_knows_of_moves_nothing() {
    for track in ['v', 'a'] {
        near(placed(silence(6_000, 7_000, 1), track, 9_040), 9_040);
    }
}

#[test]
fn t13_a_burst_after_a_gap_is_caught_up_with_and_not_moved() {
    for track in ['v', 'a'] {
        near(placed(silence(6_000, 1_040, 8), track, 9_040), 9_040);
    }
}

#[test]
fn a3_sound_that_falls_too_far_behind_its_picture_is_moved_beside_it() {
    // It stands still from the first second to the fourth, and its clock with it; or it is stamped right but comes late.
    for (wall, raw) in [(4_000, 1_000), (3_000, 0)] {
        let mut tags = Vec::new();
        steady(&mut tags, 'v', 0, 0, 250);
        if raw > 0 {
            steady(&mut tags, 'a', 0, 0, 50);
        } else {
            tags.push(('a', 0, 0));
        }
        steady(&mut tags, 'a', wall, raw, 250);
        near(placed(tags, 'a', raw + 4_000), wall as i64 + 4_000);
    }
}

#[test]
fn a3_a_true_offset_is_left_alone() {
    let mut tags = Vec::new();
    steady(&mut tags, 'v', 0, 2_000, 100);
    steady(&mut tags, 'a', 0, 50, 200);
    near(placed(tags, 'a', 3_050), 1_050);
}

#[test]
fn a_picture_whose_clock_stood_still_while_sound_went_on_is_moved_beside_it() {
    let mut tags = Vec::new();
    steady(&mut tags, 'v', 0, 0, 25);
    steady(&mut tags, 'a', 0, 0, 600);
    steady(&mut tags, 'v', 7_000, 1_000, 100);
    near(placed(tags, 'v', 3_000), 9_000);
}
