//! Whom a room waits for before it makes its next frames: a node below, until what it was sent is written to its connection, but no
//! longer than a few ticks. Pure.

use std::time::{Duration, Instant};

use crate::tree::shell::Pass;

/// How long a room waits for one node. A node that takes longer holds nobody until it has caught up: what it is sent meanwhile waits in
/// its own end of the link, which has a bound and a policy.
pub const HELD_MAX: Duration = Duration::from_millis(300);

/// Passes of frames that are on their way to one node.
#[derive(Debug, Default)]
pub struct Passes {
    /// By the number of the last frame that each is for, with when it was sent.
    held: Vec<(u64, Instant, Pass)>,
    /// Number of the last frame.
    last: u64,
    /// It took too long, and something still waits to be written.
    is_behind: bool,
}

impl Passes {
    /// Keeps a pass until the frame of this number is written.
    pub fn keep(&mut self, now: Instant, number: u64, pass: Pass) {
        self.last = number;
        if !self.is_behind {
            self.held.push((number, now, pass));
        }
    }

    /// Whether somebody waits.
    pub fn are_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Everything up to this number is written.
    pub fn written(&mut self, number: u64) {
        self.held.retain(|(waits, ..)| *waits > number);
        self.is_behind &= number < self.last;
    }

    /// Gives back what was held for too long.
    pub fn tick(&mut self, now: Instant) {
        let late = |since: Instant| now.saturating_duration_since(since) >= HELD_MAX;
        if self.held.first().is_some_and(|(_, since, _)| late(*since)) {
            self.held.clear();
            self.is_behind = true;
        }
    }

    /// The connection broke: nobody waits for a node that is away.
    pub fn broke(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    #[test]
    fn a_node_that_takes_too_long_holds_nobody_until_it_has_caught_up() {
        let (mut passes, done) = (Passes::default(), Arc::new(Notify::new()));
        let held = || Arc::strong_count(&done) - 1;
        let start = runtime::clock::now();
        let keep = |passes: &mut Passes, number, ms| {
            passes.keep(start + Duration::from_millis(ms), number, Pass::new(Arc::clone(&done)));
        };
        keep(&mut passes, 1, 0);
        keep(&mut passes, 2, 10);
        passes.written(1);
        passes.tick(start + HELD_MAX);
        assert_eq!(held(), 1, "the second was sent later");
        passes.tick(start + HELD_MAX * 2);
        assert_eq!(held(), 0);
        keep(&mut passes, 3, 700);
        passes.written(2);
        keep(&mut passes, 4, 800);
        assert_eq!(held(), 0, "it is still behind");
        passes.written(4);
        keep(&mut passes, 5, 900);
        assert_eq!(held(), 1);
        passes.broke();
        assert_eq!(held(), 0);
    }
}
