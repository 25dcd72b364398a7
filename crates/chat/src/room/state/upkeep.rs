//! What comes about without being asked: time passes, the store answers late, an account goes.

use domain::ids::UserId;
use domain::names::Name;
use domain::ports::Deleted;
use domain::rooms::{Person, RoomRecord, RoomSettings};
use domain::time::WallTime;

use super::{By, Room, TIDY_EVERY};
use crate::announce::Note;
use crate::command::Refusal;
use crate::event::{Audience, Fate, Happening, Line, Parent};
use crate::room::effects::{Effects, LogWrite};
use crate::rules::rank::Rank;
use crate::rules::refusals;

impl Room {
    /// Takes over what the store has, once it answers, from a room that had to start without it. What was decided meanwhile stays.
    /// Whoever is here was greeted as somebody of whom nothing is kept, and is told what they are.
    pub fn adopt(&mut self, now: WallTime, record: RoomRecord, out: &mut Effects) {
        let others = self.kept.adopt(now, &record);
        out.touched.extend(self.kept.everybody());
        for (user, by_role) in others {
            if self.present.has(user) {
                self.tell_you(now, user, by_role, out);
            }
        }
        for term in record.terms {
            if !self.terms.iter().any(|t| t.id == term.id) {
                self.terms.push(term);
            }
        }
        self.judge.terms(&self.terms);
        if self.pinned.is_none() && record.pinned.is_some() {
            self.pinned = record.pinned;
            let shown = self.pinned.clone().map(Box::new);
            self.emit(now, Audience::Everyone, Happening::Pinned(shown), out);
        }
        if self.settings == RoomSettings::default() {
            self.set_settings(now, record.settings, out);
        }
    }

    /// When [`Room::tick`] has something to do next.
    pub fn due(&self) -> Option<WallTime> {
        let members = self.present.untold_since().map(|since| since + self.config.membership_every);
        let pin = self.pinned.as_ref().and_then(|p| p.until);
        [self.delayed.due(), self.held.due(), members, pin].into_iter().flatten().min()
    }

    /// Does what time alone brings: delayed messages, expired ones, pins that end.
    pub fn tick(&mut self, now: WallTime, out: &mut Effects) {
        self.release_due(now, out);
        for late in self.held.expire(now) {
            self.expire(now, &late.held.line, out);
        }
        if self.present.untold_since().is_some_and(|since| now.since(since) >= self.config.membership_every) {
            let (joined, parted) = self.present.take();
            let told = self.present.len() <= self.config.membership_max;
            if told && !(joined.is_empty() && parted.is_empty()) {
                self.emit(now, Audience::Everyone, Happening::Members { joined, parted }, out);
            }
        }
        if self.pinned.as_ref().and_then(|p| p.until).is_some_and(|until| until <= now) {
            self.set_pinned(now, None, None, out);
        }
        if now.since(self.tidied) >= TIDY_EVERY {
            self.tidied = now;
            self.kept.tidy(now);
        }
    }

    /// The channel's owner is gone, and the channel with them: whoever is here is told, sees nothing more of it, and nothing that is
    /// asked is done any more. Nobody else finds the room.
    fn close(&mut self, now: WallTime, out: &mut Effects) {
        self.is_gone = true;
        self.lines.delete_all();
        self.delayed.drop_where(|_| true);
        self.deny_held(now, None, None, out);
        self.pinned = None;
        self.emit(now, Audience::Everyone, Happening::Pinned(None), out);
        self.emit(now, Audience::Everyone, Happening::RoomCleared, out);
        let Refusal { id, text, .. } = refusals::no_channel();
        self.emit(now, Audience::Everyone, Happening::Told { id, text }, out);
        out.log.push(LogWrite::Deleted(self.place.id, Deleted::All(now)));
    }

    /// Forgets somebody whose account is gone: what they said, what they were. A ban stays. Their own room is closed.
    pub fn forget(&mut self, now: WallTime, who: &Person, out: &mut Effects) {
        if who.id == self.place.id.owner() {
            return self.close(now, out);
        }
        // Rooms that they never wrote in are not told that they are gone.
        let is_known = self.known.peek(who.id).is_some() || self.lines.has(who.id);
        if is_known || self.pinned.as_ref().is_some_and(|p| p.author.id == who.id) {
            self.clear_of(now, who, Some(0), out);
        } else {
            self.deny_held(now, Some(who.id), None, out);
            out.log.push(LogWrite::Deleted(self.place.id, Deleted::Author(who.id, now)));
        }
        self.lines.forget(who.id);
        self.unquote(|parent| parent.author == who.id);
        self.kept.roles.remove(&who.id);
        self.kept.warnings.remove(&who.id);
        self.kept.suspects.remove(&who.id);
        self.kept.requests.remove(&who.id);
        self.authors.remove(who.id);
        self.known.remove(who.id);
        self.standings.remove(who.id);
        self.colours.remove(who.id);
        out.touched.push(who.id);
    }

    /// Takes everything that somebody said lately off all screens; `seconds` as in [`Happening::UserCleared`].
    pub(super) fn clear_of(&mut self, now: WallTime, who: &Person, seconds: Option<u32>, out: &mut Effects) {
        self.lines.delete_of(who.id);
        self.delayed.drop_where(|line| line.author.id == who.id);
        self.unquote(|parent| parent.author == who.id);
        self.deny_held(now, Some(who.id), None, out);
        let what = Happening::UserCleared { user: who.id, login: who.login.clone(), seconds };
        self.emit(now, Audience::Everyone, what, out);
        out.log.push(LogWrite::Deleted(self.place.id, Deleted::Author(who.id, now)));
        if self.pinned.as_ref().is_some_and(|p| p.author.id == who.id) {
            self.set_pinned(now, None, None, out);
        }
    }

    /// Takes what is gone out of replies that were said, and out of those that are still to be said: held ones and delayed ones.
    pub(super) fn unquote(&mut self, is_gone: impl Fn(&Parent) -> bool) {
        self.lines.unquote(&is_gone);
        self.held.unquote(&is_gone);
        self.delayed.unquote(&is_gone);
    }

    /// Nobody decided about a held message in time: its author is told.
    pub(super) fn expire(&mut self, now: WallTime, line: &Line, out: &mut Effects) {
        self.fate(now, line, Fate::Expired, None, out);
        let text = "Your message was not looked at in time and was not sent.";
        let what = Happening::Told { id: "msg_rejected_mandatory".into(), text: text.into() };
        self.emit(now, Audience::User(line.author.id), what, out);
    }

    /// A moderator did something elsewhere: moderators read of it as of what is done here.
    pub fn note(&mut self, now: WallTime, note: &Note, out: &mut Effects) {
        let by = By { id: note.by.id, login: &note.by.login, rank: Rank::Moderator };
        let entry = self.entry(now, by, note.action, note.target.clone(), &note.detail);
        self.record(now, None, entry, out);
    }

    /// Nothing of theirs, or of anybody's, waits for a decision any more.
    pub(super) fn deny_held(
        &mut self,
        now: WallTime,
        of: Option<UserId>,
        by: Option<&Name>,
        out: &mut Effects,
    ) {
        for waiting in self.held.take_of(of) {
            self.fate(now, &waiting.held.line, Fate::Denied, by.cloned(), out);
        }
    }

    /// What became of a held message. Unless it was allowed it was never said, and anybody may say the same.
    pub(super) fn fate(
        &mut self,
        now: WallTime,
        line: &Line,
        fate: Fate,
        by: Option<Name>,
        out: &mut Effects,
    ) {
        if fate != Fate::Allowed {
            self.judge.unsaid(&line.text, line.id);
        }
        let id = line.id;
        self.emit(now, Audience::Moderators, Happening::HeldDecided { id, fate, by }, out);
    }
}
