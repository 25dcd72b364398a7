//! The contract of [`Accounts`].

use std::sync::Arc;

use super::fixtures::{RACERS, at, hash, name, race, user};
use crate::ids::UserId;
use crate::ports::{AccountError, Accounts};
use crate::users::{NewUser, Session, User};

fn session(token: u64, user: u64, expires: i64) -> Session {
    Session { token: hash(token), user: UserId(user), created_at: at(0), expires_at: at(expires) }
}

/// What is kept is found again by everything it can be found by.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn Accounts>) {
    accounts_are_found(&make().await).await;
    sessions_end(&make().await).await;
}

async fn accounts_are_found(store: &Arc<dyn Accounts>) {
    assert!(!store.any().await.expect("answers"), "a new store is empty");
    let NewUser { user: maya, password_hash, .. } = user(1);
    store.create(user(1)).await.expect("creates");
    store.create(user(2)).await.expect("creates");
    assert!(store.any().await.expect("answers"));
    assert_eq!(store.by_name(&maya.name).await.expect("answers"), Some(maya.clone()));
    assert_eq!(store.by_id(maya.id).await.expect("answers"), Some(maya.clone()));
    assert_eq!(store.by_name(&name("nobody")).await.expect("answers"), None);
    assert_eq!(store.by_id(UserId(3)).await.expect("answers"), None);
    assert_eq!(store.by_id(UserId(u64::MAX)).await.expect("answers"), None);
    for typed in ["creator_1", "Creator_1", "Creator_1@Example.com", "creator_1@example.COM"] {
        let found = store.credentials(typed).await.expect("answers");
        assert_eq!(found, Some((maya.id, password_hash.clone())), "{typed:?}");
    }
    for typed in ["", "nobody", "creator_1@", "%", "creator__"] {
        assert_eq!(store.credentials(typed).await.expect("answers"), None, "{typed:?}");
    }
}

async fn sessions_end(store: &Arc<dyn Accounts>) {
    store.create(user(1)).await.expect("creates");
    let (short, long) = (session(1, 1, 60), session(2, 1, 600));
    for kept in [&short, &long] {
        store.open_session(kept.clone()).await.expect("opens");
    }
    assert_eq!(store.session(short.token, at(59)).await.expect("answers"), Some(short.clone()));
    assert_eq!(store.session(short.token, at(61)).await.expect("answers"), None, "it expired");
    assert_eq!(store.session(hash(9), at(0)).await.expect("answers"), None);
    assert_eq!(store.purge_sessions(at(61)).await.expect("purges"), 1);
    assert_eq!(store.purge_sessions(at(61)).await.expect("purges"), 0);
    assert_eq!(store.session(long.token, at(61)).await.expect("answers"), Some(long.clone()));
    store.close_session(long.token).await.expect("closes");
    store.close_session(long.token).await.expect("closing what is gone is fine");
    assert_eq!(store.session(long.token, at(61)).await.expect("answers"), None);
}

/// Of many who want one name, or one e-mail address, exactly one gets it.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn Accounts>) {
    let store = make().await;
    let made = race(|n| {
        let store = store.clone();
        let wanted = User { name: name("wanted"), ..user(n + 1).user };
        async move { store.create(NewUser { user: wanted, ..user(n + 1) }).await }
    })
    .await;
    one_made(made, |e| matches!(e, AccountError::NameTaken));

    let store = make().await;
    let made = race(|n| {
        let store = store.clone();
        let email = if n.is_multiple_of(2) { "me@example.com" } else { "ME@example.com" };
        let wanted = User { email: email.to_owned(), ..user(n + 1).user };
        async move { store.create(NewUser { user: wanted, ..user(n + 1) }).await }
    })
    .await;
    one_made(made, |e| matches!(e, AccountError::EmailTaken));
}

fn one_made(made: Vec<Result<(), AccountError>>, refused: impl Fn(&AccountError) -> bool) {
    let losers: Vec<AccountError> = made.into_iter().filter_map(Result::err).collect();
    assert_eq!(losers.len() as u64, RACERS - 1, "exactly one wins");
    assert!(losers.iter().all(refused), "the others hear why: {losers:?}");
}

/// Taken names and addresses are told apart, and what is refused leaves nothing behind.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn Accounts>) {
    let store = make().await;
    store.create(user(1)).await.expect("creates");
    let same_name = User { name: user(1).user.name, ..user(2).user };
    let refused = store.create(NewUser { user: same_name, ..user(2) }).await;
    assert!(matches!(refused, Err(AccountError::NameTaken)), "{refused:?}");
    let same_email = User { email: "CREATOR_1@example.com".to_owned(), ..user(2).user };
    let refused = store.create(NewUser { user: same_email, ..user(2) }).await;
    assert!(matches!(refused, Err(AccountError::EmailTaken)), "{refused:?}");
    let same_both = User { id: UserId(2), ..user(1).user };
    let refused = store.create(NewUser { user: same_both, ..user(2) }).await;
    assert!(matches!(refused, Err(AccountError::NameTaken)), "the name is told first: {refused:?}");
    assert_eq!(store.by_id(UserId(2)).await.expect("answers"), None);
    store.create(user(2)).await.expect("a refused try is in nobody's way");
}

/// Accounts and sessions outlive the process.
pub async fn restart(open: impl AsyncFn() -> Arc<dyn Accounts>) {
    let store = open().await;
    let kept = session(1, 1, 60);
    store.create(user(1)).await.expect("creates");
    store.open_session(kept.clone()).await.expect("opens");
    drop(store);
    let store = open().await;
    assert_eq!(store.by_id(UserId(1)).await.expect("answers"), Some(user(1).user));
    assert!(store.credentials("creator_1").await.expect("answers").is_some());
    assert_eq!(store.session(kept.token, at(1)).await.expect("answers"), Some(kept));
    let refused = store.create(user(1)).await;
    assert!(matches!(refused, Err(AccountError::NameTaken)), "{refused:?}");
}
