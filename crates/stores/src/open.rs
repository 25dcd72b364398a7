//! Which back end answers which port: picked by address, opened once, handed out as traits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::class::Class;
use domain::ports::{
    Accounts, Channels, ChatBus, ChatLog, Emotes, Follows, Invites, Jobs, Registry, Rooms, StreamKeys,
};

use crate::memory::{MemoryChatBus, MemoryJobs, MemoryRegistry};
use crate::sqlite::{
    self, BUCKET_MESSAGES, Db, Found, SqliteAccounts, SqliteChannels, SqliteChatLog, SqliteEmotes,
    SqliteFollows, SqliteInvites, SqliteRooms, SqliteStreamKeys,
};

/// Where things are kept. An address is a back end and what it needs: `sqlite:PATH`, `memory:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Accounts, channels, stream keys, invitations, rooms, emotes, follows: `sqlite:PATH`.
    pub records: String,
    /// Who is live: `memory:`.
    pub registry: String,
    /// The transcode queue: `memory:`.
    pub jobs: String,
    /// The way from rooms to the nodes that show them: `memory:`.
    pub chat_bus: String,
    /// Chat logs: `sqlite:PATH`, another file than that of `records`.
    pub chat_log: String,
}

impl Places {
    /// The embedded back ends, with their files in `folder`.
    pub fn embedded(folder: &Path) -> Self {
        Self {
            records: format!("sqlite:{}", folder.join("footlight.db").display()),
            registry: "memory:".to_owned(),
            jobs: "memory:".to_owned(),
            chat_bus: "memory:".to_owned(),
            chat_log: format!("sqlite:{}", folder.join("chatlog.db").display()),
        }
    }
}

/// Why the stores are not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No back end of that kind keeps this.
    #[error("{what} cannot be kept in {address:?}; it takes {takes}")]
    UnknownBackEnd {
        /// What was to be kept.
        what: &'static str,
        /// The address as it was given.
        address: String,
        /// What would be understood.
        takes: &'static str,
    },
    /// The database cannot be opened or brought up to date.
    #[error("the database {} cannot be opened", .path.display())]
    Database {
        /// Its file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::UnknownBackEnd { .. } => Class::Caller,
            Self::Database { .. } => Class::Fault,
        }
    }
}

/// Every port, answered.
#[derive(Clone)]
pub struct Stores {
    /// Accounts and sessions.
    pub accounts: Arc<dyn Accounts>,
    /// Channels.
    pub channels: Arc<dyn Channels>,
    /// Stream keys.
    pub stream_keys: Arc<dyn StreamKeys>,
    /// Invitations.
    pub invites: Arc<dyn Invites>,
    /// Who is live.
    pub registry: Arc<dyn Registry>,
    /// The transcode queue.
    pub jobs: Arc<dyn Jobs>,
    /// Rooms as they are kept.
    pub rooms: Arc<dyn Rooms>,
    /// Emotes of channels.
    pub emotes: Arc<dyn Emotes>,
    /// The way from rooms to the nodes that show them.
    pub chat_bus: Arc<dyn ChatBus>,
    /// Chat logs.
    pub chat_log: Arc<dyn ChatLog>,
    /// Who follows whom.
    pub follows: Arc<dyn Follows>,
    db: Db,
    log: Db,
}

impl Stores {
    /// Finishes what is under way and closes the files. Calls after this are answered `Unavailable`.
    pub async fn close(&self) {
        self.log.close().await;
        self.db.close().await;
    }
}

/// Opens the back ends that `places` names. Whoever keeps files holds their folder first: [`crate::lock::DataFolder`].
pub async fn open(places: &Places) -> Result<Stores, OpenError> {
    let registry: Arc<dyn Registry> = match places.registry.as_str() {
        "memory:" => Arc::new(MemoryRegistry::default()),
        other => return Err(unknown("the registry", other, "memory:")),
    };
    let jobs: Arc<dyn Jobs> = match places.jobs.as_str() {
        "memory:" => Arc::new(MemoryJobs::default()),
        other => return Err(unknown("the transcode queue", other, "memory:")),
    };
    let chat_bus: Arc<dyn ChatBus> = match places.chat_bus.as_str() {
        "memory:" => Arc::new(MemoryChatBus::default()),
        other => return Err(unknown("what rooms say", other, "memory:")),
    };
    let path = sqlite_path("accounts and channels", &places.records)?;
    let log_path = sqlite_path("chat logs", &places.chat_log)?;
    let db = Db::open(&path).await.map_err(|e| OpenError::Database { path, source: Box::new(e) })?;
    let log = Db::open_log(&log_path);
    let log = log.await.map_err(|e| OpenError::Database { path: log_path, source: Box::new(e) })?;
    Ok(Stores {
        accounts: Arc::new(SqliteAccounts(db.clone())),
        channels: Arc::new(SqliteChannels(db.clone())),
        stream_keys: Arc::new(SqliteStreamKeys(db.clone())),
        invites: Arc::new(SqliteInvites(db.clone())),
        registry,
        jobs,
        rooms: Arc::new(SqliteRooms(db.clone())),
        emotes: Arc::new(SqliteEmotes(db.clone())),
        chat_bus,
        chat_log: Arc::new(SqliteChatLog::new(log.clone(), BUCKET_MESSAGES)),
        follows: Arc::new(SqliteFollows(db.clone())),
        db,
        log,
    })
}

/// What each database file of `places` is to this version. Changes nothing, also while a server has them open.
///
/// # Errors
/// When no back end takes an address.
pub async fn look(places: &Places) -> Result<Vec<(PathBuf, Found)>, OpenError> {
    let path = sqlite_path("accounts and channels", &places.records)?;
    let log_path = sqlite_path("chat logs", &places.chat_log)?;
    let (found, log_found) = (sqlite::look(&path).await, sqlite::look_at_log(&log_path).await);
    Ok(vec![(path, found), (log_path, log_found)])
}

fn sqlite_path(what: &'static str, address: &str) -> Result<PathBuf, OpenError> {
    match address.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err(unknown(what, address, "sqlite:PATH")),
    }
}

fn unknown(what: &'static str, address: &str, takes: &'static str) -> OpenError {
    OpenError::UnknownBackEnd { what, address: address.to_owned(), takes }
}
