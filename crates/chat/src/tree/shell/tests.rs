//! A root between a bus and readers who keep their passes, on paused time.

use async_trait::async_trait;
use tokio::sync::watch;

use super::*;
use crate::tree::language::{Language, Want};
use crate::tree::testing::{Plainly, line, room};

const BATCH: u64 = 100;
const DEPTH: usize = 8;

/// One subscription, and one reader who keeps passes while the test wants.
struct World {
    batches: Mutex<Option<mpsc::Receiver<Arc<[u8]>>>>,
    passes: Mutex<Vec<Pass>>,
    keeps: bool,
    /// The last event that was passed on.
    last: watch::Sender<u64>,
}

#[async_trait]
impl ChatBus for World {
    async fn publish(&self, _: ChannelId, _: Arc<[u8]>) -> Result<(), StoreError> {
        Ok(())
    }
    async fn subscribe(&self, _: ChannelId) -> Result<mpsc::Receiver<Arc<[u8]>>, StoreError> {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner).take();
        batches.ok_or_else(|| StoreError::Unavailable("subscribed twice".into()))
    }
}

impl Downstream for World {
    fn interest(&self, _: ChannelId) -> (Wants, usize) {
        (Wants::default().and(Want::new(Language::Native, false, true)), 1)
    }
    fn rooms(&self) -> Vec<(ChannelId, Wants, usize)> {
        Vec::new()
    }
    fn deliver(&self, frames: &[Arc<Frame>], pass: &Pass) {
        if self.keeps {
            self.passes.lock().unwrap_or_else(PoisonError::into_inner).push(pass.clone());
        }
        self.last.send_replace(frames.last().map_or(0, |frame| frame.last));
    }
}

/// Sends batches until the bus takes no more or `most` are sent; says how many it took, and the last event that was passed on. Each
/// waits until it is passed on, or only the first if the reader keeps its pass.
async fn flood(keeps: bool, most: u64) -> (u64, u64) {
    let (bus, batches) = mpsc::channel(DEPTH);
    let (last, mut passed_on) = watch::channel(0);
    let passes = Mutex::default();
    let world = Arc::new(World { batches: Mutex::new(Some(batches)), passes, keeps, last });
    let scope = Scope::root();
    let speech = Arc::new(Plainly);
    let roots = Roots::new(world.clone(), world.clone(), speech, NodeConfig::default(), scope.clone());
    roots.watch(room()).await.expect("a bus");
    let mut sent = 0;
    while sent < most {
        let events = (1..=BATCH).map(|n| line(sent * BATCH + n, "maya")).collect();
        let bytes = serde_json::to_vec(&Batch { epoch: 1, events }).expect("a batch");
        // The clock is paused and moves on only once all wait: by then the bus has no room and nobody makes any.
        if tokio::time::timeout(LINGER, bus.send(bytes.into())).await.is_err() {
            break;
        }
        sent += 1;
        if !keeps || sent == 1 {
            passed_on.wait_for(|last| *last == sent * BATCH).await.expect("the world is there");
        }
    }
    let last = *passed_on.borrow();
    scope.close(Duration::from_secs(1)).await;
    (sent, last)
}

#[tokio::test(start_paused = true)]
async fn what_readers_hold_back_waits_in_the_bus_once_the_root_is_full() {
    let (sent, last) = flood(true, 100).await;
    // The first batch is passed on and held; as many wait as fill the root, and then as many as the bus has room for.
    assert_eq!((sent, last), (1 + 41 + DEPTH as u64, BATCH));
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_where_readers_take_what_comes() {
    assert_eq!(flood(false, 60).await, (60, 60 * BATCH));
}
