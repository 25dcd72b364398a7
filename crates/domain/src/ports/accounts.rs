//! Who has an account, and who is signed in.

use async_trait::async_trait;

use super::StoreError;
use crate::class::Class;
use crate::ids::{TokenId, UserId};
use crate::names::Name;
use crate::secrets::SecretHash;
use crate::time::WallTime;
use crate::users::{ApiToken, NewUser, Session, User, UserPatch};

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Another account has the name, or had it before it was removed.
    #[error("that name is taken")]
    NameTaken,
    /// Another account has the e-mail address.
    #[error("that e-mail address has an account already")]
    EmailTaken,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::NameTaken | Self::EmailTaken => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// Why a token was not added.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The user holds [`crate::limits::TOKENS_MAX`] tokens.
    #[error("there are as many tokens as there may be; revoke one first")]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TokenError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::TooMany => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// Accounts and sessions, sharded by user id. A user's channel is made and found together with the user.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Keeps `new` and an untitled channel of the same name and number, both or neither.
    async fn create(&self, new: NewUser) -> Result<(), AccountError>;
    /// The user with this name.
    async fn by_name(&self, name: &Name) -> Result<Option<User>, StoreError>;
    /// The user with this number.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// The user's password hash (PHC string), by name or e-mail address.
    async fn credentials(&self, name_or_email: &str) -> Result<Option<(UserId, String)>, StoreError>;
    /// Whether there is an administrator: a start of a site that has none makes one.
    async fn any_admin(&self) -> Result<bool, StoreError>;
    /// Changes what `patch` names and returns the result; `None` if there is no such account.
    async fn update(&self, id: UserId, patch: UserPatch) -> Result<Option<User>, StoreError>;
    /// Keeps another password hash (PHC string), if the one there is still `was` (`None`: whatever it is), and forgets the user's
    /// sessions, but `keep` and the tokens for programs. Returns those that it forgot; `None` if there is no such account with that
    /// hash.
    async fn set_password(
        &self,
        id: UserId,
        was: Option<String>,
        hash: String,
        keep: Option<SecretHash>,
    ) -> Result<Option<Vec<SecretHash>>, StoreError>;
    /// Removes an account with its sessions, tokens, stream keys and channel, all or nothing. The name stays taken for ever, the
    /// e-mail address is free. Says whether there was one.
    async fn remove(&self, id: UserId, now: WallTime) -> Result<bool, StoreError>;
    /// Keeps a session, if the password hash of its user is still `password`: what takes long to check may have been changed
    /// meanwhile. Forgets the user's oldest beyond [`SESSIONS_MAX`](crate::limits::SESSIONS_MAX), tokens for programs aside, and returns
    /// them; `None` if there is no such account with that hash.
    async fn open_session(
        &self,
        session: Session,
        password: &str,
    ) -> Result<Option<Vec<SecretHash>>, StoreError>;
    /// The session with this token hash, unless it expired before `now`.
    async fn session(&self, token: SecretHash, now: WallTime) -> Result<Option<Session>, StoreError>;
    /// Forgets a session. Forgetting one that is not there is fine.
    async fn close_session(&self, token: SecretHash) -> Result<(), StoreError>;
    /// Keeps a token, which [`session`](Self::session) then finds by its hash; refuses the one beyond the limit.
    async fn add_token(&self, token: ApiToken, secret: SecretHash) -> Result<(), TokenError>;
    /// The user's tokens, oldest first.
    async fn tokens(&self, user: UserId) -> Result<Vec<ApiToken>, StoreError>;
    /// Forgets a token of this user and returns its hash; `None` if there was none.
    async fn remove_token(&self, user: UserId, id: TokenId) -> Result<Option<SecretHash>, StoreError>;
    /// Forgets sessions that expired before `now`; says how many.
    async fn purge_sessions(&self, now: WallTime) -> Result<u64, StoreError>;
}
