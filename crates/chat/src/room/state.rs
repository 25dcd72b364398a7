//! A room as a plain value: it is asked, decides, and returns what is to be done.
//!
//! It owns everything that is decided about a channel's chat and does no I/O. `now` is an argument. What it needs to know of
//! somebody (standing, who a login is) is looked up before it is asked; see [`Room::wants`] and [`Room::find`].

mod say;
mod moderate;
mod sweep;
mod settings;
mod answers;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{ChannelId, IdMint, MessageId, ModEntryId, UserId};
use domain::messages::StandingRecord;
use domain::names::Name;
use domain::ports::Deleted;
use domain::rooms::{ModEntry, Person, Pinned, RoomChange, RoomRecord, RoomRole, RoomSettings, Term};
use domain::time::WallTime;

use super::config::RoomConfig;
use super::effects::{Effects, Keep, LogWrite};
use super::held::{Delayed, HeldQueue};
use super::judge::Judge;
use super::lines::Lines;
use super::people::{Kept, Present};
use crate::command::{Account, Caller, Command, Outcome, Refusal};
use crate::event::{Audience, Author, Badges, Event, Fate, Happening};
use crate::limits::REASON_CHARS_MAX;
use crate::rules::bounded::Recent;
use crate::rules::emotes::Codes;
use crate::rules::rank::{self, Rank, Target};
use crate::rules::rates::Rates;
use crate::rules::{modes, refusals, text};

/// Which room: a channel and its owner's login.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The channel.
    pub id: ChannelId,
    /// Its name.
    pub login: Name,
}

/// What the room would like to know of somebody before it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// It knows.
    Nothing,
    /// It knows, but not lately: ask, and go on meanwhile.
    Refresh,
    /// It does not know: ask first.
    Standing,
}

/// One channel's chat.
pub struct Room {
    place: Place,
    config: Arc<RoomConfig>,
    mint: Arc<IdMint>,
    judge: Box<dyn Judge>,
    epoch: u64,
    seq: u64,
    /// As the channel set them; `holds` is what shield mode makes of them.
    settings: RoomSettings,
    holds: RoomSettings,
    kept: Kept,
    terms: Vec<Term>,
    pinned: Option<Pinned>,
    present: Present,
    rates: Rates,
    authors: Recent<UserId, Arc<Author>>,
    /// Who has written here before.
    known: Recent<UserId, ()>,
    standings: Recent<UserId, (WallTime, Option<StandingRecord>)>,
    /// Name colours that were changed here and that open connections do not know yet.
    colours: Recent<UserId, u32>,
    /// Keys of announcements that were made.
    announced: Recent<u64, ()>,
    codes: Codes,
    lines: Lines,
    held: HeldQueue,
    delayed: Delayed,
    tidied: WallTime,
}

/// How often what is over is forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(60);

impl Room {
    /// A room that starts from what is kept of it.
    pub fn new(
        now: WallTime,
        place: Place,
        config: Arc<RoomConfig>,
        mint: Arc<IdMint>,
        mut judge: Box<dyn Judge>,
        epoch: u64,
        record: RoomRecord,
    ) -> Self {
        let mut kept = Kept::default();
        kept.adopt(now, &record);
        judge.terms(&record.terms);
        let people = config.remembered_people;
        Self {
            place,
            mint,
            judge,
            epoch,
            seq: 0,
            holds: modes::effective(&record.settings),
            settings: record.settings,
            kept,
            terms: record.terms,
            pinned: record.pinned,
            present: Present::default(),
            rates: Rates::new(config.rates.clone()),
            authors: Recent::new(people),
            known: Recent::new(people * 4),
            standings: Recent::new(people),
            colours: Recent::new(people.min(1_000)),
            announced: Recent::new(1_000),
            codes: Codes::default(),
            lines: Lines::new(config.remembered_lines),
            held: HeldQueue::new(config.held_max, config.held_for),
            delayed: Delayed::default(),
            tidied: now,
            config,
        }
    }

    /// Which room it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// This life of the room, and its last event.
    pub fn position(&self) -> (u64, u64) {
        (self.epoch, self.seq)
    }

    /// Events were lost on the way: numbers start anew, so that everybody downstream knows.
    pub fn begin_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.seq = 0;
    }

    /// The settings that hold, shield mode included.
    pub fn holds(&self) -> &RoomSettings {
        &self.holds
    }

    /// The pinned message.
    pub fn pinned(&self) -> Option<&Pinned> {
        self.pinned.as_ref()
    }

    /// What is kept of people.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Takes over what the store has, once it answers, from a room that had to start without it. What was decided meanwhile stays.
    pub fn adopt(&mut self, now: WallTime, record: RoomRecord, out: &mut Effects) {
        self.kept.adopt(now, &record);
        out.touched.extend(self.kept.everybody());
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

    /// These emotes are offered from now on.
    pub fn offer(&mut self, codes: Codes) {
        self.codes = codes;
    }

    /// What the room wants to know of the caller before it takes this.
    pub fn wants(&mut self, now: WallTime, user: UserId, command: &Command) -> Wants {
        if !matches!(command, Command::Say { .. } | Command::Announce { .. }) {
            return Wants::Nothing;
        }
        let fresh = self.config.standing_for;
        match self.standings.get(user) {
            None => Wants::Standing,
            Some((at, _)) if now.since(*at) < fresh => Wants::Nothing,
            Some((at, _)) => {
                // Marked as asked, so that a lively author is asked about once and not with each message.
                *at = now;
                Wants::Refresh
            }
        }
    }

    /// What somebody is to the channel; `None` if that could not be found out, which leaves what was known.
    pub fn learn(&mut self, now: WallTime, user: UserId, standing: Option<StandingRecord>) {
        let known = self.standings.entry(user, || (now, None));
        known.0 = now;
        if standing.is_some() {
            known.1 = standing;
        }
    }

    /// Who this login is, if the room knows for certain: somebody who wrote lately or is banned.
    pub fn find(&self, login: &Name) -> Option<Target> {
        if let Some(author) = self.lines.author(login) {
            return Some(Target { id: author.id, login: login.clone(), staff: author.badges.staff });
        }
        let banned = self.kept.bans.values().find(|b| b.who.login == *login)?;
        Some(Target { id: banned.who.id, login: login.clone(), staff: false })
    }

    /// Who this login probably is: asked when nobody else can say.
    pub fn guess(&self, login: &Name) -> Option<Target> {
        let id = self.kept.find(login)?;
        Some(Target { id, login: login.clone(), staff: false })
    }

    /// Somebody's connections to this room changed by `by`.
    pub fn presence(&mut self, now: WallTime, user: UserId, login: &Name, by: i32) {
        self.present.change(now, user, login, by, self.config.chatters_max);
    }

    /// Whether nobody is here and nothing waits, so that little is lost with what is only in memory.
    pub fn is_quiet(&self) -> bool {
        self.present.is_empty() && self.due().is_none()
    }

    /// Somebody's badges here, as far as the room knows.
    pub fn badges(&self, account: &Account) -> Badges {
        let role = self.kept.role(account.id);
        let standing = self.standings.peek(account.id).and_then(|(_, s)| *s);
        Badges {
            broadcaster: account.id == self.place.id.owner(),
            staff: account.admin,
            moderator: role == Some(RoomRole::Moderator),
            vip: role == Some(RoomRole::Vip),
            subscriber: standing.and_then(|s| s.subscriber).map(|s| (s.tier, s.months)),
            partner: account.partner,
            bot: account.bot,
        }
    }

    /// Whether the caller may ask for this at all. What it needs is looked up only then.
    pub fn permits(&self, caller: &Caller, command: &Command) -> Result<(), Refusal> {
        rank::may(Rank::of(self.badges(&caller.account)), command)
    }

    /// Does what is asked, or refuses it. `target` is whom the command names, if there is such an account.
    pub fn ask(
        &mut self,
        now: WallTime,
        caller: &Caller,
        command: Command,
        target: Option<Target>,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        self.permits(caller, &command)?;
        let target = match rank::names(&command) {
            Some(login) => Some(target.ok_or_else(|| refusals::nobody(login))?),
            None => None,
        };
        let by = By { id: caller.account.id, login: &caller.account.login, rank: self.rank(caller) };
        match (command, target) {
            (Command::Say { text, action, reply_to, nonce }, _) => {
                self.say(now, caller, say::Words { text, action, reply_to, nonce }, out)
            }
            (Command::Announce { text, colour }, _) => self.announce(now, caller, &text, &colour, out),
            (Command::Decide { message, allow }, _) => self.decide(now, by, message, allow, out),
            (Command::Delete(message), _) => self.delete(now, by, message, out),
            (Command::Clear, _) => self.clear(now, by, out),
            (Command::Acknowledge, _) => self.acknowledge(now, by, out),
            (Command::Sweep(sweep), _) => self.sweep(now, by, &sweep, out),
            (Command::Timeout { seconds, reason, .. }, Some(whom)) => {
                self.ban(now, by, &whom, Some(seconds), &reason, out)
            }
            (Command::Ban { reason, .. }, Some(whom)) => self.ban(now, by, &whom, None, &reason, out),
            (Command::Unban(_), Some(whom)) => self.unban(now, by, &whom, false, out),
            (Command::Untimeout(_), Some(whom)) => self.unban(now, by, &whom, true, out),
            (Command::Warn { reason, .. }, Some(whom)) => self.warn(now, by, &whom, &reason, out),
            (Command::Suspect { how, .. }, Some(whom)) => self.suspect(now, by, &whom, how, out),
            (Command::Role { role, give: true, .. }, Some(whom)) => self.grant(now, by, &whom, role, out),
            (Command::Role { role, give: false, .. }, Some(whom)) => self.revoke(now, by, &whom, role, out),
            (Command::Modes(patch), _) => self.change_modes(now, by, &patch, out),
            (Command::Shield(on), _) => self.shield(now, by, on, out),
            (Command::Pin { message, seconds }, _) => self.pin(now, by, message, seconds, out),
            (Command::Unpin, _) => self.unpin(now, by, out),
            (Command::AddTerm { kind, text, public }, _) => {
                self.add_term(now, by, kind, text.trim(), public, out)
            }
            (Command::RemoveTerm(term), _) => self.remove_term(now, by, term, out),
            (Command::Colour(colour), _) => Ok(self.recolour(by.id, colour, out)),
            (Command::Ask(question), target) => Ok(self.answer(now, by.rank, &question, target.as_ref())),
            // The target of every command that names one was found above.
            (_, None) => Err(refusals::no_permission()),
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
        while let Some(line) = self.delayed.pop(now) {
            self.release(now, &line, out);
        }
        for late in self.held.expire(now) {
            self.fate(now, late.held.line.id, Fate::Expired, None, out);
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

    /// Forgets somebody whose account is gone: what they said, what they were. A ban stays.
    pub fn forget(&mut self, now: WallTime, who: &Person, out: &mut Effects) {
        self.clear_of(now, who, Some(0), out);
        self.lines.forget(who.id);
        self.kept.roles.remove(&who.id);
        self.kept.warnings.remove(&who.id);
        self.kept.suspects.remove(&who.id);
        self.authors.remove(who.id);
        self.known.remove(who.id);
        self.standings.remove(who.id);
        self.colours.remove(who.id);
        out.touched.push(who.id);
    }

    fn rank(&self, caller: &Caller) -> Rank {
        Rank::of(self.badges(&caller.account))
    }

    fn mint(&self, now: WallTime) -> u64 {
        // The shard of the channel, so that what a room makes lies where the room does.
        self.mint.next(now, u16::try_from((self.place.id.0 >> 12) & 0x3ff).unwrap_or_default())
    }

    fn emit(&mut self, now: WallTime, audience: Audience, what: Happening, out: &mut Effects) {
        self.seq += 1;
        out.events.push(Event { seq: self.seq, channel: self.place.id, audience, what, at: now });
    }

    fn entry(
        &self,
        now: WallTime,
        by: By<'_>,
        action: &str,
        target: Option<Person>,
        detail: &str,
    ) -> ModEntry {
        ModEntry {
            id: ModEntryId(self.mint(now)),
            at: now,
            by: by.person(),
            action: action.to_owned(),
            target,
            detail: text::cut(detail, REASON_CHARS_MAX).to_owned(),
            duration: None,
        }
    }

    /// Keeps an entry, with the change that it tells of, and shows it to moderators.
    fn record(&mut self, now: WallTime, change: Option<RoomChange>, entry: ModEntry, out: &mut Effects) {
        let shown = Box::new(entry.clone());
        let entry = Box::new(entry);
        out.keep.push(match change {
            Some(change) => Keep::Change(Box::new(change), Some(entry)),
            None => Keep::Note(entry),
        });
        self.emit(now, Audience::Moderators, Happening::Moderated(shown), out);
    }

    /// Takes everything that somebody said lately off all screens; `seconds` as in [`Happening::UserCleared`].
    fn clear_of(&mut self, now: WallTime, who: &Person, seconds: Option<u32>, out: &mut Effects) {
        self.lines.delete_of(who.id);
        self.delayed.drop_where(|line| line.author.id == who.id);
        for waiting in self.held.take_of(Some(who.id)) {
            self.fate(now, waiting.held.line.id, Fate::Denied, None, out);
        }
        let what = Happening::UserCleared { user: who.id, login: who.login.clone(), seconds };
        self.emit(now, Audience::Everyone, what, out);
        out.log.push(LogWrite::Deleted(self.place.id, Deleted::Author(who.id, now)));
        if self.pinned.as_ref().is_some_and(|p| p.author.id == who.id) {
            self.set_pinned(now, None, None, out);
        }
    }

    fn fate(&mut self, now: WallTime, id: MessageId, fate: Fate, by: Option<Name>, out: &mut Effects) {
        self.emit(now, Audience::Moderators, Happening::HeldDecided { id, fate, by }, out);
    }
}

/// Who does something.
#[derive(Clone, Copy, Debug)]
struct By<'a> {
    id: UserId,
    login: &'a Name,
    rank: Rank,
}

impl By<'_> {
    fn person(self) -> Person {
        Person { id: self.id, login: self.login.clone() }
    }
}

impl From<&Target> for Person {
    fn from(target: &Target) -> Self {
        Self { id: target.id, login: target.login.clone() }
    }
}

/// An outcome that only tells something.
fn told(id: &str, text: impl Into<Box<str>>) -> Outcome {
    Outcome { told: vec![refusals::told(id, text)], ..Outcome::default() }
}
