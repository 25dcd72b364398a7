//! Runs roots: one task for each room that somebody on this process' tree reads, from the first reader to a while after the last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::ChannelId;
use domain::ports::{ChatBus, StoreError};
use runtime::{Scope, clock};
use tokio::sync::{Notify, mpsc};

use super::encode::{Encoder, RoomName, Speech};
use super::frame::Frame;
use super::language::Wants;
use super::node::{Node, NodeConfig};
use crate::event::Batch;

/// Who takes a room's frames: the edge of this process, and the links to other nodes.
pub trait Downstream: Send + Sync {
    /// What is read of a room below, and by how many.
    fn interest(&self, channel: ChannelId) -> (Wants, usize);
    /// All rooms that are read below.
    fn rooms(&self) -> Vec<(ChannelId, Wants, usize)>;
    /// Takes frames, in order. Never waits. `pass` is kept until the frames are written to all who can take them at once.
    fn deliver(&self, frames: &[Arc<Frame>], pass: &Pass);
}

/// Held by whoever still works on the last frames of a room; the next are not made before all are let go, so that a busy machine
/// collects more instead of queueing.
#[derive(Clone, Debug)]
pub struct Pass(#[expect(dead_code, reason = "counted, not read")] Arc<Held>);

impl Pass {
    /// Tells `done` once it and all its clones are let go.
    pub fn new(done: Arc<Notify>) -> Self {
        Self(Arc::new(Held(done)))
    }
}

#[derive(Debug)]
struct Held(Arc<Notify>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// All roots of a process.
pub struct Roots {
    bus: Arc<dyn ChatBus>,
    below: Arc<dyn Downstream>,
    speech: Arc<dyn Speech>,
    config: NodeConfig,
    scope: Scope,
    open: Mutex<HashMap<ChannelId, Arc<Opening>>>,
}

/// A root that is there once `ready` is set.
type Opening = tokio::sync::OnceCell<()>;

/// A room without readers is let go after so long.
const LINGER: Duration = Duration::from_secs(60);

impl Roots {
    /// No root yet. Tasks run in `scope`.
    pub fn new(
        bus: Arc<dyn ChatBus>,
        below: Arc<dyn Downstream>,
        speech: Arc<dyn Speech>,
        config: NodeConfig,
        scope: Scope,
    ) -> Arc<Self> {
        Arc::new(Self { bus, below, speech, config, scope, open: Mutex::default() })
    }

    /// Sees to it that the room has a root. When this returns it listens: whatever the room says from now on arrives below. Call it
    /// after the reader's interest is registered and before the room is asked what it looks like.
    ///
    /// # Errors
    /// When the bus cannot be subscribed to.
    pub async fn watch(self: &Arc<Self>, room: RoomName) -> Result<(), StoreError> {
        let channel = room.channel;
        let cell = Arc::clone(self.lock().entry(channel).or_default());
        let started = cell.get_or_try_init(|| async {
            let batches = self.bus.subscribe(channel).await?;
            let (roots, mine) = (Arc::clone(self), Arc::clone(&cell));
            self.scope.spawn("chat root", async move { roots.run(room, batches, mine).await });
            Ok(())
        });
        started.await?;
        Ok(())
    }

    /// Whether the room has a root, so that [`watch`](Self::watch) would return at once. The caller's interest is registered before.
    pub fn is_watching(&self, channel: ChannelId) -> bool {
        self.lock().get(&channel).is_some_and(|cell| cell.initialized())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, Arc<Opening>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(self: Arc<Self>, room: RoomName, batches: mpsc::Receiver<Arc<[u8]>>, mine: Arc<Opening>) {
        let channel = room.channel;
        let mut task = RootTask {
            node: Node::new(room, self.config),
            encoder: Encoder::default(),
            batches,
            done: Arc::new(Notify::new()),
            working: false,
            quiet_since: clock::now(),
        };
        while task.step(&self).await {
            if clock::now().saturating_duration_since(task.quiet_since) < LINGER {
                continue;
            }
            let mut open = self.lock();
            // Checked under the lock: a reader that comes now finds no root and opens a new one.
            if self.below.interest(channel).1 == 0 {
                if open.get(&channel).is_some_and(|cell| Arc::ptr_eq(cell, &mine)) {
                    open.remove(&channel);
                }
                return;
            }
        }
    }
}

/// One root at work.
struct RootTask {
    node: Node,
    encoder: Encoder,
    batches: mpsc::Receiver<Arc<[u8]>>,
    done: Arc<Notify>,
    working: bool,
    quiet_since: std::time::Instant,
}

impl RootTask {
    /// Waits for the next thing and does it. False when the room must be watched no longer.
    async fn step(&mut self, roots: &Roots) -> bool {
        let channel = self.node.room().channel;
        let (wants, readers) = roots.below.interest(channel);
        let now = clock::now();
        if readers > 0 {
            self.quiet_since = now;
        }
        let due = self.node.due(now, readers).filter(|_| !self.working);
        if due.is_some_and(|due| due <= now) {
            self.flush(roots, wants);
            return true;
        }
        let due = due.unwrap_or(now + LINGER / 4);
        tokio::select! {
            biased;
            () = self.done.notified(), if self.working => self.working = false,
            // What has no room here waits in the bus, which lets a root go that is too slow.
            batch = self.batches.recv(), if !self.node.is_full() => match batch {
                Some(batch) => self.take(&batch),
                None => return self.subscribe_again(roots).await,
            },
            () = tokio::time::sleep_until(due.into()) => {}
        }
        true
    }

    fn take(&mut self, batch: &[u8]) {
        let now = clock::now();
        self.read(now, batch);
        // Whatever else is here already comes along.
        while !self.node.is_full()
            && let Ok(batch) = self.batches.try_recv()
        {
            self.read(now, &batch);
        }
    }

    fn read(&mut self, now: std::time::Instant, batch: &[u8]) {
        match serde_json::from_slice::<Batch>(batch) {
            Ok(batch) => self.node.batch(now, batch),
            Err(error) => tracing::error!(%error, "batch of the bus can't be read"),
        }
    }

    fn flush(&mut self, roots: &Roots, wants: Wants) {
        let began = clock::now();
        let frames = self.node.flush(began, wants, &mut self.encoder, &*roots.speech);
        if frames.is_empty() {
            return;
        }
        let frames: Vec<Arc<Frame>> = frames.into_iter().map(Arc::new).collect();
        metrics::histogram!("footlight_chat_encode_seconds")
            .record(clock::now().saturating_duration_since(began));
        self.working = true;
        let pass = Pass::new(Arc::clone(&self.done));
        roots.below.deliver(&frames, &pass);
    }

    /// The bus let us go because we were too slow: what was missed shows as a hole in the numbers, and readers are told.
    async fn subscribe_again(&mut self, roots: &Roots) -> bool {
        let channel = self.node.room().channel;
        tracing::warn!(%channel, "chat root fell behind the bus");
        loop {
            match roots.bus.subscribe(channel).await {
                Ok(batches) => {
                    self.batches = batches;
                    return true;
                }
                Err(error) => {
                    tracing::warn!(%channel, %error, "chat bus can't be subscribed to");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
