//! Tasks with owners: only a [`Scope`] spawns, and nothing outlives its close.
//!
//! A plain task ends at its next `await` when the scope closes. One that must finish something (a playlist's end, a
//! farewell to a publisher) is spawned with [`Scope::spawn_until_stop`], sees the [`Stop`] and returns by itself; what has
//! not returned when the grace time is over is aborted and named.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Owns tasks and child scopes. Clones are handles to the same scope.
#[derive(Clone, Debug)]
pub struct Scope {
    token: CancellationToken,
    /// Own tracker first, then each ancestor's: closing a scope waits for its descendants too.
    trackers: Vec<TaskTracker>,
    running: Running,
    /// Where tasks run: threads of our own (the sockets of chat) spawn too, and have no runtime of theirs.
    runtime: Option<Handle>,
}

/// Names and abort handles of running tasks, shared by a whole tree of scopes. The lock is held for a few lines only.
type Running = Arc<Mutex<BTreeMap<u64, (&'static str, AbortHandle)>>>;

/// Tells a task that its scope is closing.
#[derive(Clone, Debug)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Resolves when the scope closes.
    pub async fn stopped(&self) {
        self.0.cancelled().await;
    }
    /// Whether it is closing already.
    pub fn is_stopped(&self) -> bool {
        self.0.is_cancelled()
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::root()
    }
}

impl Scope {
    /// The scope of a whole process, or of a test. Tasks run on the runtime in which this is called.
    pub fn root() -> Self {
        Self {
            token: CancellationToken::new(),
            trackers: vec![TaskTracker::new()],
            running: Running::default(),
            runtime: Handle::try_current().ok(),
        }
    }

    /// A scope that closes with this one, or before it.
    pub fn child(&self) -> Self {
        let mut trackers = vec![TaskTracker::new()];
        trackers.extend(self.trackers.iter().cloned());
        Self {
            token: self.token.child_token(),
            trackers,
            running: Running::default(),
            runtime: self.runtime.clone(),
        }
    }

    /// Runs `task` until it returns or the scope closes. After the close it never starts.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let token = self.token.clone();
        self.start(name, async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Runs a task that watches the stop signal itself and finishes what it must within the grace time.
    pub fn spawn_until_stop<F>(&self, name: &'static str, task: impl FnOnce(Stop) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(name, task(self.stop()));
    }

    /// The signal that this scope is closing.
    pub fn stop(&self) -> Stop {
        Stop(self.token.clone())
    }

    /// Tells all tasks to stop, without waiting.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Stops all tasks, waits up to `grace` for them, aborts the rest and returns their names.
    pub async fn close(&self, grace: Duration) -> Vec<&'static str> {
        self.token.cancel();
        self.trackers[0].close();
        if tokio::time::timeout(grace, self.trackers[0].wait()).await.is_ok() {
            return Vec::new();
        }
        let stragglers: Vec<_> = self.lock().values().cloned().collect();
        for (name, task) in &stragglers {
            tracing::warn!(task = name, "aborting a task that outlived its grace time");
            task.abort();
        }
        stragglers.into_iter().map(|(name, _)| name).collect()
    }

    fn start(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let mut tracked: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task);
        for tracker in &self.trackers[1..] {
            tracked = Box::pin(tracker.track_future(tracked));
        }
        let running = Arc::clone(&self.running);
        let span = tracing::Span::current();
        // Held over the spawn, so that a task that ends at once finds its own entry to remove.
        let mut entries = self.lock();
        let task = async move {
            let id = tokio::task::id();
            let _gone = Gone { running, id: id_number(id) };
            tracked.await;
        }
        .instrument(span);
        let handle = match &self.runtime {
            Some(runtime) => self.trackers[0].spawn_on(task, runtime),
            None => self.trackers[0].spawn(task),
        };
        entries.insert(id_number(handle.id()), (name, handle.abort_handle()));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, (&'static str, AbortHandle)>> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Removes a task's entry however it ends: return, abort or panic.
struct Gone {
    running: Running,
    id: u64,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&self.id);
    }
}

fn id_number(id: tokio::task::Id) -> u64 {
    id.to_string().parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn closing_ends_plain_tasks_and_names_those_that_stay() {
        let scope = Scope::root();
        scope.child().spawn("patient", std::future::pending());
        scope.spawn_until_stop("polite", |stop| async move { stop.stopped().await });
        scope.spawn_until_stop("stubborn", |_| std::future::pending());
        assert_eq!(scope.close(Duration::from_secs(1)).await, ["stubborn"]);
    }

    #[tokio::test]
    async fn a_thread_without_a_runtime_spawns_too() {
        let scope = Scope::root();
        let (tell, told) = tokio::sync::oneshot::channel();
        let child = scope.child();
        let thread = std::thread::spawn(move || {
            child.spawn("told", async {
                assert!(tell.send(7).is_ok());
            });
        });
        assert_eq!(told.await, Ok(7));
        assert!(thread.join().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_child_closes_alone() {
        let scope = Scope::root();
        let child = scope.child();
        child.spawn("in the child", std::future::pending());
        assert!(child.close(Duration::from_secs(1)).await.is_empty());
        assert!(!scope.stop().is_stopped());
        assert!(scope.close(Duration::from_secs(1)).await.is_empty());
    }
}
