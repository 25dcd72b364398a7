//! Batches in, frames out, on virtual time.

use super::*;
use crate::tree::language::{Language, Want};
use crate::tree::testing::{Plainly, line, room};
use std::time::Duration;

fn batch(epoch: u64, seqs: std::ops::RangeInclusive<u64>) -> Batch {
    Batch { epoch, events: seqs.map(|seq| line(seq, "maya")).collect() }
}

/// Numbers of the events in frames, with their epochs.
fn numbers(frames: &[Frame]) -> Vec<(u64, u64, u64)> {
    frames.iter().map(|frame| (frame.epoch, frame.first, frame.last)).collect()
}

fn flush(node: &mut Node, now: Instant) -> Vec<(u64, u64, u64)> {
    let wants = Wants::default().and(Want::new(Language::Native, false, true));
    numbers(&node.flush(now, wants, &mut Encoder::default(), &Plainly))
}

#[test]
fn what_the_bus_repeats_is_passed_on_once() {
    let now = runtime::clock::now();
    let mut node = Node::new(room(), NodeConfig::default());
    assert_eq!(node.due(now, 10), None);
    node.batch(now, batch(1, 1..=3));
    node.batch(now, batch(1, 2..=4));
    assert_eq!(node.due(now, 10), Some(now));
    assert_eq!(flush(&mut node, now), [(1, 1, 4)]);
    node.batch(now, batch(1, 1..=4));
    assert_eq!(node.due(now, 10), None);
}

#[test]
fn a_new_life_of_the_room_begins_its_own_numbers() {
    let now = runtime::clock::now();
    let mut node = Node::new(room(), NodeConfig::default());
    node.batch(now, batch(1, 7..=8));
    node.batch(now, batch(2, 1..=1));
    assert_eq!(flush(&mut node, now), [(1, 7, 8), (2, 1, 1)]);
}

#[test]
fn a_hole_splits_a_frame() {
    let now = runtime::clock::now();
    let mut node = Node::new(room(), NodeConfig::default());
    node.batch(now, batch(1, 1..=2));
    node.batch(now, batch(1, 5..=6));
    assert_eq!(flush(&mut node, now), [(1, 1, 2), (1, 5, 6)]);
}

#[test]
fn too_much_at_once_does_not_wait_for_the_tick() {
    let now = runtime::clock::now();
    let mut node = Node::new(room(), NodeConfig::default());
    node.batch(now, batch(1, 1..=1));
    flush(&mut node, now);
    node.batch(now + Duration::from_secs(1), batch(1, 2..=WAITING_MAX as u64 / 2));
    let due = node.due(now + Duration::from_secs(1), 100_000).expect("something waits");
    node.batch(now + Duration::from_secs(1), batch(1, 2..=WAITING_MAX as u64 * 2));
    assert!(due >= now + Duration::from_secs(1));
    assert_eq!(node.due(now + Duration::from_secs(1), 100_000), Some(now + Duration::from_secs(1)));
}

#[test]
fn what_nobody_reads_is_forgotten() {
    let now = runtime::clock::now();
    let mut node = Node::new(room(), NodeConfig::default());
    node.batch(now, batch(1, 1..=2));
    assert!(node.flush(now, Wants::default(), &mut Encoder::default(), &Plainly).is_empty());
    node.batch(now, batch(1, 1..=3));
    assert_eq!(flush(&mut node, now), [(1, 3, 3)]);
}
