//! [`StreamKeys`] in SQLite: table `stream_keys`.

use async_trait::async_trait;
use domain::ids::{ChannelId, StreamKeyId};
use domain::limits::STREAM_KEYS_MAX;
use domain::ports::{KeyError, StoreError, StreamKeys};
use domain::secrets::SecretHash;
use domain::time::WallTime;
use domain::users::{Channel, StreamKey};

use super::channels::ChannelRow;
use super::{Db, row_id, store_error};

#[derive(Debug)]
pub(crate) struct SqliteStreamKeys(pub(crate) Db);

#[derive(sqlx::FromRow)]
struct KeyRow {
    key_id: i64,
    owner_id: i64,
    label: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl KeyRow {
    fn key(self) -> StreamKey {
        StreamKey {
            id: StreamKeyId(self.key_id.cast_unsigned()),
            channel: ChannelId(self.owner_id.cast_unsigned()),
            label: self.label,
            created_at: WallTime::from_unix_ms(self.created_at),
            last_used_at: self.last_used_at.map(WallTime::from_unix_ms),
        }
    }
}

/// A key with the channel that it opens.
#[derive(sqlx::FromRow)]
struct Opened {
    #[sqlx(flatten)]
    key: KeyRow,
    #[sqlx(flatten)]
    channel: ChannelRow,
}

#[async_trait]
impl StreamKeys for SqliteStreamKeys {
    async fn add(&self, key: StreamKey, secret: SecretHash) -> Result<(), KeyError> {
        // Counting and adding are one statement, hence one write: two adders cannot both see the last free place.
        let done = sqlx::query(
            "INSERT INTO stream_keys (id, channel_id, label, secret, created_at, last_used_at)
             SELECT $1, $2, $3, $4, $5, $6
             WHERE (SELECT count(*) FROM stream_keys WHERE channel_id = $2) < $7",
        )
        .bind(row_id(key.id.0))
        .bind(row_id(key.channel.0))
        .bind(&key.label)
        .bind(&secret.0[..])
        .bind(key.created_at.unix_ms())
        .bind(key.last_used_at.map(WallTime::unix_ms))
        .bind(i64::try_from(STREAM_KEYS_MAX).unwrap_or(i64::MAX))
        .execute(&self.0.writer)
        .await
        .map_err(store_error)?;
        if done.rows_affected() == 0 { Err(KeyError::TooMany) } else { Ok(()) }
    }

    async fn list(&self, channel: ChannelId) -> Result<Vec<StreamKey>, StoreError> {
        let rows: Vec<KeyRow> = sqlx::query_as(
            "SELECT id AS key_id, channel_id AS owner_id, label, created_at, last_used_at
             FROM stream_keys WHERE channel_id = $1 ORDER BY created_at, id",
        )
        .bind(row_id(channel.0))
        .fetch_all(&self.0.readers)
        .await
        .map_err(store_error)?;
        Ok(rows.into_iter().map(KeyRow::key).collect())
    }

    async fn remove(&self, channel: ChannelId, key: StreamKeyId) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM stream_keys WHERE id = $1 AND channel_id = $2")
            .bind(row_id(key.0))
            .bind(row_id(channel.0))
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    async fn find(&self, secret: SecretHash) -> Result<Option<(StreamKey, Channel)>, StoreError> {
        let row: Option<Opened> = sqlx::query_as(
            "SELECT k.id AS key_id, k.channel_id AS owner_id, k.label, k.created_at, k.last_used_at,
                 c.id AS channel_id, u.name, c.title, c.category, c.tags, c.language, c.latency, c.ladder, u.partner,
                 c.followers
             FROM stream_keys k JOIN channels c ON c.id = k.channel_id JOIN users u ON u.id = c.id
             WHERE k.secret = $1",
        )
        .bind(&secret.0[..])
        .fetch_optional(&self.0.readers)
        .await
        .map_err(store_error)?;
        row.map(|opened| Ok((opened.key.key(), opened.channel.channel()?))).transpose()
    }

    async fn touch(&self, key: StreamKeyId, now: WallTime) -> Result<(), StoreError> {
        sqlx::query("UPDATE stream_keys SET last_used_at = $2 WHERE id = $1")
            .bind(row_id(key.0))
            .bind(now.unix_ms())
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(())
    }
}
