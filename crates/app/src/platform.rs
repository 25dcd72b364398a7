//! Everything that runs in this process, built once from configuration and stores, and handed to the roles.
//!
//! The only place that knows both the pipelines and the back ends. It opens no socket ([`crate::doors`] did) and decides
//! no order ([`crate::roles`] does).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chat::emotes::EmoteDesk;
use directory::{AccountDesk, Browse, ChannelDesk, FollowDesk, KeyDesk, LeaveDesk, RungOffer, Viewers};
use domain::ports::Registry;
use domain::streams::StreamRecord;
use domain::time::WallTime;
use runtime::metrics::Metrics;
use runtime::{Scope, clock};
use stores::Stores;
use tokio::sync::watch;
use video::{Ports as VideoPorts, Video, VideoConfig};
use web::{Deps, IngestOffer, UiError, Web, WebConfig};

use crate::admin::Desks;
use crate::chatting::{self, Chatting};
use crate::config::Config;
use crate::doors::{Addresses, Doors};
use crate::limits::{CHAT_FAREWELL, CHAT_LOOK_EVERY, PURGE_EVERY};
use crate::roles::Role;
use crate::vitals;

/// The parts of the platform that this process has, whether their roles are played or not.
pub(crate) struct Platform {
    /// What decides over accounts, keys and channels.
    pub(crate) desks: Desks,
    /// The video pipeline.
    pub(crate) video: Video,
    /// Chat, if this process delivers it.
    pub(crate) chat: Option<Chatting>,
    web: Web,
    registry: Arc<dyn Registry>,
    viewers: Arc<Viewers>,
    metrics: Option<Metrics>,
    doors: Doors,
    ready: watch::Sender<bool>,
    scopes: [Scope; Role::ALL.len()],
}

/// Why the parts can't be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// No UI.
    #[error("the UI can't be served; see http.ui_dir")]
    Ui(#[from] UiError),
    /// A setting is missing, or there are no threads.
    #[error("chat can't start")]
    Chat(#[from] std::io::Error),
}

/// What [`Platform::build`] needs.
pub(crate) struct Parts<'a> {
    /// The settings.
    pub(crate) config: &'a Config,
    /// The web's part of them.
    pub(crate) web: WebConfig,
    /// The back ends.
    pub(crate) stores: &'a Stores,
    /// The sockets.
    pub(crate) doors: Doors,
    /// What people are told of them.
    pub(crate) addresses: &'a Addresses,
    /// The roles that are played.
    pub(crate) roles: &'a [Role],
}

impl Platform {
    /// Puts the parts together. Nothing is served yet.
    ///
    /// # Errors
    /// When the UI's files can't be read, or the system gives no threads.
    pub(crate) fn build(parts: Parts<'_>, root: &Scope) -> Result<Self, BuildError> {
        let Parts { config, web, stores, doors, addresses, roles } = parts;
        let scopes = Role::ALL.map(|_| root.child());
        let of = |role: Role| &scopes[role as usize];
        let desks = desks(config, stores);
        let viewers = Arc::new(Viewers::default());
        let ports = VideoPorts {
            keys: Arc::clone(&stores.stream_keys),
            registry: Arc::clone(&stores.registry),
            jobs: Arc::clone(&stores.jobs),
        };
        let video = Video::start(video_config(config, roles), ports, node(), of(Role::Origin));
        let ffmpeg = config.transcode.ffmpeg.clone().into();
        let emotes = Arc::new(EmoteDesk::new(Arc::clone(&stores.emotes), ffmpeg));
        let offer = doors.chat_offer.clone();
        let chat = chatting::start(config, stores, &emotes, offer, roles, of(Role::Chat))?;
        if let Some(rooms) = chat.as_ref().and_then(Chatting::rooms) {
            chatting::follow_endings(rooms, &desks.accounts, of(Role::Chat));
        }
        // Fails only where another test in this process has installed one.
        let metrics = Metrics::install().ok();
        let ready = watch::Sender::new(false);
        let health = video.clone();
        let deps = Deps {
            origin: video.origin().clone(),
            health: Arc::new(move |channel| health.health(channel)),
            accounts: Arc::clone(&desks.accounts),
            leaving: Arc::new(LeaveDesk::new(
                Arc::clone(&desks.accounts),
                Arc::clone(&stores.rooms),
                Arc::clone(&stores.chat_log),
                Arc::clone(&stores.emotes),
                Arc::clone(&stores.registry),
            )),
            keys: Arc::clone(&desks.keys),
            channels: Arc::clone(&desks.channels),
            browse: Arc::new(Browse::new(
                Arc::clone(&stores.registry),
                Arc::clone(&desks.channels),
                Arc::clone(&stores.follows),
                Arc::clone(&viewers),
            )),
            follows: Arc::new(FollowDesk::new(Arc::clone(&stores.follows), Arc::clone(&stores.rooms))),
            viewers: Arc::clone(&viewers),
            emotes,
            chat: chat.as_ref().and_then(Chatting::rooms).cloned(),
            reception: chat.as_ref().map(Chatting::reception),
            metrics: metrics.clone(),
            ready: ready.subscribe(),
            ingest: IngestOffer {
                rtmp: addresses.rtmp.clone(),
                rtmps: addresses.rtmps.clone(),
                codecs: vec!["h264".to_owned()],
                bitrate_max_bps: config.ingest.bitrate_max.0,
            },
            version: env!("CARGO_PKG_VERSION"),
        };
        let web = Web::new(web, deps, of(Role::Api))?;
        let registry = Arc::clone(&stores.registry);
        Ok(Self { desks, video, chat, web, registry, viewers, metrics, doors, ready, scopes })
    }

    /// Where a role's tasks live.
    pub(crate) fn scope(&self, role: Role) -> &Scope {
        &self.scopes[role as usize]
    }

    /// How long it takes until everybody who watches one of these streams has looked at its playlist again: players that poll do so
    /// every TARGETDURATION. Zero if nobody does.
    pub(crate) fn tail(&self, live: &[StreamRecord]) -> Duration {
        let now = clock::now();
        let watched = live.iter().filter(|record| self.viewers.count(record.id, now) > 0);
        let streams = watched.filter_map(|record| self.video.origin().stream(record.id));
        streams.map(|stream| stream.poll_every()).max().unwrap_or_default()
    }

    /// Tells whoever asks `/readyz` whether requests should be sent here.
    pub(crate) fn set_ready(&self, ready: bool) {
        self.ready.send_replace(ready);
    }

    /// Asks every chat client to connect elsewhere within `window`, and waits for that long or until all have left.
    pub(crate) async fn send_chat_away(&self, window: Duration) {
        let Some(chat) = &self.chat else { return };
        if window.is_zero() {
            return;
        }
        let clients = chat.leave(window);
        tracing::info!(clients, seconds = window.as_secs(), "asking chat clients to connect elsewhere");
        let until = clock::now() + window + CHAT_FAREWELL;
        while chat.connections() > 0 && clock::now() < until {
            tokio::time::sleep(CHAT_LOOK_EVERY).await;
        }
    }

    /// Opens the doors of chat.
    pub(crate) fn open_chat(&mut self) {
        let Some(chat) = &self.chat else { return };
        for door in [self.doors.irc.take(), self.doors.ircs.take()].into_iter().flatten() {
            chat.reception().door().serve_irc(door.listener, door.tls);
        }
        if let Some(door) = self.doors.chat_link.take() {
            chat.serve_links(door.listener, door.tls, &self.scopes[Role::Chat as usize]);
        }
    }

    /// Forgets what has expired, from time to time, and measures what we weigh.
    pub(crate) fn start_housekeeping(&self) {
        let accounts = Arc::clone(&self.desks.accounts);
        self.scope(Role::Directory).spawn("purge", async move {
            loop {
                if let Err(error) = accounts.purge(WallTime::from_unix_ms(clock::wall_ms())).await {
                    tracing::warn!(error = runtime::log::causes(&error), "expired sessions are still kept");
                }
                tokio::time::sleep(PURGE_EVERY).await;
            }
        });
        let (registry, viewers) = (Arc::clone(&self.registry), Arc::clone(&self.viewers));
        vitals::start(registry, viewers, self.metrics.clone(), self.scope(Role::Directory));
    }

    /// Opens the site's door.
    pub(crate) fn open_site(&mut self) {
        if let Some(door) = self.doors.http.take() {
            self.web.serve(door.listener, door.tls);
        }
    }

    /// Opens the encoders' doors.
    pub(crate) fn open_ingest(&mut self) {
        for door in [self.doors.rtmp.take(), self.doors.rtmps.take()].into_iter().flatten() {
            self.video.serve_rtmp(door.listener, door.tls, self.scope(Role::Ingest));
        }
    }
}

impl Role {
    /// Starts this part.
    pub(crate) fn start(self, platform: &mut Platform) {
        match self {
            Self::Directory => platform.start_housekeeping(),
            Self::Api => platform.open_site(),
            // Both live in the pipeline, which runs as soon as it is built; without the role it has no slots.
            Self::Origin | Self::Transcode => {}
            Self::Chat | Self::ChatEdge => platform.open_chat(),
            Self::Ingest => platform.open_ingest(),
        }
    }
}

/// The desks, over the stores.
pub(crate) fn desks(config: &Config, stores: &Stores) -> Desks {
    let accounts =
        AccountDesk::new(config.accounts(), Arc::clone(&stores.accounts), Arc::clone(&stores.invites));
    Desks {
        accounts: Arc::new(accounts),
        keys: Arc::new(KeyDesk::new(Arc::clone(&stores.stream_keys))),
        channels: Arc::new(ChannelDesk::new(Arc::clone(&stores.channels)).with_rungs(rungs(config))),
        users: Arc::clone(&stores.accounts),
        node: None,
    }
}

/// The rungs that channels may choose from.
fn rungs(config: &Config) -> Vec<RungOffer> {
    let mut rungs = config.transcode().rungs;
    rungs.sort_by_key(|rung| std::cmp::Reverse((rung.short_side, rung.bitrate_bps)));
    rungs.into_iter().map(|rung| RungOffer { name: rung.name, partners_only: rung.partners_only }).collect()
}

fn video_config(config: &Config, roles: &[Role]) -> VideoConfig {
    let mut transcode = config.transcode();
    if !roles.contains(&Role::Transcode) {
        transcode.slots = Some(0);
    }
    VideoConfig { ingest: config.ingest(), transcode, origin: config.origin() }
}

/// The name of this machine, which streams carry so that others know where to ask.
fn node() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { IpAddr::from([127, 0, 0, 1]).to_string() } else { name.to_owned() }
}
