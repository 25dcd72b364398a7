//! Every cell of the table port × back end runs the port's contract suite, one test per chapter.

use std::cell::RefCell;
use std::sync::Arc;

use domain::contract;
use domain::ports::{
    Accounts, Channels, ChatBus, ChatLog, Emotes, Follows, Invites, Jobs, Registry, Rooms, StreamKeys,
};
use stores::{Places, Stores};
use tempfile::TempDir;

/// Folders and stores that last as long as the test.
#[derive(Default)]
struct Bench {
    folders: RefCell<Vec<TempDir>>,
    last: RefCell<Option<Stores>>,
}

impl Bench {
    /// Stores in a folder of their own.
    async fn fresh(&self) -> Stores {
        let folder = tempfile::tempdir().expect("a folder");
        let stores = stores::open(&Places::embedded(folder.path())).await.expect("opens");
        self.folders.borrow_mut().push(folder);
        stores
    }

    /// The same stores again, closed and opened in between.
    async fn again(&self) -> Stores {
        let last = self.last.borrow_mut().take();
        let stores = match last {
            None => self.fresh().await,
            Some(last) => {
                last.close().await;
                let places = Places::embedded(self.folders.borrow()[0].path());
                stores::open(&places).await.expect("opens again")
            }
        };
        *self.last.borrow_mut() = Some(stores.clone());
        stores
    }
}

/// Tests `cell::chapter` for a back end: which port of the stores, and the chapters of its suite.
macro_rules! cell {
    ($cell:ident, $suite:ident, $port:expr, [$($chapter:ident = $open:ident),*]) => {
        mod $cell {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $chapter() {
                    let bench = Bench::default();
                    contract::$suite::$chapter(async || $port(bench.$open().await)).await;
                }
            )*
        }
    };
}

type AndKeys = (Arc<dyn Accounts>, Arc<dyn StreamKeys>);
type AndChannels = (Arc<dyn Accounts>, Arc<dyn Channels>);
type AndFollows = (Arc<dyn Accounts>, Arc<dyn Channels>, Arc<dyn Follows>);

cell!(
    sqlite_accounts,
    accounts,
    |s: Stores| -> Arc<dyn Accounts> { s.accounts },
    [meaning = fresh, concurrency = fresh, refusal = fresh, restart = again]
);
cell!(
    sqlite_accounts_with_keys,
    accounts,
    |s: Stores| -> AndKeys { (s.accounts, s.stream_keys) },
    [leaving = fresh]
);
cell!(
    sqlite_channels,
    channels,
    |s: Stores| -> AndChannels { (s.accounts, s.channels) },
    [meaning = fresh, concurrency = fresh, refusal = fresh, restart = again]
);
cell!(
    sqlite_stream_keys,
    stream_keys,
    |s: Stores| -> AndKeys { (s.accounts, s.stream_keys) },
    [meaning = fresh, concurrency = fresh, refusal = fresh, restart = again]
);
cell!(
    sqlite_invites,
    invites,
    |s: Stores| -> Arc<dyn Invites> { s.invites },
    [meaning = fresh, concurrency = fresh, refusal = fresh, restart = again]
);
cell!(
    memory_registry,
    registry,
    |s: Stores| -> Arc<dyn Registry> { s.registry },
    [meaning = fresh, concurrency = fresh, refusal = fresh]
);
cell!(
    memory_jobs,
    jobs,
    |s: Stores| -> Arc<dyn Jobs> { s.jobs },
    [meaning = fresh, concurrency = fresh, refusal = fresh]
);
cell!(
    sqlite_rooms,
    rooms,
    |s: Stores| -> Arc<dyn Rooms> { s.rooms },
    [meaning = fresh, concurrency = fresh, refusal = fresh, restart = again]
);
cell!(
    sqlite_chat_log,
    chat_log,
    |s: Stores| -> Arc<dyn ChatLog> { s.chat_log },
    [meaning = fresh, concurrency = fresh, refusal = fresh, restart = again]
);
cell!(
    sqlite_emotes,
    emotes,
    |s: Stores| -> Arc<dyn Emotes> { s.emotes },
    [meaning = fresh, concurrency = fresh, refusal = fresh, restart = again]
);
cell!(
    memory_chat_bus,
    chat_bus,
    |s: Stores| -> Arc<dyn ChatBus> { s.chat_bus },
    [meaning = fresh, concurrency = fresh, refusal = fresh]
);
cell!(
    sqlite_follows,
    follows,
    |s: Stores| -> AndFollows { (s.accounts, s.channels, s.follows) },
    [meaning = fresh, concurrency = fresh, refusal = fresh, leaving = fresh, restart = again]
);
