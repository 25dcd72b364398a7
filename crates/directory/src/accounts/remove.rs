//! The end of an account, as far as this desk knows it; [`crate::leaving`] does what else belongs to it.

use std::net::IpAddr;

use domain::ports::StoreError;
use domain::time::WallTime;
use domain::users::User;

use super::{AccountDesk, Ended, SignInError};

impl AccountDesk {
    /// The hash of the user's password, if this is it. A wrong one costs one of the tries at signing in.
    pub(crate) async fn check_password(
        &self,
        user: &User,
        password: &str,
        from: IpAddr,
        now: WallTime,
    ) -> Result<String, SignInError> {
        let tried = self.limiter.sign_in(from, user.name.as_str(), now);
        let tried = tried.map_err(|retry_after| SignInError::RateLimited { retry_after })?;
        if password.len() > domain::limits::PASSWORD_LEN_MAX {
            return Err(SignInError::BadCredentials);
        }
        let hash = self.accounts.credentials(user.name.as_str()).await?.map(|(_, hash)| hash);
        let right = self.passwords.verify(password, hash.clone()).await?;
        let Some(hash) = hash.filter(|_| right) else { return Err(SignInError::BadCredentials) };
        self.limiter.was_right(tried);
        Ok(hash)
    }

    /// Removes the account with its sessions, tokens and stream keys; the name stays taken.
    pub(crate) async fn remove(&self, user: &User, now: WallTime) -> Result<bool, StoreError> {
        let removed = self.accounts.remove(user.id, now).await?;
        self.cache.forget_user(user.id);
        self.tell(Ended::Account(user.id));
        Ok(removed)
    }
}
