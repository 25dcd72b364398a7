//! [`Rooms`] in SQLite: tables `rooms`, `room_*`, `looks` and `blocks`. Records that are only ever read whole are JSON.

use async_trait::async_trait;
use domain::ids::{ChannelId, ModEntryId, UserId};
use domain::ports::{Rooms, StoreError};
use domain::rooms::{Ban, Look, ModEntry, Person, RoomChange, RoomRecord, RoomRole, RoomSettings, Suspicion};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{Db, corrupt, row_id, store_error};

#[derive(Debug)]
pub(crate) struct SqliteRooms(pub(crate) Db);

/// Somebody with a word about them: a role, a suspicion.
type Marked = (i64, String, String);

fn person((id, login, _): &Marked) -> Result<Person, StoreError> {
    let login = login.parse().map_err(|e| corrupt("login", e))?;
    Ok(Person { id: UserId(id.cast_unsigned()), login })
}

fn role(text: &str) -> Result<RoomRole, StoreError> {
    match text {
        "moderator" => Ok(RoomRole::Moderator),
        "vip" => Ok(RoomRole::Vip),
        other => Err(corrupt("room_roles.role", other)),
    }
}

fn role_text(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Moderator => "moderator",
        RoomRole::Vip => "vip",
    }
}

fn suspicion(text: &str) -> Result<Suspicion, StoreError> {
    match text {
        "monitored" => Ok(Suspicion::Monitored),
        "restricted" => Ok(Suspicion::Restricted),
        other => Err(corrupt("room_suspects.how", other)),
    }
}

fn suspicion_text(how: Suspicion) -> &'static str {
    match how {
        Suspicion::Monitored => "monitored",
        Suspicion::Restricted => "restricted",
    }
}

fn written(record: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|e| corrupt("a record", e))
}

fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| corrupt(what, e))
}

#[async_trait]
impl Rooms for SqliteRooms {
    async fn load(&self, channel: ChannelId) -> Result<RoomRecord, StoreError> {
        // One transaction, so that a change between two questions is seen by both or by none.
        let mut tx = self.0.readers.begin().await.map_err(store_error)?;
        load(&mut tx, row_id(channel.0)).await
    }

    async fn change(
        &self,
        channel: ChannelId,
        change: RoomChange,
        entry: Option<ModEntry>,
    ) -> Result<(), StoreError> {
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        apply(&mut tx, row_id(channel.0), change).await?;
        if let Some(entry) = entry {
            note(&mut tx, channel, &entry).await?;
        }
        tx.commit().await.map_err(store_error)
    }

    async fn note(&self, channel: ChannelId, entry: ModEntry) -> Result<(), StoreError> {
        let mut writer = self.0.writer.acquire().await.map_err(store_error)?;
        note(&mut writer, channel, &entry).await
    }

    async fn entries(
        &self,
        channel: ChannelId,
        target: Option<UserId>,
        before: Option<ModEntryId>,
        most: u16,
    ) -> Result<Vec<ModEntry>, StoreError> {
        let statement = if target.is_some() {
            "SELECT record FROM room_entries WHERE channel_id = $1 AND id < $2 AND target_id = $3
             ORDER BY id DESC LIMIT $4"
        } else {
            "SELECT record FROM room_entries WHERE channel_id = $1 AND id < $2 AND $3 IS NULL
             ORDER BY id DESC LIMIT $4"
        };
        let rows: Vec<(String,)> = sqlx::query_as(statement)
            .bind(row_id(channel.0))
            .bind(before.map_or(i64::MAX, |before| row_id(before.0)))
            .bind(target.map(|user| row_id(user.0)))
            .bind(i64::from(most))
            .fetch_all(&self.0.readers)
            .await
            .map_err(store_error)?;
        rows.iter().map(|(record,)| read("room_entries.record", record)).collect()
    }

    async fn moderated_by(&self, user: UserId) -> Result<Vec<ChannelId>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT channel_id FROM room_roles WHERE user_id = $1 AND role = 'moderator' ORDER BY channel_id",
        )
        .bind(row_id(user.0))
        .fetch_all(&self.0.readers)
        .await
        .map_err(store_error)?;
        Ok(rows.into_iter().map(|(id,)| ChannelId(id.cast_unsigned())).collect())
    }

    async fn look(&self, user: UserId) -> Result<Look, StoreError> {
        let row: Option<(Option<u32>,)> = sqlx::query_as("SELECT colour FROM looks WHERE user_id = $1")
            .bind(row_id(user.0))
            .fetch_optional(&self.0.readers)
            .await
            .map_err(store_error)?;
        Ok(Look { colour: row.and_then(|(colour,)| colour) })
    }

    async fn set_look(&self, user: UserId, look: Look) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO looks (user_id, colour) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET colour = excluded.colour",
        )
        .bind(row_id(user.0))
        .bind(look.colour)
        .execute(&self.0.writer)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn blocked_by(&self, user: UserId) -> Result<Vec<Person>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT blocked_id, login FROM blocks WHERE user_id = $1 ORDER BY login")
                .bind(row_id(user.0))
                .fetch_all(&self.0.readers)
                .await
                .map_err(store_error)?;
        rows.into_iter()
            .map(|(id, login)| {
                let login = login.parse().map_err(|e| corrupt("blocks.login", e))?;
                Ok(Person { id: UserId(id.cast_unsigned()), login })
            })
            .collect()
    }

    async fn set_block(&self, user: UserId, whom: Person, blocked: bool) -> Result<(), StoreError> {
        let query = if blocked {
            sqlx::query(
                "INSERT INTO blocks (user_id, blocked_id, login) VALUES ($1, $2, $3)
                 ON CONFLICT (user_id, blocked_id) DO UPDATE SET login = excluded.login",
            )
            .bind(row_id(user.0))
            .bind(row_id(whom.id.0))
            .bind(whom.login.as_str().to_owned())
        } else {
            sqlx::query("DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2")
                .bind(row_id(user.0))
                .bind(row_id(whom.id.0))
        };
        query.execute(&self.0.writer).await.map_err(store_error)?;
        Ok(())
    }

    async fn forget(&self, user: UserId) -> Result<(), StoreError> {
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        for statement in [
            "DELETE FROM room_roles WHERE user_id = $1",
            "DELETE FROM room_warnings WHERE user_id = $1",
            "DELETE FROM room_suspects WHERE user_id = $1",
            "DELETE FROM room_unban_requests WHERE user_id = $1",
            "DELETE FROM blocks WHERE user_id = $1 OR blocked_id = $1",
            "DELETE FROM looks WHERE user_id = $1",
            // Ids are strings in JSON.
            "UPDATE rooms SET pinned = NULL
             WHERE pinned IS NOT NULL AND json_extract(pinned, '$.author.id') = CAST($1 AS TEXT)",
            // What moderators did stays; what it was about, often their own words, does not.
            "UPDATE room_entries SET record = json_set(record, '$.detail', '') WHERE target_id = $1",
        ] {
            sqlx::query(statement).bind(row_id(user.0)).execute(&mut *tx).await.map_err(store_error)?;
        }
        tx.commit().await.map_err(store_error)
    }
}

async fn load(tx: &mut Transaction<'static, Sqlite>, channel: i64) -> Result<RoomRecord, StoreError> {
    let room: Option<(Option<String>, Option<String>)> =
        sqlx::query_as("SELECT settings, pinned FROM rooms WHERE channel_id = $1")
            .bind(channel)
            .fetch_optional(&mut **tx)
            .await
            .map_err(store_error)?;
    let (settings, pinned) = room.unwrap_or_default();
    let settings = settings.map(|text| read("rooms.settings", &text)).transpose()?;
    let roles = marked(
        tx,
        channel,
        "SELECT user_id, login, role FROM room_roles WHERE channel_id = $1 ORDER BY user_id",
    );
    let roles = roles.await?.iter().map(|row| Ok((person(row)?, role(&row.2)?))).collect::<Result<_, _>>()?;
    let suspects = marked(
        tx,
        channel,
        "SELECT user_id, login, how FROM room_suspects WHERE channel_id = $1 ORDER BY user_id",
    );
    let suspects =
        suspects.await?.iter().map(|row| Ok((person(row)?, suspicion(&row.2)?))).collect::<Result<_, _>>()?;
    Ok(RoomRecord {
        settings: settings.unwrap_or_else(RoomSettings::default),
        roles,
        bans: records(tx, channel, "SELECT record FROM room_bans WHERE channel_id = $1 ORDER BY user_id")
            .await?,
        terms: records(tx, channel, "SELECT record FROM room_terms WHERE channel_id = $1 ORDER BY id")
            .await?,
        pinned: pinned.map(|text| read("rooms.pinned", &text)).transpose()?,
        warnings: records(
            tx,
            channel,
            "SELECT record FROM room_warnings WHERE channel_id = $1 ORDER BY user_id",
        )
        .await?,
        suspects,
        unban_requests: records(
            tx,
            channel,
            "SELECT record FROM room_unban_requests WHERE channel_id = $1 ORDER BY user_id",
        )
        .await?,
    })
}

async fn marked(
    tx: &mut Transaction<'static, Sqlite>,
    channel: i64,
    statement: &'static str,
) -> Result<Vec<Marked>, StoreError> {
    sqlx::query_as(statement).bind(channel).fetch_all(&mut **tx).await.map_err(store_error)
}

async fn records<T: DeserializeOwned>(
    tx: &mut Transaction<'static, Sqlite>,
    channel: i64,
    statement: &'static str,
) -> Result<Vec<T>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as(statement).bind(channel).fetch_all(&mut **tx).await.map_err(store_error)?;
    rows.iter().map(|(record,)| read(statement, record)).collect()
}

async fn apply(
    tx: &mut Transaction<'static, Sqlite>,
    channel: i64,
    change: RoomChange,
) -> Result<(), StoreError> {
    let query = match &change {
        RoomChange::Settings(settings) => sqlx::query(
            "INSERT INTO rooms (channel_id, settings) VALUES ($1, $2)
             ON CONFLICT (channel_id) DO UPDATE SET settings = excluded.settings",
        )
        .bind(channel)
        .bind(written(settings)?),
        RoomChange::Pin(pinned) => sqlx::query(
            "INSERT INTO rooms (channel_id, pinned) VALUES ($1, $2)
             ON CONFLICT (channel_id) DO UPDATE SET pinned = excluded.pinned",
        )
        .bind(channel)
        .bind(pinned.as_ref().map(written).transpose()?),
        RoomChange::Grant(who, role) => sqlx::query(
            "INSERT INTO room_roles (channel_id, user_id, login, role) VALUES ($1, $2, $3, $4)
             ON CONFLICT (channel_id, user_id) DO UPDATE SET login = excluded.login, role = excluded.role",
        )
        .bind(channel)
        .bind(row_id(who.id.0))
        .bind(who.login.as_str().to_owned())
        .bind(role_text(*role)),
        RoomChange::Revoke(user, role) => {
            sqlx::query("DELETE FROM room_roles WHERE channel_id = $1 AND user_id = $2 AND role = $3")
                .bind(channel)
                .bind(row_id(user.0))
                .bind(role_text(*role))
        }
        RoomChange::Ban(ban @ Ban { who, .. }) => sqlx::query(
            "INSERT INTO room_bans (channel_id, user_id, record) VALUES ($1, $2, $3)
             ON CONFLICT (channel_id, user_id) DO UPDATE SET record = excluded.record",
        )
        .bind(channel)
        .bind(row_id(who.id.0))
        .bind(written(ban)?),
        RoomChange::Unban(user) => {
            sqlx::query("DELETE FROM room_bans WHERE channel_id = $1 AND user_id = $2")
                .bind(channel)
                .bind(row_id(user.0))
        }
        RoomChange::AddTerm(term) => sqlx::query(
            "INSERT INTO room_terms (channel_id, id, record) VALUES ($1, $2, $3)
             ON CONFLICT (channel_id, id) DO UPDATE SET record = excluded.record",
        )
        .bind(channel)
        .bind(row_id(term.id.0))
        .bind(written(term)?),
        RoomChange::RemoveTerm(id) => sqlx::query("DELETE FROM room_terms WHERE channel_id = $1 AND id = $2")
            .bind(channel)
            .bind(row_id(id.0)),
        RoomChange::Warn(warning) => sqlx::query(
            "INSERT INTO room_warnings (channel_id, user_id, record) VALUES ($1, $2, $3)
             ON CONFLICT (channel_id, user_id) DO UPDATE SET record = excluded.record",
        )
        .bind(channel)
        .bind(row_id(warning.who.id.0))
        .bind(written(warning)?),
        RoomChange::Acknowledge(user) => {
            sqlx::query("DELETE FROM room_warnings WHERE channel_id = $1 AND user_id = $2")
                .bind(channel)
                .bind(row_id(user.0))
        }
        RoomChange::Suspect(who, Some(how)) => sqlx::query(
            "INSERT INTO room_suspects (channel_id, user_id, login, how) VALUES ($1, $2, $3, $4)
             ON CONFLICT (channel_id, user_id) DO UPDATE SET login = excluded.login, how = excluded.how",
        )
        .bind(channel)
        .bind(row_id(who.id.0))
        .bind(who.login.as_str().to_owned())
        .bind(suspicion_text(*how)),
        RoomChange::Suspect(who, None) => {
            sqlx::query("DELETE FROM room_suspects WHERE channel_id = $1 AND user_id = $2")
                .bind(channel)
                .bind(row_id(who.id.0))
        }
        RoomChange::UnbanRequest(request) => sqlx::query(
            "INSERT INTO room_unban_requests (channel_id, user_id, record) VALUES ($1, $2, $3)
             ON CONFLICT (channel_id, user_id) DO UPDATE SET record = excluded.record",
        )
        .bind(channel)
        .bind(row_id(request.who.id.0))
        .bind(written(request)?),
        RoomChange::DropUnbanRequest(user) => {
            sqlx::query("DELETE FROM room_unban_requests WHERE channel_id = $1 AND user_id = $2")
                .bind(channel)
                .bind(row_id(user.0))
        }
    };
    query.execute(&mut **tx).await.map_err(store_error)?;
    Ok(())
}

/// An entry that is there already (a call that was tried again) stays as it is.
async fn note(writer: &mut SqliteConnection, channel: ChannelId, entry: &ModEntry) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO room_entries (channel_id, id, target_id, action, record) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (channel_id, id) DO NOTHING",
    )
    .bind(row_id(channel.0))
    .bind(row_id(entry.id.0))
    .bind(entry.target.as_ref().map(|who| row_id(who.id.0)))
    .bind(&entry.action)
    .bind(written(entry)?)
    .execute(writer)
    .await
    .map_err(store_error)?;
    Ok(())
}
