//! The queue of the log: what is dropped when it is full.

use domain::ids::{ChannelId, MessageId, UserId};
use domain::time::WallTime;

use super::*;

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
