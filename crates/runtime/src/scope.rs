//! Tasks with owners: only a [`Scope`] spawns, and nothing outlives its close.
//!
//! A plain task ends at its next `await` when the scope closes. One that must finish something (a playlist's end, a
//! farewell to a publisher) is spawned with [`Scope::spawn_until_stop`], sees the [`Stop`] and returns by itself; what has
//! not returned when the grace time is over is aborted and named.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Id};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Owns tasks and child scopes. Clones are handles to the same scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Shared, since a clone of a token takes its lock, and so do the clones of clones: requests take one each.
    token: Arc<CancellationToken>,
    /// Own tracker first, then each ancestor's: closing a scope waits for its descendants too.
    trackers: Vec<TaskTracker>,
    running: Arc<Running>,
    /// Where tasks run: threads of our own (the sockets of chat) spawn too, and have no runtime of theirs.
    runtime: Option<Handle>,
}

/// A scope's running tasks, by name, and its child scopes while somebody has a handle to them or a task of theirs runs. The locks
/// are held for a few lines only.
#[derive(Debug, Default)]
struct Running {
    tasks: Mutex<HashMap<Id, Task>>,
    children: Mutex<Vec<Weak<Running>>>,
    /// Kept, so that what runs below is found from above though nobody has a handle to the scope between.
    _parent: Option<Arc<Running>>,
}

type Task = (&'static str, AbortHandle);

impl Running {
    fn tasks(&self) -> MutexGuard<'_, HashMap<Id, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn children(&self) -> MutexGuard<'_, Vec<Weak<Self>>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A child, which is found from here as long as it lives.
    fn child(self: &Arc<Self>) -> Arc<Self> {
        let child = Arc::new(Self { _parent: Some(Arc::clone(self)), ..Self::default() });
        let mut children = self.children();
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child));
        child
    }

    /// Every task of it and of what descends from it.
    fn all(&self) -> Vec<Task> {
        let mut all: Vec<Task> = self.tasks().values().cloned().collect();
        let children: Vec<Arc<Self>> = self.children().iter().filter_map(Weak::upgrade).collect();
        all.extend(children.iter().flat_map(|child| child.all()));
        all
    }
}

/// Tells a task that its scope is closing. Clones cost next to nothing.
#[derive(Clone, Debug)]
pub struct Stop(Arc<CancellationToken>);

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
            token: Arc::default(),
            trackers: vec![TaskTracker::new()],
            running: Arc::default(),
            runtime: Handle::try_current().ok(),
        }
    }

    /// A scope that closes with this one, or before it.
    pub fn child(&self) -> Self {
        let mut trackers = vec![TaskTracker::new()];
        trackers.extend(self.trackers.iter().cloned());
        Self {
            token: Arc::new(self.token.child_token()),
            trackers,
            running: self.running.child(),
            runtime: self.runtime.clone(),
        }
    }

    /// Runs `task` until it returns or the scope closes. After the close it never starts.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop();
        self.start(name, async move {
            tokio::select! {
                biased;
                () = stop.stopped() => {}
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
        Stop(Arc::clone(&self.token))
    }

    /// Tells all tasks to stop, without waiting.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Stops all tasks and those of child scopes, waits up to `grace` for them, aborts the rest and returns their names.
    pub async fn close(&self, grace: Duration) -> Vec<&'static str> {
        self.token.cancel();
        self.trackers[0].close();
        if tokio::time::timeout(grace, self.trackers[0].wait()).await.is_ok() {
            return Vec::new();
        }
        let stragglers = self.running.all();
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
        let mut tasks = self.running.tasks();
        let task = async move {
            let _gone = Gone { running, id: tokio::task::id() };
            tracked.await;
        }
        .instrument(span);
        let handle = match &self.runtime {
            Some(runtime) => self.trackers[0].spawn_on(task, runtime),
            None => self.trackers[0].spawn(task),
        };
        tasks.insert(handle.id(), (name, handle.abort_handle()));
    }
}

/// Removes a task's entry however it ends: return, abort or panic.
struct Gone {
    running: Arc<Running>,
    id: Id,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.running.tasks().remove(&self.id);
    }
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

    #[tokio::test(start_paused = true)]
    async fn what_stays_in_a_child_is_ended_and_named_too() {
        let scope = Scope::root();
        let (ended, mut is_ended) = tokio::sync::mpsc::channel::<()>(1);
        // No handle to the child is left: its task alone keeps it.
        scope.child().child().spawn_until_stop("stubborn grandchild", |_| async move {
            let _ended = ended;
            std::future::pending().await
        });
        assert_eq!(scope.close(Duration::from_secs(1)).await, ["stubborn grandchild"]);
        assert_eq!(is_ended.recv().await, None);
    }

    #[tokio::test]
    async fn after_the_close_nothing_begins() {
        let scope = Scope::root();
        let child = scope.child();
        assert!(scope.close(Duration::ZERO).await.is_empty());
        for _ in 0..50 {
            child.spawn("late", async { unreachable!("it began") });
        }
        assert!(child.close(Duration::from_secs(1)).await.is_empty());
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
