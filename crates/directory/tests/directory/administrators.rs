//! Accounts that are made for somebody, and what an administrator says of one.

use directory::accounts::CreateError;
use directory::{CreateUser, FirstAdmin, SignedIn};
use domain::ids::UserId;
use domain::secrets::Secret;
use domain::users::UserPatch;

use crate::site::{PASSWORD, Site, at};

#[tokio::test]
async fn a_site_without_an_administrator_gets_one_once() {
    for chosen in [None, Some(Secret::presented(PASSWORD))] {
        let site = Site::open().await;
        // Somebody who was made by the command line before the first start is no administrator yet.
        site.sign_up("maya").await.expect("signs up");
        let first = FirstAdmin {
            name: "Operator".to_owned(),
            email: "operator@localhost".to_owned(),
            password: chosen.clone(),
        };
        let made = site.accounts.bootstrap_admin(first.clone(), at(0)).await.expect("answers");
        let (called, password) = made.expect("the site had none");
        assert!(chosen.is_none_or(|chosen| chosen == password), "a password that was chosen is kept");
        let operator = site.sign_in(called.as_str(), password.expose(), 0).await.expect("signs in").user;
        assert!(operator.admin);
        assert_eq!(site.accounts.bootstrap_admin(first, at(1)).await.expect("answers"), None);
    }
}

#[tokio::test]
async fn an_administrator_does_not_take_somebody_elses_name() {
    let site = Site::open().await;
    site.sign_up("maya").await.expect("signs up");
    let first = FirstAdmin { name: "maya".to_owned(), email: "m@example.org".to_owned(), password: None };
    let refused = site.accounts.bootstrap_admin(first, at(0)).await.expect_err("is refused");
    assert!(matches!(refused, CreateError::NameTaken), "{refused}");
}

#[tokio::test]
async fn a_first_administrator_whose_fields_are_wrong_is_refused_with_all_of_them() {
    let site = Site::open().await;
    let first = FirstAdmin { name: "admin".to_owned(), email: "nowhere".to_owned(), password: None };
    let refused = site.accounts.bootstrap_admin(first, at(0)).await.expect_err("is refused").to_string();
    assert!(refused.contains("name: ") && refused.contains("email: "), "{refused}");
}

#[tokio::test]
async fn who_signs_up_is_unverified_and_who_is_made_by_an_administrator_is_verified() {
    let site = Site::open().await;
    let SignedIn { user, token, .. } = site.sign_up("maya").await.expect("signs up");
    assert_eq!((user.bot, user.verified_at), (false, None));
    assert!(site.accounts.who(&token, at(1)).await.expect("answers").is_some());
    let patch = UserPatch { bot: Some(true), verified_at: Some(at(1)) };
    let updated = site.accounts.update(user.id, patch.clone()).await.expect("answers").expect("is there");
    assert_eq!((updated.bot, updated.verified_at), (true, Some(at(1))));
    let (who, _) = site.accounts.who(&token, at(1)).await.expect("answers").expect("is signed in");
    assert_eq!(who, updated, "at once, though it was cached");
    assert_eq!(site.accounts.update(UserId(9), patch).await.expect("answers"), None);

    let form = CreateUser {
        name: "helper".to_owned(),
        email: "helper@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        admin: false,
        partner: false,
        bot: true,
    };
    let helper = site.accounts.create_user(form, at(3)).await.expect("is made");
    assert_eq!((helper.bot, helper.verified_at), (true, Some(at(3))));
}
