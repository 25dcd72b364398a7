//! Rooms as the API shows them. Changing these shapes changes the contract.

use chat::command::{Account, Card};
use chat::event::{Badges, Held, Line};
use chat::service::Shown;
use domain::ids::{EmoteId, MessageId, ModEntryId, TermId, UserId};
use domain::messages::LoggedMessage;
use domain::names::Name;
use domain::rooms::{Ban, ModEntry, Person, Suspicion, Term, TermKind, Warning};
use domain::time::WallTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    colour: String,
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
            colour: colour(author.colour),
            badges: badges(author.badges),
            text: line.text.to_string(),
            action: line.action,
            emotes: line.emotes.iter().map(|span| (span.id, span.start, span.end)).collect(),
            reply_to: line.parent.as_ref().map(|parent| parent.id),
            deleted: false,
            at: line.at,
        }
    }
}

/// `#rrggbb`.
pub(super) fn colour(rgb: u32) -> String {
    format!("#{rgb:06x}")
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

/// A ban, or with an end a timeout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatBan)]
pub(crate) struct BanView {
    /// Who may not write.
    who: PersonView,
    /// Until when; `null` is for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<WallTime>,
    /// Why.
    reason: String,
    /// Who did it.
    by: PersonView,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
}

impl From<Ban> for BanView {
    fn from(Ban { who, until, reason, by, at }: Ban) -> Self {
        Self { who: who.into(), until, reason, by: by.into(), at }
    }
}

/// What a term does.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChatTermKind)]
pub(crate) enum TermKindView {
    /// Messages with it are refused; `*` at either end stands for any rest of a word.
    Blocked,
    /// A regular expression; messages that match are refused.
    BlockedRegex,
    /// Passes AutoMod; as a domain, passes the link filter.
    Permitted,
}

impl From<TermKind> for TermKindView {
    fn from(kind: TermKind) -> Self {
        match kind {
            TermKind::Blocked => Self::Blocked,
            TermKind::BlockedRegex => Self::BlockedRegex,
            TermKind::Permitted => Self::Permitted,
        }
    }
}
impl From<TermKindView> for TermKind {
    fn from(kind: TermKindView) -> Self {
        match kind {
            TermKindView::Blocked => Self::Blocked,
            TermKindView::BlockedRegex => Self::BlockedRegex,
            TermKindView::Permitted => Self::Permitted,
        }
    }
}

/// A blocked or permitted term.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatTerm)]
pub(crate) struct TermView {
    /// Number.
    #[schema(value_type = String)]
    id: TermId,
    /// What it does.
    kind: TermKindView,
    /// The term.
    text: String,
    /// May be shown to those whose message it refused.
    public: bool,
    /// Who added it.
    by: PersonView,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
}

impl From<Term> for TermView {
    fn from(Term { id, kind, text, public, by, at }: Term) -> Self {
        Self { id, kind: kind.into(), text, public, by: by.into(), at }
    }
}

/// A message that waits for a moderator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldMessage)]
pub(crate) struct HeldView {
    /// The message.
    message: MessageView,
    /// Strongest category.
    category: String,
    /// AutoMod level 1–4 at which it was held.
    level: u8,
    /// Code points of the text that speak against it: first and last.
    spans: Vec<(u16, u16)>,
}

impl From<Held> for HeldView {
    fn from(Held { line, category, level, spans }: Held) -> Self {
        Self { message: line.into(), category: category.into(), level, spans }
    }
}

/// How moderators watch somebody.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Suspicion)]
pub(crate) enum SuspicionView {
    /// Messages are marked for moderators.
    Monitored,
    /// Messages are seen by moderators only.
    Restricted,
}

impl From<Suspicion> for SuspicionView {
    fn from(how: Suspicion) -> Self {
        match how {
            Suspicion::Monitored => Self::Monitored,
            Suspicion::Restricted => Self::Restricted,
        }
    }
}
impl From<SuspicionView> for Suspicion {
    fn from(how: SuspicionView) -> Self {
        match how {
            SuspicionView::Monitored => Self::Monitored,
            SuspicionView::Restricted => Self::Restricted,
        }
    }
}

/// What a moderator did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModerationEntry)]
pub(crate) struct EntryView {
    /// Number.
    #[schema(value_type = String)]
    pub(super) id: ModEntryId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
    /// Who.
    by: PersonView,
    /// `ban`, `timeout`, `delete`, `slow`, …
    action: String,
    /// To whom, where it was to somebody.
    target: Option<PersonView>,
    /// Reason, message text, new value.
    detail: String,
    /// How long, in seconds, for timeouts.
    seconds: Option<u64>,
}

impl From<ModEntry> for EntryView {
    fn from(ModEntry { id, at, by, action, target, detail, duration }: ModEntry) -> Self {
        let (target, seconds) = (target.map(PersonView::from), duration.map(|duration| duration.as_secs()));
        Self { id, at, by: by.into(), action, target, detail, seconds }
    }
}

/// A warning that waits to be acknowledged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatWarning)]
pub(crate) struct WarningView {
    /// Why.
    reason: String,
    /// Who warns.
    by: PersonView,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
}

impl From<Warning> for WarningView {
    fn from(Warning { who: _, reason, by, at }: Warning) -> Self {
        Self { reason, by: by.into(), at }
    }
}

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

/// What everybody sees of somebody.
#[derive(Debug, Serialize, ToSchema)]
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
            messages: card.lines.into_iter().map(message).collect(),
            ban: card.ban.map(BanView::from),
            warning: card.warning.map(WarningView::from),
            suspicion: card.suspicion.map(SuspicionView::from),
            log: card.entries.into_iter().map(EntryView::from).collect(),
        }
    }
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
