//! What is shown of somebody who is clicked on: to moderators what they need to decide, to everybody else what the room shows anyway.

use std::net::IpAddr;
use std::sync::Arc;

use domain::names::Name;
use domain::ports::StoreError;
use domain::users::{Channel, User};

use super::{AskError, Chat};
use crate::command::{Account, Caller, Card, Command, List, Question};
use crate::event::Badges;
use crate::room::People as _;
use crate::rules::refusals;

/// A card, as much of it as the asker may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Everything, for those who moderate the channel.
    Moderator(Box<Card>),
    /// Who it is, for everybody.
    Public(Box<Account>, Badges),
}

impl Chat {
    /// What `user` (`None`: nobody who is signed in) may see of the account with this login.
    ///
    /// # Errors
    /// When there is no such account, or a store does not answer.
    pub async fn card(
        &self,
        channel: &Channel,
        user: Option<&User>,
        address: IpAddr,
        login: Name,
    ) -> Result<Shown, AskError> {
        if let Some(user) = user
            && self.moderates(channel, user).await?
        {
            return self.whole_card(channel, user, address, login).await;
        }
        let account = self.book.by_login(&login).await?;
        let account = Arc::new(account.ok_or_else(|| refusals::nobody(&login))?);
        let nowhere = IpAddr::from([0, 0, 0, 0]);
        let caller = Caller { account: Arc::clone(&account), address: nowhere, connection: None };
        let badges = self.room(channel).await.view(Some(&caller)).you.unwrap_or_default().badges;
        let badges = self.with_standing(channel, &account, badges).await;
        Ok(Shown::Public(Box::new(Arc::unwrap_or_clone(account)), badges))
    }

    async fn whole_card(
        &self,
        channel: &Channel,
        user: &User,
        address: IpAddr,
        login: Name,
    ) -> Result<Shown, AskError> {
        let command = Command::Ask(Question::Card(login));
        let Some(List::Card(mut card)) = self.ask(channel, user, address, command).await?.list else {
            return Err(StoreError::Unavailable("the room did not answer".into()).into());
        };
        if let Some(account) = card.account.clone() {
            card.badges = self.with_standing(channel, &account, card.badges).await;
        }
        Ok(Shown::Moderator(card))
    }

    /// Badges with what the account and its subscription add; without the latter if nobody can say.
    async fn with_standing(&self, channel: &Channel, account: &Account, badges: Badges) -> Badges {
        let mut all = Badges { partner: account.partner, bot: account.bot, staff: account.admin, ..badges };
        match self.ports.standing.of(account.id, channel.id).await {
            Ok(standing) => all.subscriber = standing.subscriber.map(|s| (s.tier, s.months)),
            Err(error) => tracing::debug!(%error, "standing is not known"),
        }
        all
    }
}
