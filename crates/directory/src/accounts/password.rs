//! Another password: chosen by the account's owner, who says the old one, or set by who runs the site.

use std::net::IpAddr;

use domain::class::Class;
use domain::secrets::{Secret, SecretHash};
use domain::time::WallTime;
use domain::users::User;

use super::{AccountDesk, SignInError};
use crate::faults::{self, FieldFault};

/// Why a password stays what it is.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new one will not do.
    #[error("{}", .0.iter().map(|f| format!("{}: {}", f.field, f.detail)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldFault>),
    /// The old one is wrong, or nobody could check.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl ChangePasswordError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Invalid(_) => Class::Caller,
            Self::SignIn(e) => e.class(),
        }
    }
}

impl AccountDesk {
    /// Gives `user`, who says the `old` password, a `new` one. Other sessions than the one of `token` end: whoever knew the old one
    /// may have them. Tokens for programs stay.
    pub async fn change_password(
        &self,
        user: &User,
        (old, new): (&str, &str),
        token: &Secret,
        from: IpAddr,
        now: WallTime,
    ) -> Result<(), ChangePasswordError> {
        let was = self.check_password(user, old, from, now).await?;
        self.keep_password(user, "new_password", new, Some((was, token.hash()))).await
    }

    /// Gives `user` a `new` password, whatever the old one was. All sessions end.
    pub async fn set_password(&self, user: &User, new: &str) -> Result<(), ChangePasswordError> {
        self.keep_password(user, "password", new, None).await
    }

    async fn keep_password(
        &self,
        user: &User,
        field: &str,
        new: &str,
        owner: Option<(String, SecretHash)>,
    ) -> Result<(), ChangePasswordError> {
        faults::password(field, new, user.name.as_str(), &user.email)
            .map_err(|fault| ChangePasswordError::Invalid(vec![fault]))?;
        let hash = self.passwords.hash(new).await.map_err(SignInError::from)?;
        let (was, keep) = owner.unzip();
        let ended = self.accounts.set_password(user.id, was, hash, keep).await.map_err(SignInError::from)?;
        // It was changed, or the account is gone, while this was under way: what was said is not the password any more.
        self.end(ended.ok_or(SignInError::BadCredentials)?);
        Ok(())
    }
}
