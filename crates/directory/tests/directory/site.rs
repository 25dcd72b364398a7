//! A site with nobody on it, for each test.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use directory::accounts::{SignInError, SignUpError};
use directory::{
    AccountDesk, AccountsConfig, Browse, BrowseQuery, ChannelDesk, FollowDesk, KeyDesk, Page, SignUp,
    SignedIn, Viewers,
};
use domain::names::Name;
use domain::streams::{SourceInfo, StreamRecord, StreamState};
use domain::time::WallTime;
use domain::users::User;
use stores::{Places, Stores};
use tempfile::TempDir;

pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) fn at(seconds: i64) -> WallTime {
    WallTime::from_unix_ms(1_767_225_600_000 + seconds * 1000)
}

/// A site with nobody on it.
pub(crate) struct Site {
    pub(crate) accounts: Arc<AccountDesk>,
    pub(crate) keys: KeyDesk,
    pub(crate) channels: Arc<ChannelDesk>,
    pub(crate) follows: FollowDesk,
    pub(crate) viewers: Arc<Viewers>,
    pub(crate) browse: Browse,
    pub(crate) stores: Stores,
    pub(crate) t0: Instant,
    _folder: TempDir,
}

impl Site {
    pub(crate) async fn new(config: AccountsConfig) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stores = stores::open(&Places::embedded(folder.path())).await.expect("opens");
        let channels = Arc::new(ChannelDesk::new(stores.channels.clone()));
        let viewers = Arc::new(Viewers::default());
        Self {
            accounts: Arc::new(AccountDesk::new(config, stores.accounts.clone(), stores.invites.clone())),
            keys: KeyDesk::new(stores.stream_keys.clone()),
            browse: Browse::new(
                stores.registry.clone(),
                channels.clone(),
                stores.follows.clone(),
                viewers.clone(),
            ),
            follows: FollowDesk::new(stores.follows.clone(), stores.rooms.clone()),
            channels,
            viewers,
            stores,
            t0: runtime::clock::now(),
            _folder: folder,
        }
    }

    pub(crate) async fn open() -> Self {
        Self::new(AccountsConfig::default()).await
    }

    pub(crate) async fn sign_up(&self, name: &str) -> Result<SignedIn, SignUpError> {
        self.accounts.sign_up(form(name), HOME, at(0)).await
    }

    pub(crate) async fn user(&self, name: &str) -> User {
        self.sign_up(name).await.expect("signs up").user
    }

    pub(crate) async fn sign_in(
        &self,
        name: &str,
        password: &str,
        seconds: i64,
    ) -> Result<SignedIn, SignInError> {
        self.accounts.sign_in(name, password, HOME, at(seconds)).await
    }

    /// Puts the user's channel on air as stream `id` and says what its lease is.
    pub(crate) async fn on_air(&self, user: &User, id: u64, state: StreamState) -> domain::streams::Lease {
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

    /// A page of one stream, `seconds` after the start.
    pub(crate) async fn page(&self, after: Option<String>, seconds: u64) -> Page {
        let (wall, now) = (at(seconds as i64), self.t0 + std::time::Duration::from_secs(seconds));
        let query = BrowseQuery { limit: Some(1), after, ..BrowseQuery::default() };
        self.browse.live(&query, wall, now).await.expect("answers")
    }

    /// Names on the front page, `seconds` after the start.
    pub(crate) async fn front_page(&self, seconds: u64) -> Vec<String> {
        let (wall, now) = (at(seconds as i64), self.t0 + std::time::Duration::from_secs(seconds));
        let page = self.browse.live(&BrowseQuery::default(), wall, now).await.expect("answers");
        page.streams
            .iter()
            .map(|s| format!("{} {:?} {}", s.channel.name, s.channel.title, s.viewers))
            .collect()
    }
}

pub(crate) fn form(name: &str) -> SignUp {
    SignUp {
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        password: PASSWORD.to_owned(),
        invite: None,
    }
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name")
}
