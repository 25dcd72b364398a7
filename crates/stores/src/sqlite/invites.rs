//! [`Invites`] in SQLite: table `invites`.

use async_trait::async_trait;
use domain::ports::{Invite, Invites, StoreError};
use domain::secrets::SecretHash;
use domain::time::WallTime;

use super::{Db, row_id, store_error};

#[derive(Debug)]
pub(crate) struct SqliteInvites(pub(crate) Db);

#[async_trait]
impl Invites for SqliteInvites {
    async fn add(&self, invite: Invite) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO invites (code, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (code) DO NOTHING",
        )
        .bind(&invite.code.0[..])
        .bind(invite.created_by.map(|by| row_id(by.0)))
        .bind(invite.created_at.unix_ms())
        .bind(invite.expires_at.unix_ms())
        .execute(&self.0.writer)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn redeem(&self, code: SecretHash, now: WallTime) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE invites SET redeemed_at = $2 WHERE code = $1 AND redeemed_at IS NULL AND expires_at > $2",
        )
        .bind(&code.0[..])
        .bind(now.unix_ms())
        .execute(&self.0.writer)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    async fn give_back(&self, code: SecretHash) -> Result<(), StoreError> {
        sqlx::query("UPDATE invites SET redeemed_at = NULL WHERE code = $1")
            .bind(&code.0[..])
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn purge(&self, now: WallTime) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM invites WHERE expires_at < $1")
            .bind(now.unix_ms())
            .execute(&self.0.writer)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected())
    }
}
