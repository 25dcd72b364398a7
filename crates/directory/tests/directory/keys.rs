//! Stream keys and tokens: secrets that are shown once.

use directory::accounts::{CreateTokenError, Ended};
use directory::keys::CreateKeyError;
use domain::limits::{STREAM_KEYS_MAX, TOKENS_MAX};
use domain::secrets::Secret;
use domain::users::Scope;

use crate::site::{Site, at, name};

#[tokio::test]
async fn keys_are_shown_once_open_their_channel_and_can_be_revoked() {
    let site = Site::open().await;
    let (maya, noor) = (site.user("maya").await, site.user("noor").await);
    let (key, secret) = site.keys.create(maya.id.into(), " Desk ", at(1)).await.expect("is made");
    assert_eq!(key.label, "Desk");
    assert!(secret.expose().starts_with("live_"), "leaks are recognised");
    let admitted = site.keys.admit(&secret).await.expect("answers").expect("opens");
    assert_eq!((admitted.key, admitted.channel.name), (key.clone(), name("maya")));
    assert_eq!(site.keys.admit(&Secret::presented("live_forged")).await.expect("answers"), None);
    assert!(!site.keys.revoke(noor.id.into(), key.id).await.expect("answers"), "it is not hers");
    assert!(site.keys.revoke(maya.id.into(), key.id).await.expect("answers"));
    assert_eq!(site.keys.admit(&secret).await.expect("answers"), None);

    for _ in 0..STREAM_KEYS_MAX {
        site.keys.create(maya.id.into(), "", at(2)).await.expect("is made");
    }
    let refused = site.keys.create(maya.id.into(), "", at(2)).await;
    assert!(matches!(refused, Err(CreateKeyError::TooMany)), "{refused:?}");
    assert_eq!(site.keys.list(maya.id.into()).await.expect("lists").len(), STREAM_KEYS_MAX);
    let refused = site.keys.create(noor.id.into(), &"x".repeat(61), at(2)).await;
    assert!(matches!(refused, Err(CreateKeyError::Invalid(faults)) if faults[0].field == "label"));
}

#[tokio::test]
async fn a_token_for_a_bot_opens_what_its_scope_says_until_it_is_revoked() {
    let site = Site::open().await;
    let (maya, noor) = (site.user("maya").await, site.user("noor").await);
    let mut endings = site.accounts.endings();
    let (token, secret) =
        site.accounts.create_token(maya.id, " Nightbot ", Scope::Chat, at(1)).await.expect("is made");
    assert_eq!((token.label.as_str(), token.scope), ("Nightbot", Scope::Chat));
    assert!(secret.expose().starts_with("chat_"), "leaks are recognised");
    let (who, session) = site.accounts.who(&secret, at(2)).await.expect("answers").expect("is somebody's");
    assert_eq!((who.id, session.scope), (maya.id, Scope::Chat));
    assert_eq!(site.accounts.tokens(maya.id).await.expect("lists"), std::slice::from_ref(&token));
    assert!(!site.accounts.revoke_token(noor.id, token.id).await.expect("answers"), "it is not hers");
    assert!(site.accounts.revoke_token(maya.id, token.id).await.expect("answers"));
    assert_eq!(
        site.accounts.who(&secret, at(2)).await.expect("answers"),
        None,
        "at once, though it was cached"
    );
    assert_eq!(endings.try_recv(), Ok(Ended::Token(secret.hash())));

    for _ in 0..TOKENS_MAX {
        site.accounts.create_token(maya.id, "", Scope::Full, at(2)).await.expect("is made");
    }
    let refused = site.accounts.create_token(maya.id, "", Scope::Full, at(2)).await;
    assert!(matches!(refused, Err(CreateTokenError::TooMany)), "{refused:?}");
    let refused = site.accounts.create_token(noor.id, "a\nb", Scope::Chat, at(2)).await;
    assert!(matches!(refused, Err(CreateTokenError::Invalid(faults)) if faults[0].field == "label"));
}
