//! [`Follows`] in SQLite: table `follows`, whose triggers keep `channels.followers`.

use async_trait::async_trait;
use domain::follows::{Follow, FollowMark};
use domain::ids::{ChannelId, UserId};
use domain::limits::FOLLOWS_MAX;
use domain::ports::{FollowError, Follows, StoreError};
use domain::time::WallTime;

use super::{Db, corrupt, row_id, store_error};

#[derive(Debug)]
pub(crate) struct SqliteFollows(pub(crate) Db);

#[derive(sqlx::FromRow)]
struct FollowRow {
    user_id: i64,
    login: String,
    channel_id: i64,
    name: String,
    since: i64,
}

impl FollowRow {
    fn follow(self) -> Result<Follow, StoreError> {
        Ok(Follow {
            user: UserId(self.user_id.cast_unsigned()),
            login: self.login.parse().map_err(|e| corrupt("users.name", e))?,
            channel: ChannelId(self.channel_id.cast_unsigned()),
            name: self.name.parse().map_err(|e| corrupt("users.name", e))?,
            since: WallTime::from_unix_ms(self.since),
        })
    }
}

/// The follow of a channel by a user.
const FIND: &str = "SELECT f.user_id, u.name AS login, f.channel_id, c.name, f.since
     FROM follows f JOIN users u ON u.id = f.user_id JOIN users c ON c.id = f.channel_id
     WHERE f.user_id = $1 AND f.channel_id = $2";

/// A mark as the statements compare it: without one, a place that all follows are behind.
fn place(after: Option<FollowMark>) -> (i64, i64) {
    after.map_or((i64::MAX, i64::MAX), |mark| (mark.since.unix_ms(), row_id(mark.id)))
}

impl SqliteFollows {
    /// A page of a list, by the statement that reads it.
    async fn page(
        &self,
        statement: &'static str,
        of: u64,
        after: Option<FollowMark>,
        most: u16,
    ) -> Result<Vec<Follow>, StoreError> {
        let (since, id) = place(after);
        let rows: Vec<FollowRow> = sqlx::query_as(statement)
            .bind(row_id(of))
            .bind(since)
            .bind(id)
            .bind(i64::from(most))
            .fetch_all(&self.0.readers)
            .await
            .map_err(store_error)?;
        rows.into_iter().map(FollowRow::follow).collect()
    }
}

#[async_trait]
impl Follows for SqliteFollows {
    async fn follow(&self, user: UserId, channel: ChannelId, now: WallTime) -> Result<Follow, FollowError> {
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        sqlx::query(
            "INSERT INTO follows (user_id, channel_id, since)
             SELECT u.id, c.id, $3 FROM users u, channels c
             WHERE u.id = $1 AND c.id = $2 AND (SELECT count(*) FROM follows WHERE user_id = $1) < $4
             ON CONFLICT DO NOTHING",
        )
        .bind(row_id(user.0))
        .bind(row_id(channel.0))
        .bind(now.unix_ms())
        .bind(i64::try_from(FOLLOWS_MAX).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await
        .map_err(store_error)?;
        let kept: Option<FollowRow> = sqlx::query_as(FIND)
            .bind(row_id(user.0))
            .bind(row_id(channel.0))
            .fetch_optional(&mut *tx)
            .await
            .map_err(store_error)?;
        if let Some(kept) = kept {
            tx.commit().await.map_err(store_error)?;
            return Ok(kept.follow()?);
        }
        let there: bool =
            sqlx::query_scalar("SELECT count(*) = 2 FROM (SELECT 1 FROM users WHERE id = $1 UNION ALL SELECT 1 FROM channels WHERE id = $2)")
                .bind(row_id(user.0))
                .bind(row_id(channel.0))
                .fetch_one(&mut *tx)
                .await
                .map_err(store_error)?;
        Err(if there { FollowError::TooMany } else { FollowError::NoSuchChannel })
    }

    async fn unfollow(&self, user: UserId, channel: ChannelId) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM follows WHERE user_id = $1 AND channel_id = $2")
            .bind(row_id(user.0))
            .bind(row_id(channel.0))
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(gone.rows_affected() > 0)
    }

    async fn find(&self, user: UserId, channel: ChannelId) -> Result<Option<Follow>, StoreError> {
        let row: Option<FollowRow> = sqlx::query_as(FIND)
            .bind(row_id(user.0))
            .bind(row_id(channel.0))
            .fetch_optional(&self.0.readers)
            .await
            .map_err(store_error)?;
        row.map(FollowRow::follow).transpose()
    }

    async fn followers(
        &self,
        channel: ChannelId,
        after: Option<FollowMark>,
        most: u16,
    ) -> Result<Vec<Follow>, StoreError> {
        let statement = "SELECT f.user_id, u.name AS login, f.channel_id, c.name, f.since
             FROM follows f JOIN users u ON u.id = f.user_id JOIN users c ON c.id = f.channel_id
             WHERE f.channel_id = $1 AND (f.since, f.user_id) < ($2, $3)
             ORDER BY f.since DESC, f.user_id DESC LIMIT $4";
        self.page(statement, channel.0, after, most).await
    }

    async fn followed(
        &self,
        user: UserId,
        after: Option<FollowMark>,
        most: u16,
    ) -> Result<Vec<Follow>, StoreError> {
        let statement = "SELECT f.user_id, u.name AS login, f.channel_id, c.name, f.since
             FROM follows f JOIN users u ON u.id = f.user_id JOIN users c ON c.id = f.channel_id
             WHERE f.user_id = $1 AND (f.since, f.channel_id) < ($2, $3)
             ORDER BY f.since DESC, f.channel_id DESC LIMIT $4";
        self.page(statement, user.0, after, most).await
    }

    async fn all_followed(&self, user: UserId) -> Result<Vec<ChannelId>, StoreError> {
        let rows: Vec<i64> = sqlx::query_scalar("SELECT channel_id FROM follows WHERE user_id = $1")
            .bind(row_id(user.0))
            .fetch_all(&self.0.readers)
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().map(|id| ChannelId(id.cast_unsigned())).collect())
    }
}
