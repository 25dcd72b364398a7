//! The contract of [`Registry`].

use std::sync::Arc;

use super::fixtures::{RACERS, at, name, race};
use crate::ids::{ChannelId, StreamId};
use crate::ports::{ClaimError, LeaseLost, Registry};
use crate::streams::{LEASE_TTL, Lease, SourceInfo, StreamRecord, StreamState};

const CHANNEL: ChannelId = ChannelId(1);

fn record(stream: u64, channel: ChannelId) -> StreamRecord {
    StreamRecord {
        id: StreamId(stream),
        channel,
        name: name(&format!("creator_{channel}")),
        node: "one".to_owned(),
        started_at: at(0),
        state: StreamState::Starting,
        source: SourceInfo::default(),
        renditions: Vec::new(),
    }
}

fn live(stream: u64, channel: ChannelId) -> StreamRecord {
    let source = SourceInfo { width: 1280, height: 720, fps: 29.97, codecs: vec!["avc1.64001f".to_owned()] };
    let renditions = vec!["source".to_owned(), "480p".to_owned()];
    StreamRecord { state: StreamState::Live, source, renditions, ..record(stream, channel) }
}

async fn claim(store: &Arc<dyn Registry>, stream: u64, seconds: i64) -> Lease {
    store.claim(record(stream, CHANNEL), false, at(seconds)).await.expect("the channel is free")
}

/// A claimed channel is live until its lease ends or is released; renewing keeps it and its record fresh.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn Registry>) {
    let store = make().await;
    assert_eq!(store.live(at(0)).await.expect("answers"), []);
    let lease = claim(&store, 1, 0).await;
    assert_eq!((lease.channel, lease.stream, lease.until), (CHANNEL, StreamId(1), at(0) + LEASE_TTL));
    assert_eq!(store.on_channel(CHANNEL, at(1)).await.expect("answers"), Some(record(1, CHANNEL)));
    assert_eq!(store.on_channel(ChannelId(2), at(1)).await.expect("answers"), None);

    let renewed = store.renew(&lease, Some(live(1, CHANNEL)), at(5)).await.expect("renews");
    assert_eq!(renewed, Lease { until: at(5) + LEASE_TTL, ..lease.clone() }, "the fence stays");
    let renewed = store.renew(&renewed, None, at(6)).await.expect("renews");
    assert_eq!(store.on_channel(CHANNEL, at(16)).await.expect("answers"), Some(live(1, CHANNEL)));
    store.claim(record(2, ChannelId(2)), false, at(6)).await.expect("another channel is free");
    let mut all = store.live(at(7)).await.expect("answers");
    all.sort_by_key(|record| record.id);
    assert_eq!(all, [live(1, CHANNEL), record(2, ChannelId(2))]);

    assert_eq!(store.on_channel(CHANNEL, at(17)).await.expect("answers"), None, "the lease ended");
    assert_eq!(store.live(at(17)).await.expect("answers"), []);
    let late = store.renew(&renewed, None, at(17)).await.expect("nobody came in between");
    store.release(&late).await.expect("releases");
    assert_eq!(store.on_channel(CHANNEL, at(17)).await.expect("answers"), None);
    changes_are_told(&make().await).await;
}

async fn changes_are_told(store: &Arc<dyn Registry>) {
    let mut changes = store.changes();
    changes.mark_unchanged();
    let lease = claim(store, 1, 0).await;
    told(&mut changes, true, "a claim");
    let lease = store.renew(&lease, None, at(1)).await.expect("renews");
    told(&mut changes, false, "holding on");
    store.renew(&lease, Some(record(1, CHANNEL)), at(1)).await.expect("renews");
    told(&mut changes, false, "the same record");
    store.renew(&lease, Some(live(1, CHANNEL)), at(1)).await.expect("renews");
    told(&mut changes, true, "a new record");
    store.release(&lease).await.expect("releases");
    told(&mut changes, true, "a release");
}

/// Who has been answered has been told about, in this process at least.
fn told(changes: &mut tokio::sync::watch::Receiver<u64>, due: bool, what: &str) {
    let has = changes.has_changed().expect("the store is there");
    assert_eq!(has, due, "{what}");
    changes.mark_unchanged();
}

/// Of many who claim a free channel one gets it; of many who take it over each has a higher fence than the one before.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn Registry>) {
    let store = make().await;
    let claimed = race(|n| {
        let store = store.clone();
        async move { store.claim(record(n + 1, CHANNEL), false, at(0)).await }
    })
    .await;
    let won: Vec<&Lease> = claimed.iter().filter_map(|claimed| claimed.as_ref().ok()).collect();
    assert_eq!(won.len(), 1, "exactly one wins");
    for lost in claimed.iter().filter_map(|claimed| claimed.as_ref().err()) {
        assert!(matches!(lost, ClaimError::Held(by) if by == won[0]), "the others hear who: {lost:?}");
    }

    let taken = race(|n| {
        let store = store.clone();
        async move { store.claim(record(n + 101, CHANNEL), true, at(1)).await.expect("takes over") }
    })
    .await;
    let mut fences: Vec<u64> = taken.iter().map(|lease| lease.fence).collect();
    fences.push(won[0].fence);
    fences.sort_unstable();
    fences.dedup();
    assert_eq!(fences.len() as u64, RACERS + 1, "no fence is given twice");
    assert_eq!(fences[0], won[0].fence, "fences rise");
    let last = taken.iter().max_by_key(|lease| lease.fence).expect("some");
    for lease in &taken {
        let renewed = store.renew(lease, None, at(2)).await;
        assert_eq!(renewed.is_ok(), lease.fence == last.fence, "only the highest fence holds the channel");
    }
    let record = store.on_channel(CHANNEL, at(2)).await.expect("answers").expect("is live");
    assert_eq!(record.id, last.stream, "the record is the holder's");
}

/// A held channel is refused, a lost lease has no effect, and fences rise over releases and ends.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn Registry>) {
    let store = make().await;
    let first = claim(&store, 1, 0).await;
    let refused = store.claim(record(2, CHANNEL), false, at(5)).await;
    assert!(matches!(refused, Err(ClaimError::Held(by)) if by == first));

    let second = store.claim(record(2, CHANNEL), true, at(5)).await.expect("takes over");
    lost_everything(&store, &first, at(6)).await;
    assert_eq!(store.on_channel(CHANNEL, at(6)).await.expect("answers"), Some(record(2, CHANNEL)));

    let third = claim(&store, 3, 16).await;
    lost_everything(&store, &second, at(16)).await;
    let foreign = store.renew(&third, Some(live(9, CHANNEL)), at(16)).await;
    assert!(matches!(foreign, Err(LeaseLost::Store(_))), "a record of another stream: {foreign:?}");
    assert_eq!(store.on_channel(CHANNEL, at(16)).await.expect("answers"), Some(record(3, CHANNEL)));

    store.release(&third).await.expect("releases");
    lost_everything(&store, &third, at(17)).await;
    let fourth = claim(&store, 4, 17).await;
    let fences = [first.fence, second.fence, third.fence, fourth.fence];
    assert!(fences.is_sorted_by(|a, b| a < b), "{fences:?}");
    // A clock that is set back must not set fences back.
    store.release(&fourth).await.expect("releases");
    assert!(claim(&store, 5, -3600).await.fence > fourth.fence);
}

async fn lost_everything(store: &Arc<dyn Registry>, lease: &Lease, now: crate::time::WallTime) {
    let renewed = store.renew(lease, None, now).await;
    assert!(matches!(renewed, Err(LeaseLost::Superseded)), "{renewed:?}");
    let released = store.release(lease).await;
    assert!(matches!(released, Err(LeaseLost::Superseded)), "{released:?}");
}
