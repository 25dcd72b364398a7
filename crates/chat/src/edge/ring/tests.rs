//! Readers of a ring on virtual time: healthy, late, too late.

use super::*;
use crate::event::Event;
use crate::tree::encode::Encoder;
use crate::tree::language::{Language, Want, Wants};
use crate::tree::testing::{Plainly, cleared, line, room};

fn frame_of(epoch: u64, events: Vec<Event>) -> Arc<Frame> {
    let wants = Wants::default().and(Want::new(Language::Native, false, true));
    let events: Vec<(Event, bool)> = events.into_iter().map(|event| (event, true)).collect();
    Arc::new(Encoder::default().frames(&room(), epoch, &events, wants, &Plainly).remove(0))
}

fn lines(seqs: std::ops::RangeInclusive<u64>) -> Arc<Frame> {
    frame_of(1, seqs.map(|seq| line(seq, "maya")).collect())
}

fn start() -> Instant {
    runtime::clock::now()
}

/// Everything that a reader is given until it is idle: `from-last`, `skip n`, `must from-last`, `lost`.
fn drain(ring: &Ring, now: Instant, place: &mut Place) -> Vec<String> {
    drain_since(ring, now, place, Place::default())
}

/// As `drain`, of a reader that came when `came` was the newest.
fn drain_since(ring: &Ring, now: Instant, place: &mut Place, came: Place) -> Vec<String> {
    let mut given = Vec::new();
    loop {
        match ring.next(now, *place, came) {
            Step::Idle => return given,
            Step::Frame { frame, from, then } => {
                given.push(format!("{}-{}", from.max(frame.first), frame.last));
                *place = then;
            }
            Step::Skip { missed, must, then } => {
                given.push(format!("skip {missed}"));
                given.extend(must.iter().map(|(f, from)| format!("must {from}-{} of {}", f.last, f.len())));
                *place = then;
            }
            Step::Lost => {
                given.push("lost".into());
                return given;
            }
        }
    }
}

#[test]
fn a_healthy_reader_gets_each_frame_once() {
    let (mut ring, now) = (Ring::new(RingConfig::default()), start());
    let mut place = ring.after(1, 0);
    assert!(ring.push(now, lines(1..=2)));
    assert_eq!(drain(&ring, now, &mut place), ["1-2"]);
    assert!(!ring.push(now, lines(1..=2)), "it is here already");
    ring.push(now, lines(3..=3));
    ring.push(now, lines(4..=6));
    assert_eq!(drain(&ring, now, &mut place), ["3-3", "4-6"]);
    assert_eq!(drain(&ring, now, &mut place), [""; 0]);
}

#[test]
fn a_joiner_begins_after_what_its_greeting_knows() {
    let (mut ring, now) = (Ring::new(RingConfig::default()), start());
    ring.push(now, lines(1..=4));
    let mut place = ring.after(1, 2);
    assert_eq!(drain(&ring, now, &mut place), ["3-4"]);
    let mut early = ring.after(1, 9);
    ring.push(now, lines(5..=8));
    assert_eq!(drain(&ring, now, &mut early), [""; 0], "the room told it before the tree did");
    ring.push(now, lines(9..=10));
    assert_eq!(drain(&ring, now, &mut early), ["10-10"]);
}

#[test]
fn a_late_reader_skips_to_the_newest_and_is_given_what_must_reach() {
    let (mut ring, now) = (Ring::new(RingConfig::default()), start());
    let mut place = ring.after(1, 0);
    ring.push(now, lines(1..=10));
    ring.push(now, frame_of(1, vec![line(11, "maya"), cleared(12), line(13, "maya")]));
    let later = now + Duration::from_secs(6);
    ring.push(later, lines(14..=15));
    ring.push(later, lines(16..=20));
    assert_eq!(drain(&ring, later, &mut place), ["skip 14", "must 11-13 of 1", "16-20"]);
}

#[test]
fn what_fell_off_the_ring_is_skipped_but_for_what_must_reach() {
    let config = RingConfig { bytes_max: 1, ..RingConfig::default() };
    let (mut ring, now) = (Ring::new(config), start());
    let mut place = ring.after(1, 0);
    for seq in 1..=9 {
        ring.push(now, if seq % 3 == 0 { frame_of(1, vec![cleared(seq)]) } else { lines(seq..=seq) });
    }
    assert_eq!(drain(&ring, now, &mut place), ["skip 6", "must 3-3 of 1", "must 6-6 of 1", "9-9"]);
}

#[test]
fn a_reader_comes_again_if_even_what_must_reach_is_gone() {
    let config = RingConfig { bytes_max: 1, must_max: 2, ..RingConfig::default() };
    let (mut ring, now) = (Ring::new(config), start());
    let mut place = ring.after(1, 0);
    for seq in 1..=9 {
        ring.push(now, frame_of(1, vec![cleared(seq)]));
    }
    assert_eq!(drain(&ring, now, &mut place), ["lost"]);
}

#[test]
fn who_has_a_hole_comes_again_because_what_must_reach_may_have_been_in_it() {
    let (mut ring, now) = (Ring::new(RingConfig::default()), start());
    let mut place = ring.after(1, 0);
    ring.push(now, lines(1..=2));
    ring.push(now, lines(6..=7));
    assert_eq!(drain(&ring, now, &mut place), ["1-2", "lost"]);
    assert!(!ring.remembers(1, 2) && ring.remembers(1, 5));
    let mut newcomer = ring.after(1, 5);
    assert_eq!(drain(&ring, now, &mut newcomer), ["6-7"]);
}

#[test]
fn a_hole_before_the_first_frame_or_between_lives_is_one_as_well() {
    let (mut ring, now) = (Ring::new(RingConfig::default()), start());
    let (mut early, mut place) = (ring.after(1, 2), ring.after(1, 4));
    ring.push(now, lines(5..=5));
    assert_eq!(drain(&ring, now, &mut early), ["lost"]);
    assert_eq!(drain(&ring, now, &mut place), ["5-5"]);
    ring.push(now, frame_of(2, vec![line(3, "maya")]));
    assert_eq!(drain(&ring, now, &mut place), ["lost"]);
}

#[test]
fn a_reader_goes_over_into_the_rooms_next_life() {
    let (mut ring, now) = (Ring::new(RingConfig::default()), start());
    let mut place = ring.after(1, 4);
    ring.push(now, lines(5..=5));
    ring.push(now, frame_of(2, vec![line(1, "maya")]));
    assert_eq!(drain(&ring, now, &mut place), ["5-5", "1-1"]);
    ring.push(now, frame_of(2, vec![line(2, "maya")]));
    assert_eq!(drain(&ring, now, &mut place), ["2-2"]);
}

#[test]
fn who_comes_again_in_time_finds_everything() {
    let config = RingConfig { bytes_max: 3_000, ..RingConfig::default() };
    let (mut ring, now) = (Ring::new(config), start());
    assert!(!ring.remembers(1, 0));
    for seq in 1..=20 {
        ring.push(now, lines(seq..=seq));
    }
    assert!(ring.remembers(1, 20) && ring.remembers(1, 19));
    assert!(!ring.remembers(1, 21), "from the future");
    assert!(!ring.remembers(1, 1) && !ring.remembers(2, 20));
}

#[test]
fn who_comes_again_late_is_given_all_that_the_ring_keeps_and_skips_only_what_comes_after() {
    let (mut ring, now) = (Ring::new(RingConfig::default()), start());
    for seq in 1..=4 {
        ring.push(now, lines(seq..=seq));
    }
    let later = now + Duration::from_secs(40);
    assert!(ring.remembers(1, 1));
    let (mut place, came) = (ring.after(1, 1), ring.end());
    assert_eq!(drain_since(&ring, later, &mut place, came), ["2-2", "3-3", "4-4"]);
    ring.push(later, lines(5..=5));
    ring.push(later, lines(6..=6));
    let last = later + Duration::from_secs(6);
    ring.push(last, lines(7..=7));
    assert_eq!(drain_since(&ring, last, &mut place, came), ["skip 2", "7-7"]);
}
