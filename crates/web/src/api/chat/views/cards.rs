//! Cards: what is shown of somebody, to moderators and to everybody else.

use chat::command::{Account, Card};
use chat::event::{Badges, Line};
use chat::service::Shown;
use domain::ids::UserId;
use domain::names::Name;
use domain::time::WallTime;
use serde::Serialize;
use utoipa::ToSchema;

use super::moderation::{BanView, EntryView, SuspicionView, WarningView};
use super::{MessageView, badges};

/// An account as moderators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatAccount)]
pub(crate) struct AccountView {
    /// Account.
    #[schema(value_type = String)]
    id: UserId,
    /// Login name.
    #[schema(value_type = String)]
    login: Name,
    /// Name as written.
    display: String,
    /// Has a verified e-mail address.
    verified: bool,
    /// A known bot.
    bot: bool,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { id, login, display, verified, bot, created_at, .. } = account;
        Self { id, login, display: display.to_string(), verified, bot, created_at }
    }
}

/// How somebody subscribes to a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatSubscriber)]
pub(crate) struct SubscriberView {
    /// Tier 1–3.
    tier: u8,
    /// Months in all.
    months: u16,
}

fn subscriber(badges: Badges) -> Option<SubscriberView> {
    badges.subscriber.map(|(tier, months)| SubscriberView { tier, months })
}

/// An account as everybody sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicChatAccount)]
pub(crate) struct PublicAccountView {
    /// Account.
    #[schema(value_type = String)]
    id: UserId,
    /// Login name.
    #[schema(value_type = String)]
    login: Name,
    /// Name as written.
    display: String,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
}

/// What everybody sees of somebody. Nothing else: a moderator's card is not one of these too.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublicUserCard)]
pub(crate) struct PublicCardView {
    /// Who.
    account: PublicAccountView,
    /// Badges here.
    badges: Vec<&'static str>,
    /// Their subscription to the channel.
    subscriber: Option<SubscriberView>,
}

/// What the asker may see of somebody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AnyUserCard)]
pub(crate) enum AnyCardView {
    /// For moderators.
    Moderator(Box<CardView>),
    /// For everybody else.
    Public(PublicCardView),
}

impl From<Shown> for AnyCardView {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Moderator(card) => Self::Moderator(Box::new(CardView::from(*card))),
            Shown::Public(account, of) => {
                let Account { id, login, display, created_at, .. } = *account;
                let account = PublicAccountView { id, login, display: display.to_string(), created_at };
                Self::Public(PublicCardView { account, badges: badges(of), subscriber: subscriber(of) })
            }
        }
    }
}

/// What moderators see of somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserCard)]
pub(crate) struct CardView {
    /// Who; `null` if there is no such account any more.
    account: Option<AccountView>,
    /// Badges here.
    badges: Vec<&'static str>,
    /// Their subscription to the channel.
    subscriber: Option<SubscriberView>,
    /// Since when they follow the channel; `null` if they do not.
    #[schema(value_type = Option<String>, format = DateTime)]
    followed_at: Option<WallTime>,
    /// Recent messages here, oldest first, deleted ones too.
    messages: Vec<MessageView>,
    /// Ban or timeout.
    ban: Option<BanView>,
    /// Warning that waits to be acknowledged.
    warning: Option<WarningView>,
    /// How moderators watch them.
    suspicion: Option<SuspicionView>,
    /// What moderators did about them before, newest first.
    log: Vec<EntryView>,
}

impl From<Card> for CardView {
    fn from(card: Card) -> Self {
        let deleted = card.deleted;
        let message = |line: Line| MessageView { deleted: deleted.contains(&line.id), ..line.into() };
        Self {
            account: card.account.map(AccountView::from),
            badges: badges(card.badges),
            subscriber: subscriber(card.badges),
            followed_at: card.follows_since,
            messages: card.lines.into_iter().map(message).collect(),
            ban: card.ban.map(BanView::from),
            warning: card.warning.map(WarningView::from),
            suspicion: card.suspicion.map(SuspicionView::from),
            log: card.entries.into_iter().map(EntryView::from).collect(),
        }
    }
}
