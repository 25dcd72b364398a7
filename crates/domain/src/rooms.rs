//! A channel's chat room as it is kept: settings, roles, bans, terms, what moderators did. What is only in memory (rates, recent
//! lines, held messages) is the chat pipeline's own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{MessageId, ModEntryId, TermId, UserId};
use crate::names::Name;
use crate::time::WallTime;

/// What a room asks of those who write in it. Ranges are checked by the chat pipeline before anything is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomSettings {
    /// Slow mode: seconds between two messages of a viewer, 3–120; 0 is off.
    pub slow_s: u16,
    /// Followers-only: minutes that somebody must have followed, 0–129,600; `None` is off.
    pub followers_min: Option<u32>,
    /// Subscribers only.
    pub subscribers_only: bool,
    /// Only emotes.
    pub emote_only: bool,
    /// Unique chat: a text that was said already is refused.
    pub unique: bool,
    /// Seconds that a viewer's message is shown to moderators before everybody: 0, 2, 4 or 6.
    pub delay_s: u8,
    /// Links are refused, except to permitted domains.
    pub block_links: bool,
    /// AutoMod level, 0 (off) to 4 (strictest).
    pub automod: u8,
    /// Only accounts with a verified e-mail address write.
    pub verified_only: bool,
    /// Minutes that an account must have existed; 0 is off.
    pub account_age_min: u32,
    /// A newcomer is shown the last messages, which are kept in memory only.
    pub history: bool,
    /// Messages are logged (`ChatLog`). Off unless the channel opts in.
    pub log: bool,
    /// What shield mode adds while it is on.
    pub shield: ShieldProfile,
    /// Shield mode is on.
    pub shield_on: bool,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            slow_s: 0,
            followers_min: None,
            subscribers_only: false,
            emote_only: false,
            unique: false,
            delay_s: 0,
            block_links: false,
            automod: 1,
            verified_only: false,
            account_age_min: 0,
            history: true,
            log: false,
            shield: ShieldProfile::default(),
            shield_on: false,
        }
    }
}

/// A saved strict profile: while shield mode is on, the stricter of it and the room's own settings holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShieldProfile {
    /// As [`RoomSettings::slow_s`].
    pub slow_s: u16,
    /// As [`RoomSettings::followers_min`].
    pub followers_min: Option<u32>,
    /// As [`RoomSettings::subscribers_only`].
    pub subscribers_only: bool,
    /// As [`RoomSettings::emote_only`].
    pub emote_only: bool,
    /// As [`RoomSettings::verified_only`].
    pub verified_only: bool,
    /// As [`RoomSettings::account_age_min`].
    pub account_age_min: u32,
    /// As [`RoomSettings::block_links`].
    pub block_links: bool,
    /// As [`RoomSettings::automod`].
    pub automod: u8,
}

impl Default for ShieldProfile {
    /// What stops a raid of fresh accounts and leaves regulars alone.
    fn default() -> Self {
        Self {
            slow_s: 10,
            followers_min: None,
            subscribers_only: false,
            emote_only: false,
            verified_only: true,
            account_age_min: 7 * 24 * 60,
            block_links: true,
            automod: 4,
        }
    }
}

/// What somebody is in a room, apart from its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomRole {
    /// Moderates.
    Moderator,
    /// Passes slow mode, unique chat and rates.
    Vip,
}

/// A user as rooms name one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Number.
    pub id: UserId,
    /// Login name.
    pub login: Name,
}

/// A ban or, with an end, a timeout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// Who may not write.
    pub who: Person,
    /// Until when; `None` is for good.
    pub until: Option<WallTime>,
    /// Why, at most 500 characters; may be empty.
    pub reason: String,
    /// Who did it.
    pub by: Person,
    /// When.
    pub at: WallTime,
}

/// What a term does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// Messages with it are refused. `*` at either end matches any rest of a word.
    Blocked,
    /// A regular expression; messages that match are refused.
    BlockedRegex,
    /// Passes AutoMod; as a domain, passes the link filter.
    Permitted,
}

/// A blocked or permitted term of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Number.
    pub id: TermId,
    /// What it does.
    pub kind: TermKind,
    /// 2–500 characters.
    pub text: String,
    /// A public term may be shown to those whose message it refused.
    pub public: bool,
    /// Who added it.
    pub by: Person,
    /// When.
    pub at: WallTime,
}

/// A message at the top of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// The message.
    pub message: MessageId,
    /// Who wrote it.
    pub author: Person,
    /// As it was written.
    pub text: String,
    /// Who pinned it.
    pub by: Person,
    /// Until when; `None` until it is unpinned.
    pub until: Option<WallTime>,
}

/// A warning that must be acknowledged before its receiver writes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Who is warned.
    pub who: Person,
    /// Why, 1–500 characters.
    pub reason: String,
    /// Who warns.
    pub by: Person,
    /// When.
    pub at: WallTime,
}

/// How moderators watch somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suspicion {
    /// Messages are marked for moderators.
    Monitored,
    /// Messages are seen by moderators only.
    Restricted,
}

/// How far a request to lift a ban is. Names follow Helix' `moderation/unban_requests`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnbanState {
    /// Nobody has decided yet.
    Pending,
    /// A moderator lifted the ban because of it.
    Approved,
    /// A moderator did not. The ban's only request is spent.
    Denied,
    /// The ban was lifted otherwise while it was pending.
    Acknowledged,
    /// Whoever asked took it back.
    Canceled,
}

/// What a banned user says to be let in again. A user has at most one in a room: the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnbanRequest {
    /// Who is banned.
    pub who: Person,
    /// What they say, 1–500 characters.
    pub text: String,
    /// When they asked.
    pub at: WallTime,
    /// How far it is.
    pub state: UnbanState,
    /// What the moderator said to it, at most 500 characters; empty while it is pending.
    pub resolution: String,
    /// Who decided; `None` while it is pending, or if its author took it back.
    pub by: Option<Person>,
    /// When it was decided.
    pub resolved_at: Option<WallTime>,
}

/// Everything that is kept of a room: what it starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomRecord {
    /// Settings.
    pub settings: RoomSettings,
    /// Moderators and VIPs.
    pub roles: Vec<(Person, RoomRole)>,
    /// Bans, and timeouts that may be over.
    pub bans: Vec<Ban>,
    /// Terms.
    pub terms: Vec<Term>,
    /// Pinned message.
    pub pinned: Option<Pinned>,
    /// Warnings that wait to be acknowledged.
    pub warnings: Vec<Warning>,
    /// Watched accounts.
    pub suspects: Vec<(Person, Suspicion)>,
    /// Requests to lift bans, decided ones too.
    pub unban_requests: Vec<UnbanRequest>,
}

/// One change to what is kept of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomChange {
    /// New settings, all of them.
    Settings(RoomSettings),
    /// Gives a role; somebody has at most one, the new one stays.
    Grant(Person, RoomRole),
    /// Takes a role.
    Revoke(UserId, RoomRole),
    /// Bans; replaces an earlier ban of the same user.
    Ban(Ban),
    /// Lifts a ban or timeout.
    Unban(UserId),
    /// Adds a term.
    AddTerm(Term),
    /// Removes a term.
    RemoveTerm(TermId),
    /// Pins, or with `None` unpins.
    Pin(Option<Pinned>),
    /// Warns; replaces an earlier warning of the same user.
    Warn(Warning),
    /// The warned user has read it.
    Acknowledge(UserId),
    /// Watches somebody, or with `None` no longer.
    Suspect(Person, Option<Suspicion>),
    /// A request to lift a ban, new or decided; replaces an earlier one of the same user.
    UnbanRequest(UnbanRequest),
    /// Forgets a user's request: there are too many decided ones.
    DropUnbanRequest(UserId),
}

/// What moderators did, one entry for each action. Names follow Helix' `channel.moderate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModEntry {
    /// Number; rises with time.
    pub id: ModEntryId,
    /// When.
    pub at: WallTime,
    /// Who.
    pub by: Person,
    /// `ban`, `timeout`, `unban`, `delete`, `clear`, `slow`, …
    pub action: String,
    /// To whom, where it was to somebody.
    pub target: Option<Person>,
    /// Reason, message text, new value: what a moderator wants to read beside the action. At most 500 characters.
    pub detail: String,
    /// How long, for timeouts.
    pub duration: Option<Duration>,
}

/// How somebody looks in every room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Name colour, 0xRRGGBB; `None` is picked from the user's number.
    pub colour: Option<u32>,
}
