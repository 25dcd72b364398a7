//! Who has an account, and who is signed in.

use async_trait::async_trait;

use super::StoreError;
use crate::class::Class;
use crate::ids::UserId;
use crate::names::Name;
use crate::secrets::SecretHash;
use crate::time::WallTime;
use crate::users::{NewUser, Session, User};

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Another account has the name.
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
    /// Whether any account exists: on an empty site the first start makes an administrator.
    async fn any(&self) -> Result<bool, StoreError>;
    /// Keeps a session.
    async fn open_session(&self, session: Session) -> Result<(), StoreError>;
    /// The session with this token hash, unless it expired before `now`.
    async fn session(&self, token: SecretHash, now: WallTime) -> Result<Option<Session>, StoreError>;
    /// Forgets a session. Forgetting one that is not there is fine.
    async fn close_session(&self, token: SecretHash) -> Result<(), StoreError>;
    /// Forgets sessions that expired before `now`; says how many.
    async fn purge_sessions(&self, now: WallTime) -> Result<u64, StoreError>;
}
