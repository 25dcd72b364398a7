//! What moderators do to people and messages.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::MessageId;
use domain::ports::Deleted;
use domain::rooms::{Ban, ModEntry, Person, RoomChange, RoomRole, Suspicion, Warning};
use domain::time::WallTime;

use super::{By, Room, told};
use crate::command::{List, Outcome, Refusal};
use crate::event::{Audience, Happening};
use crate::limits::{REASON_CHARS_MAX, TIMEOUT_S_MAX};
use crate::room::effects::{Effects, LogWrite};
use crate::rules::durations::words;
use crate::rules::rank::{self, Rank, Target};
use crate::rules::refusals::{refuse, usage};
use crate::rules::text;

/// A message that is to be deleted, as far as it matters who may.
struct Condemned {
    author: Person,
    by_broadcaster: bool,
    by_staff: bool,
    text: Arc<str>,
    /// Everybody has it, not only moderators and its author.
    public: bool,
}

impl Room {
    pub(super) fn delete(
        &mut self,
        now: WallTime,
        by: By<'_>,
        message: MessageId,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let gone = || refuse("bad_delete_message_error", "That message is too old or was deleted already.");
        let Condemned { author, by_broadcaster, by_staff, text, public } =
            self.condemned(now, message).ok_or_else(gone)?;
        let own = author.id == by.id;
        if by_broadcaster && !own && by.rank != Rank::Staff {
            return Err(refuse(
                "bad_delete_message_broadcaster",
                "You cannot delete the broadcaster's messages.",
            ));
        }
        let fellow = by_staff || self.kept.role(author.id) == Some(RoomRole::Moderator);
        if fellow && !own && by.rank < Rank::Staff {
            let text = format!("You cannot delete messages from another moderator {}.", author.login);
            return Err(refuse("bad_delete_message_mod", text));
        }
        // Who never had the message is not told what it said.
        let audience = if public { Audience::Everyone } else { Audience::ModeratorsAnd(author.id) };
        self.lines.delete(message);
        self.delayed.drop_where(|l| l.id == message);
        self.unquote(|parent| parent.id == message);
        let login = author.login.clone();
        let what = Happening::MessageDeleted { id: message, login: login.clone(), text: Arc::clone(&text) };
        self.emit(now, audience, what, out);
        out.log.push(LogWrite::Deleted(self.place.id, Deleted::Message(message)));
        if self.pinned.as_ref().is_some_and(|p| p.message == message) {
            self.set_pinned(now, None, None, out);
        }
        let entry = self.entry(now, by, "delete", Some(author), &text);
        self.record(now, None, entry, out);
        Ok(told("delete_message_success", format!("The message from {login} is now deleted.")))
    }

    /// The message of this number if it may be deleted: a recent one, or the pinned one however old it is. Of one that was pinned before
    /// the room was last loaded nothing is known but what the pin says.
    fn condemned(&self, now: WallTime, message: MessageId) -> Option<Condemned> {
        let pinned = self.pinned.as_ref().filter(|pin| pin.message == message);
        let recent = |at| pinned.is_some() || now.since(at) <= self.config.delete_within;
        if let Some(found) = self.lines.get(message).filter(|r| !r.gone && recent(r.line.at)) {
            let author = &found.line.author;
            return Some(Condemned {
                author: Person { id: author.id, login: author.login.clone() },
                by_broadcaster: author.badges.broadcaster,
                by_staff: author.badges.staff,
                text: Arc::clone(&found.line.text),
                public: found.public,
            });
        }
        pinned.map(|pin| Condemned {
            author: pin.author.clone(),
            by_broadcaster: pin.author.id == self.place.id.owner(),
            by_staff: false,
            text: pin.text.as_str().into(),
            public: true,
        })
    }

    pub(super) fn clear(&mut self, now: WallTime, by: By<'_>, out: &mut Effects) -> Result<Outcome, Refusal> {
        self.lines.delete_all();
        self.delayed.drop_where(|_| true);
        self.deny_held(now, None, Some(by.login), out);
        self.emit(now, Audience::Everyone, Happening::RoomCleared, out);
        if self.pinned.is_some() {
            self.set_pinned(now, None, None, out);
        }
        out.log.push(LogWrite::Deleted(self.place.id, Deleted::All(now)));
        let entry = self.entry(now, by, "clear", None, "");
        self.record(now, None, entry, out);
        Ok(Outcome::default())
    }

    /// Bans, or with `seconds` times out.
    pub(super) fn ban(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        seconds: Option<u32>,
        reason: &str,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let verb = if seconds.is_some() { "timeout" } else { "ban" };
        let role = self.kept.role(whom.id);
        rank::may_touch(verb, (by.id, by.rank), whom, role, self.place.id)?;
        if seconds.is_some_and(|s| s == 0 || s > TIMEOUT_S_MAX) {
            return Err(refuse("bad_timeout_duration", "A timeout takes 1 second to 14 days."));
        }
        if self.kept.ban(now, whom.id).is_some_and(|b| b.until.is_none()) {
            return Err(refuse(
                "already_banned",
                format!("{} is already banned in this channel.", whom.login),
            ));
        }
        // The owner or staff may ban a moderator, who is one no longer: a banned moderator would be neither.
        if role == Some(RoomRole::Moderator) && seconds.is_none() {
            self.take_role(now, by, whom, RoomRole::Moderator, out);
        }
        let entry = self.keep_from_writing(now, by, &Person::from(whom), seconds, reason, out);
        self.emit(now, Audience::Moderators, Happening::Moderated(Box::new(entry)), out);
        let list = self.kept.ban(now, whom.id).map(|ban| List::Bans(vec![ban.clone()]));
        let done = match seconds {
            None => told("ban_success", format!("{} is now banned from this channel.", whom.login)),
            Some(s) => told(
                "timeout_success",
                format!("{} has been timed out for {}.", whom.login, words(u64::from(s))),
            ),
        };
        Ok(Outcome { list, ..done })
    }

    /// The ban or timeout itself, which holds from here on, and everything of theirs gone; returns the entry, which is kept but not
    /// shown yet.
    pub(super) fn keep_from_writing(
        &mut self,
        now: WallTime,
        by: By<'_>,
        who: &Person,
        seconds: Option<u32>,
        reason: &str,
        out: &mut Effects,
    ) -> ModEntry {
        let span = seconds.map(|s| Duration::from_secs(u64::from(s)));
        let reason = text::reason(reason).into_owned();
        let until = span.map(|s| now + s);
        let action = if seconds.is_some() { "timeout" } else { "ban" };
        let mut entry = self.entry(now, by, action, Some(who.clone()), &reason);
        entry.duration = span;
        let ban = Ban { who: who.clone(), until, reason, by: by.person(), at: now };
        self.kept.bans.insert(who.id, ban.clone());
        out.touched.push(who.id);
        self.clear_of(now, who, seconds, out);
        self.tell_you(now, who.id, false, out);
        out.keep.push(crate::room::effects::Keep::Change(
            Box::new(RoomChange::Ban(ban)),
            Some(Box::new(entry.clone())),
        ));
        entry
    }

    /// Lifts a ban or timeout, or only a timeout.
    pub(super) fn unban(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        timeout_only: bool,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let login = &whom.login;
        let permanent = match (self.kept.ban(now, whom.id).map(|b| b.until.is_none()), timeout_only) {
            (None, false) => {
                return Err(refuse("bad_unban_no_ban", format!("{login} is not banned from this channel.")));
            }
            (None, true) => {
                return Err(refuse(
                    "timeout_no_timeout",
                    format!("{login} is not timed out from this channel."),
                ));
            }
            (Some(true), true) => {
                let text = format!("{login} is permanently banned. Use \"/unban\" to remove a ban.");
                return Err(refuse("untimeout_banned", text));
            }
            (Some(permanent), _) => permanent,
        };
        self.lift(now, by, whom, if permanent { "unban" } else { "untimeout" }, out);
        self.acknowledge_request(now, by, whom.id, out);
        Ok(if permanent {
            told("unban_success", format!("{login} is no longer banned from this channel."))
        } else {
            told("untimeout_success", format!("{login} is no longer timed out in this channel."))
        })
    }

    /// Nothing keeps somebody from writing any more; `action` is the log's name for it.
    pub(super) fn lift(&mut self, now: WallTime, by: By<'_>, whom: &Target, action: &str, out: &mut Effects) {
        self.kept.bans.remove(&whom.id);
        out.touched.push(whom.id);
        self.tell_you(now, whom.id, false, out);
        let entry = self.entry(now, by, action, Some(whom.into()), "");
        self.record(now, Some(RoomChange::Unban(whom.id)), entry, out);
    }

    pub(super) fn warn(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        reason: &str,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        rank::may_touch("warn", (by.id, by.rank), whom, self.kept.role(whom.id), self.place.id)?;
        let Some(reason) = text::clean(reason) else {
            return Err(usage(
                "warn",
                "\"/warn <username> <reason>\" - the reason is shown to who is warned.",
            ));
        };
        let reason = text::cut(&reason, REASON_CHARS_MAX);
        let warning = Warning { who: whom.into(), reason: reason.to_owned(), by: by.person(), at: now };
        self.kept.warnings.insert(whom.id, warning.clone());
        out.touched.push(whom.id);
        let what = Happening::Warned { reason: Some(reason.into()) };
        self.emit(now, Audience::User(whom.id), what, out);
        let entry = self.entry(now, by, "warn", Some(whom.into()), reason);
        self.record(now, Some(RoomChange::Warn(warning)), entry, out);
        Ok(told("warn_success", format!("{} has been warned.", whom.login)))
    }

    pub(super) fn suspect(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        how: Option<Suspicion>,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        rank::may_touch("suspect", (by.id, by.rank), whom, self.kept.role(whom.id), self.place.id)?;
        let before = match how {
            Some(how) => self.kept.suspects.insert(whom.id, (whom.login.clone(), how)),
            None => self.kept.suspects.remove(&whom.id),
        };
        let before = before.map(|(_, how)| how);
        if before == how {
            return Ok(told("already_suspect", format!("Nothing changed about {}.", whom.login)));
        }
        if how == Some(Suspicion::Restricted) {
            // Moderators and the author have what waits for the delay; nobody else is to get it.
            self.delayed.drop_where(|line| line.author.id == whom.id);
        }
        let (action, text) = match (how, before) {
            (Some(Suspicion::Monitored), _) => {
                ("monitor", "is now monitored: messages are marked for moderators.")
            }
            (Some(Suspicion::Restricted), _) => {
                ("restrict", "is now restricted: only moderators see the messages.")
            }
            (None, Some(Suspicion::Restricted)) => ("unrestrict", "is no longer restricted."),
            (None, _) => ("unmonitor", "is no longer monitored."),
        };
        let entry = self.entry(now, by, action, Some(whom.into()), "");
        self.record(now, Some(RoomChange::Suspect(whom.into(), how)), entry, out);
        Ok(told(&format!("{action}_success"), format!("{} {text}", whom.login)))
    }
}
