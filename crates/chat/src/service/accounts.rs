//! Accounts as chat knows them: a user of the site, with a name colour, by token, by login or by the web's own word.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ids::UserId;
use domain::names::Name;
use domain::ports::{Accounts, Rooms, StoreError};
use domain::secrets::Secret;
use domain::time::WallTime;
use domain::users::User;

use crate::command::Account;
use crate::room::People;
use crate::rules::colours::colour_of;

/// Looks accounts up. Clones are handles to the same.
#[derive(Clone)]
pub struct Book {
    accounts: Arc<dyn Accounts>,
    rooms: Arc<dyn Rooms>,
    clock: Arc<dyn Fn() -> WallTime + Send + Sync>,
}

impl Book {
    /// Over the stores.
    pub fn new(
        accounts: Arc<dyn Accounts>,
        rooms: Arc<dyn Rooms>,
        clock: Arc<dyn Fn() -> WallTime + Send + Sync>,
    ) -> Self {
        Self { accounts, rooms, clock }
    }

    /// A user's account. Where the colour can't be read the usual one is taken: nobody is kept out for a colour.
    ///
    /// # Errors
    /// Never today; callers must not rely on it.
    pub async fn account(&self, user: &User) -> Result<Arc<Account>, StoreError> {
        let look = self.rooms.look(user.id).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "name colour not read");
            domain::rooms::Look::default()
        });
        Ok(Arc::new(Account {
            id: user.id,
            login: user.name.clone(),
            display: user.name.as_str().into(),
            admin: user.admin,
            partner: user.partner,
            bot: user.bot,
            verified: user.verified_at.is_some(),
            created_at: user.created_at,
            colour: look.colour.unwrap_or_else(|| colour_of(user.id)),
        }))
    }

    /// The login of the account with this number.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn login_of(&self, user: UserId) -> Result<Option<Name>, StoreError> {
        Ok(self.accounts.by_id(user).await?.map(|user| user.name))
    }

    /// Of whom a list is to be, where one login may be asked for: `None` if nobody has it, `Some(None)` for everybody.
    pub(super) async fn asked_for(&self, login: Option<&Name>) -> Result<Option<Option<UserId>>, StoreError> {
        let Some(login) = login else { return Ok(Some(None)) };
        Ok(self.by_login(login).await?.map(|account| Some(account.id)))
    }

    /// The account that a token opens; tokens of every scope open chat.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn by_token(&self, token: &str) -> Result<Option<Arc<Account>>, StoreError> {
        let hash = Secret::presented(token).hash();
        let Some(session) = self.accounts.session(hash, (self.clock)()).await? else { return Ok(None) };
        let Some(user) = self.accounts.by_id(session.user).await? else { return Ok(None) };
        self.account(&user).await.map(Some)
    }
}

#[async_trait]
impl People for Book {
    async fn by_login(&self, login: &Name) -> Result<Option<Account>, StoreError> {
        let Some(user) = self.accounts.by_name(login).await? else { return Ok(None) };
        Ok(Some(Account::clone(&*self.account(&user).await?)))
    }
}
