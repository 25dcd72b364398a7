//! What newcomers see of a room: a fold over its published events, so that it always fits the place in the stream that it names.
//!
//! The room's task writes it after each batch; whoever enters reads it under a lock of a few lines, without asking the task.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use domain::ids::UserId;
use domain::rooms::{Ban, Pinned, RoomRole, RoomSettings, Suspicion};
use domain::time::WallTime;

use super::state::{Place, Room};
use crate::command::{Account, Caller};
use crate::event::{Audience, Badges, Event, Happening, Line, OwnBan, Parent};

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
    pub history: Vec<Past>,
    /// First event from which on the history has what was for moderators or the newcomer alone.
    pub given: u64,
    /// What the newcomer may see and others still wait for, each with the event by which it was said.
    pub waiting: Vec<(u64, Arc<Line>)>,
    /// This life of the room.
    pub epoch: u64,
    /// The last event that this view contains: the next one that the newcomer needs is `seq + 1`.
    pub seq: u64,
}

/// A message that was said before somebody came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The message.
    pub line: Arc<Line>,
    /// The colour of the announcement that it was; `None` for one like any other.
    pub announced: Option<Box<str>>,
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
    history: VecDeque<Past>,
    /// What only moderators and the author have so far, or ever: messages that wait for the delay, and those of somebody restricted.
    aside: VecDeque<(u64, Arc<Line>)>,
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
            aside: VecDeque::new(),
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
            Happening::Line(line) => self.line(event.seq, line, &event.audience),
            Happening::MessageDeleted { id, .. } => {
                self.drop_where(|line| line.id == id);
                self.unquote(|parent| parent.id == id);
            }
            Happening::UserCleared { user, .. } => {
                self.drop_where(|line| line.author.id == user);
                self.unquote(|parent| parent.author == user);
            }
            Happening::RoomCleared => self.drop_where(|_| true),
            Happening::Modes { settings, .. } => self.modes(*settings),
            Happening::Pinned(pinned) => self.pinned = pinned.map(|p| Arc::new(*p)),
            Happening::Announcement { line, colour } => self.said(line, Some(colour)),
            Happening::Notice { .. }
            | Happening::Members { .. }
            | Happening::Held(_)
            | Happening::HeldDecided { .. }
            | Happening::Moderated(_)
            | Happening::Warned { .. }
            | Happening::YouChanged(_)
            | Happening::Told { .. } => {}
        }
    }

    fn modes(&mut self, settings: RoomSettings) {
        // What was said while there was no history was not said for those who come later.
        if settings.history && !self.settings.history {
            self.history.clear();
        }
        self.settings = Arc::new(settings);
    }

    fn line(&mut self, seq: u64, line: Line, audience: &Audience) {
        match audience {
            Audience::Everyone => self.said(line, None),
            Audience::EverybodyElse { .. } => {
                // It waited until now.
                self.aside.retain(|(_, waiting)| waiting.id != line.id);
                self.said(line, None);
            }
            Audience::ModeratorsAnd(_) => keep(&mut self.aside, (seq, Arc::new(line)), self.most),
            Audience::Moderators | Audience::User(_) => {}
        }
    }

    /// Everybody has this.
    fn said(&mut self, line: Line, announced: Option<Box<str>>) {
        keep(&mut self.history, Past { line: Arc::new(line), announced }, self.most);
    }

    fn drop_where(&mut self, is_gone: impl Fn(&Line) -> bool) {
        self.history.retain(|past| !is_gone(&past.line));
        self.aside.retain(|(_, line)| !is_gone(line));
    }

    fn unquote(&mut self, is_gone: impl Fn(&Parent) -> bool) {
        let public = self.history.iter_mut().map(|past| &mut past.line);
        let lines = public.chain(self.aside.iter_mut().map(|(_, line)| line));
        lines.for_each(|line| Line::unquote_shared(line, &is_gone));
    }

    /// The last messages that somebody has or would have, had they been here, and from which event on that is so of those that
    /// were not for everybody.
    fn history(&self, account: Option<&Account>) -> (Vec<Past>, u64) {
        let from_now = self.seq + 1;
        let public = self.history.iter().map(|past| (from_now, past.clone()));
        let aside = |(seq, line): (u64, Arc<Line>)| (seq, Past { line, announced: None });
        let lines = match account {
            // What waits is no history to those who need not wait.
            Some(account) if !self.settings.history => self.waiting(account).into_iter().map(aside).collect(),
            Some(account) => {
                let mut lines: Vec<_> = public.chain(self.aside_of(account).cloned().map(aside)).collect();
                // Numbers rise with the time at which something was said.
                lines.sort_by_key(|(_, past)| past.line.id);
                lines.split_off(lines.len().saturating_sub(self.most))
            }
            None if self.settings.history => public.collect(),
            None => Vec::new(),
        };
        let given = lines.iter().map(|(seq, _)| *seq).min().unwrap_or(from_now);
        (lines.into_iter().map(|(_, past)| past).collect(), given)
    }

    /// What somebody may see and others still wait for. What a restricted author says nobody waits for.
    fn waiting(&self, account: &Account) -> Vec<(u64, Arc<Line>)> {
        let waits = |line: &Line| line.suspicion != Some(Suspicion::Restricted);
        self.aside_of(account).filter(|(_, line)| waits(line)).cloned().collect()
    }

    /// What is aside and somebody may see.
    fn aside_of(&self, account: &Account) -> impl Iterator<Item = &(u64, Arc<Line>)> {
        let (moderates, user) = (self.moderates(account), account.id);
        self.aside.iter().filter(move |(_, line)| moderates || line.author.id == user)
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
        let (history, given) = self.history(caller.map(|caller| &*caller.account));
        RoomView {
            place: self.place.clone(),
            settings: Arc::clone(&self.settings),
            pinned: self.pinned.clone(),
            you: caller.map(|caller| self.you(now, &caller.account)),
            history,
            given,
            waiting: caller.map_or(Vec::new(), |caller| self.waiting(&caller.account)),
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

/// Puts one more into a list that holds the last `most`.
fn keep<T>(list: &mut VecDeque<T>, new: T, most: usize) {
    list.push_back(new);
    if list.len() > most {
        list.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ThreadTop;
    use crate::tree::testing::{event, line};
    use domain::ids::{ChannelId, MessageId};

    /// A reply by noor to the message 1 of kees.
    fn reply() -> Event {
        let (parent, reply) = (line(1, "kees").what, line(2, "noor").what);
        let (Happening::Line(parent), Happening::Line(mut line)) = (parent, reply) else {
            unreachable!("lines")
        };
        let author = &parent.author;
        let (id, login, display) = (author.id, author.login.clone(), Arc::clone(&author.display));
        let thread =
            ThreadTop { id: parent.id, author: id, login: login.clone(), display: Arc::clone(&display) };
        let text = Arc::clone(&parent.text);
        line.parent = Some(Box::new(Parent { id: parent.id, author: id, login, display, text, thread }));
        event(2, Audience::Everyone, Happening::Line(line))
    }

    #[test]
    fn newcomers_do_not_read_in_a_reply_what_was_deleted() {
        let kees = match line(1, "kees").what {
            Happening::Line(line) => line.author,
            other => panic!("{other:?}"),
        };
        let (login, seconds) = (kees.login.clone(), Some(0));
        for gone in [
            Happening::MessageDeleted { id: MessageId(1), login: login.clone(), text: "hello".into() },
            Happening::UserCleared { user: kees.id, login, seconds },
        ] {
            let place = Place { id: ChannelId(7), login: "maya".parse().expect("a name") };
            let mut shown = Shown::empty(place, 10);
            shown.apply(line(1, "kees"));
            shown.apply(reply());
            assert!(shown.history[1].line.parent.is_some());
            shown.apply(event(3, Audience::Everyone, gone));
            assert_eq!(shown.history.len(), 1);
            assert_eq!(shown.history[0].line.parent, None);
        }
    }

    #[test]
    fn what_was_said_without_a_history_is_in_none_that_comes_later() {
        let place = Place { id: ChannelId(7), login: "maya".parse().expect("a name") };
        let mut shown = Shown::empty(place, 10);
        let modes = |history| RoomSettings { history, ..RoomSettings::default() };
        shown.modes(modes(false));
        shown.apply(line(1, "kees"));
        shown.modes(modes(true));
        shown.apply(line(2, "kees"));
        shown.modes(modes(true));
        assert_eq!(shown.history(None).0.len(), 1);
    }

    #[test]
    fn announcements_are_in_the_history_with_their_colour_until_they_are_deleted() {
        let place = Place { id: ChannelId(7), login: "maya".parse().expect("a name") };
        let said = |id| match line(id, "kees").what {
            Happening::Line(line) => line,
            other => panic!("{other:?}"),
        };
        let mut shown = Shown::empty(place, 10);
        shown.apply(line(1, "kees"));
        let what = Happening::Announcement { line: said(2), colour: "BLUE".into() };
        shown.apply(event(2, Audience::Everyone, what));
        let colours =
            |shown: &Shown| shown.history(None).0.into_iter().map(|past| past.announced).collect::<Vec<_>>();
        assert_eq!(colours(&shown), [None, Some("BLUE".into())]);
        let login = said(2).author.login.clone();
        let deleted = Happening::MessageDeleted { id: MessageId(2), login, text: "hello".into() };
        shown.apply(event(3, Audience::Everyone, deleted));
        assert_eq!(colours(&shown), [None]);
    }

    #[test]
    fn what_waits_or_is_restricted_is_in_the_history_of_moderators_and_of_its_author() {
        let place = Place { id: ChannelId(7), login: "maya".parse().expect("a name") };
        let mut shown = Shown::empty(place, 3);
        let said = |seq: u64, login: &str| match line(seq, login).what {
            Happening::Line(line) => line,
            other => panic!("{other:?}"),
        };
        let put = |shown: &mut Shown, seq, id, login: &str, audience: fn(UserId) -> Audience| {
            let line = said(id, login);
            let audience = audience(line.author.id);
            shown.apply(event(seq, audience, Happening::Line(line)));
        };
        put(&mut shown, 1, 1, "kees", |_| Audience::Everyone);
        put(&mut shown, 2, 2, "noor", Audience::ModeratorsAnd);
        put(&mut shown, 3, 3, "kees", |_| Audience::Everyone);
        let author = said(2, "noor").author;
        let account = |id, admin| Account {
            id,
            login: author.login.clone(),
            display: Arc::clone(&author.display),
            admin,
            partner: false,
            bot: false,
            verified: true,
            created_at: WallTime::from_unix_ms(0),
            colour: 0,
        };
        let (noor, staff) = (account(author.id, false), account(UserId(99), true));
        let ids = |shown: &Shown, account: Option<&Account>| {
            shown.history(account).0.iter().map(|past| past.line.id.0).collect::<Vec<_>>()
        };
        assert_eq!((ids(&shown, None), ids(&shown, Some(&noor))), (vec![1, 3], vec![1, 2, 3]));
        assert_eq!(ids(&shown, Some(&staff)), [1, 2, 3]);
        let given = |shown: &Shown, account: Option<&Account>| shown.history(account).1;
        assert_eq!((given(&shown, None), given(&shown, Some(&noor)), given(&shown, Some(&staff))), (4, 2, 2));
        put(&mut shown, 4, 2, "noor", |author| Audience::EverybodyElse { author, first: 2 });
        assert_eq!((given(&shown, Some(&noor)), given(&shown, Some(&staff))), (5, 5));
        assert_eq!((ids(&shown, None), ids(&shown, Some(&noor))), (vec![1, 3, 2], vec![1, 2, 3]));
        put(&mut shown, 5, 4, "noor", Audience::ModeratorsAnd);
        let what = Happening::UserCleared { user: noor.id, login: noor.login.clone(), seconds: None };
        shown.apply(event(6, Audience::Everyone, what));
        assert_eq!(ids(&shown, Some(&staff)), [1, 3]);
    }
}
