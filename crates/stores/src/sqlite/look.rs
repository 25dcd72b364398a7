//! Whether a database file could be opened by this version, found out without changing it.
//!
//! Reads its schema and which migrations it went through; promises nothing about the pages that it does not read. After a
//! crash SQLite builds the log's index (`-shm`) anew for it, as it does at a start.

use std::io::ErrorKind;
use std::path::Path;

use sqlx::migrate::{Migrate as _, MigrateError, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::{LOG_MIGRATIONS, MIGRATIONS, WAIT};

/// What a database file is to this version.
#[derive(Debug)]
pub enum Found {
    /// There is none; a start makes it.
    Nothing,
    /// A start opens it.
    Usable,
    /// Another version of this program wrote it, or another program.
    Foreign(Box<dyn std::error::Error + Send + Sync>),
    /// It cannot be opened, or is no database.
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

/// The file of accounts and all that belongs to them.
pub(crate) async fn look(path: &Path) -> Found {
    found(path, &MIGRATIONS).await
}

/// The file of chat logs.
pub(crate) async fn look_at_log(path: &Path) -> Found {
    found(path, &LOG_MIGRATIONS).await
}

async fn found(path: &Path, known: &Migrator) -> Found {
    match std::fs::metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Found::Nothing,
        Err(e) => return Found::Broken(Box::new(e)),
        Ok(_) => {}
    }
    match compare(path, known).await {
        Ok(()) => Found::Usable,
        Err(MigrateError::Execute(e)) => Found::Broken(Box::new(e)),
        Err(e) => Found::Foreign(Box::new(e)),
    }
}

async fn compare(path: &Path, known: &Migrator) -> Result<(), MigrateError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // Without a log nobody has the file open, and SQLite would make one to read it, unless it is told that nobody will.
    let immutable = !Path::new(&log).exists();
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(immutable);
    let mut connection = options.busy_timeout(WAIT).connect().await?;
    let verdict = migrations(&mut connection, known).await;
    connection.close().await?;
    verdict
}

async fn migrations(connection: &mut SqliteConnection, known: &Migrator) -> Result<(), MigrateError> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'";
    if sqlx::query_scalar::<_, i64>(tables).fetch_one(&mut *connection).await? == 0 {
        return Ok(());
    }
    if let Some(version) = connection.dirty_version(&known.table_name).await? {
        return Err(MigrateError::Dirty(version));
    }
    for applied in connection.list_applied_migrations(&known.table_name).await? {
        match known.iter().find(|migration| migration.version == applied.version) {
            None => return Err(MigrateError::VersionMissing(applied.version)),
            Some(ours) if ours.checksum != applied.checksum => {
                return Err(MigrateError::VersionMismatch(applied.version));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
