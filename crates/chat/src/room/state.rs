//! A room as a plain value: it is asked, decides, and returns what is to be done.
//!
//! It owns everything that is decided about a channel's chat and does no I/O. `now` is an argument. What it needs to know of
//! somebody (standing, who a login is) is looked up before it is asked; see [`Room::wants`] and [`Room::find`].

mod ask;
mod say;
mod announce;
mod moderate;
mod unban;
mod sweep;
mod settings;
mod answers;
mod upkeep;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{ChannelId, IdMint, ModEntryId, UserId};
use domain::messages::StandingRecord;
use domain::names::Name;
use domain::rooms::{ModEntry, Person, Pinned, RoomChange, RoomRecord, RoomRole, RoomSettings, Term};
use domain::time::WallTime;

use super::config::RoomConfig;
use super::effects::{Effects, Keep};
use super::held::{Delayed, HeldQueue};
use super::judge::Judge;
use super::lines::Lines;
use super::people::{Kept, Present};
use crate::command::{Account, Caller, Command, Outcome};
use crate::event::{Audience, Author, Badges, Event, Happening};
use crate::rules::bounded::Recent;
use crate::rules::emotes::Codes;
use crate::rules::rank::{Rank, Target};
use crate::rules::rates::Rates;
use crate::rules::{modes, refusals, text};

/// How soon a stranger is asked about once more in a room that keeps strangers out.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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
    /// When the last shoutout was given, and to whom those before.
    last_shoutout: Option<WallTime>,
    shoutouts: Recent<UserId, WallTime>,
    codes: Codes,
    lines: Lines,
    held: HeldQueue,
    delayed: Delayed,
    tidied: WallTime,
    /// The channel is there no more.
    is_gone: bool,
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
            last_shoutout: None,
            shoutouts: Recent::new(100),
            codes: Codes::default(),
            lines: Lines::new(config.remembered_lines),
            held: HeldQueue::new(config.held_max, config.held_for),
            delayed: Delayed::default(),
            tidied: now,
            is_gone: false,
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
        let stranger = self.kept.role(user).is_none() && user != self.place.id.owner();
        let judged_by_it = stranger && (self.holds.followers_min.is_some() || self.holds.subscribers_only);
        match self.standings.get(user) {
            None => Wants::Standing,
            // Whoever a mode keeps out may have followed a moment ago.
            Some((at, known))
                if judged_by_it
                    && known.is_none_or(|s| s == StandingRecord::default())
                    && now.since(*at) >= LOOK_AGAIN =>
            {
                Wants::Standing
            }
            Some((at, _)) if now.since(*at) < fresh => Wants::Nothing,
            // Whoever it lets in may have unfollowed elsewhere: one message too many would be read by everybody.
            Some(_) if judged_by_it => Wants::Standing,
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

    /// What somebody is to the channel is another thing from now on: it is asked before anything of theirs is judged.
    pub fn unlearn(&mut self, user: UserId) {
        self.standings.remove(user);
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

    fn rank(&self, caller: &Caller) -> Rank {
        Rank::of(self.badges(&caller.account))
    }

    fn mint(&self, now: WallTime) -> u64 {
        // The shard of the channel, so that what a room makes lies where the room does.
        self.mint.next(now, self.place.id.shard())
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
            // Conditions of a sweep come as they were typed.
            detail: text::reason(detail).into_owned(),
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
