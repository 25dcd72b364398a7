//! The contract of [`ChatBus`].

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::fixtures::{RACERS, race};
use crate::ids::ChannelId;
use crate::ports::{BUS_DEPTH, ChatBus};

const ROOM: ChannelId = ChannelId(1);
const OTHER: ChannelId = ChannelId(2);

fn batch(n: u64) -> Arc<[u8]> {
    n.to_be_bytes().into()
}

fn number(batch: &[u8]) -> u64 {
    u64::from_be_bytes(batch.try_into().expect("eight bytes"))
}

async fn publish(store: &Arc<dyn ChatBus>, channel: ChannelId, numbers: impl IntoIterator<Item = u64>) {
    for n in numbers {
        store.publish(channel, batch(n)).await.expect("publishes");
    }
}

/// The next `most` batches, or fewer if the subscription ends.
async fn take(from: &mut mpsc::Receiver<Arc<[u8]>>, most: usize) -> Vec<u64> {
    let mut taken = Vec::new();
    while taken.len() < most
        && let Some(batch) = from.recv().await
    {
        taken.push(number(&batch));
    }
    taken
}

/// Whoever subscribes gets what its channel says from then on, in order, as does everybody else who did.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn ChatBus>) {
    let store = make().await;
    publish(&store, ROOM, [0]).await;
    let mut first = store.subscribe(ROOM).await.expect("subscribes");
    publish(&store, ROOM, [1, 2]).await;
    let mut second = store.subscribe(ROOM).await.expect("subscribes");
    let mut other = store.subscribe(OTHER).await.expect("subscribes");
    publish(&store, OTHER, [7]).await;
    publish(&store, ROOM, [3, 4]).await;
    assert_eq!(take(&mut first, 4).await, [1, 2, 3, 4]);
    assert_eq!(take(&mut second, 2).await, [3, 4]);
    assert_eq!(take(&mut other, 1).await, [7]);
    drop(first);
    publish(&store, ROOM, [5]).await;
    assert_eq!(take(&mut second, 1).await, [5], "who leaves takes nobody along");
}

/// Of many who publish at once none is lost, none comes twice, and all subscribers see one order.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn ChatBus>) {
    let store = make().await;
    let mut first = store.subscribe(ROOM).await.expect("subscribes");
    let mut second = store.subscribe(ROOM).await.expect("subscribes");
    let each = 20;
    race(|n| {
        let store = store.clone();
        async move { publish(&store, ROOM, n * each..(n + 1) * each).await }
    })
    .await;
    let all = usize::try_from(RACERS * each).expect("few");
    let seen = take(&mut first, all).await;
    assert_eq!(seen, take(&mut second, all).await, "one order");
    assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>().len(), all, "each once");
    for n in 0..RACERS {
        let own: Vec<u64> = seen.iter().copied().filter(|number| number / each == n).collect();
        assert!(own.is_sorted(), "what one says stays in order: {own:?}");
    }
}

/// Who falls behind too far loses the subscription, after what it still has; the others notice nothing.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn ChatBus>) {
    let store = make().await;
    let mut slow = store.subscribe(ROOM).await.expect("subscribes");
    let mut quick = store.subscribe(ROOM).await.expect("subscribes");
    let beyond = BUS_DEPTH as u64 + 10;
    for n in 0..beyond {
        publish(&store, ROOM, [n]).await;
        assert_eq!(take(&mut quick, 1).await, [n]);
    }
    let had = take(&mut slow, usize::MAX).await;
    assert!(had.len() >= BUS_DEPTH, "it may be that far behind: {}", had.len());
    assert_eq!(had, (0..had.len() as u64).collect::<Vec<u64>>(), "without a hole up to the end");
    let mut again = store.subscribe(ROOM).await.expect("subscribes");
    publish(&store, ROOM, [beyond]).await;
    assert_eq!(take(&mut again, 1).await, [beyond]);
    assert_eq!(take(&mut quick, 1).await, [beyond]);
}
