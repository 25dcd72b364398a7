//! Messages that wait: for a moderator's decision, or for the delay of viewers' messages.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::{MessageId, UserId};
use domain::time::WallTime;

use crate::event::{Held, Line, Parent};

/// A held message, with what the room needs once it is allowed.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What moderators see.
    pub held: Held,
    /// When its author's account was made.
    pub born: WallTime,
    /// When nobody looked in time.
    pub expires: WallTime,
}

/// Held messages, oldest first; bounded.
#[derive(Debug)]
pub struct HeldQueue {
    waiting: VecDeque<Waiting>,
    /// Those that were allowed and that may still be lost on their way to everybody.
    allowed: Vec<Waiting>,
    most: usize,
    time: Duration,
}

impl HeldQueue {
    /// At most `most`, each for `time`.
    pub fn new(most: usize, time: Duration) -> Self {
        Self { waiting: VecDeque::new(), allowed: Vec::new(), most: most.max(1), time }
    }

    /// Holds a message; returns the one that had to make room.
    pub fn hold(&mut self, now: WallTime, held: Held, born: WallTime) -> Option<Waiting> {
        let full = self.waiting.len() == self.most;
        let oldest = if full { self.waiting.pop_front() } else { None };
        self.waiting.push_back(Waiting { held, born, expires: now + self.time });
        oldest
    }

    /// Takes one out.
    pub fn take(&mut self, id: MessageId) -> Option<Waiting> {
        let at = self.waiting.iter().position(|w| w.held.line.id == id)?;
        self.waiting.remove(at)
    }

    /// Keeps one that was taken out and allowed, until it is certain that it was said.
    pub fn allow(&mut self, waiting: Waiting) {
        self.allowed.push(waiting);
    }

    /// What was allowed was said.
    pub fn settle(&mut self) {
        self.allowed.clear();
    }

    /// What was allowed did not get through, and waits again; `false` if it is none of those.
    pub fn unallow(&mut self, id: MessageId) -> bool {
        let Some(at) = self.allowed.iter().position(|w| w.held.line.id == id) else { return false };
        let waiting = self.allowed.swap_remove(at);
        let place = self.waiting.partition_point(|w| w.expires <= waiting.expires);
        self.waiting.insert(place, waiting);
        true
    }

    /// Takes all of a user out, or all.
    pub fn take_of(&mut self, user: Option<UserId>) -> Vec<Waiting> {
        let of = |w: &Waiting| user.is_none_or(|user| w.held.line.author.id == user);
        self.allowed.retain(|w| !of(w));
        let (gone, stay): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(of);
        self.waiting = stay.into();
        gone
    }

    /// Takes those out for which it is too late.
    pub fn expire(&mut self, now: WallTime) -> Vec<Waiting> {
        let late = self.waiting.iter().take_while(|w| w.expires <= now).count();
        self.waiting.drain(..late).collect()
    }

    /// Takes what is gone out of the replies to it.
    pub fn unquote(&mut self, is_gone: impl Fn(&Parent) -> bool) {
        self.waiting.iter_mut().chain(&mut self.allowed).for_each(|w| w.held.line.unquote(&is_gone));
    }

    /// When the next one expires.
    pub fn due(&self) -> Option<WallTime> {
        self.waiting.front().map(|w| w.expires)
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter()
    }

    /// What moderators see of all, oldest first.
    pub fn list(&self) -> Vec<Held> {
        self.waiting.iter().map(|w| w.held.clone()).collect()
    }
}

/// A message that everybody but moderators and its author waits for.
#[derive(Clone, Debug)]
pub struct Late {
    /// The message.
    pub line: Arc<Line>,
    /// The event by which moderators and its author have it.
    pub first: u64,
}

/// Viewers' messages that moderators have and everybody else waits for, in order.
#[derive(Debug, Default)]
pub struct Delayed {
    waiting: VecDeque<(WallTime, Late)>,
}

impl Delayed {
    /// Keeps a message back until `due`; returns the one that had to make room.
    pub fn push(&mut self, due: WallTime, late: Late, most: usize) -> Option<Late> {
        let full = self.waiting.len() >= most.max(1);
        let oldest = if full { self.waiting.pop_front() } else { None };
        // Whatever the delay was when those before it were said, a message does not overtake them.
        let due = self.waiting.back().map_or(due, |(last, _)| due.max(*last));
        self.waiting.push_back((due, late));
        oldest.map(|(_, late)| late)
    }

    /// The delay is shorter now: nobody waits longer than until `latest`, which keeps the order and lets nothing new overtake.
    pub fn hasten(&mut self, latest: WallTime) {
        self.waiting.iter_mut().for_each(|(due, _)| *due = latest.min(*due));
    }

    /// The next message whose time has come.
    pub fn pop(&mut self, now: WallTime) -> Option<Late> {
        self.waiting.front().filter(|(due, _)| *due <= now)?;
        self.waiting.pop_front().map(|(_, late)| late)
    }

    /// Drops what was deleted meanwhile.
    pub fn drop_where(&mut self, gone: impl Fn(&Line) -> bool) {
        self.waiting.retain(|(_, late)| !gone(&late.line));
    }

    /// Takes what is gone out of the replies to it.
    pub fn unquote(&mut self, is_gone: impl Fn(&Parent) -> bool) {
        self.waiting.iter_mut().for_each(|(_, late)| Line::unquote_shared(&mut late.line, &is_gone));
    }

    /// When the next one is due.
    pub fn due(&self) -> Option<WallTime> {
        self.waiting.front().map(|(due, _)| *due)
    }
}
