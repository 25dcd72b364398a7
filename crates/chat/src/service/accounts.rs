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

/// Colours of those who chose none, one by the number of the account. Readable on dark and light once clients adapt them.
const COLOURS: [u32; 15] = [
    0xff0000, 0x0000ff, 0x008000, 0xb22222, 0xff7f50, 0x9acd32, 0xff4500, 0x2e8b57, 0xdaa520, 0xd2691e,
    0x5f9ea0, 0x1e90ff, 0xff69b4, 0x8a2be2, 0x00ff7f,
];

/// The colour of somebody who chose none, 0xRRGGBB.
pub fn colour_of(user: UserId) -> u32 {
    // The low bits of a number are a sequence; a product spreads them.
    let spread = user.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    COLOURS[spread as usize % COLOURS.len()]
}

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
