//! What a room decided on its way into the store: in order, one at a time, never in the way of the room.
//!
//! **A ban holds before it is kept.** It holds in memory and is on all screens at once; the moderator's answer waits for the store. If
//! the store fails, the answer says so, the ban goes on holding for as long as the room lives, and the write is tried again until
//! it succeeds. The other order, the store first, would let a spammer write for as long as a store takes to fail.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::class::Class;
use domain::ids::ChannelId;
use domain::ports::{Rooms, StoreError};
use tokio::time::Instant;

use super::effects::Keep;
use super::handle::Reply;
use crate::command::{Outcome, Refusal};
use crate::rules::refusals::told;

/// Wait after the first failure; doubles up to [`WAIT_MAX`].
const WAIT: Duration = Duration::from_millis(500);
/// Longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(30);

type Write = Pin<Box<dyn Future<Output = Result<(), Trouble>> + Send>>;

/// Why something was not kept.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store took too long")]
    Late,
}

/// An answer that waits for a write.
pub(super) struct Waiting {
    pub(super) reply: Reply,
    pub(super) answer: Result<Outcome, Refusal>,
}

/// Writes of one room, in order.
pub(super) struct Keeper {
    store: Arc<dyn Rooms>,
    channel: ChannelId,
    queue: VecDeque<(Keep, Option<Waiting>)>,
    most: usize,
    patience: Duration,
    running: Option<Write>,
    /// Set while the store fails: when to try again, and how long to wait after that.
    failing: Option<(Instant, Duration)>,
}

impl Keeper {
    pub(super) fn new(store: Arc<dyn Rooms>, channel: ChannelId, most: usize, patience: Duration) -> Self {
        Self { store, channel, queue: VecDeque::new(), most, patience, running: None, failing: None }
    }

    /// Whether everything is kept.
    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty()
    }

    /// Keeps something; the answer is given when it is kept, or at once if the store fails already.
    pub(super) fn put(&mut self, keep: Keep, mut waiting: Option<Waiting>) {
        if self.queue.len() >= self.most {
            metrics::counter!("footlight_chat_not_kept_total").increment(1);
            tracing::error!(
                channel = %self.channel,
                "too much waits for the store; a change holds in memory only"
            );
            answer_unkept(waiting);
            return;
        }
        if self.failing.is_some() {
            answer_unkept(waiting.take());
        }
        self.queue.push_back((keep, waiting));
    }

    /// Writes the next thing; forever pending if there is none. May be dropped at any await and called again.
    pub(super) async fn progress(&mut self) {
        let write = match &mut self.running {
            Some(write) => write,
            None => {
                let Some((keep, _)) = self.queue.front() else { return std::future::pending().await };
                if let Some((at, _)) = self.failing {
                    tokio::time::sleep_until(at).await;
                }
                let write = write(Arc::clone(&self.store), self.channel, keep.clone(), self.patience);
                self.running.insert(write)
            }
        };
        let result = write.await;
        self.running = None;
        match result {
            Ok(()) => {
                self.failing = None;
                if let Some((_, Some(waiting))) = self.queue.pop_front() {
                    waiting.reply.give(waiting.answer);
                }
            }
            Err(trouble) => self.failed(&trouble),
        }
    }

    fn failed(&mut self, trouble: &Trouble) {
        tracing::warn!(error = %trouble, channel = %self.channel, waiting = self.queue.len(), "a room's change was not kept");
        for (_, waiting) in &mut self.queue {
            answer_unkept(waiting.take());
        }
        let hopeless = matches!(trouble, Trouble::Store(e) if e.class() != Class::Busy);
        if hopeless {
            // It would stand in the way of everything after it for good.
            metrics::counter!("footlight_chat_not_kept_total").increment(1);
            self.queue.pop_front();
            return;
        }
        let wait = self.failing.map_or(WAIT, |(_, wait)| (wait * 2).min(WAIT_MAX));
        self.failing = Some((Instant::now() + wait, wait));
    }

    /// Writes what is left, for at most `grace`; says how much stayed behind.
    pub(super) async fn finish(&mut self, grace: Duration) -> usize {
        let all = async {
            while !self.queue.is_empty() {
                self.progress().await;
            }
        };
        // What stays behind is told by its number: it held until now, and is forgotten.
        let _ = tokio::time::timeout(grace, all).await;
        for (_, waiting) in &mut self.queue {
            answer_unkept(waiting.take());
        }
        self.queue.len()
    }
}

fn answer_unkept(waiting: Option<Waiting>) {
    let Some(Waiting { reply, mut answer }) = waiting else { return };
    if let Ok(outcome) = &mut answer {
        outcome.told.push(told(
            "not_kept",
            "This holds now, but could not be saved yet: after a restart of the server it may be gone.",
        ));
    }
    reply.give(answer);
}

fn write(store: Arc<dyn Rooms>, channel: ChannelId, keep: Keep, patience: Duration) -> Write {
    Box::pin(async move {
        let write = async {
            match keep {
                Keep::Change(change, entry) => store.change(channel, *change, entry.map(|e| *e)).await,
                Keep::Note(entry) => store.note(channel, *entry).await,
            }
        };
        Ok(tokio::time::timeout(patience, write).await.map_err(|_| Trouble::Late)??)
    })
}
