//! Invitations to sign up, for sites that do not let everybody in.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::UserId;
use crate::secrets::SecretHash;
use crate::time::WallTime;

/// An invitation, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Hash of the code.
    pub code: SecretHash,
    /// Who made it; `None` for the command line.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: WallTime,
    /// From then on it is refused.
    pub expires_at: WallTime,
}

/// Invitations. Torn apart, one code would let two people in.
#[async_trait]
pub trait Invites: Send + Sync {
    /// Keeps an invitation. Adding a code again changes nothing.
    async fn add(&self, invite: Invite) -> Result<(), StoreError>;
    /// Uses the code up; `false` if it is unknown, used or expired at `now`. Of many who race exactly one hears `true`.
    async fn redeem(&self, code: SecretHash, now: WallTime) -> Result<bool, StoreError>;
    /// Makes a code usable again, whose redeemer then could not sign up after all. Unknown codes are fine.
    async fn give_back(&self, code: SecretHash) -> Result<(), StoreError>;
    /// Forgets what expired before `now`; says how many.
    async fn purge(&self, now: WallTime) -> Result<u64, StoreError>;
}
