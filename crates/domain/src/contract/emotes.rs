//! The contract of [`Emotes`].

use std::sync::Arc;

use super::fixtures::{RACERS, at, race};
use crate::ids::{ChannelId, EmoteId};
use crate::messages::{Emote, EmoteOwner, EmotePictures};
use crate::ports::{EmoteError, Emotes};

const MINE: EmoteOwner = EmoteOwner::Channel(ChannelId(1));
const OTHERS: EmoteOwner = EmoteOwner::Channel(ChannelId(2));
/// No channel has it; it must not be taken for the site.
const NOBODYS: EmoteOwner = EmoteOwner::Channel(ChannelId(u64::MAX));
/// More than any test adds.
const PLENTY: usize = 100;

fn emote(id: u64, owner: EmoteOwner, code: &str) -> Emote {
    Emote { id: EmoteId(id), owner, code: code.to_owned(), animated: id.is_multiple_of(2), added_at: at(1) }
}

fn pictures(id: u64) -> EmotePictures {
    let picture = |size: usize| vec![u8::try_from(id % 256).expect("a byte"); size];
    EmotePictures { media_type: "image/png".to_owned(), sizes: [picture(28), picture(56), picture(112)] }
}

async fn add(store: &Arc<dyn Emotes>, id: u64, owner: EmoteOwner, code: &str) {
    store.add(emote(id, owner, code), pictures(id), PLENTY).await.expect("adds");
}

async fn codes(store: &Arc<dyn Emotes>, owner: EmoteOwner) -> Vec<String> {
    store.list(owner).await.expect("lists").into_iter().map(|emote| emote.code).collect()
}

/// An emote is listed by its owner and has its pictures until it is removed.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn Emotes>) {
    let store = make().await;
    for (id, owner, code) in
        [(1, MINE, "mayaHi"), (2, MINE, "mayaBye"), (3, OTHERS, "noorHi"), (4, EmoteOwner::Site, ":)")]
    {
        add(&store, id, owner, code).await;
    }
    let expected = [emote(2, MINE, "mayaBye"), emote(1, MINE, "mayaHi")];
    assert_eq!(store.list(MINE).await.expect("lists"), expected, "by code");
    assert_eq!(codes(&store, EmoteOwner::Site).await, [":)"]);
    assert_eq!(codes(&store, NOBODYS).await, [""; 0]);
    for (size, expected) in (0_u8..).zip(pictures(2).sizes) {
        let picture = store.picture(EmoteId(2), size).await.expect("answers");
        assert_eq!(picture, Some(("image/png".to_owned(), expected)));
    }
    for (id, size) in [(2, 3), (9, 0), (u64::MAX, 0)] {
        assert_eq!(store.picture(EmoteId(id), size).await.expect("answers"), None, "{id} {size}");
    }
    assert!(store.remove(MINE, EmoteId(2)).await.expect("answers"));
    assert!(!store.remove(MINE, EmoteId(2)).await.expect("answers"), "it was gone already");
    assert_eq!(codes(&store, MINE).await, ["mayaHi"]);
    assert_eq!(store.picture(EmoteId(2), 0).await.expect("answers"), None);
}

/// However many are added at once, no code is there twice and no more than the limit stay.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn Emotes>) {
    let store = make().await;
    let most = 8;
    let added = race(|n| {
        let store = store.clone();
        let code = format!("code{n}");
        async move { store.add(emote(n + 1, MINE, &code), pictures(n), most).await }
    })
    .await;
    let refused = added.iter().filter(|added| matches!(added, Err(EmoteError::TooMany))).count();
    assert_eq!(refused, RACERS as usize - most, "{added:?}");
    assert_eq!(codes(&store, MINE).await.len(), most);

    let added = race(|n| {
        let store = store.clone();
        async move { store.add(emote(n + 101, OTHERS, "same"), pictures(n), PLENTY).await }
    })
    .await;
    let refused = added.iter().filter(|added| matches!(added, Err(EmoteError::CodeTaken))).count();
    assert_eq!(refused, RACERS as usize - 1, "{added:?}");
}

/// A code is taken for its owner alone and as it is written; nobody removes what is somebody else's.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn Emotes>) {
    let store = make().await;
    add(&store, 1, MINE, "Hello").await;
    let refused = store.add(emote(2, MINE, "Hello"), pictures(2), PLENTY).await;
    assert!(matches!(refused, Err(EmoteError::CodeTaken)), "{refused:?}");
    assert_eq!(store.picture(EmoteId(2), 0).await.expect("answers"), None, "no pictures without an emote");
    add(&store, 3, MINE, "hello").await;
    add(&store, 4, OTHERS, "Hello").await;
    let refused = store.add(emote(5, MINE, "one_more"), pictures(5), 2).await;
    assert!(matches!(refused, Err(EmoteError::TooMany)), "{refused:?}");
    let twin = store.add(emote(1, OTHERS, "twin"), pictures(1), PLENTY).await;
    assert!(matches!(twin, Err(EmoteError::Store(_))), "a number is one emote's: {twin:?}");
    for owner in [OTHERS, NOBODYS, EmoteOwner::Site] {
        assert!(!store.remove(owner, EmoteId(1)).await.expect("answers"), "it is not theirs");
    }
    assert_eq!(codes(&store, MINE).await, ["Hello", "hello"]);
}

/// Emotes outlive the process, with their pictures.
pub async fn restart(open: impl AsyncFn() -> Arc<dyn Emotes>) {
    let store = open().await;
    add(&store, 1, MINE, "mayaHi").await;
    drop(store);
    let store = open().await;
    assert_eq!(store.list(MINE).await.expect("lists"), [emote(1, MINE, "mayaHi")]);
    let picture = store.picture(EmoteId(1), 2).await.expect("answers").expect("is there");
    assert_eq!(picture.1, pictures(1).sizes[2]);
}
