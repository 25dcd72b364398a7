//! What newcomers see of a room: a fold over its published events, so that it always fits the place in the stream that it names.
//!
//! The room's task writes it after each batch; whoever enters reads it under a lock of a few lines, without asking the task.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use domain::ids::UserId;
use domain::rooms::{Ban, Pinned, RoomRole, RoomSettings};
use domain::time::WallTime;

use super::state::{Place, Room};
use crate::command::{Account, Caller};
use crate::event::{Audience, Badges, Event, Happening, Line, OwnBan};

/// A room as somebody finds it who enters.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomView {
    /// Which room.
    pub place: Place,
    /// The modes that hold, shield mode included.
    pub settings: Arc<RoomSettings>,
    /// The pinned message.
    pub pinned: Option<Arc<Pinned>>,
    /// Who the newcomer is here; `None` without an account.
    pub you: Option<You>,
    /// The last messages, oldest first; empty if the channel does not want that.
    pub history: Vec<Arc<Line>>,
    /// This life of the room.
    pub epoch: u64,
    /// The last event that this view contains: the next one that the newcomer needs is `seq + 1`.
    pub seq: u64,
}

/// Who somebody is in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct You {
    /// Badges; a subscriber's comes with the first message.
    pub badges: Badges,
    /// A warning to acknowledge.
    pub warning: Option<Box<str>>,
    /// What keeps them from writing.
    pub ban: Option<OwnBan>,
}

/// What is known of somebody apart from the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Mark {
    role: Option<RoomRole>,
    ban: Option<Box<Ban>>,
    warning: Option<Box<str>>,
}

/// What newcomers see, kept up to date.
#[derive(Debug)]
pub(super) struct Shown {
    place: Place,
    settings: Arc<RoomSettings>,
    pinned: Option<Arc<Pinned>>,
    history: VecDeque<Arc<Line>>,
    most: usize,
    marks: HashMap<UserId, Mark>,
    epoch: u64,
    seq: u64,
}

impl Shown {
    /// An empty room, until it is loaded.
    pub(super) fn empty(place: Place, most: usize) -> Self {
        Self {
            place,
            settings: Arc::default(),
            pinned: None,
            history: VecDeque::new(),
            most,
            marks: HashMap::new(),
            epoch: 0,
            seq: 0,
        }
    }

    /// The room as it is: after loading, and when its events have been lost.
    pub(super) fn reset(&mut self, room: &Room) {
        self.settings = Arc::new(room.holds().clone());
        self.pinned = room.pinned().cloned().map(Arc::new);
        (self.epoch, self.seq) = room.position();
        for user in room.kept().everybody().collect::<Vec<_>>() {
            self.mark(user, room);
        }
    }

    /// What a published event changes.
    pub(super) fn apply(&mut self, event: Event) {
        self.seq = event.seq;
        match event.what {
            Happening::Line(line) => {
                if matches!(event.audience, Audience::Everyone | Audience::EverybodyElse(_)) && self.most > 0
                {
                    if self.history.len() == self.most {
                        self.history.pop_front();
                    }
                    self.history.push_back(Arc::new(line));
                }
            }
            Happening::MessageDeleted { id, .. } => self.history.retain(|line| line.id != id),
            Happening::UserCleared { user, .. } => self.history.retain(|line| line.author.id != user),
            Happening::RoomCleared => self.history.clear(),
            Happening::Modes { settings, .. } => self.settings = Arc::new(*settings),
            Happening::Pinned(pinned) => self.pinned = pinned.map(|p| Arc::new(*p)),
            Happening::Announcement { .. }
            | Happening::Notice { .. }
            | Happening::Members { .. }
            | Happening::Held(_)
            | Happening::HeldDecided { .. }
            | Happening::Moderated(_)
            | Happening::Warned { .. }
            | Happening::YouChanged(_)
            | Happening::Told { .. } => {}
        }
    }

    /// Somebody's role, ban or warning is another than before.
    pub(super) fn mark(&mut self, user: UserId, room: &Room) {
        let kept = room.kept();
        let mark = Mark {
            role: kept.role(user),
            ban: kept.bans.get(&user).cloned().map(Box::new),
            warning: kept.warnings.get(&user).map(|w| w.reason.as_str().into()),
        };
        if mark == Mark::default() {
            self.marks.remove(&user);
        } else {
            self.marks.insert(user, mark);
        }
    }

    /// What somebody sees who enters now.
    pub(super) fn view(&self, now: WallTime, caller: Option<&Caller>) -> RoomView {
        RoomView {
            place: self.place.clone(),
            settings: Arc::clone(&self.settings),
            pinned: self.pinned.clone(),
            you: caller.map(|caller| self.you(now, &caller.account)),
            history: if self.settings.history { self.history.iter().cloned().collect() } else { Vec::new() },
            epoch: self.epoch,
            seq: self.seq,
        }
    }

    /// Whether somebody moderates here, as far as newcomers are told.
    pub(super) fn moderates(&self, account: &Account) -> bool {
        let role = self.marks.get(&account.id).and_then(|mark| mark.role);
        account.admin || account.id == self.place.id.owner() || role == Some(RoomRole::Moderator)
    }

    fn you(&self, now: WallTime, account: &Account) -> You {
        let mark = self.marks.get(&account.id).cloned().unwrap_or_default();
        You {
            badges: Badges {
                broadcaster: account.id == self.place.id.owner(),
                staff: account.admin,
                moderator: mark.role == Some(RoomRole::Moderator),
                vip: mark.role == Some(RoomRole::Vip),
                subscriber: None,
                partner: account.partner,
                bot: account.bot,
            },
            warning: mark.warning,
            ban: mark.ban.and_then(|ban| OwnBan::of(&ban, now)),
        }
    }
}
