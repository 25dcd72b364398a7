//! The table of section 6.2.5, line by line.

use proptest::prelude::*;

use super::super::blocking::{Decision, DirectiveError, Directives, Position, decide, hold_max};
use super::super::playlist::MediaPlaylist;
use super::{HALF, Limits, live};
use crate::time::MediaSpan;
use Decision::{ServeNow, TooFarAhead, Wait};

/// Where `playlist` is.
fn of(playlist: &MediaPlaylist) -> Position {
    let last = playlist.segments.last().map(|last| last.segment());
    let next = last.map_or(playlist.media_sequence, |last| last.msn + 1);
    let open = playlist.open.as_ref();
    Position {
        last_complete: last.map(|last| last.msn),
        last_complete_parts: last.map_or(0, |last| last.parts.len() as u64),
        open_msn: open.map_or(next, |open| open.msn),
        open_parts: open.map_or(0, |open| open.parts.len() as u64),
        part_target: playlist.limits.part_target,
        ended: playlist.ended,
    }
}

/// Segments 10 to 19 are finished, with four parts each; 20 has two.
fn position() -> Position {
    of(&live(10, 20, 2))
}

fn ask(query: &str, position: &Position) -> Decision {
    decide(&Directives::parse(query).expect("a good query"), position)
}

fn check(rows: &[(&str, Decision)], position: &Position) {
    for (query, expected) in rows {
        assert_eq!(ask(query, position), *expected, "{query:?}");
    }
}

#[test]
fn queries_are_read_and_bad_ones_refused() {
    let read = |query: &str| Directives::parse(query).map(|d| (d.msn, d.part, d.skip));
    assert_eq!(read(""), Ok((None, None, false)));
    assert_eq!(read("_HLS_msn=7"), Ok((Some(7), None, false)));
    assert_eq!(read("token=a%3D&_HLS_msn=7&_HLS_part=0&_HLS_skip=YES"), Ok((Some(7), Some(0), true)));
    assert_eq!(read("_HLS_part=1&_HLS_msn=2"), Ok((Some(2), Some(1), false)));
    assert_eq!(read("_HLS_skip=v2"), Ok((None, None, true)));
    assert_eq!(read("_HLS_skip=NO&_HLS_new=x&_HLS"), Ok((None, None, false)));
    assert_eq!(read("_HLS_msn=99999999999999999999999"), Ok((Some(u64::MAX), None, false)));
    for value in ["", "abc", "-1", "+1", "1.5", "0x1", " 1"] {
        assert_eq!(read(&format!("_HLS_msn={value}")), Err(DirectiveError::NotANumber("_HLS_msn")));
        assert_eq!(
            read(&format!("_HLS_msn=1&_HLS_part={value}")),
            Err(DirectiveError::NotANumber("_HLS_part"))
        );
    }
    assert_eq!(read("_HLS_msn"), Err(DirectiveError::NotANumber("_HLS_msn")));
    assert_eq!(read("_HLS_part=3"), Err(DirectiveError::PartWithoutMsn));
}

#[test]
fn a_plain_request_is_answered_as_soon_as_there_is_anything() {
    check(&[("", ServeNow), ("_HLS_skip=YES", ServeNow)], &position());
    check(&[("", Wait)], &of(&live(0, 0, 0)));
    check(&[("", ServeNow)], &of(&live(0, 0, 1)));
}

#[test]
fn a_segment_alone_is_waited_for_until_it_is_finished() {
    let rows = [
        ("_HLS_msn=0", ServeNow),
        ("_HLS_msn=19", ServeNow),
        ("_HLS_msn=20", Wait),
        ("_HLS_msn=21", Wait),
        ("_HLS_msn=22", Wait),
        ("_HLS_msn=23", TooFarAhead),
        ("_HLS_msn=18446744073709551615", TooFarAhead),
    ];
    check(&rows, &position());
}

#[test]
fn a_part_is_waited_for_until_it_or_anything_later_is_there() {
    let rows = [
        ("_HLS_msn=3&_HLS_part=99", ServeNow),
        ("_HLS_msn=18&_HLS_part=99", ServeNow),
        ("_HLS_msn=19&_HLS_part=3", ServeNow),
        ("_HLS_msn=20&_HLS_part=0", ServeNow),
        ("_HLS_msn=20&_HLS_part=1", ServeNow),
        ("_HLS_msn=20&_HLS_part=2", Wait),
        ("_HLS_msn=21&_HLS_part=0", Wait),
    ];
    check(&rows, &position());
}

#[test]
fn a_part_past_the_end_of_a_finished_segment_is_part_0_of_the_next() {
    check(&[("_HLS_msn=19&_HLS_part=4", ServeNow), ("_HLS_msn=19&_HLS_part=99", ServeNow)], &position());
    check(&[("_HLS_msn=19&_HLS_part=4", Wait)], &of(&live(10, 20, 0)));
    let mut between = live(10, 20, 0);
    between.open = None;
    check(&[("_HLS_msn=19&_HLS_part=4", Wait), ("_HLS_msn=22", Wait)], &of(&between));
}

#[test]
fn a_finished_segment_without_parts_answers_for_all_of_them() {
    let position = Position { last_complete_parts: 0, open_parts: 0, ..position() };
    check(&[("_HLS_msn=19&_HLS_part=0", ServeNow), ("_HLS_msn=20&_HLS_part=0", Wait)], &position);
}

#[test]
fn parts_further_ahead_than_three_seconds_are_refused() {
    // Parts of half a second: six of them. Part 1 of segment 20 is the last.
    let rows = [
        ("_HLS_msn=20&_HLS_part=7", Wait),
        ("_HLS_msn=20&_HLS_part=8", TooFarAhead),
        ("_HLS_msn=21&_HLS_part=5", Wait),
        ("_HLS_msn=21&_HLS_part=6", TooFarAhead),
        ("_HLS_msn=22&_HLS_part=4", Wait),
        ("_HLS_msn=22&_HLS_part=5", TooFarAhead),
        ("_HLS_msn=23&_HLS_part=0", TooFarAhead),
        ("_HLS_msn=20&_HLS_part=18446744073709551615", TooFarAhead),
    ];
    check(&rows, &position());
    let slow = Position { part_target: MediaSpan::from_ms(2000), ..position() };
    check(&[("_HLS_msn=20&_HLS_part=4", Wait), ("_HLS_msn=20&_HLS_part=5", TooFarAhead)], &slow);
    let thirds = Position { part_target: MediaSpan(30_000), ..position() };
    check(&[("_HLS_msn=20&_HLS_part=10", Wait), ("_HLS_msn=20&_HLS_part=11", TooFarAhead)], &thirds);
}

#[test]
fn before_the_first_segment_the_first_parts_can_be_waited_for() {
    let rows = [
        ("_HLS_msn=0", Wait),
        ("_HLS_msn=0&_HLS_part=0", Wait),
        ("_HLS_msn=2", Wait),
        ("_HLS_msn=3", TooFarAhead),
    ];
    check(&rows, &of(&live(0, 0, 0)));
    // Numbering that does not begin at 0, as after a restart.
    check(&[("_HLS_msn=3&_HLS_part=0", Wait)], &of(&live(5, 5, 0)));
    check(&[("_HLS_msn=3&_HLS_part=0", ServeNow)], &of(&live(5, 5, 1)));
}

#[test]
fn after_the_end_everything_is_answered_at_once() {
    let mut ended = live(10, 20, 0);
    (ended.ended, ended.open) = (true, None);
    let ended = of(&ended);
    check(&[("", ServeNow), ("_HLS_msn=20", ServeNow), ("_HLS_msn=99&_HLS_part=9", ServeNow)], &ended);
}

#[test]
fn a_request_is_held_for_three_target_durations() {
    assert_eq!(hold_max(&Limits::usual(2, HALF)), MediaSpan::from_ms(6000));
}

proptest! {
    /// Time only helps: what is served stays served, and what was worth waiting for is never refused later.
    #[test]
    fn a_request_that_may_wait_is_served_in_the_end(msn in 0_u64..30, part in prop::option::of(0_u64..10)) {
        let directives = Directives { msn: Some(msn), part, skip: false };
        let mut last = TooFarAhead;
        for (open, parts) in (11..40).flat_map(|open| (0..4).map(move |parts| (open, parts))) {
            let now = decide(&directives, &of(&live(10, open, parts)));
            let no_worse = match last {
                TooFarAhead => true,
                Wait => now != TooFarAhead,
                ServeNow => now == ServeNow,
            };
            prop_assert!(no_worse, "{last:?} became {now:?} at {open}.{parts}");
            last = now;
        }
        prop_assert_eq!(last, ServeNow);
    }

    #[test]
    fn no_query_panics(query in "(_HLS_(msn|part|skip)=[0-9a-z+]{0,22}&?){0,4}.{0,8}") {
        if let Ok(directives) = Directives::parse(&query) {
            let _ = decide(&directives, &position());
        }
    }
}
