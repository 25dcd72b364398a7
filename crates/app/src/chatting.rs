//! Chat, from the settings and the stores: which numbers, which ports, which threads.

use std::io;
use std::sync::Arc;

use chat::edge::EdgeConfig;
use chat::emotes::{EmoteBook, EmoteDesk};
use chat::room::{AutoJudge, RoomConfig, RoomPorts};
use chat::rules::rates::RateConfig;
use chat::service::{Book, DoorConfig};
use chat::tree::node::NodeConfig;
use chat::wire::irc::render::ServerName;
use chat::{Chat, ChatConfig, ChatPorts};
use domain::ids::IdMint;
use runtime::Scope;
use stores::Stores;

use crate::config::Config;
use crate::roles::Role;

/// Starts chat if a role here delivers it.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn start(
    config: &Config,
    stores: &Stores,
    emotes: &Arc<EmoteDesk>,
    roles: &[Role],
    scope: &Scope,
) -> io::Result<Option<Chat>> {
    if !roles.contains(&Role::Chat) {
        return Ok(None);
    }
    Chat::start(settings(config), ports(stores, emotes, scope), scope).map(Some)
}

/// The crate's own struct.
pub(crate) fn settings(config: &Config) -> ChatConfig {
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
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
            connections_max: count(chat.connections_max),
            // The configuration's own check has refused every name that is none.
            server: ServerName::new(&config.irc.server_name).unwrap_or_default(),
            ..EdgeConfig::default()
        },
        door: DoorConfig {
            per_address_max: count(chat.per_address_max),
            connections_max: count(chat.connections_max),
            ..DoorConfig::default()
        },
        target: (!chat.url.is_empty()).then(|| chat.url.as_str().into()),
    }
}

fn ports(stores: &Stores, emotes: &Arc<EmoteDesk>, scope: &Scope) -> ChatPorts {
    let clock = RoomPorts::wall_clock();
    let book = Book::new(Arc::clone(&stores.accounts), Arc::clone(&stores.rooms), Arc::clone(&clock));
    ChatPorts {
        accounts: Arc::clone(&stores.accounts),
        channels: Arc::clone(&stores.channels),
        room: RoomPorts {
            rooms: Arc::clone(&stores.rooms),
            log: Arc::clone(&stores.chat_log),
            bus: Arc::clone(&stores.chat_bus),
            standing: Arc::clone(&stores.standing),
            people: Arc::new(book),
            codebook: Arc::new(EmoteBook::new(Arc::clone(emotes), scope.clone())),
            judge: Arc::new(|_| Box::new(AutoJudge::default())),
            mint: Arc::new(IdMint::default()),
            clock,
        },
    }
}
