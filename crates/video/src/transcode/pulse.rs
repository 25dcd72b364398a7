//! Whether a child still lives: input goes in and nothing comes out. Pure.
//!
//! No input means nothing: during an interruption a child waits with its last pictures inside. So time counts only as
//! input passes, or while the child does not even take what it is given.

use std::time::{Duration, Instant};

/// How long a child may be silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From the first frame in to the first frame out. A busy machine starts a process slowly.
    pub start: Duration,
    /// From then on.
    pub silence: Duration,
}

/// What a child is allowed in production: dead to replaced well within the 3 s a ladder may be gone.
pub(super) const PATIENCE: Patience =
    Patience { start: Duration::from_secs(5), silence: Duration::from_millis(1_500) };

/// Frames that must have gone in meanwhile: decoders hold up to 16 to put them in order.
const FRAMES_MIN: u32 = 20;

/// Watches one child.
#[derive(Debug)]
pub(super) struct Pulse {
    patience: Patience,
    has_started: bool,
    wait: Option<Wait>,
    is_writing: bool,
}

/// Input without output.
#[derive(Debug)]
struct Wait {
    since: Instant,
    last_fed: Instant,
    frames: u32,
}

impl Pulse {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, has_started: false, wait: None, is_writing: false }
    }

    /// A frame is about to be written.
    pub(super) fn feeding(&mut self, now: Instant) {
        let wait = self.wait.get_or_insert(Wait { since: now, last_fed: now, frames: 0 });
        wait.last_fed = now;
        wait.frames += 1;
        self.is_writing = true;
    }

    /// The frame is written.
    pub(super) fn fed(&mut self) {
        self.is_writing = false;
    }

    /// The frame is written, and nothing will come of it.
    pub(super) fn swallowed(&mut self) {
        self.wait = None;
        self.is_writing = false;
    }

    /// A frame came out.
    pub(super) fn came(&mut self, now: Instant) {
        self.has_started = true;
        self.wait = self.is_writing.then_some(Wait { since: now, last_fed: now, frames: 1 });
    }

    /// Whether the child hangs.
    pub(super) fn is_gone(&self, now: Instant) -> bool {
        let Some(wait) = &self.wait else { return false };
        let limit = if self.has_started { self.patience.silence } else { self.patience.start };
        if self.is_writing {
            return now.saturating_duration_since(wait.since) > limit;
        }
        wait.frames >= FRAMES_MIN && wait.last_fed.saturating_duration_since(wait.since) > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays events: `i` in, `o` out, `b` in and stuck in the write, `s` in and swallowed; 100 ms pass after each, `.` is another 100 ms.
    fn is_gone_after(events: &str) -> bool {
        let mut now = runtime::clock::now();
        let mut pulse = Pulse::new(PATIENCE);
        for event in events.chars() {
            match event {
                'i' => {
                    pulse.feeding(now);
                    pulse.fed();
                }
                's' => {
                    pulse.feeding(now);
                    pulse.swallowed();
                }
                'b' => pulse.feeding(now),
                'o' => pulse.came(now),
                _ => {}
            }
            now += Duration::from_millis(100);
        }
        pulse.is_gone(now)
    }

    #[test]
    fn only_input_without_output_counts() {
        let flow = "io".repeat(5);
        let cases = [
            ("nothing yet", String::new(), false),
            ("a steady flow", "io".repeat(30), false),
            ("input goes on, output does not", format!("{flow}{}", "i".repeat(21)), true),
            ("not long enough", format!("{flow}{}", "i".repeat(12)), false),
            ("an interruption with pictures inside", format!("{flow}iii{}", ".".repeat(300)), false),
            ("it does not take what it is given", format!("{flow}b{}", ".".repeat(16)), true),
            (
                "still taking, since output comes",
                format!("{flow}b{}o{}", ".".repeat(10), ".".repeat(10)),
                false,
            ),
            ("stuck after the last output", format!("{flow}b{}o{}", ".".repeat(10), ".".repeat(16)), true),
            ("starting may take longer", "i".repeat(45), false),
            ("but not for ever", "i".repeat(52), true),
            ("what is only decoded brings nothing out", "s".repeat(200), false),
        ];
        for (name, events, want) in cases {
            assert_eq!(is_gone_after(&events), want, "{name}");
        }
    }
}
