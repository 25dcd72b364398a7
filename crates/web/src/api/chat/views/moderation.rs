//! What moderators see and do: bans, terms, held messages, the log, requests to lift bans.

use chat::event::Held;
use domain::ids::{ModEntryId, TermId};
use domain::rooms::{Ban, ModEntry, Suspicion, Term, TermKind, UnbanRequest, UnbanState, Warning};
use domain::time::WallTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MessageView, PersonView};

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
    /// Who is banned.
    who: PersonView,
    /// What they say.
    text: String,
    /// When they asked.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
    /// How far it is.
    pub(in crate::api::chat) status: UnbanStateView,
    /// What the moderator said to it.
    resolution_text: String,
    /// Who decided.
    by: Option<PersonView>,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<WallTime>,
}

impl From<UnbanRequest> for UnbanRequestView {
    fn from(UnbanRequest { who, text, at, state, resolution, by, resolved_at }: UnbanRequest) -> Self {
        let (who, by) = (who.into(), by.map(PersonView::from));
        Self { who, text, at, status: state.into(), resolution_text: resolution, by, resolved_at }
    }
}
