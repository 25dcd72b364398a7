//! A room, its tree and its readers on virtual time, by seeds: nodes die and links break, readers stall and come again. What a reader that
//! stays healthy is given is complete, in order and never doubled; who skips is told, and no deletion is ever skipped or overtaken.

#[path = "sim_delivery/room.rs"]
mod room;
#[path = "sim_delivery/world.rs"]
mod world;

use world::{Fault, World};

/// Runs one seed and says what went wrong.
fn run(seed: u64) -> Result<u64, Fault> {
    let mut world = World::new(seed);
    for _ in 0..400 {
        world.step();
    }
    world.settle();
    world.judge()
}

#[test]
fn no_seed_of_hundreds_loses_doubles_or_reorders() {
    let mut delivered = 0;
    for seed in 0..400 {
        match run(seed) {
            Ok(count) => delivered += count,
            Err(fault) => panic!("seed {seed}: {fault:?}"),
        }
    }
    assert!(delivered > 100_000, "the simulation delivers something: {delivered}");
}
