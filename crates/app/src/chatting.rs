//! Chat, from the settings and the stores: which numbers, which ports, which threads.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chat::edge::{Credential, EdgeConfig};
use chat::emotes::{EmoteBook, EmoteDesk};
use chat::link::above::LinksConfig;
use chat::link::proof::Secret;
use chat::link::wire::Offer;
use chat::room::{AutoJudge, RoomConfig, RoomPorts};
use chat::rules::rates::RateConfig;
use chat::service::{Book, DoorConfig, Outpost, OutpostConfig, Reception};
use chat::tree::node::NodeConfig;
use chat::wire::irc::render::ServerName;
use chat::{Chat, ChatConfig, ChatPorts};
use directory::{AccountDesk, Ended, FollowStanding};
use domain::ids::IdMint;
use runtime::Scope;
use stores::Stores;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio_rustls::rustls::ServerConfig;

use crate::config::{Config, links};
use crate::limits::FILES_FOR_OTHERS;
use crate::process;
use crate::roles::Role;

/// What this process plays of chat.
#[derive(Clone)]
pub(crate) enum Chatting {
    /// Owns rooms and delivers them.
    Rooms(Box<Chat>),
    /// Delivers rooms of another node.
    Outpost(Outpost),
}

impl Chatting {
    /// The rooms, if they are here.
    pub(crate) fn rooms(&self) -> Option<&Chat> {
        match self {
            Self::Rooms(chat) => Some(chat),
            Self::Outpost(_) => None,
        }
    }

    /// Takes nodes that deliver what is read here.
    pub(crate) fn serve_links(&self, listener: TcpListener, tls: Option<Arc<ServerConfig>>, scope: &Scope) {
        match self {
            Self::Rooms(chat) => chat.serve_links(listener, tls, scope),
            Self::Outpost(outpost) => outpost.serve_links(listener, tls, scope),
        }
    }

    /// Who takes sockets.
    pub(crate) fn reception(&self) -> Arc<dyn Reception> {
        match self {
            Self::Rooms(chat) => Arc::new(Chat::clone(chat)),
            Self::Outpost(outpost) => Arc::new(outpost.clone()),
        }
    }

    /// Asks every client to connect anew, evenly over `over`; says how many are here.
    pub(crate) fn reconnect(&self, over: Duration) -> usize {
        match self {
            Self::Rooms(chat) => chat.reconnect(over),
            Self::Outpost(outpost) => outpost.reconnect(over),
        }
    }

    /// Asks every client, newcomers too, to connect elsewhere within `over`, and closes the rest; says how many are here.
    pub(crate) fn leave(&self, over: Duration) -> usize {
        match self {
            Self::Rooms(chat) => chat.leave(over),
            Self::Outpost(outpost) => outpost.leave(over),
        }
    }

    /// Connections.
    pub(crate) fn connections(&self) -> usize {
        match self {
            Self::Rooms(chat) => chat.connections(),
            Self::Outpost(outpost) => outpost.connections(),
        }
    }
}

/// Starts the part of chat that a role here plays. Other delivering nodes may be sent to `offer`.
///
/// # Errors
/// When the system gives no threads, or the link has no secret.
pub(crate) fn start(
    config: &Config,
    stores: &Stores,
    emotes: &Arc<EmoteDesk>,
    offer: Option<Offer>,
    roles: &[Role],
    scope: &Scope,
) -> io::Result<Option<Chatting>> {
    let files = process::file_limit();
    let settings = settings(config, files);
    if settings.edge.connections_max < count(config.chat.connections_max) {
        let (wanted, room) = (config.chat.connections_max, settings.edge.connections_max);
        tracing::warn!(
            wanted,
            room,
            files,
            "fewer chat connections than wanted: raise the hard limit of open files"
        );
    }
    if roles.contains(&Role::Chat) {
        let chat = Chat::start(settings, ports(stores, emotes, scope), scope)?;
        return Ok(Some(Chatting::Rooms(Box::new(chat))));
    }
    if !roles.contains(&Role::ChatEdge) {
        return Ok(None);
    }
    let ChatConfig { mut edge, door, target, link, .. } = settings;
    let link_missing = || {
        let words = "role chat-edge needs chat.link.upstream and chat.link.secret";
        io::Error::new(io::ErrorKind::InvalidInput, words)
    };
    let upstream = config.chat.link.upstream.clone();
    let secret = link.filter(|_| !upstream.is_empty()).ok_or_else(link_missing)?;
    edge.node = match config.chat.link.node {
        0 => rand::random_range(1..4_096),
        node => node,
    };
    let tls = links::opener(&config.chat.link)
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, runtime::log::causes(&e)))?;
    let config = OutpostConfig { edge, door, target, upstream, secret, tls, offer };
    Outpost::start(config, scope).map(|outpost| Some(Chatting::Outpost(outpost)))
}

/// Closes chat connections whose sign-in ends in this process.
pub(crate) fn follow_endings(chat: &Chat, accounts: &AccountDesk, scope: &Scope) {
    let (chat, mut endings) = (chat.clone(), accounts.endings());
    scope.spawn("chat endings", async move {
        loop {
            match endings.recv().await {
                Ok(Ended::Token(hash)) => chat.end(Credential::Token(hash.0)),
                Ok(Ended::Account(user)) => chat.end(Credential::Account(user)),
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "too many sign-ins ended at once: chat asks everybody anew");
                    chat.ask_everybody_anew();
                }
                Err(RecvError::Closed) => return,
            }
        }
    });
}

fn count(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Connections that fit into so many open files, of those that are wanted: the next one is refused in words and not by the kernel.
pub(crate) fn room_for(wanted: u32, files: u64) -> usize {
    let room = usize::try_from(files.saturating_sub(FILES_FOR_OTHERS)).unwrap_or(usize::MAX);
    count(wanted).min(room.max(1))
}

/// The crate's own struct, for a process with so many open files.
pub(crate) fn settings(config: &Config, files: u64) -> ChatConfig {
    let connections_max = room_for(config.chat.connections_max, files);
    let (chat, rates) = (&config.chat, &config.chat.rates);
    let mut node = NodeConfig { view_budget: chat.view_budget, ..NodeConfig::default() };
    node.pace.tick_max = chat.tick_max.0;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    ChatConfig {
        room: RoomConfig {
            rates: RateConfig {
                window: rates.window.0,
                per_viewer: rates.per_viewer,
                per_moderator: rates.per_moderator,
                per_bot: rates.per_bot,
                per_address: rates.per_address,
                per_channel: rates.per_channel,
                ..RateConfig::default()
            },
            history_lines: count(chat.history),
            ..RoomConfig::default()
        },
        node,
        edge: EdgeConfig {
            threads: chat.threads.0.map_or(cores, count),
            connections_max,
            // The configuration's own check has refused every name that is none.
            server: ServerName::new(&config.irc.server_name).unwrap_or_default(),
            ..EdgeConfig::default()
        },
        door: DoorConfig {
            per_address_max: count(chat.per_address_max),
            connections_max,
            ..DoorConfig::default()
        },
        target: (!chat.url.is_empty()).then(|| chat.url.as_str().into()),
        link: Secret::new(chat.link.secret.as_bytes()),
        links: LinksConfig { children_max: Some(count(chat.link.children)), ..LinksConfig::default() },
    }
}

fn ports(stores: &Stores, emotes: &Arc<EmoteDesk>, scope: &Scope) -> ChatPorts {
    let clock = RoomPorts::wall_clock();
    let book = Book::new(Arc::clone(&stores.accounts), Arc::clone(&stores.rooms), Arc::clone(&clock));
    ChatPorts {
        accounts: Arc::clone(&stores.accounts),
        channels: Arc::clone(&stores.channels),
        follows: Arc::clone(&stores.follows),
        room: RoomPorts {
            rooms: Arc::clone(&stores.rooms),
            log: Arc::clone(&stores.chat_log),
            bus: Arc::clone(&stores.chat_bus),
            standing: Arc::new(FollowStanding(Arc::clone(&stores.follows))),
            people: Arc::new(book),
            codebook: Arc::new(EmoteBook::new(Arc::clone(emotes), scope.clone())),
            judge: Arc::new(|_| Box::new(AutoJudge::default())),
            mint: Arc::new(IdMint::default()),
            clock,
        },
    }
}
