//! What moderators see and do: bans, terms, held messages, the log, requests to lift bans.

use chat::event::Held;
use domain::ids::{ChannelId, ModEntryId, TermId, UserId};
use domain::names::Name;
use domain::rooms::{Ban, ModEntry, Suspicion, Term, TermKind, UnbanRequest, UnbanState, Warning};
use domain::time::WallTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MessageView, ModeratorView, PersonView, UserView};

/// A ban, or with an end a timeout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatBan)]
pub(crate) struct BanView {
    /// Who may not write.
    #[serde(flatten)]
    who: UserView,
    /// Until when; `null` is for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<WallTime>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
    /// Why.
    reason: String,
    /// Who did it.
    #[serde(flatten)]
    by: ModeratorView,
}

impl From<Ban> for BanView {
    fn from(Ban { who, until, reason, by, at }: Ban) -> Self {
        Self { who: who.into(), expires_at: until, created_at: at, reason, by: by.into() }
    }
}

/// A blocked or permitted term.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatTerm)]
pub(crate) struct TermView {
    /// The channel.
    #[schema(value_type = String)]
    broadcaster_id: ChannelId,
    /// Who added it.
    #[serde(flatten)]
    by: ModeratorView,
    /// Number.
    #[schema(value_type = String)]
    id: TermId,
    /// The term; `*` at either end stands for any rest of a word.
    text: String,
    /// It is a regular expression.
    regex: bool,
    /// May be shown to those whose message it refused.
    public: bool,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
    /// As `created_at`: terms do not change.
    #[schema(value_type = String, format = DateTime)]
    updated_at: WallTime,
    /// `null`: terms do not end.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<WallTime>,
}

impl From<(ChannelId, Term)> for TermView {
    fn from((broadcaster_id, Term { id, kind, text, public, by, at }): (ChannelId, Term)) -> Self {
        let regex = kind == TermKind::BlockedRegex;
        let (by, created_at, updated_at) = (by.into(), at, at);
        Self { broadcaster_id, by, id, text, regex, public, created_at, updated_at, expires_at: None }
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
    pub(in crate::api::chat) id: ModEntryId,
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

/// How far a request to lift a ban is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UnbanState)]
pub(crate) enum UnbanStateView {
    /// Nobody has decided yet.
    Pending,
    /// The ban was lifted because of it.
    Approved,
    /// The ban stays.
    Denied,
    /// The ban was lifted otherwise.
    Acknowledged,
    /// Taken back.
    Canceled,
}

impl From<UnbanState> for UnbanStateView {
    fn from(state: UnbanState) -> Self {
        match state {
            UnbanState::Pending => Self::Pending,
            UnbanState::Approved => Self::Approved,
            UnbanState::Denied => Self::Denied,
            UnbanState::Acknowledged => Self::Acknowledged,
            UnbanState::Canceled => Self::Canceled,
        }
    }
}

/// What a banned user says to be let in again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnbanRequest)]
pub(crate) struct UnbanRequestView {
    /// Number: the user's, who has at most one request in a channel.
    #[schema(value_type = String)]
    id: UserId,
    /// The channel.
    #[schema(value_type = String)]
    broadcaster_id: ChannelId,
    /// Who is banned.
    #[serde(flatten)]
    who: UserView,
    /// What they say.
    text: String,
    /// How far it is.
    pub(in crate::api::chat) status: UnbanStateView,
    /// When they asked.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<WallTime>,
    /// What the moderator said to it.
    resolution_text: String,
    /// Who decided.
    #[schema(value_type = Option<String>)]
    moderator_id: Option<UserId>,
    /// Who decided.
    #[schema(value_type = Option<String>)]
    moderator_login: Option<Name>,
    /// Who decided.
    #[schema(value_type = Option<String>)]
    moderator_name: Option<Name>,
}

impl From<(ChannelId, UnbanRequest)> for UnbanRequestView {
    fn from((broadcaster_id, request): (ChannelId, UnbanRequest)) -> Self {
        let UnbanRequest { who, text, at, state, resolution, by, resolved_at } = request;
        let (moderator_id, moderator_login) = by.map(|by| (by.id, by.login)).unzip();
        Self {
            id: who.id,
            broadcaster_id,
            who: who.into(),
            text,
            status: state.into(),
            created_at: at,
            resolved_at,
            resolution_text: resolution,
            moderator_id,
            moderator_name: moderator_login.clone(),
            moderator_login,
        }
    }
}
