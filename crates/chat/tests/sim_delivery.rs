//! A room, its tree and its readers on virtual time, by seeds: nodes die and links break, readers stall and go on at another
//! node. What a reader that stays healthy is given is complete, in order and never doubled; who skips is told, and no deletion is ever skipped or overtaken.

#[path = "sim_delivery/room.rs"]
mod room;
#[path = "sim_delivery/world.rs"]
mod world;

use world::{Fault, World};

/// Runs one seed: how much was delivered, how many readers resumed, or what went wrong.
fn run(seed: u64) -> Result<(u64, u64), Fault> {
    let mut world = World::new(seed);
    for _ in 0..400 {
        world.step();
    }
    world.settle();
    let resumed = world.resumed;
    Ok((world.judge()?, resumed))
}

#[test]
fn no_seed_of_hundreds_loses_doubles_or_reorders() {
    let (mut delivered, mut resumed) = (0, 0);
    for seed in 0..400 {
        match run(seed) {
            Ok((given, again)) => (delivered, resumed) = (delivered + given, resumed + again),
            Err(fault) => panic!("seed {seed}: {fault:?}"),
        }
    }
    assert!(delivered > 100_000, "the simulation delivers something: {delivered}");
    assert!(resumed > 1_000, "readers of dead nodes and broken connections go on elsewhere: {resumed}");
}
