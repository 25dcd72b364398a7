//! Tokens that users make for programs, and telling the rest of the house when a token or an account ends.

use domain::class::Class;
use domain::ids::{TokenId, UserId};
use domain::limits::LABEL_LEN_MAX;
use domain::ports::{StoreError, TokenError};
use domain::secrets::{Secret, SecretHash};
use domain::time::WallTime;
use domain::users::{ApiToken, Scope, User, UserPatch};
use tokio::sync::broadcast;

use super::AccountDesk;
use crate::faults::{self, FieldFault};

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateTokenError {
    /// The label is wrong.
    #[error("some fields are not right")]
    Invalid(Vec<FieldFault>),
    /// The user holds as many tokens as may be.
    #[error("there are as many tokens as there may be; revoke one first")]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateTokenError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Invalid(_) | Self::TooMany => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

impl From<TokenError> for CreateTokenError {
    fn from(e: TokenError) -> Self {
        match e {
            TokenError::TooMany => Self::TooMany,
            TokenError::Store(e) => Self::Store(e),
        }
    }
}

/// What ended: whoever keeps a connection open for it should close that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Signed out, or revoked.
    Token(SecretHash),
    /// The account is gone, with all its tokens, or is another than it was: whoever may still come in comes again.
    Account(UserId),
}

impl AccountDesk {
    /// Makes a token for a program. The label may be empty; the secret is shown this once.
    pub async fn create_token(
        &self,
        user: UserId,
        label: &str,
        scope: Scope,
        now: WallTime,
    ) -> Result<(ApiToken, Secret), CreateTokenError> {
        let label = faults::line("label", label, LABEL_LEN_MAX)
            .map_err(|fault| CreateTokenError::Invalid(vec![fault]))?;
        let secret = Secret::mint(if scope == Scope::Chat { "chat" } else { "api" }, rand::random());
        // A token lives on its user's shard, and its id says so.
        let id = TokenId(self.ids.next(now, user.shard()));
        let token = ApiToken { id, user, label, scope, created_at: now };
        self.accounts.add_token(token.clone(), secret.hash()).await?;
        Ok((token, secret))
    }

    /// The user's tokens, oldest first.
    pub async fn tokens(&self, user: UserId) -> Result<Vec<ApiToken>, StoreError> {
        self.accounts.tokens(user).await
    }

    /// Revokes a token of this user; `false` if there is no such token. Here at once, elsewhere as a sign-out.
    pub async fn revoke_token(&self, user: UserId, id: TokenId) -> Result<bool, StoreError> {
        let Some(hash) = self.accounts.remove_token(user, id).await? else { return Ok(false) };
        self.cache.forget(hash);
        self.tell(Ended::Token(hash));
        Ok(true)
    }

    /// Changes an account; `None` if there is none. For administrators.
    pub async fn update(&self, user: UserId, patch: UserPatch) -> Result<Option<User>, StoreError> {
        let updated = self.accounts.update(user, patch).await?;
        self.cache.forget_user(user);
        // What is open for it was let in as it was before, and has to come again.
        self.tell(Ended::Account(user));
        Ok(updated)
    }

    /// What ends in this process from now on. A receiver that lags has missed some: it should ask
    /// [`who`](Self::who) about all its tokens again.
    pub fn endings(&self) -> broadcast::Receiver<Ended> {
        self.endings.subscribe()
    }

    pub(super) fn tell(&self, ended: Ended) {
        // Nobody may be listening.
        let _ = self.endings.send(ended);
    }
}
