//! The contract of [`Accounts`].

use std::sync::Arc;

use super::fixtures::{RACERS, at, hash, name, race, user};
use crate::ids::{StreamKeyId, TokenId, UserId};
use crate::limits::{SESSIONS_MAX, TOKENS_MAX};
use crate::ports::{AccountError, Accounts, TokenError};
use crate::users::{ApiToken, NewUser, Scope, Session, User, UserPatch};

fn session(token: u64, user: u64, expires: i64) -> Session {
    let (token, user) = (hash(token), UserId(user));
    Session { token, user, scope: Scope::Full, created_at: at(0), expires_at: at(expires) }
}

/// Opens a session of one of the fixtures' users, by the password that it was made with.
async fn keep(store: &Arc<dyn Accounts>, session: Session) {
    let password = user(session.user.0).password_hash;
    let ended = store.open_session(session, &password).await.expect("opens");
    assert_eq!(ended, Some(Vec::new()));
}

fn token(id: u64, user: u64) -> ApiToken {
    let scope = if id.is_multiple_of(2) { Scope::Full } else { Scope::Chat };
    ApiToken { id: TokenId(id), user: UserId(user), label: format!("bot {id}"), scope, created_at: at(0) }
}

/// What is kept is found again by everything it can be found by.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn Accounts>) {
    accounts_are_found(&make().await).await;
    sessions_end(&make().await).await;
    of_too_many_sessions_the_oldest_end(&make().await).await;
    passwords_change(&make().await).await;
    accounts_change(&make().await).await;
    tokens_are_sessions(&make().await).await;
    who_leaves_is_gone(&make().await).await;
}

async fn accounts_are_found(store: &Arc<dyn Accounts>) {
    assert!(!store.any_admin().await.expect("answers"), "a new store is empty");
    let NewUser { user: maya, password_hash, .. } = user(1);
    store.create(user(2)).await.expect("creates");
    assert!(!store.any_admin().await.expect("answers"), "user 2 is none");
    store.create(user(1)).await.expect("creates");
    assert!(store.any_admin().await.expect("answers"), "user 1 is one");
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
        keep(store, kept.clone()).await;
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

async fn of_too_many_sessions_the_oldest_end(store: &Arc<dyn Accounts>) {
    for id in [1, 2] {
        store.create(user(id)).await.expect("creates");
    }
    keep(store, session(1_000, 2, 600)).await;
    store.add_token(token(5, 1), hash(1_001)).await.expect("adds");
    let nth = |n: u64| Session { created_at: at(n as i64), ..session(n, 1, 600) };
    let last = SESSIONS_MAX as u64 + 1;
    for n in 1..last {
        keep(store, nth(n)).await;
    }
    // A clock that went back makes the newest look old; it is the one that was asked for.
    let newest = Session { created_at: at(0), ..nth(last) };
    let ended = store.open_session(newest, &user(1).password_hash).await.expect("opens");
    assert_eq!(ended, Some(vec![hash(1)]));
    for (token, stays) in [(1, false), (2, true), (last, true), (1_000, true), (1_001, true)] {
        assert_eq!(store.session(hash(token), at(1)).await.expect("answers").is_some(), stays, "{token}");
    }
}

async fn passwords_change(store: &Arc<dyn Accounts>) {
    store.create(user(1)).await.expect("creates");
    store.create(user(2)).await.expect("creates");
    for kept in [session(1, 1, 60), session(2, 1, 60), session(3, 2, 60)] {
        keep(store, kept).await;
    }
    store.add_token(token(5, 1), hash(4)).await.expect("adds");
    let ended = store.set_password(UserId(1), None, "another".to_owned(), Some(hash(1))).await.expect("sets");
    assert_eq!(ended, Some(vec![hash(2)]));
    let name = user(1).user.name;
    let found = store.credentials(name.as_str()).await.expect("answers");
    assert_eq!(found, Some((UserId(1), "another".to_owned())));
    for (token, stays) in [(1, true), (2, false), (3, true), (4, true)] {
        let found = store.session(hash(token), at(1)).await.expect("answers");
        assert_eq!(found.is_some(), stays, "session {token}");
    }
    let set = async |was: &str, to: &str| {
        store.set_password(UserId(1), Some(was.to_owned()), to.to_owned(), None).await.expect("answers")
    };
    assert_eq!(set(&user(1).password_hash, "a thief's").await, None, "that was the password once");
    assert_eq!(set("another", "a third").await, Some(vec![hash(1)]));
    assert_eq!(store.set_password(UserId(9), None, String::new(), None).await.expect("answers"), None);
    for password in [user(1).password_hash.as_str(), "another"] {
        let late = store.open_session(session(6, 1, 60), password).await.expect("answers");
        assert_eq!((late, store.session(hash(6), at(1)).await.expect("answers")), (None, None), "{password}");
    }
    assert_eq!(store.open_session(session(6, 1, 60), "a third").await.expect("opens"), Some(Vec::new()));
    assert_eq!(store.open_session(session(7, 9, 60), "").await.expect("answers"), None, "nobody's");
}

async fn accounts_change(store: &Arc<dyn Accounts>) {
    store.create(user(1)).await.expect("creates");
    let User { bot, verified_at, .. } = user(1).user;
    assert_eq!((bot, verified_at), (false, None));
    for (patch, bot, verified_at) in [
        (UserPatch::default(), false, None),
        (UserPatch { bot: Some(true), verified_at: None }, true, None),
        (UserPatch { bot: None, verified_at: Some(at(5)) }, true, Some(at(5))),
        (UserPatch { bot: Some(false), verified_at: Some(at(9)) }, false, Some(at(5))),
    ] {
        let expected = User { bot, verified_at, ..user(1).user };
        assert_eq!(store.update(UserId(1), patch).await.expect("updates"), Some(expected.clone()));
        assert_eq!(store.by_id(UserId(1)).await.expect("answers"), Some(expected));
    }
    assert_eq!(store.update(UserId(9), UserPatch::default()).await.expect("answers"), None);
}

async fn tokens_are_sessions(store: &Arc<dyn Accounts>) {
    for id in [1, 2] {
        store.create(user(id)).await.expect("creates");
    }
    keep(store, session(1, 1, 60)).await;
    for (id, whose) in [(11, 1), (12, 1), (21, 2)] {
        store.add_token(token(id, whose), hash(id)).await.expect("adds");
    }
    assert_eq!(store.tokens(UserId(1)).await.expect("lists"), [token(11, 1), token(12, 1)], "and no sign-in");
    let found = store.session(hash(11), at(86_400 * 3650)).await.expect("answers").expect("has no end");
    assert_eq!((found.user, found.scope, found.created_at), (UserId(1), Scope::Chat, at(0)));
    let found = store.session(hash(12), at(0)).await.expect("answers").expect("is there");
    assert_eq!((found.scope, found.expires_at), (Scope::Full, ApiToken::EXPIRES_AT));
    assert_eq!(store.purge_sessions(at(86_400 * 3650)).await.expect("purges"), 1, "the sign-in alone");

    assert_eq!(store.remove_token(UserId(2), TokenId(11)).await.expect("answers"), None, "it is not theirs");
    assert_eq!(store.remove_token(UserId(1), TokenId(11)).await.expect("answers"), Some(hash(11)));
    assert_eq!(
        store.remove_token(UserId(1), TokenId(11)).await.expect("answers"),
        None,
        "it was gone already"
    );
    assert_eq!(store.session(hash(11), at(0)).await.expect("answers"), None);
    assert_eq!(store.tokens(UserId(1)).await.expect("lists"), [token(12, 1)]);
}

async fn who_leaves_is_gone(store: &Arc<dyn Accounts>) {
    for id in [1, 2] {
        store.create(user(id)).await.expect("creates");
        keep(store, session(id, id, 60)).await;
        store.add_token(token(id, id), hash(100 + id)).await.expect("adds");
    }
    assert!(store.remove(UserId(1), at(5)).await.expect("removes"));
    assert!(!store.remove(UserId(1), at(5)).await.expect("removes"), "it was gone already");
    assert_eq!(store.by_id(UserId(1)).await.expect("answers"), None);
    assert_eq!(store.by_name(&user(1).user.name).await.expect("answers"), None);
    assert_eq!(store.credentials("creator_1@example.com").await.expect("answers"), None);
    for secret in [1, 101] {
        assert_eq!(store.session(hash(secret), at(6)).await.expect("answers"), None);
    }
    assert_eq!(store.by_id(UserId(2)).await.expect("answers"), Some(user(2).user), "others stay");
    assert!(store.session(hash(102), at(6)).await.expect("answers").is_some());
    let again = User { id: UserId(3), ..user(1).user };
    let refused = store.create(NewUser { user: again, ..user(3) }).await;
    assert!(matches!(refused, Err(AccountError::NameTaken)), "a name is one person's for ever: {refused:?}");
    let elsewhere = User { email: user(1).user.email, ..user(3).user };
    store.create(NewUser { user: elsewhere, ..user(3) }).await.expect("the address is free");
}

/// An account with keys and invitations leaves too, and its keys open nothing any more.
pub async fn leaving(make: impl AsyncFn() -> super::stream_keys::Both) {
    let (accounts, keys) = make().await;
    let mine = super::fixtures::channel(&accounts, 1).await;
    let key = crate::users::StreamKey {
        id: StreamKeyId(1),
        channel: mine,
        label: String::new(),
        created_at: at(0),
        last_used_at: None,
    };
    keys.add(key, hash(1)).await.expect("adds");
    assert!(accounts.remove(UserId(1), at(1)).await.expect("removes"));
    assert_eq!(keys.find(hash(1)).await.expect("answers"), None);
    assert_eq!(keys.list(mine).await.expect("lists"), []);
}

/// Of many who want one name, or one e-mail address, exactly one gets it; no more tokens than the limit stay.
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

    let store = make().await;
    store.create(user(1)).await.expect("creates");
    let added = race(|n| {
        let store = store.clone();
        async move { store.add_token(token(n + 1, 1), hash(n + 1)).await }
    })
    .await;
    let refused = added.iter().filter(|added| matches!(added, Err(TokenError::TooMany))).count();
    assert_eq!(refused, RACERS as usize - TOKENS_MAX, "{added:?}");
    assert_eq!(store.tokens(UserId(1)).await.expect("lists").len(), TOKENS_MAX);
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
    store.add_token(token(1, 2), hash(1)).await.expect("adds");
    let twin = store.add_token(token(2, 1), hash(1)).await;
    assert!(matches!(twin, Err(TokenError::Store(_))), "a secret is one token's: {twin:?}");
    let orphan = store.add_token(token(3, 9), hash(3)).await;
    assert!(matches!(orphan, Err(TokenError::Store(_))), "a token without an account: {orphan:?}");
}

/// Accounts and sessions outlive the process.
pub async fn restart(open: impl AsyncFn() -> Arc<dyn Accounts>) {
    let store = open().await;
    let kept = session(1, 1, 60);
    store.create(user(1)).await.expect("creates");
    keep(&store, kept.clone()).await;
    drop(store);
    let store = open().await;
    assert_eq!(store.by_id(UserId(1)).await.expect("answers"), Some(user(1).user));
    assert!(store.credentials("creator_1").await.expect("answers").is_some());
    assert_eq!(store.session(kept.token, at(1)).await.expect("answers"), Some(kept));
    let refused = store.create(user(1)).await;
    assert!(matches!(refused, Err(AccountError::NameTaken)), "{refused:?}");
}
