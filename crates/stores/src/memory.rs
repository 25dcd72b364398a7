//! The embedded back end for what may be lost with the process: who is live, which transcodes wait, what rooms are saying.
//!
//! One mutex per port, held for a few lines and never across an `await`.

mod chat_bus;
mod jobs;
mod registry;

use domain::time::WallTime;
use tokio::sync::watch;

pub(crate) use chat_bus::MemoryChatBus;
pub(crate) use jobs::MemoryJobs;
pub(crate) use registry::MemoryRegistry;

/// Fencing numbers: they rise for ever, also over a restart, because they are at least the milliseconds of the wall clock.
#[derive(Debug, Default)]
struct Fences(u64);

impl Fences {
    fn next(&mut self, now: WallTime) -> u64 {
        self.0 = (self.0 + 1).max(u64::try_from(now.unix_ms()).unwrap_or(0));
        self.0
    }
}

/// The number that rises with every change.
#[derive(Debug)]
struct Changes(watch::Sender<u64>);

impl Default for Changes {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Changes {
    fn tell(&self) {
        self.0.send_modify(|number| *number += 1);
    }
    fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
