//! The way of messages into the log: one bounded queue and one writer for all rooms, never in the way of delivery.
//!
//! A message for which there is no room, or that cannot be written after some tries, is dropped and counted. Deletions stand in the
//! same queue, so that none overtakes the message that it means; they have room of their own and are tried until they are written.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::class::Class;
use domain::messages::LoggedMessage;
use domain::ports::{ChatLog, Deleted, StoreError};
use runtime::Stop;
use tokio::sync::Notify;

use super::effects::LogWrite;

/// Messages that are written at once.
const BATCH: usize = 256;
/// Tries of a batch of messages.
const TRIES: u32 = 4;
/// Wait after the first failure; doubles up to [`WAIT_MAX`].
const WAIT: Duration = Duration::from_millis(100);
/// Longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// What is not written so long after the end was asked for is lost.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Where rooms put what the log is to hold. Clones are handles to the same queue.
#[derive(Clone, Debug)]
pub(super) struct LogQueue(Arc<Queue>);

#[derive(Debug)]
struct Queue {
    waiting: Mutex<VecDeque<LogWrite>>,
    most: usize,
    filled: Notify,
}

impl LogQueue {
    /// A queue for `most` messages, and half as many deletions beyond them.
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Queue { waiting: Mutex::default(), most: most.max(1), filled: Notify::new() }))
    }

    /// Puts these in; what does not fit is dropped and counted.
    pub(super) fn put(&self, writes: impl Iterator<Item = LogWrite>) {
        let (mut dropped, mut lost) = (0, 0);
        {
            let mut waiting = self.lock();
            for write in writes {
                let message = matches!(write, LogWrite::Said(_));
                let most = if message { self.0.most } else { self.0.most + self.0.most.div_ceil(2) };
                if waiting.len() < most {
                    waiting.push_back(write);
                } else if message {
                    dropped += 1;
                } else {
                    lost += 1;
                }
            }
        }
        count(dropped, lost);
        self.0.filled.notify_one();
    }

    /// The next messages, or the next deletion.
    fn take(&self) -> Option<Work> {
        let mut waiting = self.lock();
        match waiting.pop_front()? {
            LogWrite::Deleted(channel, what) => Some(Work::Delete(channel, what)),
            LogWrite::Forget(user) => Some(Work::Forget(user)),
            LogWrite::Said(first) => {
                let mut batch = vec![*first];
                while batch.len() < BATCH && matches!(waiting.front(), Some(LogWrite::Said(_))) {
                    if let Some(LogWrite::Said(next)) = waiting.pop_front() {
                        batch.push(*next);
                    }
                }
                Some(Work::Append(batch))
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<LogWrite>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes until it is told to stop, and then what is left.
    pub(super) async fn write(self, log: Arc<dyn ChatLog>, stop: Stop) {
        // One end for all of it: a slow store takes most of the time with each piece of work.
        let mut ended = std::pin::pin!(ended(&stop));
        loop {
            let filled = self.0.filled.notified();
            if let Some(work) = self.take() {
                tokio::select! {
                    () = persist(log.as_ref(), &work) => {}
                    () = &mut ended => return,
                }
            } else if stop.is_stopped() {
                return;
            } else {
                tokio::select! { () = filled => {}, () = stop.stopped() => {} }
            }
        }
    }
}

/// Resolves some time after the end was asked for.
async fn ended(stop: &Stop) {
    stop.stopped().await;
    tokio::time::sleep(LAST_WORDS).await;
}

enum Work {
    Append(Vec<LoggedMessage>),
    Delete(domain::ids::ChannelId, Deleted),
    Forget(domain::ids::UserId),
}

/// Writes one piece of work, however often that takes; gives up on messages after some tries.
async fn persist(log: &dyn ChatLog, work: &Work) {
    let mut wait = WAIT;
    for n in 1_u32.. {
        let error = match attempt(log, work).await {
            Ok(()) => return,
            Err(error) => error,
        };
        let messages = match work {
            Work::Append(batch) => batch.len() as u64,
            Work::Delete(..) | Work::Forget(_) => 0,
        };
        let hopeless = error.class() != Class::Busy;
        tracing::warn!(error = %error, tries = n, messages, "the chat log did not take a write");
        if hopeless || (messages > 0 && n >= TRIES) {
            count(messages, u64::from(messages == 0));
            return;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(WAIT_MAX);
    }
}

async fn attempt(log: &dyn ChatLog, work: &Work) -> Result<(), StoreError> {
    match work {
        Work::Append(batch) => log.append(batch.clone()).await,
        Work::Delete(channel, what) => log.mark_deleted(*channel, *what).await,
        Work::Forget(user) => log.forget(*user).await.map(|_| ()),
    }
}

fn count(messages: u64, deletions: u64) {
    if messages > 0 {
        metrics::counter!("footlight_chat_log_dropped_total").increment(messages);
    }
    if deletions > 0 {
        tracing::error!(deletions, "deletions did not reach the chat log");
        metrics::counter!("footlight_chat_log_deletions_lost_total").increment(deletions);
    }
}

#[cfg(test)]
mod tests;
