//! Frames and cuts in, parts and gaps out.

use bytes::Bytes;
use domain::time::WallTime;

use domain::users::LatencyMode;

use super::super::{Driver, Plan, Timing};
use super::*;
use crate::live::SILENCE;

fn read(ms: i64, key: bool) -> Read {
    // Nothing here looks into the frames, so sound's config does for pictures too.
    let config = Arc::new(sound_config().expect("a usual config"));
    let frame = Frame { dts: MediaTime::from_ms(ms), cts: MediaSpan::ZERO, key, data: Bytes::new() };
    Read { frame, config, starts_group: key, discontinuity: false, skipped: false }
}

/// The source is at `horizon`, and comes as fast as it plays.
fn advance(plan: &Plan, horizon: MediaTime) {
    plan.advance(horizon);
    plan.pace(WallTime::from_unix_ms(horizon.to_ms()));
}

fn cut(plan: &Plan, msn: u64, part: u32, start_ms: i64) {
    begin(plan, msn, part, start_ms);
    advance(plan, MediaTime::from_ms(start_ms) + MediaSpan(1));
}

fn begin(plan: &Plan, msn: u64, part: u32, start_ms: i64) {
    plan.begin(Cut::open(msn, part, start_ms));
}

fn text(emits: &[Emit]) -> String {
    let words: Vec<String> = emits
        .iter()
        .map(|emit| match emit {
            Emit::Segment { msn, .. } => format!("S{msn}"),
            Emit::Part { frames, .. } if frames.is_empty() => "g".to_owned(),
            Emit::Part { frames, .. } => format!("p{}", frames.len()),
            Emit::EndSegment => "E".to_owned(),
        })
        .collect();
    words.join(" ")
}

#[test]
fn early_audio_waits_for_the_plan_and_a_part_is_out_with_its_last_frame() {
    let plan = Plan::default();
    let mut follower = Follower::new(Role::Audio, 0);
    for n in 0..12 {
        follower.push(read(n * 64 / 3, true));
    }
    assert_eq!(text(&follower.advance(&plan.since(follower.at()))), "", "there is no plan yet");
    cut(&plan, 0, 0, 0);
    assert_eq!(text(&follower.advance(&plan.since(follower.at()))), "");
    plan.end_part(MediaTime::from_ms(200), false, false);
    assert_eq!(text(&follower.advance(&plan.since(follower.at()))), "S0 p10");
    cut(&plan, 0, 1, 200);
    plan.end_part(MediaTime::from_ms(400), true, false);
    assert_eq!(text(&follower.advance(&plan.since(follower.at()))), "");
    for n in 12..19 {
        follower.push(read(n * 64 / 3, true));
    }
    assert_eq!(text(&follower.advance(&plan.since(follower.at()))), "p9 E");
}

#[test]
fn a_gap_is_one_in_every_rendition() {
    let plan = Plan::default();
    let mut follower = Follower::new(Role::Audio, 0);
    for n in 0..75 {
        follower.push(read(n * 64 / 3, true));
    }
    cut(&plan, 0, 0, 0);
    plan.end_part(MediaTime::from_ms(200), false, false);
    cut(&plan, 0, 1, 200);
    plan.end_part(MediaTime::from_ms(500), true, true);
    plan.begin(Cut {
        msn: 1,
        part: 0,
        start: MediaTime::from_ms(500),
        end: Some(MediaTime::from_ms(1_500)),
        gap: true,
        ends_segment: true,
        ..plan.since(0).cuts[0]
    });
    assert_eq!(text(&follower.advance(&plan.since(follower.at()))), "S0 p10 p14 E S1 g E");
}

/// Five segments of two parts of 200 ms, with the picture `ahead_ms` ahead of the last one's end.
fn two_seconds(ahead_ms: i64) -> Plan {
    let plan = Plan::default();
    for n in 0..10 {
        cut(&plan, n / 2, (n % 2) as u32, n as i64 * 200);
        plan.end_part(MediaTime::from_ms(n as i64 * 200 + 200), n % 2 == 1, false);
    }
    advance(&plan, MediaTime::from_ms(2_000 + ahead_ms));
    plan
}

/// One letter a part: `p` sound, `s` silence, `m` some of both, `g` a gap.
fn parts(emits: &[Emit]) -> String {
    let letter = |emit: &Emit| {
        let Emit::Part { frames, .. } = emit else { return None };
        let silent = frames.iter().filter(|(frame, _)| frame.data == SILENCE).count();
        Some(match frames.len() {
            0 => 'g',
            _ if silent == 0 => 'p',
            all if silent == all => 's',
            _ => 'm',
        })
    };
    emits.iter().filter_map(letter).collect()
}

#[test]
fn a3_there_is_silence_until_sound_comes_where_there_is_none_and_when_it_stops() {
    for (frames, expected) in
        [(0..99, "pppppppppp"), (0..32, "pppmssssss"), (43..99, "ssssmppppp"), (0..0, "ssssssssss")]
    {
        let plan = two_seconds(9_000);
        let mut follower = Follower::new(Role::Audio, 0);
        for n in frames.clone() {
            follower.push(read(n * 64 / 3, true));
        }
        let out = follower.advance(&plan.since(0));
        assert_eq!(parts(&out), expected, "{frames:?}");
        let lengths = out.iter().filter_map(|emit| match emit {
            Emit::Part { duration, .. } => Some(duration.0),
            _ => None,
        });
        // Sound in milliseconds does not stand on silence's count of samples to the tick.
        assert!((lengths.sum::<i64>() - 94 * SOUND_FRAME.0).abs() < SOUND_FRAME.0, "no hole: {frames:?}");
    }
}

#[test]
fn a1_silence_does_not_wait_and_sound_that_still_comes_is_waited_for() {
    let plan = two_seconds(0);
    let mut follower = Follower::new(Role::Audio, 0);
    assert_eq!(parts(&follower.advance(&plan.since(0))), "ssssssssss", "none was ever announced");

    let mut follower = Follower::new(Role::Audio, 0);
    follower.expect_sound();
    assert_eq!(parts(&follower.advance(&plan.since(0))), "", "it is on its way");
    advance(&plan, MediaTime::from_ms(2_700));
    assert_eq!(parts(&follower.advance(&plan.since(0))), "");
    advance(&plan, MediaTime::from_ms(2_750));
    assert_eq!(parts(&follower.advance(&plan.since(0))), "ssssssssss", "it does not come");
}

#[test]
fn what_has_not_come_when_the_source_is_away_is_not_waited_for() {
    // Pictures every 40 ms; the source's last part has five of them.
    for (pictures, expected) in [(10, "S0 p5 p5 E"), (8, "S0 p5 p3 E"), (5, "S0 p5 E"), (0, "S0 g g E")] {
        let plan = Plan::default();
        for (part, start) in [(0, 0), (1, 200)] {
            cut(&plan, 0, part, start);
            plan.end_part(MediaTime::from_ms(start + 200), part == 1, part == 1);
        }
        let mut follower = Follower::new(Role::Rung, 0);
        follower.started = true;
        for n in 0..pictures {
            follower.push(read(n * 40, n == 0));
        }
        let mut out = follower.advance(&plan.since(0));
        plan.settle();
        out.extend(follower.advance(&plan.since(follower.at())));
        assert_eq!(text(&out), expected, "{pictures} pictures");
    }
}

#[test]
fn a_part_of_one_picture_is_out_with_it() {
    let plan = Plan::default();
    let mut follower = Follower::new(Role::Rung, 0);
    cut(&plan, 0, 0, 0);
    plan.end_part(MediaTime::from_ms(200), false, false);
    cut(&plan, 0, 1, 200);
    plan.end_part(MediaTime::from_ms(240), true, true);
    for n in 0..6 {
        follower.push(read(n * 40, n == 0));
    }
    assert_eq!(text(&follower.advance(&plan.since(0))), "S0 p5 p1 E");
}

#[test]
fn a_follower_that_slept_goes_on_at_the_start_of_a_segment() {
    let plan = Plan::default();
    let mut follower = Follower::new(Role::Audio, 0);
    for n in 0..303 {
        cut(&plan, n / 5, (n % 5) as u32, n as i64 * 200);
        plan.end_part(MediaTime::from_ms(n as i64 * 200 + 200), n % 5 == 4, n % 5 == 4);
    }
    let out = text(&follower.advance(&plan.since(follower.at())));
    assert!(out.starts_with("S1 p10 p9 p10 p9 p9 E S2"), "{out}");
}

#[test]
fn a_rung_that_nobody_makes_is_a_gap_at_once_and_goes_on_when_somebody_does() {
    let plan = Plan::default();
    let mut follower = Follower::new(Role::Rung, 0);
    let advance = |follower: &mut Follower| text(&follower.advance(&plan.since(follower.at())));
    for (msn, part) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        cut(&plan, msn, part, (msn as i64 * 2 + i64::from(part)) * 200);
    }
    follower.push(read(0, true));
    follower.push(read(200, false));
    assert_eq!(advance(&mut follower), "S0 p1 p1 E", "the rest may only be late");
    follower.abandon();
    assert_eq!(advance(&mut follower), "S1 g");
    cut(&plan, 2, 0, 800);
    assert_eq!(advance(&mut follower), "g E");
    cut(&plan, 2, 1, 1_000);
    cut(&plan, 3, 0, 1_200);
    assert_eq!(advance(&mut follower), "S2 g g E");
    follower.push(read(1_200, true));
    cut(&plan, 3, 1, 1_400);
    follower.push(read(1_400, false));
    assert_eq!(advance(&mut follower), "S3 p1");
}

/// What becomes of a rung, part by part, when the source stands still for four seconds and then sends them all at once; the rung's
/// parts are made from then on, one each `pace_ms`.
fn after_a_burst(pace_ms: Option<i64>) -> String {
    let plan = Plan::default();
    let mut follower = Follower::new(Role::Rung, 0);
    let mut out = String::new();
    let source = |n: i64, now: i64| {
        begin(&plan, n as u64 / 5, n as u32 % 5, n * 200);
        plan.end_part(MediaTime::from_ms(n * 200 + 200), n % 5 == 4, false);
        plan.advance(MediaTime::from_ms(n * 200 + 200));
        plan.pace(WallTime::from_unix_ms(now));
    };
    for n in 0..20 {
        source(n, n * 200 + 200);
        follower.push(read(n * 200, n % 5 == 0));
        out += &parts(&follower.advance(&plan.since(follower.at())));
    }
    (20..40).for_each(|n| source(n, 8_000));
    let mut made = 20;
    for ms in (0..8_000).step_by(20) {
        if let Some(pace) = pace_ms
            && made < 40
            && ms >= (made - 19) * pace
        {
            follower.push(read(made * 200, made % 5 == 0));
            made += 1;
        }
        plan.advance(MediaTime::from_ms(8_000 + ms));
        plan.pace(WallTime::from_unix_ms(8_000 + ms));
        out += &parts(&follower.advance(&plan.since(follower.at())));
    }
    out
}

#[test]
fn t13_a_rung_has_time_for_a_burst_and_is_given_up_if_it_does_not_come() {
    assert_eq!(after_a_burst(Some(100)), "p".repeat(40), "twice as fast as it plays");
    assert_eq!(after_a_burst(None), "p".repeat(20) + &"g".repeat(20));
}

#[test]
fn a_rung_starts_at_a_segment_and_what_it_misses_is_a_gap() {
    let plan = Plan::default();
    let mut follower = Follower::new(Role::Rung, 0);
    for n in 0..12 {
        cut(&plan, n / 2, (n % 2) as u32, n as i64 * 200);
        plan.end_part(MediaTime::from_ms(n as i64 * 200 + 200), n % 2 == 1, false);
        advance(&plan, MediaTime::from_ms(n as i64 * 200 + 200));
    }
    for n in [350, 380, 400, 440, 480, 520, 560, 600, 640, 680] {
        follower.push(read(n, n == 400));
    }
    assert_eq!(
        text(&follower.advance(&plan.since(follower.at()))),
        "S0 g g E S1 p5 p3 E",
        "the source is too far ahead to wait for the last two frames"
    );
    assert_eq!(text(&follower.advance(&plan.since(follower.at()))), "", "the rest may still come");
}

/// A rung has the source's frames, `behind` of them later; each comes so many milliseconds after the one before, each `gop`th is a
/// key frame. Every part of it must be there and go on where the last one ended.
fn goes_on(steps: &[i64], gop: usize, behind: usize) -> Result<(), proptest::test_runner::TestCaseError> {
    let plan = Arc::<Plan>::default();
    let timing = Timing::of(LatencyMode::Low, MediaSpan::from_ms(200));
    let mut driver = Driver::new(timing, Arc::clone(&plan));
    let mut follower = Follower::new(Role::Rung, 0);
    let (mut at, mut end, mut coming) = (0, None, VecDeque::new());
    for (n, step) in steps.iter().enumerate() {
        at += step;
        // What an encoder still has it hands over meanwhile.
        if *step > 150 {
            coming.drain(..).for_each(|frame| follower.push(frame));
        }
        let frame = read(at, n % gop == 0);
        let now = WallTime::from_unix_ms(at);
        let gap = driver.push(frame.clone(), now).iter().any(|emit| match emit {
            Emit::Part { frames, .. } => frames.is_empty(),
            Emit::Segment { discontinuity, .. } => *discontinuity,
            Emit::EndSegment => false,
        });
        plan.pace(now);
        coming.push_back(frame);
        if coming.len() > behind {
            follower.push(coming.pop_front().expect("not empty"));
        }
        // What is missing behind a gap of the source is not this test's.
        if gap && n > 0 {
            break;
        }
        for emit in follower.advance(&plan.since(follower.at())) {
            let Emit::Part { duration, frames, .. } = emit else { continue };
            let all: i64 = frames.iter().map(|(_, span)| span.0).sum();
            proptest::prop_assert!(
                end.is_none() || !frames.is_empty(),
                "part of {duration:?} at {end:?} is missing"
            );
            proptest::prop_assert!(frames.is_empty() || duration.0 == all);
            for (frame, span) in &frames {
                proptest::prop_assert!(
                    end.is_none_or(|end| end == frame.dts),
                    "{:?} after {:?}",
                    frame.dts,
                    end
                );
                proptest::prop_assert!(*span > MediaSpan::ZERO);
                end = Some(frame.dts + *span);
            }
        }
    }
    Ok(())
}

#[test]
fn a_source_part_that_holds_only_what_this_rung_has_shown_costs_it_nothing() {
    goes_on(&[30, 30, 30, 30, 32, 32, 1, 1_531], 1, 2).expect("misses nothing");
    goes_on(&[30, 30, 30, 30, 30, 295, 30, 1, 30, 35, 35, 33, 30, 1_533], 13, 2).expect("misses nothing");
}

proptest::proptest! {
    /// Steps in milliseconds are even, jittered, dropped, slow, all at once.
    #[test]
    fn a_rung_of_all_the_sources_frames_goes_on_where_it_ended_and_misses_none(
        steps in proptest::collection::vec(
            proptest::prop_oneof![8 => 30..36_i64, 2 => 1..10_i64, 2 => 60..700_i64, 1 => 700..6_000_i64], 1..400),
        gop in 1..90_usize,
        behind in 0..5_usize,
    ) {
        goes_on(&steps, gop, behind)?;
    }
}
