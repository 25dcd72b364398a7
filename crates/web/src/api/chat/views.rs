//! Rooms as the API shows them. Changing these shapes changes the contract.

mod moderation;
mod cards;
mod settings;

use chat::event::{Badges, Line};
use chat::room::Past;
use domain::ids::{EmoteId, MessageId, UserId};
use domain::messages::LoggedMessage;
use domain::names::Name;
use domain::rooms::Person;
use domain::time::WallTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::limits::{FIRST_DEFAULT, FIRST_MAX};
use crate::page::PageSize;
pub(crate) use cards::AnyCardView;
pub(crate) use moderation::{
    BanView, EntryView, HeldView, SuspicionView, TermView, UnbanRequestView, UnbanStateView,
};
pub(crate) use settings::{SettingsPatch, SettingsView};

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Data<T> {
    /// What was asked for.
    data: Vec<T>,
}

impl<T> Data<T> {
    pub(super) fn of<S>(items: Vec<S>) -> axum::Json<Self>
    where
        T: From<S>,
    {
        axum::Json(Self { data: items.into_iter().map(T::from).collect() })
    }
}

/// A list in Helix' form, or a page of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// What was asked for.
    data: Vec<T>,
    /// Where the next page begins.
    pagination: Pagination,
    /// How many there are in all, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
}

impl<T> Listed<T> {
    /// Everything there is.
    pub(super) fn all<S>(items: Vec<S>) -> axum::Json<Self>
    where
        T: From<S>,
    {
        Self::page(items, None, None)
    }

    /// The `first` of those behind `after`, in the order of `key`, which is also the cursor.
    pub(super) fn cut<S, K>(
        mut items: Vec<S>,
        (first, after): (Option<PageSize<FIRST_MAX>>, Option<K>),
        key: impl Fn(&S) -> K,
    ) -> axum::Json<Self>
    where
        T: From<S>,
        K: Ord + std::fmt::Display,
    {
        items.retain(|item| after.as_ref().is_none_or(|after| key(item) > *after));
        items.sort_by_key(&key);
        let first = first.map_or(FIRST_DEFAULT, PageSize::get);
        let more = items.len() > first;
        items.truncate(first);
        let cursor = items.last().filter(|_| more).map(|last| key(last).to_string());
        Self::page(items, cursor, None)
    }

    /// Some of it; `cursor` asks for what follows.
    pub(super) fn page<S>(items: Vec<S>, cursor: Option<String>, total: Option<usize>) -> axum::Json<Self>
    where
        T: From<S>,
    {
        let data = items.into_iter().map(T::from).collect();
        axum::Json(Self { data, pagination: Pagination { cursor }, total })
    }
}

/// Where the next page of a list begins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatPagination)]
pub(crate) struct Pagination {
    /// What to ask for next as `after`; not there on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// A page of a list that goes back in time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// Newest first.
    pub(super) data: Vec<T>,
    /// What to ask for next as `before`; `null` on the last page.
    pub(super) next: Option<String>,
}

/// Somebody in a room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatPerson)]
pub(crate) struct PersonView {
    /// Account.
    #[schema(value_type = String)]
    id: UserId,
    /// Login name.
    #[schema(value_type = String)]
    login: Name,
}

impl From<Person> for PersonView {
    fn from(Person { id, login }: Person) -> Self {
        Self { id, login }
    }
}

/// Somebody of whom a list is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatUser)]
pub(crate) struct UserView {
    /// Account.
    #[schema(value_type = String)]
    user_id: UserId,
    /// Login name.
    #[schema(value_type = String)]
    user_login: Name,
    /// Name as written.
    #[schema(value_type = String)]
    user_name: Name,
}

impl From<Person> for UserView {
    fn from(Person { id, login }: Person) -> Self {
        Self { user_id: id, user_name: login.clone(), user_login: login }
    }
}

/// The moderator who did it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatModerator)]
pub(crate) struct ModeratorView {
    /// Account.
    #[schema(value_type = String)]
    moderator_id: UserId,
    /// Login name.
    #[schema(value_type = String)]
    moderator_login: Name,
    /// Name as written.
    #[schema(value_type = String)]
    moderator_name: Name,
}

impl From<Person> for ModeratorView {
    fn from(Person { id, login }: Person) -> Self {
        Self { moderator_id: id, moderator_name: login.clone(), moderator_login: login }
    }
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatMessage)]
pub(crate) struct MessageView {
    /// Number.
    #[schema(value_type = String)]
    id: MessageId,
    /// Who.
    author: PersonView,
    /// The author's name as written.
    display: String,
    /// Name colour, `#rrggbb`.
    color: String,
    /// Badges in display order.
    badges: Vec<&'static str>,
    /// What.
    text: String,
    /// Said with `/me`.
    action: bool,
    /// Emotes: number, first and last code point of the text.
    #[schema(value_type = Vec<(String, u16, u16)>)]
    emotes: Vec<(EmoteId, u16, u16)>,
    /// The message that it answers.
    #[schema(value_type = Option<String>)]
    reply_to: Option<MessageId>,
    /// The colour of the announcement that it is (`primary`, `blue`, `green`, `orange` or `purple`); of recent messages only.
    announcement: Option<String>,
    /// Deleted; only moderators are shown such messages, on cards.
    deleted: bool,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
}

impl From<Line> for MessageView {
    fn from(line: Line) -> Self {
        let author = &line.author;
        Self {
            id: line.id,
            author: PersonView { id: author.id, login: author.login.clone() },
            display: author.display.to_string(),
            color: format!("#{:06x}", author.colour),
            badges: badges(author.badges),
            text: line.text.to_string(),
            action: line.action,
            emotes: line.emotes.iter().map(|span| (span.id, span.start, span.end)).collect(),
            reply_to: line.parent.as_ref().map(|parent| parent.id),
            announcement: None,
            deleted: false,
            at: line.at,
        }
    }
}

impl From<Past> for MessageView {
    fn from(Past { line, announced }: Past) -> Self {
        let announcement = announced.map(|colour| colour.to_ascii_lowercase());
        Self { announcement, ..Line::clone(&line).into() }
    }
}

/// Badge names in display order.
fn badges(badges: Badges) -> Vec<&'static str> {
    let all = [
        (badges.broadcaster, "broadcaster"),
        (badges.staff, "staff"),
        (badges.moderator, "moderator"),
        (badges.vip, "vip"),
        (badges.subscriber.is_some(), "subscriber"),
        (badges.partner, "partner"),
        (badges.bot, "bot"),
    ];
    all.into_iter().filter_map(|(has, name)| has.then_some(name)).collect()
}

/// A message of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedMessage)]
pub(crate) struct LoggedView {
    /// Number.
    #[schema(value_type = String)]
    id: MessageId,
    /// Who.
    author: PersonView,
    /// What.
    text: String,
    /// Said with `/me`.
    action: bool,
    /// The message that it answers.
    #[schema(value_type = Option<String>)]
    reply_to: Option<MessageId>,
    /// Deleted by a moderator.
    deleted: bool,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
}

impl From<LoggedMessage> for LoggedView {
    fn from(message: LoggedMessage) -> Self {
        let LoggedMessage { id, author, login, at, text, action, reply_to, deleted, channel: _ } = message;
        Self { id, author: PersonView { id: author, login }, text, action, reply_to, deleted, at }
    }
}
