//! The queue of the log: what is dropped when it is full, and when the end comes.

use async_trait::async_trait;
use domain::ids::{ChannelId, MessageId, UserId};
use domain::ports::LogRange;
use domain::time::WallTime;
use runtime::Scope;

use super::*;

/// A store that takes every write, and most of the last words' time for each.
struct Slow;

async fn slowly<T>(done: T) -> Result<T, StoreError> {
    tokio::time::sleep(LAST_WORDS - Duration::from_millis(100)).await;
    Ok(done)
}

#[async_trait]
impl ChatLog for Slow {
    async fn append(&self, _: Vec<LoggedMessage>) -> Result<(), StoreError> {
        slowly(()).await
    }
    async fn read(&self, _: ChannelId, _: LogRange, _: u16) -> Result<Vec<LoggedMessage>, StoreError> {
        slowly(Vec::new()).await
    }
    async fn mark_deleted(&self, _: ChannelId, _: Deleted) -> Result<(), StoreError> {
        slowly(()).await
    }
    async fn erase(&self, _: ChannelId, _: Option<UserId>) -> Result<u64, StoreError> {
        slowly(0).await
    }
    async fn forget(&self, _: UserId) -> Result<u64, StoreError> {
        slowly(0).await
    }
}

fn said(n: u64) -> LogWrite {
    LogWrite::Said(Box::new(LoggedMessage {
        id: MessageId(n),
        channel: ChannelId(1),
        author: UserId(2),
        login: "maya".parse().expect("a name"),
        at: WallTime::from_unix_ms(0),
        text: String::new(),
        action: false,
        reply_to: None,
        deleted: false,
    }))
}

#[test]
fn a_full_queue_drops_messages_and_still_takes_deletions() {
    let queue = LogQueue::new(4);
    queue.put((0..10).map(said));
    queue.put((0..9).map(|n| LogWrite::Deleted(ChannelId(1), Deleted::Message(MessageId(n)))));
    let Some(Work::Append(batch)) = queue.take() else { panic!("messages first") };
    assert_eq!(batch.iter().map(|m| m.id.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let deletions = std::iter::from_fn(|| queue.take()).count();
    assert_eq!(deletions, 2);
}

#[test]
fn messages_are_taken_together_up_to_the_next_deletion() {
    let queue = LogQueue::new(1_000);
    let deletion = || LogWrite::Deleted(ChannelId(1), Deleted::All(WallTime::from_unix_ms(0)));
    queue.put((0..300).map(said).chain([deletion(), said(300)]));
    let sizes: Vec<usize> = std::iter::from_fn(|| queue.take())
        .map(|work| match work {
            Work::Append(batch) => batch.len(),
            Work::Delete(..) | Work::Forget(_) => 0,
        })
        .collect();
    assert_eq!(sizes, [256, 44, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_is_given_the_last_words_once_however_much_is_left() {
    let (queue, scope) = (LogQueue::new(100), Scope::root());
    queue.put((0..50).map(|n| LogWrite::Deleted(ChannelId(1), Deleted::Message(MessageId(n)))));
    scope.spawn_until_stop("log", |stop| queue.write(Arc::new(Slow), stop));
    let began = tokio::time::Instant::now();
    assert_eq!(scope.close(Duration::from_secs(600)).await, Vec::<&str>::new());
    assert!(began.elapsed() < LAST_WORDS + Duration::from_millis(100), "{:?}", began.elapsed());
}
