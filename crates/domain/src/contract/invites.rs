//! The contract of [`Invites`].

use std::sync::Arc;

use super::fixtures::{at, hash, race};
use crate::ports::{Invite, Invites};

fn invite(code: u64, expires: i64) -> Invite {
    Invite { code: hash(code), created_by: None, created_at: at(0), expires_at: at(expires) }
}

/// A code works once, and again when it was given back.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn Invites>) {
    let store = make().await;
    store.add(invite(1, 60)).await.expect("adds");
    store.add(invite(2, 60)).await.expect("adds");
    assert!(store.redeem(hash(1), at(1)).await.expect("answers"));
    assert!(!store.redeem(hash(1), at(2)).await.expect("answers"), "it is used up");
    store.give_back(hash(1)).await.expect("gives back");
    store.give_back(hash(9)).await.expect("giving back what is unknown is fine");
    assert!(store.redeem(hash(1), at(3)).await.expect("answers"));
    assert!(store.redeem(hash(2), at(3)).await.expect("answers"), "each code is its own");
    store.add(invite(3, 600)).await.expect("adds");
    assert_eq!(store.purge(at(61)).await.expect("purges"), 2, "what expired goes, used or not");
    assert_eq!(store.purge(at(61)).await.expect("purges"), 0);
    assert!(store.redeem(hash(3), at(61)).await.expect("answers"));
}

/// Of many who come with one code, one is let in.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn Invites>) {
    let store = make().await;
    store.add(invite(1, 60)).await.expect("adds");
    let let_in = race(|_| {
        let store = store.clone();
        async move { store.redeem(hash(1), at(1)).await.expect("answers") }
    })
    .await;
    assert_eq!(let_in.iter().filter(|&&won| won).count(), 1, "exactly one wins");
}

/// Unknown and expired codes let nobody in, and a used one is not renewed by adding it again.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn Invites>) {
    let store = make().await;
    store.add(invite(1, 60)).await.expect("adds");
    assert!(!store.redeem(hash(9), at(1)).await.expect("answers"), "unknown");
    assert!(!store.redeem(hash(1), at(60)).await.expect("answers"), "expired");
    assert!(store.redeem(hash(1), at(59)).await.expect("answers"));
    store.add(invite(1, 600)).await.expect("adding again changes nothing");
    assert!(!store.redeem(hash(1), at(59)).await.expect("answers"));
}

/// Codes, used and not, outlive the process.
pub async fn restart(open: impl AsyncFn() -> Arc<dyn Invites>) {
    let store = open().await;
    store.add(invite(1, 60)).await.expect("adds");
    store.add(invite(2, 60)).await.expect("adds");
    assert!(store.redeem(hash(1), at(1)).await.expect("answers"));
    drop(store);
    let store = open().await;
    assert!(!store.redeem(hash(1), at(1)).await.expect("answers"));
    assert!(store.redeem(hash(2), at(1)).await.expect("answers"));
}
