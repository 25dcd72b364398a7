//! [`Channels`] in SQLite: table `channels`, with name and partnership from `users`.

use async_trait::async_trait;
use domain::ids::ChannelId;
use domain::names::Name;
use domain::ports::{Channels, StoreError};
use domain::users::{Channel, ChannelPatch, LatencyMode};

use super::{Db, corrupt, row_id, store_error};

#[derive(Debug)]
pub(crate) struct SqliteChannels(pub(crate) Db);

/// A channel with its owner's name, as the statements here and in `stream_keys` select it.
#[derive(sqlx::FromRow)]
pub(super) struct ChannelRow {
    channel_id: i64,
    name: String,
    title: String,
    category: String,
    tags: String,
    language: String,
    latency: String,
    ladder: Option<String>,
    partner: bool,
    followers: i64,
}

impl ChannelRow {
    pub(super) fn channel(self) -> Result<Channel, StoreError> {
        Ok(Channel {
            id: ChannelId(self.channel_id.cast_unsigned()),
            name: self.name.parse().map_err(|e| corrupt("users.name", e))?,
            title: self.title,
            category: self.category,
            tags: serde_json::from_str(&self.tags).map_err(|e| corrupt("channels.tags", e))?,
            language: self.language,
            latency: match self.latency.as_str() {
                "low" => LatencyMode::Low,
                "normal" => LatencyMode::Normal,
                other => return Err(corrupt("channels.latency", other)),
            },
            ladder: self
                .ladder
                .map(|ladder| serde_json::from_str(&ladder).map_err(|e| corrupt("channels.ladder", e)))
                .transpose()?,
            partner: self.partner,
            followers: u64::try_from(self.followers).map_err(|e| corrupt("channels.followers", e))?,
        })
    }
}

pub(super) fn latency_text(latency: LatencyMode) -> &'static str {
    match latency {
        LatencyMode::Low => "low",
        LatencyMode::Normal => "normal",
    }
}

#[async_trait]
impl Channels for SqliteChannels {
    async fn by_name(&self, name: &Name) -> Result<Option<Channel>, StoreError> {
        let row: Option<ChannelRow> = sqlx::query_as(
            "SELECT c.id AS channel_id, u.name, c.title, c.category, c.tags, c.language, c.latency, c.ladder, u.partner,
                 c.followers
             FROM users u JOIN channels c ON c.id = u.id WHERE u.name = $1",
        )
        .bind(name.as_str())
        .fetch_optional(&self.0.readers)
        .await
        .map_err(store_error)?;
        row.map(ChannelRow::channel).transpose()
    }

    async fn by_ids(&self, ids: &[ChannelId]) -> Result<Vec<Channel>, StoreError> {
        // One statement for any number of them: they travel as a JSON array.
        let ids: Vec<i64> = ids.iter().map(|id| row_id(id.0)).collect();
        let ids = serde_json::to_string(&ids).map_err(|e| corrupt("ids", e))?;
        let rows: Vec<ChannelRow> = sqlx::query_as(
            "SELECT c.id AS channel_id, u.name, c.title, c.category, c.tags, c.language, c.latency, c.ladder, u.partner,
                 c.followers
             FROM json_each($1) asked JOIN channels c ON c.id = asked.value JOIN users u ON u.id = c.id",
        )
        .bind(ids)
        .fetch_all(&self.0.readers)
        .await
        .map_err(store_error)?;
        rows.into_iter().map(ChannelRow::channel).collect()
    }

    async fn update(&self, id: ChannelId, patch: ChannelPatch) -> Result<Option<Channel>, StoreError> {
        let tags = patch.tags.map(|tags| serde_json::to_string(&tags)).transpose();
        let sets_ladder = patch.ladder.is_some();
        let ladder = patch.ladder.flatten().map(|ladder| serde_json::to_string(&ladder)).transpose();
        let row: Option<ChannelRow> = sqlx::query_as(
            "UPDATE channels SET title = coalesce($2, title), category = coalesce($3, category),
                 tags = coalesce($4, tags), language = coalesce($5, language), latency = coalesce($6, latency),
                 ladder = CASE WHEN $7 THEN $8 ELSE ladder END
             WHERE id = $1
             RETURNING id AS channel_id, title, category, tags, language, latency, ladder, followers,
                 (SELECT name FROM users WHERE users.id = channels.id) AS name,
                 (SELECT partner FROM users WHERE users.id = channels.id) AS partner",
        )
        .bind(row_id(id.0))
        .bind(patch.title)
        .bind(patch.category)
        .bind(tags.map_err(|e| corrupt("tags", e))?)
        .bind(patch.language)
        .bind(patch.latency.map(latency_text))
        .bind(sets_ladder)
        .bind(ladder.map_err(|e| corrupt("ladder", e))?)
        .fetch_optional(&self.0.writer)
        .await
        .map_err(store_error)?;
        row.map(ChannelRow::channel).transpose()
    }
}
