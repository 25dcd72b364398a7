//! [`Accounts`] in SQLite: tables `users`, `channels` (made here, untitled), `sessions` (with tokens for programs) and
//! `gone_names`.

use async_trait::async_trait;
use domain::ids::{TokenId, UserId};
use domain::limits::{SESSIONS_MAX, TOKENS_MAX};
use domain::names::Name;
use domain::ports::{AccountError, Accounts, StoreError, TokenError};
use domain::secrets::SecretHash;
use domain::time::WallTime;
use domain::users::{ApiToken, NewUser, Scope, Session, User, UserPatch};
use sqlx::{Row as _, Sqlite, Transaction};

use super::channels::latency_text;
use super::{Db, corrupt, row_id, store_error};

#[derive(Debug)]
pub(crate) struct SqliteAccounts(pub(crate) Db);

#[derive(sqlx::FromRow)]
struct UserRow {
    id: i64,
    name: String,
    email: String,
    admin: bool,
    partner: bool,
    bot: bool,
    verified_at: Option<i64>,
    created_at: i64,
}

/// The columns of a [`UserRow`]: all but what only signing in may read.
macro_rules! user_columns {
    () => {
        "id, name, email, admin, partner, bot, verified_at, created_at"
    };
}

impl UserRow {
    fn user(self) -> Result<User, StoreError> {
        Ok(User {
            id: UserId(self.id.cast_unsigned()),
            name: self.name.parse().map_err(|e| corrupt("users.name", e))?,
            email: self.email,
            admin: self.admin,
            partner: self.partner,
            bot: self.bot,
            verified_at: self.verified_at.map(WallTime::from_unix_ms),
            created_at: WallTime::from_unix_ms(self.created_at),
        })
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    user_id: i64,
    scope: String,
    created_at: i64,
    expires_at: i64,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    token_id: i64,
    label: String,
    scope: String,
    created_at: i64,
}

fn scope(text: &str) -> Result<Scope, StoreError> {
    match text {
        "full" => Ok(Scope::Full),
        "chat" => Ok(Scope::Chat),
        other => Err(corrupt("sessions.scope", other)),
    }
}

fn scope_text(scope: Scope) -> &'static str {
    match scope {
        Scope::Full => "full",
        Scope::Chat => "chat",
    }
}

fn hashes(rows: Vec<(Vec<u8>,)>) -> Result<Vec<SecretHash>, StoreError> {
    let hash = |(token,): (Vec<u8>,)| token.try_into().map(SecretHash);
    let hashes: Result<Vec<_>, _> = rows.into_iter().map(hash).collect();
    hashes.map_err(|_| corrupt("sessions.token", "not 32 bytes"))
}

#[async_trait]
impl Accounts for SqliteAccounts {
    async fn create(&self, new: NewUser) -> Result<(), AccountError> {
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        refuse_taken(&mut tx, &new.user).await?;
        insert(&mut tx, &new).await.map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        Ok(())
    }

    async fn by_name(&self, name: &Name) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> =
            sqlx::query_as(concat!("SELECT ", user_columns!(), " FROM users WHERE name = $1"))
                .bind(name.as_str())
                .fetch_optional(&self.0.readers)
                .await
                .map_err(store_error)?;
        row.map(UserRow::user).transpose()
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> =
            sqlx::query_as(concat!("SELECT ", user_columns!(), " FROM users WHERE id = $1"))
                .bind(row_id(id.0))
                .fetch_optional(&self.0.readers)
                .await
                .map_err(store_error)?;
        row.map(UserRow::user).transpose()
    }

    async fn credentials(&self, name_or_email: &str) -> Result<Option<(UserId, String)>, StoreError> {
        // No name has an @ and every address has one, so at most one row is found.
        let row: Option<(i64, String)> =
            sqlx::query_as("SELECT id, password_hash FROM users WHERE name = $1 OR email_folded = $1")
                .bind(name_or_email.to_lowercase())
                .fetch_optional(&self.0.readers)
                .await
                .map_err(store_error)?;
        Ok(row.map(|(id, hash)| (UserId(id.cast_unsigned()), hash)))
    }

    async fn any_admin(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1)")
            .fetch_one(&self.0.readers)
            .await;
        row.and_then(|row| row.try_get(0)).map_err(store_error)
    }

    async fn update(&self, id: UserId, patch: UserPatch) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = sqlx::query_as(concat!(
            "UPDATE users SET bot = coalesce($2, bot), verified_at = coalesce(verified_at, $3) WHERE id = $1 RETURNING ",
            user_columns!()
        ))
        .bind(row_id(id.0))
        .bind(patch.bot)
        .bind(patch.verified_at.map(WallTime::unix_ms))
        .fetch_optional(&self.0.writer)
        .await
        .map_err(store_error)?;
        row.map(UserRow::user).transpose()
    }

    async fn set_password(
        &self,
        id: UserId,
        was: Option<String>,
        hash: String,
        keep: Option<SecretHash>,
    ) -> Result<Option<Vec<SecretHash>>, StoreError> {
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        let set = sqlx::query(
            "UPDATE users SET password_hash = $2 WHERE id = $1 AND ($3 IS NULL OR password_hash = $3)",
        )
        .bind(row_id(id.0))
        .bind(hash)
        .bind(was)
        .execute(&mut *tx)
        .await
        .map_err(store_error)?;
        if set.rows_affected() == 0 {
            return Ok(None);
        }
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "DELETE FROM sessions WHERE user_id = $1 AND token_id IS NULL AND ($2 IS NULL OR token <> $2)
             RETURNING token",
        )
        .bind(row_id(id.0))
        .bind(keep.map(|keep| keep.0.to_vec()))
        .fetch_all(&mut *tx)
        .await
        .map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        hashes(rows).map(Some)
    }

    async fn remove(&self, id: UserId, now: WallTime) -> Result<bool, StoreError> {
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        let kept =
            sqlx::query("INSERT INTO gone_names (name, gone_at) SELECT name, $2 FROM users WHERE id = $1")
                .bind(row_id(id.0))
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await
                .map_err(store_error)?;
        for statement in [
            "DELETE FROM sessions WHERE user_id = $1",
            "DELETE FROM stream_keys WHERE channel_id = $1",
            "UPDATE invites SET created_by = NULL WHERE created_by = $1",
            "DELETE FROM channels WHERE id = $1",
            "DELETE FROM users WHERE id = $1",
        ] {
            sqlx::query(statement).bind(row_id(id.0)).execute(&mut *tx).await.map_err(store_error)?;
        }
        tx.commit().await.map_err(store_error)?;
        Ok(kept.rows_affected() > 0)
    }

    async fn open_session(
        &self,
        session: Session,
        password: &str,
    ) -> Result<Option<Vec<SecretHash>>, StoreError> {
        let mut tx = self.0.writer.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        let opened = sqlx::query(
            "INSERT INTO sessions (token, user_id, scope, created_at, expires_at)
             SELECT $1, id, $3, $4, $5 FROM users WHERE id = $2 AND password_hash = $6",
        )
        .bind(&session.token.0[..])
        .bind(row_id(session.user.0))
        .bind(scope_text(session.scope))
        .bind(session.created_at.unix_ms())
        .bind(session.expires_at.unix_ms())
        .bind(password)
        .execute(&mut *tx)
        .await
        .map_err(store_error)?;
        if opened.rows_affected() == 0 {
            return Ok(None);
        }
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "DELETE FROM sessions WHERE token IN (
                 SELECT token FROM sessions WHERE user_id = $1 AND token_id IS NULL
                 ORDER BY token = $2 DESC, created_at DESC LIMIT -1 OFFSET $3)
             RETURNING token",
        )
        .bind(row_id(session.user.0))
        .bind(&session.token.0[..])
        .bind(i64::try_from(SESSIONS_MAX).unwrap_or(i64::MAX))
        .fetch_all(&mut *tx)
        .await
        .map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        hashes(rows).map(Some)
    }

    async fn session(&self, token: SecretHash, now: WallTime) -> Result<Option<Session>, StoreError> {
        let row: Option<SessionRow> = sqlx::query_as(
            "SELECT user_id, scope, created_at, expires_at FROM sessions WHERE token = $1 AND expires_at >= $2",
        )
        .bind(&token.0[..])
        .bind(now.unix_ms())
        .fetch_optional(&self.0.readers)
        .await
        .map_err(store_error)?;
        let session = |row: SessionRow| {
            Ok(Session {
                token,
                user: UserId(row.user_id.cast_unsigned()),
                scope: scope(&row.scope)?,
                created_at: WallTime::from_unix_ms(row.created_at),
                expires_at: WallTime::from_unix_ms(row.expires_at),
            })
        };
        row.map(session).transpose()
    }

    async fn close_session(&self, token: SecretHash) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE token = $1")
            .bind(&token.0[..])
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn add_token(&self, token: ApiToken, secret: SecretHash) -> Result<(), TokenError> {
        // Counting and adding are one statement, hence one write: two adders cannot both see the last free place.
        let done = sqlx::query(
            "INSERT INTO sessions (token, user_id, scope, token_id, label, created_at, expires_at)
             SELECT $1, $2, $3, $4, $5, $6, $7
             WHERE (SELECT count(*) FROM sessions WHERE user_id = $2 AND token_id IS NOT NULL) < $8",
        )
        .bind(&secret.0[..])
        .bind(row_id(token.user.0))
        .bind(scope_text(token.scope))
        .bind(row_id(token.id.0))
        .bind(&token.label)
        .bind(token.created_at.unix_ms())
        .bind(ApiToken::EXPIRES_AT.unix_ms())
        .bind(i64::try_from(TOKENS_MAX).unwrap_or(i64::MAX))
        .execute(&self.0.writer)
        .await
        .map_err(store_error)?;
        if done.rows_affected() == 0 { Err(TokenError::TooMany) } else { Ok(()) }
    }

    async fn tokens(&self, user: UserId) -> Result<Vec<ApiToken>, StoreError> {
        let rows: Vec<TokenRow> = sqlx::query_as(
            "SELECT token_id, label, scope, created_at FROM sessions
             WHERE user_id = $1 AND token_id IS NOT NULL ORDER BY created_at, token_id",
        )
        .bind(row_id(user.0))
        .fetch_all(&self.0.readers)
        .await
        .map_err(store_error)?;
        let token = |row: TokenRow| {
            Ok(ApiToken {
                id: TokenId(row.token_id.cast_unsigned()),
                user,
                label: row.label,
                scope: scope(&row.scope)?,
                created_at: WallTime::from_unix_ms(row.created_at),
            })
        };
        rows.into_iter().map(token).collect()
    }

    async fn remove_token(&self, user: UserId, id: TokenId) -> Result<Option<SecretHash>, StoreError> {
        let row: Option<(Vec<u8>,)> =
            sqlx::query_as("DELETE FROM sessions WHERE user_id = $1 AND token_id = $2 RETURNING token")
                .bind(row_id(user.0))
                .bind(row_id(id.0))
                .fetch_optional(&self.0.writer)
                .await
                .map_err(store_error)?;
        Ok(hashes(row.into_iter().collect())?.pop())
    }

    async fn purge_sessions(&self, now: WallTime) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM sessions WHERE expires_at < $1")
            .bind(now.unix_ms())
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected())
    }
}

/// Under the write lock, so that what is free here is free until the commit. The name is told before the address.
async fn refuse_taken(tx: &mut Transaction<'static, Sqlite>, user: &User) -> Result<(), AccountError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM users WHERE name = $1 UNION ALL SELECT 1 FROM gone_names WHERE name = $1),
             EXISTS (SELECT 1 FROM users WHERE email_folded = $2)",
    )
    .bind(user.name.as_str())
    .bind(user.email.to_lowercase())
    .fetch_one(&mut **tx)
    .await
    .map_err(store_error)?;
    if row.try_get(0).map_err(store_error)? {
        return Err(AccountError::NameTaken);
    }
    if row.try_get(1).map_err(store_error)? {
        return Err(AccountError::EmailTaken);
    }
    Ok(())
}

async fn insert(tx: &mut Transaction<'static, Sqlite>, new: &NewUser) -> Result<(), sqlx::Error> {
    let NewUser { user, password_hash, latency } = new;
    sqlx::query(
        "INSERT INTO users (id, name, email, email_folded, admin, partner, password_hash, created_at, bot, verified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row_id(user.id.0))
    .bind(user.name.as_str())
    .bind(&user.email)
    .bind(user.email.to_lowercase())
    .bind(user.admin)
    .bind(user.partner)
    .bind(password_hash)
    .bind(user.created_at.unix_ms())
    .bind(user.bot)
    .bind(user.verified_at.map(WallTime::unix_ms))
    .execute(&mut **tx)
    .await?;
    sqlx::query("INSERT INTO channels (id, latency) VALUES ($1, $2)")
        .bind(row_id(user.id.0))
        .bind(latency_text(*latency))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
