//! The desks over real (embedded) stores: what a person goes through.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use directory::accounts::{CreateError, CreateTokenError, Ended, SignInError, SignUpError};
use directory::channels::PatchError;
use directory::keys::CreateKeyError;
use directory::rates::Rate;
use directory::{
    AccountDesk, AccountsConfig, Browse, BrowseQuery, ChannelDesk, CreateUser, FirstAdmin, KeyDesk, SignUp,
    SignedIn, Signup, Viewers,
};
use domain::ids::UserId;
use domain::limits::{STREAM_KEYS_MAX, TOKENS_MAX};
use domain::names::Name;
use domain::secrets::Secret;
use domain::streams::{LEASE_TTL, SourceInfo, StreamRecord, StreamState};
use domain::time::WallTime;
use domain::users::{ChannelPatch, Scope, User, UserPatch};
use stores::{Places, Stores};
use tempfile::TempDir;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PASSWORD: &str = "correct horse";

fn at(seconds: i64) -> WallTime {
    WallTime::from_unix_ms(1_767_225_600_000 + seconds * 1000)
}

/// A site with nobody on it.
struct Site {
    accounts: Arc<AccountDesk>,
    keys: KeyDesk,
    channels: Arc<ChannelDesk>,
    viewers: Arc<Viewers>,
    browse: Browse,
    stores: Stores,
    t0: Instant,
    _folder: TempDir,
}

impl Site {
    async fn new(config: AccountsConfig) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stores = stores::open(&Places::embedded(folder.path())).await.expect("opens");
        let channels = Arc::new(ChannelDesk::new(stores.channels.clone()));
        let viewers = Arc::new(Viewers::default());
        Self {
            accounts: Arc::new(AccountDesk::new(config, stores.accounts.clone(), stores.invites.clone())),
            keys: KeyDesk::new(stores.stream_keys.clone()),
            browse: Browse::new(stores.registry.clone(), channels.clone(), viewers.clone()),
            channels,
            viewers,
            stores,
            t0: runtime::clock::now(),
            _folder: folder,
        }
    }

    async fn open() -> Self {
        Self::new(AccountsConfig::default()).await
    }

    async fn sign_up(&self, name: &str) -> Result<SignedIn, SignUpError> {
        self.accounts.sign_up(form(name), HOME, at(0)).await
    }

    async fn user(&self, name: &str) -> User {
        self.sign_up(name).await.expect("signs up").user
    }

    async fn sign_in(&self, name: &str, password: &str, seconds: i64) -> Result<SignedIn, SignInError> {
        self.accounts.sign_in(name, password, HOME, at(seconds)).await
    }

    /// Puts the user's channel on air as stream `id` and says what its lease is.
    async fn on_air(&self, user: &User, id: u64, state: StreamState) -> domain::streams::Lease {
        let record = StreamRecord {
            id: domain::ids::StreamId(id),
            channel: user.id.into(),
            name: user.name.clone(),
            node: "one".to_owned(),
            started_at: at(0),
            state,
            source: SourceInfo::default(),
            renditions: vec!["source".to_owned()],
        };
        self.stores.registry.claim(record, false, at(0)).await.expect("is free")
    }

    /// Names on the front page, `seconds` after the start.
    async fn front_page(&self, seconds: u64) -> Vec<String> {
        let (wall, now) = (at(seconds as i64), self.t0 + std::time::Duration::from_secs(seconds));
        let page = self.browse.live(&BrowseQuery::default(), wall, now).await.expect("answers");
        page.streams
            .iter()
            .map(|s| format!("{} {:?} {}", s.channel.name, s.channel.title, s.viewers))
            .collect()
    }
}

fn form(name: &str) -> SignUp {
    SignUp {
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        password: PASSWORD.to_owned(),
        invite: None,
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

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

#[tokio::test]
async fn an_empty_site_gets_an_administrator_once() {
    for chosen in [None, Some(Secret::presented(PASSWORD))] {
        let site = Site::open().await;
        let first = FirstAdmin {
            name: "Operator".to_owned(),
            email: "operator@localhost".to_owned(),
            password: chosen.clone(),
        };
        let made = site.accounts.bootstrap_admin(first.clone(), at(0)).await.expect("answers");
        let (called, password) = made.expect("the site was empty");
        assert!(chosen.is_none_or(|chosen| chosen == password), "a password that was chosen is kept");
        let operator = site.sign_in(called.as_str(), password.expose(), 0).await.expect("signs in").user;
        assert!(operator.admin);
        assert_eq!(site.accounts.bootstrap_admin(first, at(1)).await.expect("answers"), None);
    }
}

#[tokio::test]
async fn a_first_administrator_whose_fields_are_wrong_is_refused_with_all_of_them() {
    let site = Site::open().await;
    let first = FirstAdmin { name: "admin".to_owned(), email: "nowhere".to_owned(), password: None };
    let refused = site.accounts.bootstrap_admin(first, at(0)).await.expect_err("is refused").to_string();
    assert!(refused.contains("name: ") && refused.contains("email: "), "{refused}");
}

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
async fn a_channel_is_changed_by_its_owner_or_an_administrator() {
    let site = Site::open().await;
    let (maya, noor) = (site.user("maya").await, site.user("noor").await);
    let admin = User { admin: true, ..noor.clone() };
    let titled = |title: &str| ChannelPatch { title: Some(title.to_owned()), ..ChannelPatch::default() };
    let edits = site.channels.edits();
    let changed = site.channels.patch(&maya, &maya.name, titled(" Chess ")).await.expect("her own");
    assert_eq!(changed.title, "Chess");
    assert!(edits.has_changed().expect("the desk is there"));
    assert!(site.channels.patch(&admin, &maya.name, titled("Quiet please")).await.is_ok());
    let refused = site.channels.patch(&noor, &maya.name, titled("Mine")).await;
    assert!(matches!(refused, Err(PatchError::NotYours)), "{refused:?}");
    let refused = site.channels.patch(&maya, &name("nobody"), titled("x")).await;
    assert!(matches!(refused, Err(PatchError::NoSuchChannel)), "{refused:?}");
    let refused = site.channels.patch(&maya, &maya.name, titled(&"x".repeat(141))).await;
    assert!(matches!(refused, Err(PatchError::Invalid(_))), "{refused:?}");
    let kept = site.channels.by_name(&maya.name).await.expect("answers").expect("is there");
    assert_eq!(kept.title, "Quiet please");
}

#[tokio::test]
async fn the_front_page_follows_streams_titles_and_viewers() {
    let site = Site::open().await;
    let (maya, noor, late) = (site.user("maya").await, site.user("noor").await, site.user("late").await);
    assert!(site.front_page(0).await.is_empty());
    let lease = site.on_air(&maya, 1, StreamState::Live).await;
    site.on_air(&noor, 2, StreamState::Interrupted).await;
    site.on_air(&late, 3, StreamState::Starting).await;
    assert_eq!(
        site.front_page(0).await,
        ["maya \"\" 0", "noor \"\" 0"],
        "at once, without what cannot be watched"
    );

    site.viewers.seen(domain::ids::StreamId(2), 7, site.t0);
    let title = ChannelPatch { title: Some("Chess".to_owned()), ..ChannelPatch::default() };
    site.channels.patch(&maya, &maya.name, title).await.expect("her own");
    assert_eq!(site.front_page(0).await, ["noor \"\" 1", "maya \"Chess\" 0"], "a title shows at once");
    site.viewers.seen(domain::ids::StreamId(1), 8, site.t0);
    site.viewers.seen(domain::ids::StreamId(1), 9, site.t0);
    assert_eq!(site.front_page(1).await, ["maya \"Chess\" 2", "noor \"\" 1"], "viewers within a second");

    let found =
        site.browse.on_channel(&late.name, at(1), site.t0).await.expect("answers").expect("is claimed");
    assert_eq!(found.record.state, StreamState::Starting, "a channel's own page sees every state");
    site.stores.registry.release(&lease).await.expect("releases");
    assert_eq!(site.front_page(1).await, ["noor \"\" 1"]);
    assert_eq!(site.browse.on_channel(&maya.name, at(1), site.t0).await.expect("answers"), None);
    assert!(site.front_page(LEASE_TTL.as_secs() + 1).await.is_empty(), "leases that ended are not listed");
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
