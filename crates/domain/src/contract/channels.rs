//! The contract of [`Channels`], which are made with their accounts.

use std::sync::Arc;

use super::fixtures::{RACERS, channel, name, race, user};
use crate::ids::ChannelId;
use crate::ports::{Accounts, Channels};
use crate::users::{Channel, ChannelPatch, LatencyMode};

/// The two ports of one store.
pub type Both = (Arc<dyn Accounts>, Arc<dyn Channels>);

fn untitled(id: u64) -> Channel {
    Channel {
        followers: 0,
        id: ChannelId(id),
        name: user(id).user.name,
        title: String::new(),
        category: String::new(),
        tags: Vec::new(),
        language: String::new(),
        latency: user(id).latency,
        ladder: None,
        partner: user(id).user.partner,
    }
}

fn everything() -> ChannelPatch {
    ChannelPatch {
        title: Some("Chess, \"blitz\" ♟".to_owned()),
        category: Some("Chess".to_owned()),
        tags: Some(vec!["blitz".to_owned(), "a,b; [c]".to_owned()]),
        language: Some("en".to_owned()),
        latency: Some(LatencyMode::Normal),
        ladder: Some(Some(vec!["480p".to_owned(), "160p".to_owned()])),
    }
}

/// A channel comes with its account, is found by name and number, and changes in what a patch names.
pub async fn meaning(make: impl AsyncFn() -> Both) {
    let (accounts, store) = make().await;
    for id in 1..=3 {
        channel(&accounts, id).await;
    }
    assert_eq!(store.by_name(&name("creator_2")).await.expect("answers"), Some(untitled(2)));
    assert_eq!(store.by_name(&name("nobody")).await.expect("answers"), None);
    let mut found = store.by_ids(&[ChannelId(3), ChannelId(9), ChannelId(1)]).await.expect("answers");
    found.sort_by_key(|channel| channel.id);
    assert_eq!(found, [untitled(1), untitled(3)], "those that do not exist are left out");
    assert_eq!(store.by_ids(&[]).await.expect("answers"), []);
    let many: Vec<ChannelId> = (1..=5_000).map(ChannelId).collect();
    assert_eq!(store.by_ids(&many).await.expect("answers").len(), 3, "many may be asked for at once");

    let patch = everything();
    let changed = store.update(ChannelId(2), patch.clone()).await.expect("updates").expect("is there");
    let expected = Channel {
        title: patch.title.clone().unwrap_or_default(),
        category: "Chess".to_owned(),
        tags: patch.tags.clone().unwrap_or_default(),
        language: "en".to_owned(),
        latency: LatencyMode::Normal,
        ladder: patch.ladder.clone().flatten(),
        ..untitled(2)
    };
    assert_eq!(changed, expected);
    let only_title = ChannelPatch { title: Some("New".to_owned()), ..ChannelPatch::default() };
    let expected = Channel { title: "New".to_owned(), ..expected };
    assert_eq!(store.update(ChannelId(2), only_title).await.expect("updates"), Some(expected.clone()));
    let nothing = store.update(ChannelId(2), ChannelPatch::default()).await.expect("updates");
    assert_eq!(nothing, Some(expected.clone()), "an empty patch reads");
    assert_eq!(store.by_name(&name("creator_2")).await.expect("answers"), Some(expected.clone()));
    let site_ladder = ChannelPatch { ladder: Some(None), ..ChannelPatch::default() };
    let expected = Channel { ladder: None, ..expected };
    assert_eq!(store.update(ChannelId(2), site_ladder).await.expect("updates"), Some(expected));
    assert_eq!(store.by_name(&name("creator_1")).await.expect("answers"), Some(untitled(1)), "others stay");
}

/// Patches of different fields do not undo one another.
pub async fn concurrency(make: impl AsyncFn() -> Both) {
    let (accounts, store) = make().await;
    let id = channel(&accounts, 1).await;
    race(|n| {
        let store = store.clone();
        let mut patch = ChannelPatch::default();
        match n % 4 {
            0 => patch.title = Some("title".to_owned()),
            1 => patch.category = Some("category".to_owned()),
            2 => patch.tags = Some(vec!["tag".to_owned()]),
            _ => patch.language = Some("en".to_owned()),
        }
        async move { store.update(id, patch).await.expect("updates") }
    })
    .await;
    let channel = store.by_ids(&[id]).await.expect("answers").pop().expect("is there");
    assert_eq!(
        (channel.title.as_str(), channel.category.as_str()),
        ("title", "category"),
        "{RACERS} patches"
    );
    assert_eq!((channel.tags.len(), channel.language.as_str()), (1, "en"));
}

/// A channel that does not exist is not made by changing it.
pub async fn refusal(make: impl AsyncFn() -> Both) {
    let (_, store) = make().await;
    for id in [1, u64::MAX] {
        assert_eq!(store.update(ChannelId(id), everything()).await.expect("answers"), None);
    }
    assert_eq!(store.by_ids(&[ChannelId(1)]).await.expect("answers"), []);
}

/// Changes outlive the process.
pub async fn restart(open: impl AsyncFn() -> Both) {
    let (accounts, store) = open().await;
    let id = channel(&accounts, 1).await;
    let kept = store.update(id, everything()).await.expect("updates");
    drop((accounts, store));
    let (_, store) = open().await;
    assert_eq!(store.by_name(&name("creator_1")).await.expect("answers"), kept);
}
