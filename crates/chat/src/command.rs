//! What somebody may ask of a room: one enum for IRC lines, slash commands, native JSON and HTTP, so that all can do the same.

use std::net::IpAddr;
use std::sync::Arc;

use domain::ids::{EmoteId, MessageId, TermId, UserId};
use domain::names::Name;
use domain::rooms::{
    ModEntry, Person, RoomRole, RoomSettings, ShieldProfile, Suspicion, Term, TermKind, UnbanRequest,
};
use domain::time::WallTime;
use serde::{Deserialize, Serialize};

use crate::event::{ConnectionId, Held, Line};

/// An account, as the door that it came through knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Number.
    pub id: UserId,
    /// Login.
    pub login: Name,
    /// As the user writes it.
    pub display: Arc<str>,
    /// Staff of the site.
    pub admin: bool,
    /// Partner's account.
    pub partner: bool,
    /// A known bot: higher rates, a badge.
    pub bot: bool,
    /// Has a verified e-mail address.
    pub verified: bool,
    /// When it was made.
    pub created_at: WallTime,
    /// Name colour, 0xRRGGBB.
    pub colour: u32,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The account.
    pub account: Arc<Account>,
    /// The address that it comes from, for rates.
    pub address: IpAddr,
    /// The connection, if it came over one.
    pub connection: Option<ConnectionId>,
}

/// What is asked. Users are named by login: whoever is meant may not be in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Say something. Not yet cut, not yet checked; `/me` is taken off and told by `action`.
    Say {
        /// Text.
        text: String,
        /// `/me`.
        action: bool,
        /// What it answers.
        reply_to: Option<MessageId>,
        /// The sender's own number for it.
        nonce: Option<Box<str>>,
    },
    /// Delete one message.
    Delete(MessageId),
    /// Keep somebody from writing for 1 s to 14 days, and delete their messages.
    Timeout {
        /// Whom.
        login: Name,
        /// How long, in seconds.
        seconds: u32,
        /// Why.
        reason: String,
    },
    /// Keep somebody from writing for good, and delete their messages.
    Ban {
        /// Whom.
        login: Name,
        /// Why.
        reason: String,
    },
    /// Lift a ban or a timeout.
    Unban(Name),
    /// Lift a timeout only.
    Untimeout(Name),
    /// Delete everything on screen.
    Clear,
    /// Warn somebody, who must acknowledge it before writing again.
    Warn {
        /// Whom.
        login: Name,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// Acknowledge one's own warning.
    Acknowledge,
    /// Announce something in a colour (PRIMARY, BLUE, GREEN, ORANGE, PURPLE).
    Announce {
        /// Text.
        text: String,
        /// Colour.
        colour: Box<str>,
    },
    /// Pin a message: `None` seconds until it is unpinned, else 30–1,800.
    Pin {
        /// Which.
        message: MessageId,
        /// How long.
        seconds: Option<u32>,
    },
    /// Unpin.
    Unpin,
    /// Change modes; `None` leaves one as it is.
    Modes(ModesPatch),
    /// Shield mode on or off.
    Shield(bool),
    /// Give or take a role.
    Role {
        /// Whom.
        login: Name,
        /// Which.
        role: RoomRole,
        /// Give it or take it.
        give: bool,
    },
    /// Let a held message pass, or not.
    Decide {
        /// Which.
        message: MessageId,
        /// Pass.
        allow: bool,
    },
    /// Add a term.
    AddTerm {
        /// What it does.
        kind: TermKind,
        /// The term.
        text: String,
        /// May be shown to whom it refused.
        public: bool,
    },
    /// Remove a term.
    RemoveTerm(TermId),
    /// Watch somebody, or no longer.
    Suspect {
        /// Whom.
        login: Name,
        /// How.
        how: Option<Suspicion>,
    },
    /// Delete all recent messages of accounts that match, and, if asked, time them out: what stops a raid of bots.
    Sweep(Sweep),
    /// Recommend somebody's channel.
    Shoutout(Name),
    /// Ask to be let in again after a ban.
    RequestUnban(String),
    /// Take one's own request back.
    CancelUnbanRequest,
    /// Lift the ban of somebody who asked, or not.
    ResolveUnban {
        /// Who asked.
        login: Name,
        /// Lift it.
        approve: bool,
        /// What to say to it, at most 500 characters.
        text: String,
    },
    /// Lists, for whoever may see them.
    Ask(Question),
}

/// What somebody asks about their own person, of the site and no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// Say something to somebody alone.
    Whisper {
        /// To whom.
        login: Name,
        /// What; not yet cut, not yet checked.
        text: String,
    },
    /// Block somebody.
    Block(Name),
    /// Block somebody no longer.
    Unblock(Name),
    /// Whom one blocks.
    Blocks,
    /// One's own name colour, 0xRRGGBB.
    Colour(u32),
}

/// Which accounts a bulk removal means. All given conditions must hold; at least one must be given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sweep {
    /// Login matches, `*` stands for any rest at either end.
    pub login: Option<String>,
    /// A recent message of theirs contains this, after normalising.
    pub text: Option<String>,
    /// The account is younger than so many minutes.
    pub younger_than_min: Option<u32>,
    /// Also keep them from writing for so many seconds; `Some(0)` bans.
    pub timeout_s: Option<u32>,
}

/// New values of modes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModesPatch {
    /// Slow mode in seconds, 3–120, 0 off.
    pub slow_s: Option<u16>,
    /// Followers-only in minutes; `Some(None)` off.
    #[serde(deserialize_with = "present")]
    pub followers_min: Option<Option<u32>>,
    /// Subscribers-only.
    pub subscribers_only: Option<bool>,
    /// Emote-only.
    pub emote_only: Option<bool>,
    /// Unique chat.
    pub unique: Option<bool>,
    /// Delay for viewers: 0, 2, 4, 6 s.
    pub delay_s: Option<u8>,
    /// Link filter.
    pub block_links: Option<bool>,
    /// AutoMod level 0–4.
    pub automod: Option<u8>,
    /// Verified accounts only.
    pub verified_only: Option<bool>,
    /// Minutes an account must have existed.
    pub account_age_min: Option<u32>,
    /// History for newcomers.
    pub history: Option<bool>,
    /// Logs. For the broadcaster alone.
    pub log: Option<bool>,
    /// The strict profile.
    pub shield: Option<ShieldProfile>,
}

/// A field that is there is `Some`, also when it is null.
fn present<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::<u32>::deserialize(d).map(Some)
}

/// What somebody wants to know of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Moderators.
    Moderators,
    /// VIPs.
    Vips,
    /// Who is here, by login: at most `first` after that one. For moderators.
    Chatters {
        /// The last that the asker has.
        after: Option<Name>,
        /// How many to name.
        first: u16,
    },
    /// Bans and timeouts. For moderators.
    Bans,
    /// Terms: all for moderators, the public ones for everybody else.
    Terms,
    /// Messages that wait. For moderators.
    Held,
    /// Requests to lift bans: all for moderators, one's own for everybody else.
    UnbanRequests,
    /// The recent messages in memory.
    History,
    /// What is known of somebody: recent messages, ban, warning, watch, role, log entries. For moderators.
    Card(Name),
    /// Slash commands that the asker may use.
    Help,
}

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The message that was said, if one was: its number, and the sender's badges for the USERSTATE.
    pub said: Option<Said>,
    /// What to tell the asker alone: NOTICE ids (`ban_success`) and words.
    pub told: Vec<Told>,
    /// The list that was asked for.
    pub list: Option<List>,
}

/// A message of one's own, accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its number.
    pub id: MessageId,
    /// The sender's badges in this room.
    pub badges: crate::event::Badges,
    /// Echoed.
    pub nonce: Option<Box<str>>,
}

/// A NOTICE to one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// `msg-id`.
    pub id: Box<str>,
    /// In words.
    pub text: Box<str>,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum List {
    /// People.
    People(Vec<Person>),
    /// Some of those who are here, by login, and how many there are in all.
    Chatters(Vec<Person>, usize),
    /// Settings.
    Settings(Box<RoomSettings>),
    /// Bans.
    Bans(Vec<domain::rooms::Ban>),
    /// Terms.
    Terms(Vec<Term>),
    /// Waiting messages.
    Held(Vec<Held>),
    /// Recent messages, oldest first.
    Lines(Vec<Line>),
    /// Requests to lift bans, newest first.
    UnbanRequests(Vec<UnbanRequest>),
    /// A card.
    Card(Box<Card>),
}

/// What moderators see of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Who; `None` if the site knows no such account any more.
    pub account: Option<Account>,
    /// Badges here.
    pub badges: crate::event::Badges,
    /// Since when they follow the channel.
    pub follows_since: Option<WallTime>,
    /// Recent messages here, oldest first, deleted ones too.
    pub lines: Vec<Line>,
    /// Which of them are deleted.
    pub deleted: Vec<MessageId>,
    /// Ban or timeout.
    pub ban: Option<domain::rooms::Ban>,
    /// Unacknowledged warning.
    pub warning: Option<domain::rooms::Warning>,
    /// Watched.
    pub suspicion: Option<Suspicion>,
    /// What moderators did about them before, newest first.
    pub entries: Vec<ModEntry>,
}

/// Why a command was refused, with the NOTICE id of Twitch's list and plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// `msg_banned`, `msg_slowmode`, `no_permission`, `bad_ban_self`, `usage_ban` …
    pub id: Box<str>,
    /// What is the matter and what to do.
    pub text: Box<str>,
    /// When it may work, if time alone helps: milliseconds from now.
    pub retry_after_ms: Option<u32>,
}

/// An emote that a room offers, for finding codes in texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// Which.
    pub id: EmoteId,
    /// What is written.
    pub code: Box<str>,
}
