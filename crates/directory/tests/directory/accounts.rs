//! Sessions: signing in and out, and what guessing costs.

use std::net::{IpAddr, Ipv4Addr};

use directory::accounts::{SignInError, SignUpError};
use directory::rates::Rate;
use directory::{AccountsConfig, SignedIn};
use domain::secrets::Secret;

use crate::site::{PASSWORD, Site, at, name};

#[tokio::test]
async fn an_account_is_made_used_and_left() {
    let site = Site::open().await;
    let SignedIn { user, token, expires_at } = site.sign_up("Maya").await.expect("signs up");
    assert_eq!((user.name.as_str(), user.admin, user.partner), ("maya", false, false));
    assert_eq!(expires_at, at(90 * 86_400));
    let (who, session) = site.accounts.who(&token, at(1)).await.expect("answers").expect("is signed in");
    assert_eq!((who, session.expires_at), (user.clone(), expires_at));
    assert_eq!(site.channels.of(&user).await.expect("has a channel").name, name("maya"));

    for typed in ["maya", " MAYA ", "maya@example.com", "Maya@Example.COM"] {
        let again = site.sign_in(typed, PASSWORD, 2).await.expect("signs in");
        assert_ne!(again.token, token, "every sign-in has a token of its own");
        assert_eq!(again.user, user, "{typed:?}");
    }
    site.accounts.sign_out(&token).await.expect("signs out");
    assert_eq!(
        site.accounts.who(&token, at(3)).await.expect("answers"),
        None,
        "at once, though it was cached"
    );
    site.accounts.sign_out(&token).await.expect("signing out twice is fine");
    assert_eq!(site.accounts.who(&Secret::presented("sess_forged"), at(3)).await.expect("answers"), None);
}

#[tokio::test]
async fn sessions_end_and_are_purged() {
    let site = Site::new(AccountsConfig { session_days: 1, ..AccountsConfig::default() }).await;
    let token = site.sign_up("maya").await.expect("signs up").token;
    let day = 86_400;
    assert!(site.accounts.who(&token, at(day - 1)).await.expect("answers").is_some());
    assert_eq!(site.accounts.who(&token, at(day + 1)).await.expect("answers"), None);
    assert_eq!(site.accounts.purge(at(day + 1)).await.expect("purges"), 1);
}

#[tokio::test]
async fn a_sign_out_elsewhere_shows_within_five_seconds() {
    let site = Site::open().await;
    let token = site.sign_up("maya").await.expect("signs up").token;
    assert!(site.accounts.who(&token, at(0)).await.expect("answers").is_some());
    site.stores.accounts.close_session(token.hash()).await.expect("closes");
    assert_eq!(site.accounts.who(&token, at(5)).await.expect("answers"), None);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_one_answer() {
    let site = Site::open().await;
    site.user("maya").await;
    let long = "x".repeat(10_000);
    for (who, password) in
        [("maya", "wrong horse"), ("nobody", PASSWORD), ("", ""), (&long, PASSWORD), ("maya", &long)]
    {
        let refused = site.sign_in(who, password, 0).await;
        assert!(matches!(refused, Err(SignInError::BadCredentials)), "{refused:?}");
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_per_name_and_per_address_and_the_right_password_costs_nothing() {
    let few = Rate { burst: 2, refill_s: 10 };
    let config = AccountsConfig { sign_in_per_name: few, ..AccountsConfig::default() };
    let site = Site::new(config).await;
    site.user("maya").await;
    for _ in 0..5 {
        site.sign_in("maya", PASSWORD, 0).await.expect("right is right, however often");
    }
    for (who, seconds) in [("maya", 0), ("MAYA", 0)] {
        assert!(matches!(site.sign_in(who, "wrong horse", seconds).await, Err(SignInError::BadCredentials)));
    }
    let Err(SignInError::RateLimited { retry_after }) = site.sign_in("Maya", PASSWORD, 1).await else {
        panic!("even the right password waits now")
    };
    assert_eq!(retry_after.as_secs(), 9);
    site.sign_in("maya", PASSWORD, 10).await.expect("after that it is taken");

    let config =
        AccountsConfig { sign_in_per_address: few, sign_up_per_address: few, ..AccountsConfig::default() };
    let site = Site::new(config).await;
    for n in 0..2 {
        site.user(&format!("user_{n}")).await;
        assert!(matches!(
            site.sign_in(&format!("guess_{n}"), PASSWORD, 0).await,
            Err(SignInError::BadCredentials)
        ));
    }
    assert!(matches!(site.sign_in("user_0", PASSWORD, 0).await, Err(SignInError::RateLimited { .. })));
    assert!(matches!(site.sign_up("user_9").await, Err(SignUpError::RateLimited { .. })));
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
    site.accounts.sign_in("user_0", PASSWORD, elsewhere, at(0)).await.expect("another address is free");
}
