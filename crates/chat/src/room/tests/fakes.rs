//! Ports in memory that fail and wait when a test says so.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::ids::{ChannelId, IdMint, ModEntryId, UserId};
use domain::messages::{LoggedMessage, StandingRecord};
use domain::names::Name;
use domain::ports::{ChatBus, ChatLog, Deleted, LogRange, Rooms, Standing, StoreError};
use domain::rooms::{Look, ModEntry, Person, RoomChange, RoomRecord};
use domain::time::WallTime;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::command::{Account, Offered};
use crate::event::{Batch, Event};
use crate::room::judge::AutoJudge;
use crate::room::ports::{Codebook, People, RoomPorts};

pub(super) const BEGIN_MS: i64 = 1_800_000_000_000;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn down() -> StoreError {
    StoreError::Unavailable("switched off by the test".into())
}

/// Everything that rooms ask for, in one value that tests look into.
pub(super) struct World {
    pub(super) record: Mutex<RoomRecord>,
    pub(super) changes: Mutex<Vec<RoomChange>>,
    pub(super) entries: Mutex<Vec<ModEntry>>,
    pub(super) loads: AtomicU32,
    pub(super) store_down: AtomicBool,
    pub(super) logged: Mutex<Vec<String>>,
    pub(super) log_down: AtomicBool,
    pub(super) published: Mutex<Vec<Batch>>,
    pub(super) bus_down: AtomicBool,
    /// Each publish takes one; full unless a test takes them away.
    pub(super) bus_gate: Semaphore,
    pub(super) standing_gate: Semaphore,
    /// Everybody follows since then.
    pub(super) follows_since: Mutex<Option<WallTime>>,
    pub(super) people: Mutex<HashMap<Name, Account>>,
    pub(super) offered: watch::Sender<Arc<[Offered]>>,
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            record: Mutex::default(),
            changes: Mutex::default(),
            entries: Mutex::default(),
            loads: AtomicU32::new(0),
            store_down: AtomicBool::new(false),
            logged: Mutex::default(),
            log_down: AtomicBool::new(false),
            published: Mutex::default(),
            bus_down: AtomicBool::new(false),
            bus_gate: Semaphore::new(Semaphore::MAX_PERMITS),
            standing_gate: Semaphore::new(Semaphore::MAX_PERMITS),
            follows_since: Mutex::default(),
            people: Mutex::default(),
            offered: watch::Sender::new(Arc::from([])),
        })
    }

    pub(super) fn ports(self: &Arc<Self>) -> RoomPorts {
        let begin = tokio::time::Instant::now();
        RoomPorts {
            rooms: Arc::clone(self) as _,
            log: Arc::clone(self) as _,
            bus: Arc::clone(self) as _,
            standing: Arc::clone(self) as _,
            people: Arc::clone(self) as _,
            codebook: Arc::clone(self) as _,
            judge: Arc::new(|_| Box::<AutoJudge>::default()),
            mint: Arc::<IdMint>::default(),
            clock: Arc::new(move || WallTime::from_unix_ms(BEGIN_MS) + begin.elapsed()),
        }
    }

    pub(super) fn events(&self) -> Vec<Event> {
        lock(&self.published).iter().flat_map(|b| b.events.clone()).collect()
    }

    pub(super) fn changes(&self) -> usize {
        lock(&self.changes).len()
    }

    pub(super) fn logged(&self) -> Vec<String> {
        lock(&self.logged).clone()
    }

    pub(super) fn record(&self) -> MutexGuard<'_, RoomRecord> {
        lock(&self.record)
    }

    pub(super) fn follow(&self, since: Option<WallTime>) {
        *lock(&self.follows_since) = since;
    }

    pub(super) fn add(&self, account: Account) {
        lock(&self.people).insert(account.login.clone(), account);
    }

    fn store(&self) -> Result<(), StoreError> {
        if self.store_down.load(Ordering::Relaxed) { Err(down()) } else { Ok(()) }
    }

    fn write(&self, words: String) -> Result<(), StoreError> {
        if self.log_down.load(Ordering::Relaxed) {
            return Err(down());
        }
        lock(&self.logged).push(words);
        Ok(())
    }
}

#[async_trait]
impl Rooms for World {
    async fn load(&self, _channel: ChannelId) -> Result<RoomRecord, StoreError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.store()?;
        Ok(lock(&self.record).clone())
    }
    async fn change(
        &self,
        _channel: ChannelId,
        change: RoomChange,
        entry: Option<ModEntry>,
    ) -> Result<(), StoreError> {
        self.store()?;
        lock(&self.changes).push(change);
        lock(&self.entries).extend(entry);
        Ok(())
    }
    async fn note(&self, _channel: ChannelId, entry: ModEntry) -> Result<(), StoreError> {
        self.store()?;
        lock(&self.entries).push(entry);
        Ok(())
    }
    async fn entries(
        &self,
        _channel: ChannelId,
        target: Option<UserId>,
        _before: Option<ModEntryId>,
        _most: u16,
    ) -> Result<Vec<ModEntry>, StoreError> {
        self.store()?;
        let about = |e: &&ModEntry| e.target.as_ref().map(|t| t.id) == target;
        Ok(lock(&self.entries).iter().filter(about).cloned().collect())
    }
    async fn moderated_by(&self, _user: UserId) -> Result<Vec<ChannelId>, StoreError> {
        Ok(Vec::new())
    }
    async fn look(&self, _user: UserId) -> Result<Look, StoreError> {
        Ok(Look::default())
    }
    async fn set_look(&self, _user: UserId, _look: Look) -> Result<(), StoreError> {
        self.store()
    }
    async fn blocked_by(&self, _user: UserId) -> Result<Vec<Person>, StoreError> {
        self.store().map(|()| Vec::new())
    }
    async fn set_block(&self, _user: UserId, _whom: Person, _blocked: bool) -> Result<(), StoreError> {
        self.store()
    }
    async fn forget(&self, _user: UserId) -> Result<(), StoreError> {
        self.store()
    }
}

#[async_trait]
impl ChatLog for World {
    async fn append(&self, batch: Vec<LoggedMessage>) -> Result<(), StoreError> {
        batch.into_iter().try_for_each(|message| self.write(message.text))
    }
    async fn read(
        &self,
        _channel: ChannelId,
        _range: LogRange,
        _most: u16,
    ) -> Result<Vec<LoggedMessage>, StoreError> {
        Ok(Vec::new())
    }
    async fn mark_deleted(&self, _channel: ChannelId, what: Deleted) -> Result<(), StoreError> {
        self.write(match what {
            Deleted::Message(_) => "-message".to_owned(),
            Deleted::Author(user, _) => format!("-author {user}"),
            Deleted::All(_) => "-all".to_owned(),
        })
    }
    async fn erase(&self, _channel: ChannelId, _author: Option<UserId>) -> Result<u64, StoreError> {
        Ok(0)
    }
    async fn forget(&self, author: UserId) -> Result<u64, StoreError> {
        self.write(format!("-forget {author}")).map(|()| 0)
    }
}

#[async_trait]
impl ChatBus for World {
    async fn publish(&self, _channel: ChannelId, batch: Arc<[u8]>) -> Result<(), StoreError> {
        self.bus_gate.acquire().await.expect("never closed").forget();
        if self.bus_down.load(Ordering::Relaxed) {
            return Err(down());
        }
        lock(&self.published).push(serde_json::from_slice(&batch).expect("a batch"));
        Ok(())
    }
    async fn subscribe(&self, _channel: ChannelId) -> Result<mpsc::Receiver<Arc<[u8]>>, StoreError> {
        Err(down())
    }
}

#[async_trait]
impl Standing for World {
    async fn of(&self, _user: UserId, _channel: ChannelId) -> Result<StandingRecord, StoreError> {
        // As a store does: what it read may be old by the time that it answers.
        let follows_since = *lock(&self.follows_since);
        self.standing_gate.acquire().await.expect("never closed").forget();
        self.store().map(|()| StandingRecord { follows_since, ..StandingRecord::default() })
    }
}

#[async_trait]
impl People for World {
    async fn by_login(&self, login: &Name) -> Result<Option<Account>, StoreError> {
        self.store()?;
        Ok(lock(&self.people).get(login).cloned())
    }
}

impl Codebook for World {
    fn of(&self, _channel: ChannelId) -> watch::Receiver<Arc<[Offered]>> {
        self.offered.subscribe()
    }
}
