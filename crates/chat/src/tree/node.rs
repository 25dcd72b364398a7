//! The root of a room's tree, without clock and tasks: batches of the bus go in, frames come out when the pace says so. Each event
//! is passed on once and in order, whatever the bus repeats.

use std::time::Instant;

use super::encode::{Encoder, RoomName, Speech};
use super::frame::Frame;
use super::language::Wants;
use super::pace::{Pace, PaceConfig};
use super::sample::Sampler;
use crate::event::{Batch, Event};

/// What may be set.
#[derive(Clone, Copy, Debug)]
pub struct NodeConfig {
    /// The tick.
    pub pace: PaceConfig,
    /// Messages a second of the sampled view; 0 shows everything.
    pub view_budget: u32,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self { pace: PaceConfig::default(), view_budget: 50 }
    }
}

/// Events after which no more batches are taken, and those that wait are passed on without waiting for the tick.
const WAITING_MAX: usize = 4096;

/// One room's root.
#[derive(Debug)]
pub struct Node {
    room: RoomName,
    epoch: Option<u64>,
    last: u64,
    waiting: Vec<(u64, Event)>,
    pace: Pace,
    sampler: Sampler,
}

impl Node {
    /// The root of a room of which nothing has been heard.
    pub fn new(room: RoomName, config: NodeConfig) -> Self {
        Self {
            room,
            epoch: None,
            last: 0,
            waiting: Vec::new(),
            pace: Pace::new(config.pace),
            sampler: Sampler::new(config.view_budget),
        }
    }

    /// The room.
    pub fn room(&self) -> &RoomName {
        &self.room
    }

    /// A batch came over the bus. What was heard before is left out.
    pub fn batch(&mut self, now: Instant, batch: Batch) {
        let Batch { epoch, events } = batch;
        if self.epoch != Some(epoch) {
            (self.epoch, self.last) = (Some(epoch), 0);
        }
        let mut came = 0;
        for event in events {
            if event.seq > self.last {
                self.last = event.seq;
                self.waiting.push((epoch, event));
                came += 1;
            }
        }
        if came > 0 {
            self.pace.came(now, came);
        }
    }

    /// Whether so much waits that it is to be passed on before another batch is taken.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// When what waits is to be passed on to so many readers; `None` if nothing waits.
    pub fn due(&self, now: Instant, readers: usize) -> Option<Instant> {
        match self.waiting.len() {
            0 => None,
            1..WAITING_MAX => Some(self.pace.due(now, readers)),
            _ => Some(now),
        }
    }

    /// Passes on everything that waits, in the variants that are wanted. With none wanted it is forgotten.
    pub fn flush(
        &mut self,
        now: Instant,
        wants: Wants,
        encoder: &mut Encoder,
        speech: &dyn Speech,
    ) -> Vec<Frame> {
        self.pace.flushed(now);
        let waiting = std::mem::take(&mut self.waiting);
        if wants.is_empty() {
            return Vec::new();
        }
        let mut frames = Vec::new();
        let mut rest = waiting.into_iter().peekable();
        while let Some(&(epoch, _)) = rest.peek() {
            let mut events = Vec::new();
            while let Some((_, event)) = rest.next_if(|(e, _)| *e == epoch) {
                events.push(event);
            }
            let chosen = self.sampler.choose(now, &events);
            let events: Vec<(Event, bool)> = events.into_iter().zip(chosen).collect();
            frames.extend(encoder.frames(&self.room, epoch, &events, wants, speech));
        }
        frames
    }
}

#[cfg(test)]
mod tests;
