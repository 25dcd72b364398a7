//! The contract of [`StreamKeys`], which open channels that are made with their accounts.

use std::sync::Arc;

use super::fixtures::{RACERS, at, channel, hash, race};
use crate::ids::{ChannelId, StreamKeyId};
use crate::limits::STREAM_KEYS_MAX;
use crate::ports::{Accounts, KeyError, StreamKeys};
use crate::users::StreamKey;

/// The two ports of one store.
pub type Both = (Arc<dyn Accounts>, Arc<dyn StreamKeys>);

fn key(id: u64, channel: ChannelId) -> StreamKey {
    StreamKey {
        id: StreamKeyId(id),
        channel,
        label: format!("key {id}"),
        created_at: at(0),
        last_used_at: None,
    }
}

/// A key opens its channel until it is removed, and knows when it was last used.
pub async fn meaning(make: impl AsyncFn() -> Both) {
    let (accounts, store) = make().await;
    let (mine, other) = (channel(&accounts, 1).await, channel(&accounts, 2).await);
    for id in [11, 12, 13] {
        store.add(key(id, mine), hash(id)).await.expect("adds");
    }
    store.add(key(21, other), hash(21)).await.expect("adds");
    let listed = store.list(mine).await.expect("lists");
    assert_eq!(listed, [key(11, mine), key(12, mine), key(13, mine)], "oldest first, and nobody else's");
    let (found, opened) = store.find(hash(12)).await.expect("answers").expect("is there");
    assert_eq!((found, opened.id, opened.name.as_str()), (key(12, mine), mine, "creator_1"));
    assert_eq!(store.find(hash(99)).await.expect("answers"), None);

    store.touch(StreamKeyId(12), at(60)).await.expect("touches");
    store.touch(StreamKeyId(99), at(60)).await.expect("a key that is gone is fine");
    let (found, _) = store.find(hash(12)).await.expect("answers").expect("is there");
    assert_eq!(found.last_used_at, Some(at(60)));

    assert!(store.remove(mine, StreamKeyId(12)).await.expect("answers"));
    assert!(!store.remove(mine, StreamKeyId(12)).await.expect("answers"), "it was gone already");
    assert_eq!(store.find(hash(12)).await.expect("answers"), None);
    assert_eq!(store.list(mine).await.expect("lists"), [key(11, mine), key(13, mine)]);
}

/// However many are added at once, no more than the limit stay.
pub async fn concurrency(make: impl AsyncFn() -> Both) {
    let (accounts, store) = make().await;
    let mine = channel(&accounts, 1).await;
    let added = race(|n| {
        let store = store.clone();
        async move { store.add(key(n + 1, mine), hash(n + 1)).await }
    })
    .await;
    let refused = added.iter().filter(|added| matches!(added, Err(KeyError::TooMany))).count();
    assert_eq!(refused, RACERS as usize - STREAM_KEYS_MAX, "{added:?}");
    assert_eq!(store.list(mine).await.expect("lists").len(), STREAM_KEYS_MAX);
}

/// The limit is each channel's own, and nobody removes what is somebody else's.
pub async fn refusal(make: impl AsyncFn() -> Both) {
    let (accounts, store) = make().await;
    let (mine, other) = (channel(&accounts, 1).await, channel(&accounts, 2).await);
    for id in 1..=STREAM_KEYS_MAX as u64 {
        store.add(key(id, mine), hash(id)).await.expect("adds");
    }
    let refused = store.add(key(100, mine), hash(100)).await;
    assert!(matches!(refused, Err(KeyError::TooMany)), "{refused:?}");
    assert_eq!(store.find(hash(100)).await.expect("answers"), None, "what is refused opens nothing");
    store.add(key(200, other), hash(200)).await.expect("another channel has its own limit");
    assert!(!store.remove(other, StreamKeyId(1)).await.expect("answers"), "it is not theirs");
    assert!(store.remove(mine, StreamKeyId(1)).await.expect("answers"));
    store.add(key(100, mine), hash(100)).await.expect("there is room again");
    let orphan = store.add(key(300, ChannelId(9)), hash(300)).await;
    assert!(matches!(orphan, Err(KeyError::Store(_))), "a key without a channel: {orphan:?}");
    let twin = store.add(key(301, other), hash(200)).await;
    assert!(matches!(twin, Err(KeyError::Store(_))), "a secret opens one channel only: {twin:?}");
}

/// Keys outlive the process.
pub async fn restart(open: impl AsyncFn() -> Both) {
    let (accounts, store) = open().await;
    let mine = channel(&accounts, 1).await;
    store.add(key(1, mine), hash(1)).await.expect("adds");
    store.touch(StreamKeyId(1), at(5)).await.expect("touches");
    drop((accounts, store));
    let (_, store) = open().await;
    let (found, opened) = store.find(hash(1)).await.expect("answers").expect("is there");
    assert_eq!((found.last_used_at, opened.id), (Some(at(5)), mine));
}
