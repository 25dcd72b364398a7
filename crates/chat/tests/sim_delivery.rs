//! A room, its tree and its readers on virtual time, by seeds: nodes feed nodes, die, or take nothing for long while the others go on, links
//! break, readers stall and go on at another node. What a reader that stays healthy is given is complete, in order and never doubled; who skips is told, and no deletion is ever skipped or overtaken.

#[path = "sim_delivery/reader.rs"]
mod reader;
#[path = "sim_delivery/room.rs"]
mod room;
#[path = "sim_delivery/world.rs"]
mod world;

use world::{Fault, World};

/// What came of one seed, or of all.
#[derive(Default)]
struct Outcome {
    /// Events that readers were given.
    delivered: u64,
    /// Readers that went on elsewhere.
    resumed: u64,
    /// Times that something was passed on while some node took nothing.
    past_the_deaf: u64,
    /// Frames that a node passed on to another.
    relayed: u64,
}

/// Runs one seed: what came of it, or what went wrong.
fn run(seed: u64) -> Result<Outcome, Fault> {
    let mut world = World::new(seed);
    for _ in 0..400 {
        world.step();
    }
    world.settle();
    let (resumed, past_the_deaf, relayed) = (world.resumed, world.past_the_deaf, world.relayed);
    Ok(Outcome { delivered: world.judge()?, resumed, past_the_deaf, relayed })
}

#[test]
fn no_seed_of_hundreds_loses_doubles_or_reorders() {
    let mut all = Outcome::default();
    for seed in 0..400 {
        match run(seed) {
            Ok(one) => {
                all.delivered += one.delivered;
                all.resumed += one.resumed;
                all.past_the_deaf += one.past_the_deaf;
                all.relayed += one.relayed;
            }
            Err(fault) => panic!("seed {seed}: {fault:?}"),
        }
    }
    let Outcome { delivered, resumed, past_the_deaf, relayed } = all;
    assert!(delivered > 100_000, "the simulation delivers something: {delivered}");
    assert!(resumed > 1_000, "readers of dead nodes and broken connections go on elsewhere: {resumed}");
    assert!(past_the_deaf > 1_000, "a node that takes nothing holds nobody: {past_the_deaf}");
    assert!(relayed > 1_000, "nodes feed nodes: {relayed}");
}
