//! The embedded back end for what must outlive the process: accounts, channels, stream keys, invitations, rooms, emotes
//! and follows in one SQLite file, chat logs in another.
//!
//! WAL, one writing connection (`BEGIN IMMEDIATE` where a write has more than one statement) and a few reading ones, so
//! that readers never wait for a writer and writers queue here and not in SQLite. `synchronous = NORMAL`: a power cut may
//! lose the last moments and breaks nothing. Every statement is a literal in its port's file.

mod channels;
mod accounts;
mod invites;
mod stream_keys;
mod rooms;
mod emotes;
mod follows;
mod chat_log;
mod look;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use domain::ports::StoreError;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqlitePool};

pub(crate) use accounts::SqliteAccounts;
pub(crate) use channels::SqliteChannels;
pub(crate) use chat_log::{BUCKET_MESSAGES, SqliteChatLog};
pub(crate) use emotes::SqliteEmotes;
pub(crate) use follows::SqliteFollows;
pub(crate) use invites::SqliteInvites;
pub use look::Found;
pub(crate) use look::{look, look_at_log};
pub(crate) use rooms::SqliteRooms;
pub(crate) use stream_keys::SqliteStreamKeys;

/// Reading connections.
const READERS: u32 = 4;
/// How long a call waits for a connection, or for another process that has the file open, before it says "busy".
const WAIT: Duration = Duration::from_secs(5);

static MIGRATIONS: Migrator = sqlx::migrate!("src/sqlite/migrations");
static LOG_MIGRATIONS: Migrator = sqlx::migrate!("src/sqlite/log_migrations");

/// One database file, open. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Db {
    /// Opens the file of accounts and all that belongs to them.
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        Self::open_with(path, &MIGRATIONS).await
    }

    /// Opens the file of chat logs.
    pub(crate) async fn open_log(path: &Path) -> Result<Self, sqlx::Error> {
        Self::open_with(path, &LOG_MIGRATIONS).await
    }

    /// Opens the file, makes it (readable by its owner alone) if it is missing, and brings its tables up to date.
    async fn open_with(path: &Path, migrations: &Migrator) -> Result<Self, sqlx::Error> {
        // SQLite gives its side files the mode of the database.
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(WAIT)
            // What was deleted is overwritten: somebody's words go with the account, and not only from the tables.
            .pragma("secure_delete", "ON")
            .optimize_on_close(true, None);
        // Where the disk is full, SQLite ends a transaction by itself; the library then takes the connection for one that is in it
        // still, and no transaction begins on it any more. Such a connection is closed, and the pool opens another.
        let pool = |connections| {
            PoolOptions::<Sqlite>::new()
                .max_connections(connections)
                .acquire_timeout(WAIT)
                .idle_timeout(None)
                .max_lifetime(None)
                .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        migrations.run(&writer).await?;
        let readers = pool(READERS).connect_lazy_with(options.optimize_on_close(false, None).read_only(true));
        Ok(Self { writer, readers })
    }

    /// Closes all connections, which folds the log into the file. Calls after this are answered `Unavailable`.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// What a failed statement means to a caller.
fn store_error(e: sqlx::Error) -> StoreError {
    let broken = match &e {
        sqlx::Error::Database(db) => !matches!(db.kind(), sqlx::error::ErrorKind::Other) || is_corrupt(&**db),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => true,
        _ => false,
    };
    if broken { StoreError::Corrupt(e.to_string()) } else { StoreError::Unavailable(Box::new(e)) }
}

/// `SQLITE_CORRUPT` (11) and `SQLITE_NOTADB` (26), with their extended codes.
fn is_corrupt(e: &dyn sqlx::error::DatabaseError) -> bool {
    let code = e.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

/// A value that a row holds and that is not one of ours.
fn corrupt(what: &str, e: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{what}: {e}"))
}

/// Ids fill the lower 63 bits; whatever else somebody asks for is simply not there.
fn row_id(id: u64) -> i64 {
    id.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `statement` does in a transaction of its own, which is rolled back if it fails.
    async fn transact(db: &Db, statement: &'static str) -> Result<(), sqlx::Error> {
        let mut tx = db.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(statement).execute(&mut *tx).await?;
        tx.commit().await
    }

    #[tokio::test]
    async fn what_was_deleted_is_not_in_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("footlight.db");
        let db = Db::open(&path).await.expect("opened");
        transact(&db, "CREATE TABLE notes (text TEXT)").await.expect("made");
        transact(&db, "INSERT INTO notes VALUES ('words of somebody')").await.expect("written");
        transact(&db, "DELETE FROM notes").await.expect("deleted");
        db.close().await;
        let bytes = std::fs::read(&path).expect("the file");
        assert!(!bytes.windows(5).any(|five| five == b"words"));
    }

    #[tokio::test]
    async fn writes_go_on_after_a_transaction_that_sqlite_ended_by_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("footlight.db")).await.expect("opened");
        transact(&db, "CREATE TABLE notes (text TEXT)").await.expect("made");
        // This is all that the library sees of it: the statement came back, and no transaction is open.
        let _ = transact(&db, "ROLLBACK").await.expect_err("nothing to commit");
        transact(&db, "INSERT INTO notes VALUES ('a')").await.expect("another connection takes it");
    }

    #[tokio::test]
    async fn writes_go_on_when_a_full_disk_has_room_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&folder.path().join("footlight.db")).await.expect("opened");
        transact(&db, "CREATE TABLE notes (text TEXT)").await.expect("made");
        // No more pages than there are: for this connection the disk is full.
        sqlx::query("PRAGMA max_page_count = 1").execute(&db.writer).await.expect("set");
        let much = "INSERT INTO notes VALUES (hex(randomblob(100000)))";
        let full = transact(&db, much).await.expect_err("full");
        assert!(full.to_string().contains("full"), "{full}");
        sqlx::query("PRAGMA max_page_count = 1000000").execute(&db.writer).await.expect("set");
        transact(&db, much).await.expect("there is room");
    }
}
