//! [`Emotes`] in SQLite: tables `emotes` and, apart, so that lists read no pictures, `emote_pictures`.

use async_trait::async_trait;
use domain::ids::{ChannelId, EmoteId};
use domain::messages::{Emote, EmoteOwner, EmotePictures};
use domain::ports::{EmoteError, Emotes, StoreError};
use domain::time::WallTime;

use super::{Db, row_id, store_error};

#[derive(Debug)]
pub(crate) struct SqliteEmotes(pub(crate) Db);

#[derive(sqlx::FromRow)]
struct EmoteRow {
    id: i64,
    code: String,
    animated: bool,
    added_at: i64,
}

fn owner_columns(owner: EmoteOwner) -> (&'static str, i64) {
    match owner {
        EmoteOwner::Site => ("site", 0),
        EmoteOwner::Channel(ChannelId(id)) => ("channel", row_id(id)),
    }
}

#[async_trait]
impl Emotes for SqliteEmotes {
    async fn add(&self, emote: Emote, pictures: EmotePictures, most: usize) -> Result<(), EmoteError> {
        let (kind, owner) = owner_columns(emote.owner);
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        let (taken, count): (bool, i64) = sqlx::query_as(
            "SELECT coalesce(max(code = $3), 0), count(*) FROM emotes WHERE owner_kind = $1 AND owner_id = $2",
        )
        .bind(kind)
        .bind(owner)
        .bind(&emote.code)
        .fetch_one(&mut *tx)
        .await
        .map_err(store_error)?;
        if taken {
            return Err(EmoteError::CodeTaken);
        }
        if count >= i64::try_from(most).unwrap_or(i64::MAX) {
            return Err(EmoteError::TooMany);
        }
        sqlx::query(
            "INSERT INTO emotes (id, owner_kind, owner_id, code, animated, added_at, media_type)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(row_id(emote.id.0))
        .bind(kind)
        .bind(owner)
        .bind(&emote.code)
        .bind(emote.animated)
        .bind(emote.added_at.unix_ms())
        .bind(&pictures.media_type)
        .execute(&mut *tx)
        .await
        .map_err(store_error)?;
        for (size, picture) in (0_i64..).zip(pictures.sizes) {
            sqlx::query("INSERT INTO emote_pictures (emote_id, size, picture) VALUES ($1, $2, $3)")
                .bind(row_id(emote.id.0))
                .bind(size)
                .bind(picture)
                .execute(&mut *tx)
                .await
                .map_err(store_error)?;
        }
        tx.commit().await.map_err(store_error)?;
        Ok(())
    }

    async fn list(&self, owner: EmoteOwner) -> Result<Vec<Emote>, StoreError> {
        let (kind, id) = owner_columns(owner);
        let rows: Vec<EmoteRow> = sqlx::query_as(
            "SELECT id, code, animated, added_at FROM emotes
             WHERE owner_kind = $1 AND owner_id = $2 ORDER BY code",
        )
        .bind(kind)
        .bind(id)
        .fetch_all(&self.0.readers)
        .await
        .map_err(store_error)?;
        let emote = |row: EmoteRow| Emote {
            id: EmoteId(row.id.cast_unsigned()),
            owner,
            code: row.code,
            animated: row.animated,
            added_at: WallTime::from_unix_ms(row.added_at),
        };
        Ok(rows.into_iter().map(emote).collect())
    }

    async fn picture(&self, id: EmoteId, size: u8) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        sqlx::query_as(
            "SELECT e.media_type, p.picture FROM emotes e JOIN emote_pictures p ON p.emote_id = e.id
             WHERE e.id = $1 AND p.size = $2",
        )
        .bind(row_id(id.0))
        .bind(size)
        .fetch_optional(&self.0.readers)
        .await
        .map_err(store_error)
    }

    async fn remove(&self, owner: EmoteOwner, id: EmoteId) -> Result<bool, StoreError> {
        let (kind, owner) = owner_columns(owner);
        let done = sqlx::query("DELETE FROM emotes WHERE id = $1 AND owner_kind = $2 AND owner_id = $3")
            .bind(row_id(id.0))
            .bind(kind)
            .bind(owner)
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }
}
