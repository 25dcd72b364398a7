//! The contract of [`ChatLog`].

use std::sync::Arc;

use super::fixtures::{RACERS, at, name, race};
use crate::ids::{ChannelId, MessageId, UserId};
use crate::messages::LoggedMessage;
use crate::ports::{ChatLog, Deleted, LogRange};

const ROOM: ChannelId = ChannelId(1);
const OTHER: ChannelId = ChannelId(2);
/// Seconds between two messages: four of them in an hour.
const APART: i64 = 900;

/// Message `id` of one of three authors, `id` quarters of an hour after the beginning.
fn message(id: u64) -> LoggedMessage {
    let author = id % 3 + 1;
    LoggedMessage {
        id: MessageId(id),
        channel: ROOM,
        author: UserId(author),
        login: name(&format!("viewer_{author}")),
        at: said_at(id),
        text: format!("text {id} \"♟\""),
        action: id.is_multiple_of(5),
        reply_to: id.is_multiple_of(4).then(|| MessageId(id - 1)),
        deleted: false,
    }
}

fn said_at(id: u64) -> crate::time::WallTime {
    at(APART * i64::try_from(id).unwrap_or(0))
}

async fn append(store: &Arc<dyn ChatLog>, ids: impl IntoIterator<Item = u64>) {
    store.append(ids.into_iter().map(message).collect()).await.expect("appends");
}

async fn read(store: &Arc<dyn ChatLog>, range: LogRange) -> Vec<LoggedMessage> {
    store.read(ROOM, range, 1000).await.expect("reads")
}

fn ids(messages: &[LoggedMessage]) -> Vec<u64> {
    messages.iter().map(|message| message.id.0).collect()
}

fn deleted(messages: &[LoggedMessage]) -> Vec<u64> {
    messages.iter().filter(|message| message.deleted).map(|message| message.id.0).collect()
}

/// What was appended is read newest first, page by page, of all or of one author, over the hours.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn ChatLog>) {
    let store = make().await;
    assert_eq!(read(&store, LogRange::default()).await, []);
    store.append(Vec::new()).await.expect("nothing is a batch too");
    append(&store, 1..=6).await;
    append(&store, (4..=12).rev()).await;
    store.append(vec![LoggedMessage { channel: OTHER, ..message(5) }]).await.expect("appends");
    let all = read(&store, LogRange::default()).await;
    let expected: Vec<LoggedMessage> = (1..=12).rev().map(message).collect();
    assert_eq!(all, expected, "each once, though some were appended twice, and nobody else's");

    let range = |author: Option<u64>, since: Option<u64>, before: Option<u64>| LogRange {
        author: author.map(UserId),
        since: since.map(said_at),
        before: before.map(MessageId),
    };
    for (asked, most, expected) in [
        (range(None, None, None), 3, vec![12, 11, 10]),
        (range(None, None, Some(10)), 3, vec![9, 8, 7]),
        (range(None, None, Some(1)), 3, vec![]),
        (range(None, Some(9), None), 100, vec![12, 11, 10, 9]),
        (range(None, Some(9), Some(11)), 100, vec![10, 9]),
        (range(Some(1), None, None), 100, vec![12, 9, 6, 3]),
        (range(Some(1), None, Some(9)), 1, vec![6]),
        (range(Some(1), Some(4), None), 100, vec![12, 9, 6]),
        (range(Some(9), None, None), 100, vec![]),
        (range(None, None, None), 0, vec![]),
    ] {
        let found = store.read(ROOM, asked, most).await.expect("reads");
        assert_eq!(ids(&found), expected, "{asked:?} {most}");
    }
    deletions_are_marked(&make().await).await;
    erasing_erases(&make().await).await;
}

async fn deletions_are_marked(store: &Arc<dyn ChatLog>) {
    append(store, 1..=12).await;
    store.append(vec![LoggedMessage { channel: OTHER, ..message(5) }]).await.expect("appends");
    for (what, expected) in [
        (Deleted::Message(MessageId(12)), vec![12]),
        (Deleted::Message(MessageId(99)), vec![12]),
        (Deleted::Author(UserId(1), said_at(6)), vec![12, 6, 3]),
        (Deleted::All(said_at(4)), vec![12, 6, 4, 3, 2, 1]),
        (Deleted::All(said_at(2)), vec![12, 6, 4, 3, 2, 1]),
    ] {
        store.mark_deleted(ROOM, what).await.expect("marks");
        assert_eq!(deleted(&read(store, LogRange::default()).await), expected, "{what:?}");
    }
    let of_one = LogRange { author: Some(UserId(2)), ..LogRange::default() };
    assert_eq!(deleted(&read(store, of_one).await), [4, 1], "read by author too");
    let others = store.read(OTHER, LogRange::default(), 10).await.expect("reads");
    assert_eq!(deleted(&others), [0; 0], "another room's stay");
    append(store, [12, 13]).await;
    assert_eq!(
        deleted(&read(store, LogRange::default()).await)[0],
        12,
        "appending again brings nothing back"
    );
}

async fn erasing_erases(store: &Arc<dyn ChatLog>) {
    append(store, 1..=12).await;
    store.append(vec![LoggedMessage { channel: OTHER, ..message(5) }]).await.expect("appends");
    assert_eq!(store.erase(ROOM, Some(UserId(1))).await.expect("erases"), 4);
    assert_eq!(store.erase(ROOM, Some(UserId(1))).await.expect("erases"), 0);
    assert_eq!(ids(&read(store, LogRange::default()).await), [11, 10, 8, 7, 5, 4, 2, 1]);
    assert_eq!(store.forget(UserId(3)).await.expect("forgets"), 5, "in both rooms");
    assert_eq!(ids(&read(store, LogRange::default()).await), [10, 7, 4, 1]);
    assert_eq!(store.read(OTHER, LogRange::default(), 9).await.expect("reads"), []);
    store.mark_deleted(ROOM, Deleted::All(said_at(100))).await.expect("marks");
    assert_eq!(store.erase(ROOM, None).await.expect("erases"), 4);
    assert_eq!(read(store, LogRange::default()).await, []);
    append(store, [3]).await;
    assert_eq!(read(store, LogRange::default()).await, [message(3)], "a new log knows nothing of the old");
}

/// Batches that race are all kept, each message once.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn ChatLog>) {
    let store = make().await;
    race(|n| {
        let store = store.clone();
        async move { append(&store, n * 5 + 1..=n * 5 + 10).await }
    })
    .await;
    let expected: Vec<u64> = (1..=RACERS * 5 + 5).rev().collect();
    assert_eq!(ids(&read(&store, LogRange::default()).await), expected);
}

/// What is not there can be marked and erased, which does nothing.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn ChatLog>) {
    let store = make().await;
    store.mark_deleted(ROOM, Deleted::Message(MessageId(1))).await.expect("marks nothing");
    store.mark_deleted(ROOM, Deleted::Author(UserId(1), at(0))).await.expect("marks nothing");
    assert_eq!(store.erase(ROOM, None).await.expect("erases"), 0);
    assert_eq!(store.forget(UserId(u64::MAX)).await.expect("forgets"), 0);
}

/// Logs outlive the process, with their marks.
pub async fn restart(open: impl AsyncFn() -> Arc<dyn ChatLog>) {
    let store = open().await;
    append(&store, 1..=12).await;
    store.mark_deleted(ROOM, Deleted::Message(MessageId(7))).await.expect("marks");
    drop(store);
    let store = open().await;
    append(&store, 10..=14).await;
    let all = read(&store, LogRange::default()).await;
    assert_eq!(ids(&all), (1..=14).rev().collect::<Vec<u64>>());
    assert_eq!(deleted(&all), [7]);
}
