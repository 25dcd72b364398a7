//! What happens in a room, as everybody downstream of it sees it: the values that the bus carries and that `wire` turns into
//! lines and JSON. Nothing here decides anything.

use std::sync::Arc;

use domain::ids::{ChannelId, EmoteId, MessageId, UserId};
use domain::names::Name;
use domain::rooms::{Ban, ModEntry, Pinned, RoomSettings, Suspicion};
use domain::time::WallTime;
use serde::{Deserialize, Serialize};

/// One connection of one client, unique on the whole site: its node's number above, a count below.
///
/// IRC clients do not get their own PRIVMSG back on the connection that sent it, so a line says where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

/// Badges in display order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Badges {
    /// Owns the channel.
    pub broadcaster: bool,
    /// Staff of the site (an administrator).
    pub staff: bool,
    /// Moderates the channel.
    pub moderator: bool,
    /// VIP of the channel.
    pub vip: bool,
    /// Subscribes to the channel: tier 1–3 and months in all.
    pub subscriber: Option<(u8, u16)>,
    /// A partner's account.
    pub partner: bool,
    /// A known bot.
    pub bot: bool,
}

impl Badges {
    /// Whether rules let the author pass: broadcaster, staff and moderators.
    pub fn moderates(self) -> bool {
        self.broadcaster || self.staff || self.moderator
    }
}

/// What somebody is in a room from now on, as they are told it themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Became {
    /// Badges, as far as the room knows them of somebody who did not ask; what the account says (staff, partner, bot) is not among them.
    pub badges: Badges,
    /// The badges are others than before, which IRC clients are told too (USERSTATE); else only rights to write changed.
    pub role: bool,
    /// A warning that waits to be acknowledged.
    pub warning: Option<Box<str>>,
    /// What keeps them from writing.
    pub ban: Option<OwnBan>,
}

/// A ban or timeout as whoever it concerns is told of it: not by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnBan {
    /// Milliseconds that are left of a timeout, 0 for a ban.
    pub left_ms: u64,
    /// Why; may be empty.
    pub reason: Box<str>,
    /// Since when.
    pub at: WallTime,
    /// Until when; `None` is for good.
    pub until: Option<WallTime>,
}

impl OwnBan {
    /// What is left of `ban` at `now`; `None` if it is over.
    pub fn of(ban: &Ban, now: WallTime) -> Option<Self> {
        let left_ms = match ban.until {
            None => 0,
            Some(until) if until <= now => return None,
            Some(until) => u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX),
        };
        Some(Self { left_ms, reason: ban.reason.as_str().into(), at: ban.at, until: ban.until })
    }

    /// Nothing but a moderator ends it.
    pub fn for_good(&self) -> bool {
        self.until.is_none()
    }
}

/// Who said something, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Account.
    pub id: UserId,
    /// Login name, lower case.
    pub login: Name,
    /// Name as the user writes it; never empty.
    pub display: Arc<str>,
    /// Name colour, 0xRRGGBB. Clients adapt it to their background.
    pub colour: u32,
    /// Badges in this room.
    pub badges: Badges,
}

/// An emote in a text: code points `start..=end` (inclusive, as on Twitch), counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmoteSpan {
    /// Which emote.
    pub id: EmoteId,
    /// First code point.
    pub start: u16,
    /// Last code point.
    pub end: u16,
}

/// The message that a reply answers, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The message.
    pub id: MessageId,
    /// Its author.
    pub author: UserId,
    /// Its author's login.
    pub login: Name,
    /// Its author's name as written.
    pub display: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// The first message of the thread.
    pub thread: ThreadTop,
}

/// The message with which a thread begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadTop {
    /// The message.
    pub id: MessageId,
    /// Its author.
    pub author: UserId,
    /// Its author's login.
    pub login: Name,
    /// Its author's name as written.
    pub display: Arc<str>,
}

/// A message of a viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Number.
    pub id: MessageId,
    /// Who.
    pub author: Arc<Author>,
    /// What, without the wrapper of `/me`; at most 500 code points, no control characters.
    pub text: Arc<str>,
    /// Said with `/me`.
    pub action: bool,
    /// Emotes in the text, by position.
    pub emotes: Vec<EmoteSpan>,
    /// What it answers.
    pub parent: Option<Box<Parent>>,
    /// The sender's own number for it, echoed.
    pub nonce: Option<Box<str>>,
    /// When the room took it.
    pub at: WallTime,
    /// The author's first message in this channel since the room knows.
    pub first: bool,
    /// Shown with a mark to moderators.
    pub suspicion: Option<Suspicion>,
    /// The connection that sent it; `None` if it came over HTTP.
    pub origin: Option<ConnectionId>,
    /// Logins that the text mentions (`@name`) and that of the parent's author: a sampled view keeps it for them.
    pub mentions: Vec<Name>,
}

impl Line {
    /// What was deleted is not read in the replies to it either: they are messages like any other.
    pub fn unquote(&mut self, is_gone: impl Fn(&Parent) -> bool) {
        if self.quotes(is_gone) {
            self.parent = None;
        }
    }

    /// As [`Line::unquote`], of a line that others hold too.
    pub fn unquote_shared(line: &mut Arc<Self>, is_gone: impl Fn(&Parent) -> bool) {
        if line.quotes(is_gone) {
            Arc::make_mut(line).parent = None;
        }
    }

    fn quotes(&self, which: impl Fn(&Parent) -> bool) -> bool {
        self.parent.as_deref().is_some_and(which)
    }
}

/// Something that one account says to another alone, outside of rooms. It is kept nowhere: whoever is not connected misses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whisper {
    /// Number.
    pub id: MessageId,
    /// From whom, with the badges that an account has everywhere.
    pub from: Arc<Author>,
    /// To whom.
    pub to: Addressee,
    /// What; at most 10,000 code points, no control characters.
    pub text: Arc<str>,
    /// The site's emotes in it, by position.
    pub emotes: Vec<EmoteSpan>,
    /// When.
    pub at: WallTime,
}

/// To whom a whisper is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// Number.
    pub id: UserId,
    /// Login.
    pub login: Name,
    /// As they write it.
    pub display: Arc<str>,
}

/// Why a held message is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The message, as it will be said if it is allowed.
    pub line: Line,
    /// Strongest category, e.g. `spam`, `swearing`, `blocked_term`.
    pub category: Box<str>,
    /// Level 1–4 at which it was held.
    pub level: u8,
    /// Code points of the text that speak against it.
    pub spans: Vec<(u16, u16)>,
}

/// How a held message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// A moderator let it pass.
    Allowed,
    /// A moderator did not.
    Denied,
    /// Nobody looked in time.
    Expired,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// Somebody said something.
    Line(Line),
    /// An announcement of a moderator (USERNOTICE `announcement`): colour is PRIMARY, BLUE, GREEN, ORANGE or PURPLE.
    Announcement {
        /// The text as a line of its author.
        line: Line,
        /// One of the five.
        colour: Box<str>,
    },
    /// Something that the platform tells the room with a ready sentence (sub, raid, cheer …): USERNOTICE.
    Notice {
        /// `msg-id`, as in Twitch's list.
        kind: Box<str>,
        /// The sentence.
        system: Arc<str>,
        /// `msg-param-…` by name.
        params: Vec<(Box<str>, Box<str>)>,
        /// Who it is about, with what was said to it; the text may be empty.
        line: Line,
    },
    /// One message was deleted (CLEARMSG).
    MessageDeleted {
        /// Which.
        id: MessageId,
        /// Its author's login.
        login: Name,
        /// Its text, which clients show to moderators.
        text: Arc<str>,
    },
    /// All messages of one user were deleted, by timeout (seconds), ban (`None`) or bulk removal (0 seconds) (CLEARCHAT).
    UserCleared {
        /// Whose.
        user: UserId,
        /// Their login.
        login: Name,
        /// Timeout in seconds, `None` for a ban, `Some(0)` where nobody is kept from writing.
        seconds: Option<u32>,
    },
    /// The whole room was cleared (CLEARCHAT without a name).
    RoomCleared,
    /// The modes changed. `notice` is what IRC clients are told with it (`slow_on`, …) and in which words.
    Modes {
        /// All settings after the change.
        settings: Box<RoomSettings>,
        /// Settings before, to tell what changed.
        before: Box<RoomSettings>,
        /// NOTICE ids and texts, one for each changed mode.
        notices: Vec<(Box<str>, Box<str>)>,
    },
    /// The pinned message is now this one, or none.
    Pinned(Option<Box<Pinned>>),
    /// Logins that came and went (membership): batched, and not told in rooms above 1,000.
    Members {
        /// Came.
        joined: Vec<Name>,
        /// Left.
        parted: Vec<Name>,
    },
    /// A message waits for a moderator. For moderators.
    Held(Box<Held>),
    /// A held message is decided, by whom. For moderators.
    HeldDecided {
        /// Which.
        id: MessageId,
        /// How.
        fate: Fate,
        /// By whom, if by anybody.
        by: Option<Name>,
    },
    /// Moderators did something. For moderators.
    Moderated(Box<ModEntry>),
    /// A warning that `to` must acknowledge, or with `None` one that was acknowledged. For its receiver.
    Warned {
        /// Reason.
        reason: Option<Box<str>>,
    },
    /// Somebody is something else here than before: a moderator, banned, free to write again. For that user.
    YouChanged(Box<Became>),
    /// A sentence for one user, as a NOTICE.
    Told {
        /// NOTICE id.
        id: Box<str>,
        /// In words.
        text: Box<str>,
    },
}

/// Who sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// Everybody in the room.
    Everyone,
    /// Moderators, broadcaster, staff.
    Moderators,
    /// One account, on all its connections.
    User(UserId),
    /// Moderators, and one account on all its connections: its messages, where it is restricted or others have to wait for them.
    ModeratorsAnd(UserId),
    /// Everybody who has not got it yet: a viewer's message once its delay is over. Moderators and its author, whoever was that and
    /// was here, got it by the event of number `first`.
    EverybodyElse {
        /// Who said it.
        author: UserId,
        /// The event by which those got it who did not wait.
        first: u64,
    },
}

/// A happening in its place: what the bus carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Place in the channel: rises by one with each event, for as long as the room's `epoch` lasts.
    pub seq: u64,
    /// Where.
    pub channel: ChannelId,
    /// Who sees it.
    pub audience: Audience,
    /// What.
    pub what: Happening,
    /// When.
    pub at: WallTime,
}

impl Event {
    /// Whether a slow reader may not skip it: everything except plain lines and who came and went.
    pub fn must_reach(&self) -> bool {
        !matches!(self.what, Happening::Line(_) | Happening::Members { .. })
    }

    /// Whether a sampled view always keeps it: whatever must reach, and lines of those who run the room.
    pub fn always_kept(&self) -> bool {
        match &self.what {
            Happening::Line(line) => line.author.badges.moderates() || line.author.badges.vip,
            Happening::Members { .. } => false,
            _ => true,
        }
    }

    /// The line that is said by this; `None` for one that some have already.
    pub fn said(&self) -> Option<&Line> {
        match (&self.what, &self.audience) {
            (Happening::Line(_), Audience::EverybodyElse { .. }) => None,
            (Happening::Line(line), _) => Some(line),
            (Happening::Announcement { line, .. } | Happening::Notice { line, .. }, _) => Some(line),
            _ => None,
        }
    }
}

/// What events of a channel travel in over the bus and the tree's links: one room's events, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Random for each life of the room: numbers start anew when it changes.
    pub epoch: u64,
    /// In order, without a hole within an epoch.
    pub events: Vec<Event>,
}
