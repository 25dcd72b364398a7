//! A site of our own for each test, and the one way in which tests ask it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chat::edge::EdgeConfig;
use chat::emotes::{EmoteBook, EmoteDesk};
use chat::room::{AutoJudge, RoomPorts};
use chat::service::Book;
use chat::{Chat, ChatConfig, ChatPorts};
use directory::{
    AccountDesk, AccountsConfig, Browse, ChannelDesk, FollowDesk, FollowStanding, KeyDesk, LeaveDesk,
    RungOffer, Viewers,
};
use domain::ids::{IdMint, StreamId, UserId};
use domain::secrets::Secret;
use domain::streams::{Lease, SourceInfo, StreamRecord, StreamState};
use domain::time::WallTime;
use domain::users::{LatencyMode, NewUser, Session, User};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use runtime::Scope;
use runtime::metrics::Metrics;
use serde_json::Value;
use stores::{Places, Stores};
use tempfile::TempDir;
use tokio::sync::watch;
use video::health::Health;
use video::origin::Origin;
use web::{Deps, IngestOffer, Web, WebConfig};

/// A hash that no password has.
const NO_PASSWORD: &str = "nothing matches this";

/// Long enough for everything that ought to happen, however busy the machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running site.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) scope: Scope,
    pub(crate) stores: Stores,
    pub(crate) origin: Origin,
    pub(crate) viewers: Arc<Viewers>,
    pub(crate) ready: watch::Sender<bool>,
    pub(crate) web: Web,
    client: Client,
    _folder: TempDir,
}

/// Somebody with an account and a session.
pub(crate) struct Somebody {
    pub(crate) user: User,
    pub(crate) token: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }

    /// Asserts a refusal: the status, the code, and that it is a problem document that agrees with itself.
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!((self.status, problem["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(problem["status"], status, "{self:?}");
        assert_eq!(problem["type"], "about:blank", "{self:?}");
        assert!(!problem["detail"].as_str().unwrap_or_default().is_empty(), "{self:?}");
        problem
    }
}

/// A place that is only this test's.
pub(crate) fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::install().expect("the only recorder")).clone()
}

fn now() -> WallTime {
    WallTime::from_unix_ms(runtime::clock::wall_ms())
}

/// A site's rungs, of which the best is for partners.
fn rungs() -> Vec<RungOffer> {
    let rung = |name: &str, partners_only| RungOffer { name: name.to_owned(), partners_only };
    vec![rung("1080p", true), rung("720p", false), rung("160p", false)]
}

/// Chat on these stores.
fn rooms(stores: &Stores, emotes: &Arc<EmoteDesk>, scope: &Scope) -> Chat {
    let clock = RoomPorts::wall_clock();
    let ports = ChatPorts {
        accounts: stores.accounts.clone(),
        channels: stores.channels.clone(),
        follows: stores.follows.clone(),
        room: RoomPorts {
            rooms: stores.rooms.clone(),
            log: stores.chat_log.clone(),
            bus: stores.chat_bus.clone(),
            standing: Arc::new(FollowStanding(stores.follows.clone())),
            people: Arc::new(Book::new(stores.accounts.clone(), stores.rooms.clone(), clock.clone())),
            codebook: Arc::new(EmoteBook::new(emotes.clone(), scope.clone())),
            judge: Arc::new(|_| Box::new(AutoJudge::default())),
            mint: Arc::new(IdMint::default()),
            clock,
        },
    };
    let edge = EdgeConfig { threads: 1, ..EdgeConfig::default() };
    Chat::start(ChatConfig { edge, ..ChatConfig::default() }, ports, scope).expect("threads")
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(WebConfig::default(), AccountsConfig::default()).await
    }

    pub(crate) async fn with(config: WebConfig, accounts: AccountsConfig) -> Self {
        let metrics = metrics();
        let folder = tempfile::tempdir().expect("a folder");
        let stores = stores::open(&Places::embedded(folder.path())).await.expect("opens");
        let (origin, viewers) = (Origin::default(), Arc::new(Viewers::default()));
        let channels = Arc::new(ChannelDesk::new(stores.channels.clone()).with_rungs(rungs()));
        let (ready, is_ready) = watch::channel(true);
        let accounts = Arc::new(AccountDesk::new(accounts, stores.accounts.clone(), stores.invites.clone()));
        let scope = Scope::root();
        let emotes = Arc::new(EmoteDesk::new(stores.emotes.clone(), "ffmpeg".into()));
        let rooms = rooms(&stores, &emotes, &scope);
        let deps = Deps {
            origin: origin.clone(),
            health: Arc::new(|_| Health::offline()),
            leaving: Arc::new(LeaveDesk::new(
                accounts.clone(),
                stores.rooms.clone(),
                stores.chat_log.clone(),
                stores.emotes.clone(),
                stores.registry.clone(),
            )),
            accounts,
            keys: Arc::new(KeyDesk::new(stores.stream_keys.clone())),
            browse: Arc::new(Browse::new(
                stores.registry.clone(),
                channels.clone(),
                stores.follows.clone(),
                viewers.clone(),
            )),
            follows: Arc::new(FollowDesk::new(stores.follows.clone(), stores.rooms.clone())),
            emotes,
            reception: Some(Arc::new(rooms.clone())),
            chat: Some(rooms),
            channels,
            viewers: viewers.clone(),
            metrics: Some(metrics),
            ready: is_ready,
            ingest: IngestOffer {
                rtmp: Some("rtmp://127.0.0.1:1935/live".to_owned()),
                rtmps: None,
                codecs: vec!["h264".to_owned()],
                bitrate_max_bps: 8_000_000,
            },
            version: "9.9.9",
        };
        let web = Web::new(config, deps, &scope).expect("starts");
        let listener = runtime::listener::bind(local()).expect("binds");
        let address = listener.local_addr().expect("bound");
        web.serve(listener, None);
        let client = Client::builder().timeout(PATIENCE).no_proxy().no_gzip().build().expect("a client");
        Self { address, scope, stores, origin, viewers, ready, web, client, _folder: folder }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).expect("a method"), self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request("GET", path)).await
    }

    /// A request with a JSON body from nobody.
    pub(crate) async fn json(&self, method: &str, path: &str, body: Value) -> Answer {
        send(self.request(method, path).json(&body)).await
    }

    /// A request by somebody's bearer token; `Value::Null` is no body.
    pub(crate) async fn by(&self, who: &Somebody, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).bearer_auth(&who.token);
        send(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// An account with a session, made without the cost of a password.
    pub(crate) async fn somebody(&self, name: &str) -> Somebody {
        self.person(name, false).await
    }

    pub(crate) async fn admin(&self, name: &str) -> Somebody {
        self.person(name, true).await
    }

    async fn person(&self, name: &str, admin: bool) -> Somebody {
        let id = UserId(name.bytes().fold(7, |id, byte| id * 31 + u64::from(byte)) >> 1);
        let (name, email) = (name.parse().expect("a name"), format!("{name}@example.com"));
        let user =
            User { id, name, email, admin, partner: false, bot: false, verified_at: None, created_at: now() };
        let new = NewUser {
            user: user.clone(),
            password_hash: NO_PASSWORD.to_owned(),
            latency: LatencyMode::default(),
        };
        self.stores.accounts.create(new).await.expect("is new");
        let token = Secret::presented(format!("token-of-{}", user.name));
        let expires_at = now() + Duration::from_secs(3600);
        let session = Session {
            token: token.hash(),
            user: id,
            scope: domain::users::Scope::Full,
            created_at: now(),
            expires_at,
        };
        let opened = self.stores.accounts.open_session(session, NO_PASSWORD).await.expect("answers");
        assert!(opened.is_some(), "is kept");
        Somebody { user, token: token.expose().to_owned() }
    }

    /// Puts somebody's channel on air in the registry.
    pub(crate) async fn on_air(&self, who: &Somebody, id: u64, state: StreamState) -> Lease {
        self.stores.registry.claim(record(who, id, state), false, now()).await.expect("is free")
    }

    pub(crate) async fn goes(&self, who: &Somebody, lease: &Lease, state: StreamState) {
        let record = record(who, lease.stream.0, state);
        self.stores.registry.renew(lease, Some(record), now()).await.expect("is held");
    }
}

fn record(who: &Somebody, id: u64, state: StreamState) -> StreamRecord {
    StreamRecord {
        id: StreamId(id),
        channel: who.user.id.into(),
        name: who.user.name.clone(),
        node: "one".to_owned(),
        started_at: now(),
        state,
        source: SourceInfo { width: 1280, height: 720, fps: 30.0, codecs: vec!["avc1.64001f".to_owned()] },
        renditions: vec!["source".to_owned()],
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.expect("reads") }
}
