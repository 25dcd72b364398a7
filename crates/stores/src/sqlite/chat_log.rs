//! [`ChatLog`] in a SQLite file of its own, so that a busy room never makes a sign-in wait.
//!
//! Partitioned as it will be in Cassandra: (channel, hour, bucket). How many buckets an hour has follows its measured rate:
//! the next one is opened when the last holds [`BUCKET_MESSAGES`], so that a quiet hour is one partition and an hour of a mega
//! room many. Which bucket a message belongs to depends on its id alone, so appending it again finds it.

mod buckets;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ids::{ChannelId, MessageId, UserId};
use domain::messages::LoggedMessage;
use domain::ports::{ChatLog, Deleted, LogRange, StoreError};
use domain::time::WallTime;
use sqlx::{Sqlite, Transaction};

use super::{Db, corrupt, row_id, store_error};
use buckets::{Bucket, Hour};

/// Messages in a partition before the next is opened: 50 MB at 200 bytes, half of what Cassandra warns of.
pub(crate) const BUCKET_MESSAGES: i64 = 250_000;
const HOUR_MS: i64 = 3_600_000;
/// Partitions that are asked for together when a page is read.
const PARTITIONS_AT_ONCE: i64 = 16;

#[derive(Debug)]
pub(crate) struct SqliteChatLog {
    db: Db,
    bucket_messages: i64,
}

impl SqliteChatLog {
    /// Over an open log file, with buckets of that many messages.
    pub(crate) fn new(db: Db, bucket_messages: i64) -> Self {
        Self { db, bucket_messages }
    }
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: i64,
    author_id: i64,
    login: String,
    at: i64,
    text: String,
    action: bool,
    reply_to: Option<i64>,
    deleted: bool,
}

impl MessageRow {
    fn message(self, channel: ChannelId) -> Result<LoggedMessage, StoreError> {
        Ok(LoggedMessage {
            id: MessageId(self.id.cast_unsigned()),
            channel,
            author: UserId(self.author_id.cast_unsigned()),
            login: self.login.parse().map_err(|e| corrupt("messages.login", e))?,
            at: WallTime::from_unix_ms(self.at),
            text: self.text,
            action: self.action,
            reply_to: self.reply_to.map(|id| MessageId(id.cast_unsigned())),
            deleted: self.deleted,
        })
    }
}

/// One page's question, in the columns' terms.
struct Page {
    channel: i64,
    since: i64,
    before: i64,
    most: u16,
}

#[async_trait]
impl ChatLog for SqliteChatLog {
    async fn append(&self, batch: Vec<LoggedMessage>) -> Result<(), StoreError> {
        let mut hours: BTreeMap<(i64, i64), Vec<LoggedMessage>> = BTreeMap::new();
        for message in batch {
            let hour = message.at.unix_ms().div_euclid(HOUR_MS);
            hours.entry((row_id(message.channel.0), hour)).or_default().push(message);
        }
        let mut tx = self.db.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        for ((channel, hour), mut messages) in hours {
            messages.sort_by_key(|message| message.id);
            let mut buckets = known(&mut tx, channel, hour).await?;
            for (bucket, part) in buckets.share_out(messages, self.bucket_messages) {
                append(&mut tx, (channel, hour), bucket, &part).await?;
            }
        }
        tx.commit().await.map_err(store_error)
    }

    async fn read(
        &self,
        channel: ChannelId,
        range: LogRange,
        most: u16,
    ) -> Result<Vec<LoggedMessage>, StoreError> {
        let page = Page {
            channel: row_id(channel.0),
            since: range.since.map_or(i64::MIN, WallTime::unix_ms),
            before: range.before.map_or(i64::MAX, |id| row_id(id.0)),
            most,
        };
        let rows = match range.author {
            Some(author) => self.by_author(&page, row_id(author.0)).await?,
            None => self.by_partition(&page).await?,
        };
        rows.into_iter().map(|row| row.message(channel)).collect()
    }

    async fn mark_deleted(&self, channel: ChannelId, what: Deleted) -> Result<(), StoreError> {
        let channel = row_id(channel.0);
        let query = match what {
            Deleted::Message(id) => sqlx::query(
                "UPDATE messages SET deleted = 1
                 WHERE id = $2 AND (channel_id, hour, bucket) IN
                     (SELECT channel_id, hour, bucket FROM buckets
                      WHERE channel_id = $1 AND first_id <= $2 AND last_id >= $2)",
            )
            .bind(channel)
            .bind(row_id(id.0)),
            Deleted::Author(author, until) => sqlx::query(
                "UPDATE messages SET deleted = 1
                 WHERE channel_id = $1 AND author_id = $2 AND at <= $3 AND deleted = 0",
            )
            .bind(channel)
            .bind(row_id(author.0))
            .bind(until.unix_ms()),
            Deleted::All(until) => sqlx::query(
                "INSERT INTO clears (channel_id, until) VALUES ($1, $2)
                 ON CONFLICT (channel_id) DO UPDATE SET until = max(until, excluded.until)",
            )
            .bind(channel)
            .bind(until.unix_ms()),
        };
        query.execute(&self.db.writer).await.map_err(store_error)?;
        Ok(())
    }

    async fn erase(&self, channel: ChannelId, author: Option<UserId>) -> Result<u64, StoreError> {
        let channel = row_id(channel.0);
        let mut tx = self.db.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        let erased = match author {
            Some(author) => sqlx::query("DELETE FROM messages WHERE channel_id = $1 AND author_id = $2")
                .bind(channel)
                .bind(row_id(author.0))
                .execute(&mut *tx),
            None => sqlx::query("DELETE FROM messages WHERE channel_id = $1").bind(channel).execute(&mut *tx),
        };
        let erased = erased.await.map_err(store_error)?.rows_affected();
        if author.is_none() {
            for statement in
                ["DELETE FROM buckets WHERE channel_id = $1", "DELETE FROM clears WHERE channel_id = $1"]
            {
                sqlx::query(statement).bind(channel).execute(&mut *tx).await.map_err(store_error)?;
            }
        }
        tx.commit().await.map_err(store_error)?;
        Ok(erased)
    }

    async fn forget(&self, author: UserId) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM messages WHERE author_id = $1")
            .bind(row_id(author.0))
            .execute(&self.db.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected())
    }
}

impl SqliteChatLog {
    /// Through the index that a second table will be elsewhere.
    async fn by_author(&self, page: &Page, author: i64) -> Result<Vec<MessageRow>, StoreError> {
        sqlx::query_as(
            "SELECT id, author_id, login, at, text, action, reply_to,
                 deleted OR at <= coalesce((SELECT until FROM clears WHERE channel_id = $1), at - 1) AS deleted
             FROM messages WHERE channel_id = $1 AND author_id = $2 AND at >= $3 AND id < $4
             ORDER BY id DESC LIMIT $5",
        )
        .bind(page.channel)
        .bind(author)
        .bind(page.since)
        .bind(page.before)
        .bind(page.most)
        .fetch_all(&self.db.readers)
        .await
        .map_err(store_error)
    }

    /// Partition by partition from the newest back, until the page is full.
    async fn by_partition(&self, page: &Page) -> Result<Vec<MessageRow>, StoreError> {
        let mut rows = Vec::new();
        let mut before = (i64::MAX, i64::MAX);
        loop {
            let partitions = self.partitions(page, before).await?;
            for &(hour, bucket) in &partitions {
                rows.extend(self.partition(page, hour, bucket, usize::from(page.most) - rows.len()).await?);
                if rows.len() >= usize::from(page.most) {
                    return Ok(rows);
                }
            }
            match partitions.last() {
                Some(&last) => before = last,
                None => return Ok(rows),
            }
        }
    }

    /// The next partitions before `before`, newest first. Some at a time: a page seldom needs two, and a year has thousands.
    async fn partitions(
        &self,
        page: &Page,
        (hour, bucket): (i64, i64),
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        sqlx::query_as(
            "SELECT hour, bucket FROM buckets
             WHERE channel_id = $1 AND first_id < $2 AND hour >= $3 AND (hour, bucket) < ($4, $5)
             ORDER BY hour DESC, bucket DESC LIMIT $6",
        )
        .bind(page.channel)
        .bind(page.before)
        .bind(page.since.div_euclid(HOUR_MS))
        .bind(hour)
        .bind(bucket)
        .bind(PARTITIONS_AT_ONCE)
        .fetch_all(&self.db.readers)
        .await
        .map_err(store_error)
    }

    async fn partition(
        &self,
        page: &Page,
        hour: i64,
        bucket: i64,
        most: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        sqlx::query_as(
            "SELECT id, author_id, login, at, text, action, reply_to,
                 deleted OR at <= coalesce((SELECT until FROM clears WHERE channel_id = $1), at - 1) AS deleted
             FROM messages WHERE channel_id = $1 AND hour = $2 AND bucket = $3 AND at >= $4 AND id < $5
             ORDER BY id DESC LIMIT $6",
        )
        .bind(page.channel)
        .bind(hour)
        .bind(bucket)
        .bind(page.since)
        .bind(page.before)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.db.readers)
        .await
        .map_err(store_error)
    }
}

/// The hour's buckets so far.
async fn known(tx: &mut Transaction<'static, Sqlite>, channel: i64, hour: i64) -> Result<Hour, StoreError> {
    let rows: Vec<Bucket> = sqlx::query_as(
        "SELECT bucket, first_id, last_id, messages FROM buckets WHERE channel_id = $1 AND hour = $2 ORDER BY bucket",
    )
    .bind(channel)
    .bind(hour)
    .fetch_all(&mut **tx)
    .await
    .map_err(store_error)?;
    Ok(Hour(rows))
}

/// One partition's part of a batch: one statement however many messages, which travel as a JSON array.
async fn append(
    tx: &mut Transaction<'static, Sqlite>,
    (channel, hour): (i64, i64),
    bucket: i64,
    part: &[LoggedMessage],
) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return Ok(()) };
    let rows: Vec<serde_json::Value> = part
        .iter()
        .map(|m| {
            let reply_to = m.reply_to.map(|id| row_id(id.0));
            serde_json::json!([
                row_id(m.id.0),
                row_id(m.author.0),
                m.login,
                m.at.unix_ms(),
                m.text,
                m.action,
                reply_to,
                m.deleted
            ])
        })
        .collect();
    let rows = serde_json::to_string(&rows).map_err(|e| corrupt("messages", e))?;
    let done = sqlx::query(
        "INSERT INTO messages
             (channel_id, hour, bucket, id, author_id, login, at, text, action, reply_to, deleted)
         SELECT $1, $2, $3, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
             value ->> 7
         FROM json_each($4) WHERE true ON CONFLICT DO NOTHING",
    )
    .bind(channel)
    .bind(hour)
    .bind(bucket)
    .bind(rows)
    .execute(&mut **tx)
    .await
    .map_err(store_error)?;
    sqlx::query(
        "INSERT INTO buckets (channel_id, hour, bucket, first_id, last_id, messages) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (channel_id, hour, bucket) DO UPDATE SET first_id = min(first_id, excluded.first_id),
             last_id = max(last_id, excluded.last_id), messages = messages + excluded.messages",
    )
    .bind(channel)
    .bind(hour)
    .bind(bucket)
    .bind(row_id(first.id.0))
    .bind(row_id(last.id.0))
    .bind(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
    .execute(&mut **tx)
    .await
    .map_err(store_error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u64) -> LoggedMessage {
        LoggedMessage {
            id: MessageId(id),
            channel: ChannelId(1),
            author: UserId(2),
            login: "maya".parse().expect("a name"),
            at: WallTime::from_unix_ms(0),
            text: format!("message {id}"),
            action: false,
            reply_to: None,
            deleted: false,
        }
    }

    #[tokio::test]
    async fn a_busy_hour_is_split_and_read_as_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open_log(&folder.path().join("log.db")).await.expect("opens");
        let log = SqliteChatLog::new(db, 10);
        for batch in [1..=7, 5..=18, 18..=40, 1..=40] {
            log.append(batch.map(message).collect()).await.expect("appends");
        }
        let known: Vec<(i64, i64, i64, i64)> =
            sqlx::query_as("SELECT bucket, first_id, last_id, messages FROM buckets ORDER BY bucket")
                .fetch_all(&log.db.readers)
                .await
                .expect("reads");
        assert_eq!(known, [(0, 1, 10, 10), (1, 11, 20, 10), (2, 21, 30, 10), (3, 31, 40, 10)]);
        for (before, most, expected) in
            [(None, 100, (1..=40).rev().collect::<Vec<u64>>()), (Some(33), 5, vec![32, 31, 30, 29, 28])]
        {
            let range = LogRange { before: before.map(MessageId), ..LogRange::default() };
            let read = log.read(ChannelId(1), range, most).await.expect("reads");
            assert_eq!(read.iter().map(|m| m.id.0).collect::<Vec<_>>(), expected);
        }
    }

    #[tokio::test]
    async fn a_page_of_quiet_hours_goes_back_through_as_many_partitions_as_it_needs() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open_log(&folder.path().join("log.db")).await.expect("opens");
        let log = SqliteChatLog::new(db, 10);
        let at_hour = |id: u64| {
            let at = WallTime::from_unix_ms(HOUR_MS * i64::try_from(id).expect("small"));
            LoggedMessage { at, ..message(id) }
        };
        log.append((1..=40).map(at_hour).collect()).await.expect("appends");
        for (most, oldest) in [(40, 1), (33, 8), (100, 1)] {
            let read = log.read(ChannelId(1), LogRange::default(), most).await.expect("reads");
            let expected: Vec<u64> = (oldest..=40).rev().collect();
            assert_eq!(read.iter().map(|m| m.id.0).collect::<Vec<_>>(), expected, "{most} messages");
        }
    }
}
