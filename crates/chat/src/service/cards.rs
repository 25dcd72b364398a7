//! What is shown of somebody who is clicked on: to moderators what they need to decide, to everybody else what the room shows anyway.

use std::net::IpAddr;
use std::sync::Arc;

use domain::messages::StandingRecord;
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
        let badges = with_standing(&account, self.standing(channel, &account).await, badges);
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
            let standing = self.standing(channel, &account).await;
            card.badges = with_standing(&account, standing, card.badges);
            card.follows_since = standing.follows_since;
        }
        Ok(Shown::Moderator(card))
    }

    /// What somebody is to the channel; nobody in particular if no one can say.
    async fn standing(&self, channel: &Channel, account: &Account) -> StandingRecord {
        let standing = self.ports.standing.of(account.id, channel.id).await;
        standing.unwrap_or_else(|error| {
            tracing::debug!(%error, "standing is not known");
            StandingRecord::default()
        })
    }
}

/// Badges with what the account and its subscription add.
fn with_standing(account: &Account, standing: StandingRecord, badges: Badges) -> Badges {
    let subscriber = standing.subscriber.map(|s| (s.tier, s.months));
    Badges { partner: account.partner, bot: account.bot, staff: account.admin, subscriber, ..badges }
}
