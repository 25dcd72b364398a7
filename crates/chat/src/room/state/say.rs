//! Saying something: the order of the rules, and the way of what passes them.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{MessageId, UserId};
use domain::messages::LoggedMessage;
use domain::rooms::{RoomChange, Suspicion};
use domain::time::WallTime;

use super::{By, Room, told};
use crate::command::{Caller, Outcome, Refusal, Said};
use crate::event::{Audience, Author, Badges, Fate, Happening, Held, Line, Parent, ThreadTop};
use crate::limits::NONCE_BYTES_MAX;
use crate::room::effects::{Effects, LogWrite};
use crate::room::held::Late;
use crate::room::judge::{Candidate, Judgement};
use crate::room::lines::Remembered;
use crate::rules::rates::Pace;
use crate::rules::{emotes, modes, refusals, text};

/// Texts up to this long may be repeated in unique chat, as on Twitch: there are only so many greetings.
const UNIQUE_ABOVE_CHARS: usize = 9;

/// What somebody wants to say.
pub(super) struct Words {
    pub(super) text: String,
    pub(super) action: bool,
    pub(super) reply_to: Option<MessageId>,
    pub(super) nonce: Option<Box<str>>,
}

impl Room {
    /// Banned → warned → verified → rates → text → modes → terms, links, AutoMod → said. Who moderates passes all but bans, warnings,
    /// rates and that there is something to see.
    pub(super) fn say(
        &mut self,
        now: WallTime,
        caller: &Caller,
        words: Words,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let user = caller.account.id;
        let badges = self.badges(&caller.account);
        self.may_write(now, user)?;
        if !badges.moderates() {
            modes::account_passes(now, &self.holds, &caller.account)?;
        }
        let pace = pace(badges);
        self.rates.count(now, user, caller.address, pace).map_err(refusals::too_fast)?;
        let text = text::clean(&words.text).ok_or_else(refusals::empty)?;
        let fingerprint = text::fingerprint(&text);
        if pace == Pace::Viewer
            && let Some(left) = self.rates.repeated(now, user, fingerprint)
        {
            return Err(refusals::duplicate(left));
        }
        let line = self.compose(now, caller, badges, &text, words.action, words.reply_to, words.nonce);
        if !badges.moderates() {
            self.modes_pass(now, &line)?;
        }
        let born = caller.account.created_at;
        let verdict = if badges.moderates() { Judgement::Pass } else { self.judged(now, &line, born) };
        match &verdict {
            Judgement::Term(term) => return Err(refusals::blocked_term(term.as_deref())),
            Judgement::Link => return Err(refusals::link()),
            Judgement::Hold { .. } | Judgement::Pass => self.count_as_said(now, &line, fingerprint),
        }
        if let Judgement::Hold { category, level, spans } = verdict {
            self.hold(now, Held { line, category, level, spans }, born, out);
            return Err(refusals::held());
        }
        let said = Said { id: line.id, badges, nonce: line.nonce.clone() };
        self.deliver(now, line, born, out);
        Ok(Outcome { said: Some(said), ..Outcome::default() })
    }

    /// A moderator lets a held message pass, or not.
    pub(super) fn decide(
        &mut self,
        now: WallTime,
        by: By<'_>,
        message: MessageId,
        allow: bool,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let Some(waiting) = self.held.take(message) else {
            return Err(refusals::refuse("bad_held_message", "That message is no longer waiting."));
        };
        let mut line = waiting.held.line.clone();
        // Its author may be watched since it was held, or no longer.
        line.suspicion = self.suspicion(line.author.id);
        // The connection that sent it was told that it was not sent: it is shown the message like any other.
        line.origin = None;
        let fate = if allow { Fate::Allowed } else { Fate::Denied };
        self.fate(now, &line, fate, Some(by.login.clone()), out);
        let author = domain::rooms::Person { id: line.author.id, login: line.author.login.clone() };
        let action = if allow { "automod_allow" } else { "automod_deny" };
        let entry = self.entry(now, by, action, Some(author), &line.text);
        self.record(now, None, entry, out);
        if allow {
            let born = waiting.born;
            self.held.allow(waiting);
            self.deliver(now, line, born, out);
        } else {
            let what = Happening::Told {
                id: "msg_rejected_mandatory".into(),
                text: "Your message was not approved by the moderators.".into(),
            };
            self.emit(now, Audience::User(line.author.id), what, out);
        }
        Ok(told(action, if allow { "The message was let through." } else { "The message was denied." }))
    }

    /// What waited for the delay and need not any more goes out, in order.
    pub(super) fn release_due(&mut self, now: WallTime, out: &mut Effects) {
        while let Some(late) = self.delayed.pop(now) {
            self.release(now, &late, out);
        }
    }

    /// A delayed message's time has come.
    fn release(&mut self, now: WallTime, late: &Late, out: &mut Effects) {
        let line = &late.line;
        self.lines.publish(line.id);
        let audience = Audience::EverybodyElse { author: line.author.id, first: late.first };
        self.emit(now, audience, Happening::Line(Line::clone(line)), out);
    }

    /// Not banned, and no warning to acknowledge.
    pub(super) fn may_write(&self, now: WallTime, user: UserId) -> Result<(), Refusal> {
        if let Some(ban) = self.kept.ban(now, user) {
            return Err(match ban.until {
                None => refusals::banned(&self.place.login),
                Some(until) => refusals::timed_out(until.since(now)),
            });
        }
        match self.kept.warnings.get(&user) {
            Some(warning) => Err(refusals::warned(&warning.reason)),
            None => Ok(()),
        }
    }

    fn modes_pass(&mut self, now: WallTime, line: &Line) -> Result<(), Refusal> {
        let badges = line.author.badges;
        let standing = self.standings.peek(line.author.id).and_then(|(_, standing)| *standing);
        let last = self.rates.last_said(now, line.author.id);
        modes::standing_passes(now, &self.holds, &self.place.login, badges, standing, last)?;
        if self.holds.emote_only && !emotes::only(&line.text, &line.emotes) {
            return Err(refusals::emote_only());
        }
        if self.must_be_unique(line) && self.judge.was_said(now, &line.text) {
            return Err(refusals::not_unique());
        }
        Ok(())
    }

    /// Nobody may repeat this while unique chat is on. Those who may repeat anything are not compared with either.
    fn must_be_unique(&self, line: &Line) -> bool {
        let badges = line.author.badges;
        let free = badges.vip || badges.moderates();
        self.holds.unique && !free && line.text.chars().nth(UNIQUE_ABOVE_CHARS).is_some()
    }

    /// A message counts for its author's pace and for unique chat. One that is held counts too, until a moderator denies it or time
    /// does: else the same text would fill the queue.
    fn count_as_said(&mut self, now: WallTime, line: &Line, fingerprint: u64) {
        self.rates.said(now, line.author.id, fingerprint);
        if self.must_be_unique(line) {
            self.judge.said(now, &line.text, line.id);
        }
    }

    fn judged(&mut self, now: WallTime, line: &Line, born: WallTime) -> Judgement {
        let standing = self.standings.peek(line.author.id).and_then(|(_, standing)| *standing);
        let candidate = Candidate {
            text: &line.text,
            emotes: &line.emotes,
            author: line.author.id,
            badges: line.author.badges,
            account_age: now.since(born),
            first: line.first,
            follows: standing.is_some_and(|s| s.follows_since.is_some()),
            level: self.holds.automod,
            block_links: self.holds.block_links,
        };
        self.judge.judge(now, &candidate)
    }

    fn hold(&mut self, now: WallTime, held: Held, born: WallTime, out: &mut Effects) {
        if let Some(oldest) = self.held.hold(now, held.clone(), born) {
            self.expire(now, &oldest.held.line, out);
        }
        self.emit(now, Audience::Moderators, Happening::Held(Box::new(held)), out);
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a line has so many parts, and each caller has them all at hand"
    )]
    pub(super) fn compose(
        &mut self,
        now: WallTime,
        caller: &Caller,
        badges: Badges,
        text: &str,
        action: bool,
        reply_to: Option<MessageId>,
        nonce: Option<Box<str>>,
    ) -> Line {
        let user = caller.account.id;
        let parent = reply_to.and_then(|id| self.parent(id));
        let mut mentions = text::mentions(text);
        if let Some(parent) = &parent
            && !mentions.contains(&parent.login)
        {
            mentions.push(parent.login.clone());
        }
        Line {
            id: MessageId(self.mint(now)),
            author: self.author(caller, badges),
            text: text.into(),
            action,
            emotes: self.codes.find(text),
            parent,
            nonce: nonce.filter(|n| n.len() <= NONCE_BYTES_MAX),
            at: now,
            first: self.known.peek(user).is_none(),
            suspicion: self.suspicion(user),
            origin: caller.connection,
            mentions,
        }
    }

    fn suspicion(&self, user: UserId) -> Option<Suspicion> {
        self.kept.suspects.get(&user).map(|(_, how)| *how)
    }

    /// The author as it is now; made anew only when something about it changed.
    pub(super) fn author(&mut self, caller: &Caller, badges: Badges) -> Arc<Author> {
        let account = &caller.account;
        let colour = self.colours.peek(account.id).copied().unwrap_or(account.colour);
        if let Some(known) = self.authors.get(account.id)
            && known.badges == badges
            && known.colour == colour
            && known.display == account.display
        {
            return Arc::clone(known);
        }
        let author = Arc::new(Author {
            id: account.id,
            login: account.login.clone(),
            display: Arc::clone(&account.display),
            colour,
            badges,
        });
        self.authors.insert(account.id, Arc::clone(&author));
        author
    }

    /// The message that a reply answers; a deleted or forgotten one is not quoted, and the reply is a message like any other.
    fn parent(&self, id: MessageId) -> Option<Box<Parent>> {
        let found = self.lines.get(id).filter(|r| !r.gone && r.public)?;
        let line = &found.line;
        let Author { id: author, ref login, ref display, .. } = *line.author;
        let thread = match &line.parent {
            Some(above) => above.thread.clone(),
            None => ThreadTop { id, author, login: login.clone(), display: Arc::clone(display) },
        };
        Some(Box::new(Parent {
            id,
            author,
            login: login.clone(),
            display: Arc::clone(display),
            text: Arc::clone(&line.text),
            thread,
        }))
    }

    /// To everybody, or first to those who moderate.
    fn deliver(&mut self, now: WallTime, line: Line, born: WallTime, out: &mut Effects) {
        let author = line.author.id;
        self.known.insert(author, ());
        self.log(&line, out);
        let restricted = line.suspicion == Some(Suspicion::Restricted);
        let delay = if line.author.badges.moderates() { 0 } else { self.holds.delay_s };
        let public = !restricted && delay == 0;
        let kept = self.remember(&line, born, public);
        let audience = if public { Audience::Everyone } else { Audience::ModeratorsAnd(author) };
        self.emit(now, audience, Happening::Line(line), out);
        if !restricted && delay > 0 {
            let due = now + Duration::from_secs(u64::from(delay));
            let late = Late { line: kept, first: self.seq };
            if let Some(early) = self.delayed.push(due, late, self.config.delayed_max) {
                self.release(now, &early, out);
            }
        }
    }

    /// What was decided to be said reached the bus.
    pub fn settle(&mut self) {
        self.held.settle();
    }

    /// What was decided to be said did not reach the bus: nobody has it, and its author may say it again. What was held and allowed
    /// waits for a moderator again.
    pub fn unsay(&mut self, line: &Line) {
        let author = line.author.id;
        self.lines.remove(line.id);
        self.delayed.drop_where(|late| late.id == line.id);
        if line.first {
            self.known.remove(author);
        }
        if !self.held.unallow(line.id) {
            self.rates.unsaid(author, line.at);
            self.judge.unsaid(&line.text, line.id);
        }
    }

    pub(super) fn remember(&mut self, line: &Line, born: WallTime, public: bool) -> Arc<Line> {
        let line = Arc::new(line.clone());
        self.lines.push(Remembered { line: Arc::clone(&line), born, gone: false, public });
        line
    }

    pub(super) fn log(&self, line: &Line, out: &mut Effects) {
        if self.settings.log {
            out.log.push(LogWrite::Said(Box::new(LoggedMessage {
                id: line.id,
                channel: self.place.id,
                author: line.author.id,
                login: line.author.login.clone(),
                at: line.at,
                text: line.text.to_string(),
                action: line.action,
                reply_to: line.parent.as_ref().map(|p| p.id),
                deleted: false,
            })));
        }
    }

    /// The caller has read the warning.
    pub(super) fn acknowledge(
        &mut self,
        now: WallTime,
        by: By<'_>,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        if self.kept.warnings.remove(&by.id).is_none() {
            return Ok(Outcome::default());
        }
        out.touched.push(by.id);
        let entry = self.entry(now, by, "acknowledge_warning", Some(by.person()), "");
        self.record(now, Some(RoomChange::Acknowledge(by.id)), entry, out);
        self.emit(now, Audience::User(by.id), Happening::Warned { reason: None }, out);
        Ok(told("warning_acknowledged", "You may chat again."))
    }
}

/// Which rates somebody has.
pub(super) fn pace(badges: Badges) -> Pace {
    match badges {
        Badges { bot: true, .. } => Pace::Bot,
        _ if badges.moderates() || badges.vip => Pace::Moderator,
        _ => Pace::Viewer,
    }
}
