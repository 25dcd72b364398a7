//! Who gets an account, and with which fields.

use std::net::{IpAddr, Ipv4Addr};

use directory::accounts::{CreateError, SignUpError};
use directory::{AccountsConfig, CreateUser, SignUp, Signup};
use domain::secrets::Secret;

use crate::site::{HOME, PASSWORD, Site, at, form};

#[tokio::test]
async fn all_wrong_fields_are_told_together_and_taken_ones_by_name() {
    let site = Site::open().await;
    site.user("maya").await;
    let bad = SignUp {
        name: "m!".to_owned(),
        email: "maya".to_owned(),
        password: "short".to_owned(),
        invite: None,
    };
    let Err(SignUpError::Account(CreateError::Invalid(faults))) =
        site.accounts.sign_up(bad, HOME, at(0)).await
    else {
        panic!("is refused")
    };
    let mut told: Vec<(&str, &str)> = faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
    told.sort_unstable();
    assert_eq!(told, [("email", "shape"), ("name", "too_short"), ("password", "too_short")]);

    assert!(matches!(site.sign_up("MAYA").await, Err(SignUpError::Account(CreateError::NameTaken))));
    let same_email = SignUp { email: "MAYA@example.com".to_owned(), ..form("other") };
    assert!(matches!(
        site.accounts.sign_up(same_email, HOME, at(0)).await,
        Err(SignUpError::Account(CreateError::EmailTaken))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_race_for_a_name_one_gets_it() {
    let site = Site::open().await;
    let mut racers = tokio::task::JoinSet::new();
    for n in 0..8_u8 {
        let accounts = site.accounts.clone();
        let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
        let form = SignUp { email: format!("{n}@example.com"), ..form("maya") };
        racers.spawn(async move { accounts.sign_up(form, from, at(0)).await });
    }
    let made = racers.join_all().await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    let others = made.iter().filter_map(|made| made.as_ref().err());
    assert!(others.into_iter().all(|e| matches!(e, SignUpError::Account(CreateError::NameTaken))));
}

#[tokio::test]
async fn a_closed_site_takes_nobody_and_an_invitation_one() {
    let closed = Site::new(AccountsConfig { signup: Signup::Closed, ..AccountsConfig::default() }).await;
    assert!(matches!(closed.sign_up("maya").await, Err(SignUpError::Closed)));

    let site = Site::new(AccountsConfig { signup: Signup::Invite, ..AccountsConfig::default() }).await;
    assert!(matches!(site.sign_up("maya").await, Err(SignUpError::InviteNeeded)));
    let (code, expires_at) = site.accounts.invite(None, at(0)).await.expect("is made");
    let with = |name: &str, code: &Secret| SignUp { invite: Some(code.clone()), ..form(name) };
    let forged = Secret::presented("invite_forged");
    let late = expires_at + std::time::Duration::from_secs(1);
    let refused = site.accounts.sign_up(with("maya", &forged), HOME, at(0)).await;
    assert!(matches!(refused, Err(SignUpError::BadInvite)), "{refused:?}");
    let refused = site.accounts.sign_up(with("maya", &code), HOME, late).await;
    assert!(matches!(refused, Err(SignUpError::BadInvite)), "{refused:?}");
    site.accounts.sign_up(with("maya", &code), HOME, at(0)).await.expect("is let in");
    let refused = site.accounts.sign_up(with("second", &code), HOME, at(0)).await;
    assert!(matches!(refused, Err(SignUpError::BadInvite)), "{refused:?}");
}

#[tokio::test]
async fn an_invitation_survives_a_form_that_could_not_be_taken() {
    let site = Site::new(AccountsConfig { signup: Signup::Invite, ..AccountsConfig::default() }).await;
    let maya = CreateUser {
        name: "maya".to_owned(),
        email: "maya@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        admin: false,
        partner: true,
        bot: false,
    };
    site.accounts.create_user(maya.clone(), at(0)).await.expect("is made, invitation or not");
    assert!(matches!(site.accounts.create_user(maya, at(0)).await, Err(CreateError::NameTaken)));
    let (code, _) = site.accounts.invite(None, at(0)).await.expect("is made");
    let with = |name: &str, password: &str| SignUp {
        invite: Some(code.clone()),
        password: password.to_owned(),
        ..form(name)
    };
    assert!(site.accounts.sign_up(with("maya", PASSWORD), HOME, at(0)).await.is_err(), "the name is taken");
    assert!(site.accounts.sign_up(with("noor", "short"), HOME, at(0)).await.is_err(), "the password is bad");
    site.accounts.sign_up(with("noor", PASSWORD), HOME, at(0)).await.expect("the code is still good");
}
