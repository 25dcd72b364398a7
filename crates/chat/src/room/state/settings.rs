//! What moderators set: modes, shield mode, roles, terms, the pinned message; and name colours that changed meanwhile.

use std::time::Duration;

use domain::ids::{MessageId, TermId, UserId};
use domain::rooms::{Person, Pinned, RoomChange, RoomRole, RoomSettings, Term, TermKind};
use domain::time::WallTime;

use super::{By, Room, told};
use crate::command::{List, ModesPatch, Outcome, Refusal};
use crate::event::{Audience, Badges, Became, Happening, OwnBan};
use crate::limits::{REGEX_TERMS_MAX, TERM_CHARS_MAX, TERMS_MAX};
use crate::room::effects::{Effects, Keep};
use crate::rules::modes;
use crate::rules::rank::Target;
use crate::rules::refusals::refuse;

/// For how long a message may be pinned, in seconds.
const PIN_S: std::ops::RangeInclusive<u32> = 30..=1_800;

impl Room {
    pub(super) fn change_modes(
        &mut self,
        now: WallTime,
        by: By<'_>,
        patch: &ModesPatch,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let new = modes::patched(&self.settings, patch)?;
        if new == self.settings {
            let list = Some(List::Settings(Box::new(new)));
            return Ok(Outcome { told: modes::already(&self.settings, patch), list, said: None });
        }
        Ok(self.keep_settings(now, by, new, out))
    }

    pub(super) fn shield(
        &mut self,
        now: WallTime,
        by: By<'_>,
        on: bool,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        if self.settings.shield_on == on {
            let (id, text) = if on {
                ("already_shield_on", "Shield mode is already on.")
            } else {
                ("already_shield_off", "Shield mode is not on.")
            };
            return Ok(told(id, text));
        }
        let new = RoomSettings { shield_on: on, ..self.settings.clone() };
        Ok(self.keep_settings(now, by, new, out))
    }

    /// New settings: kept with one entry for each thing that changed, and told.
    fn keep_settings(&mut self, now: WallTime, by: By<'_>, new: RoomSettings, out: &mut Effects) -> Outcome {
        let mut change = Some(RoomChange::Settings(new.clone()));
        for (told, action) in modes::changes(&self.settings, &new) {
            let entry = self.entry(now, by, action, None, &told.text);
            self.record(now, change.take(), entry, out);
        }
        // The shield's profile has no notice of its own.
        if let Some(change) = change {
            let entry = self.entry(now, by, "settings", None, "");
            self.record(now, Some(change), entry, out);
        }
        let list = Some(List::Settings(Box::new(new.clone())));
        self.set_settings(now, new, out);
        Outcome { list, ..Outcome::default() }
    }

    /// These settings hold from now on; everybody is told what that changes.
    pub(super) fn set_settings(&mut self, now: WallTime, new: RoomSettings, out: &mut Effects) {
        let before = std::mem::replace(&mut self.holds, modes::effective(&new));
        self.settings = new;
        if before == self.holds {
            return;
        }
        if self.holds.delay_s < before.delay_s {
            self.delayed.hasten(now + Duration::from_secs(u64::from(self.holds.delay_s)));
            self.release_due(now, out);
        }
        let notices = modes::changes(&before, &self.holds)
            .into_iter()
            .filter(|(told, _)| modes::is_announced(&told.id))
            .map(|(told, _)| (told.id, told.text))
            .collect();
        let what =
            Happening::Modes { settings: Box::new(self.holds.clone()), before: Box::new(before), notices };
        self.emit(now, Audience::Everyone, what, out);
    }

    pub(super) fn grant(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        role: RoomRole,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let (login, words) = (&whom.login, RoleWords::of(role));
        let no = |id: &str, text: String| Err(refuse(id, text));
        if login.is_anonymous() {
            return no("invalid_user", format!("Invalid username: {login}"));
        }
        if whom.id == self.place.id.owner() {
            return no(words.has_it, "The broadcaster needs no role in their own channel.".to_owned());
        }
        if self.kept.role(whom.id) == Some(role) {
            return no(words.has_it, format!("{login} is already a {} of this channel.", words.noun));
        }
        if self.kept.ban(now, whom.id).is_some() {
            let text = format!("{login} is banned in this channel. You must unban this user first.");
            return no(words.is_banned, text);
        }
        let most = match role {
            RoomRole::Moderator => self.config.moderators_max,
            RoomRole::Vip => self.config.vips_max,
        };
        if self.kept.roles.values().filter(|(_, r)| *r == role).count() >= most {
            return no(words.full, format!("This channel has {most} {}s, and no more fit.", words.noun));
        }
        self.kept.roles.insert(whom.id, (login.clone(), role));
        let entry = self.entry(now, by, words.give, Some(whom.into()), "");
        self.record(now, Some(RoomChange::Grant(whom.into(), role)), entry, out);
        self.tell_role(now, whom, out);
        Ok(told(words.given, format!("You have added {login} as a {} of this channel.", words.noun)))
    }

    pub(super) fn revoke(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        role: RoomRole,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let (login, words) = (&whom.login, RoleWords::of(role));
        if self.kept.role(whom.id) != Some(role) {
            return Err(refuse(words.has_not, format!("{login} is not a {} of this channel.", words.noun)));
        }
        self.take_role(now, by, whom, role, out);
        Ok(told(words.taken, format!("You have removed {login} as a {} of this channel.", words.noun)))
    }

    pub(super) fn take_role(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        role: RoomRole,
        out: &mut Effects,
    ) {
        self.kept.roles.remove(&whom.id);
        let entry = self.entry(now, by, RoleWords::of(role).take, Some(whom.into()), "");
        self.record(now, Some(RoomChange::Revoke(whom.id, role)), entry, out);
        self.tell_role(now, whom, out);
    }

    /// Tells somebody which role is theirs now.
    fn tell_role(&mut self, now: WallTime, whom: &Target, out: &mut Effects) {
        out.touched.push(whom.id);
        self.tell_you(now, whom.id, true, out);
    }

    /// Tells somebody what they are now, as far as the room knows it of somebody who did not ask.
    pub(super) fn tell_you(&mut self, now: WallTime, user: UserId, role_changed: bool, out: &mut Effects) {
        let role = self.kept.role(user);
        let known = self.authors.peek(user).map(|a| a.badges).unwrap_or_default();
        let became = Became {
            badges: Badges {
                broadcaster: user == self.place.id.owner(),
                moderator: role == Some(RoomRole::Moderator),
                vip: role == Some(RoomRole::Vip),
                ..known
            },
            warning: self.kept.warnings.get(&user).map(|w| w.reason.as_str().into()),
            ban: self.kept.ban(now, user).and_then(|ban| OwnBan::of(ban, now)),
            role: role_changed,
        };
        self.emit(now, Audience::User(user), Happening::YouChanged(Box::new(became)), out);
    }

    pub(super) fn add_term(
        &mut self,
        now: WallTime,
        by: By<'_>,
        kind: TermKind,
        text: &str,
        public: bool,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let no = |text: String| Err(refuse("bad_term", text));
        let chars = text.chars().count();
        if !(2..=TERM_CHARS_MAX).contains(&chars) || text.trim_matches('*').trim().is_empty() {
            return no(format!("A term has 2 to {TERM_CHARS_MAX} characters."));
        }
        let is_same = |known: &str| match kind {
            TermKind::BlockedRegex => known == text,
            TermKind::Blocked | TermKind::Permitted => known.to_lowercase() == text.to_lowercase(),
        };
        if self.terms.iter().any(|t| t.kind == kind && is_same(&t.text)) {
            return no("That term is in the list already.".to_owned());
        }
        if self.terms.len() >= TERMS_MAX {
            return no(format!("There are {TERMS_MAX} terms, and no more fit."));
        }
        let expressions = self.terms.iter().filter(|term| term.kind == TermKind::BlockedRegex).count();
        if kind == TermKind::BlockedRegex && expressions >= REGEX_TERMS_MAX {
            return no(format!("There are {REGEX_TERMS_MAX} regular expressions, and no more fit."));
        }
        if let Err(why) = self.judge.check(kind, text) {
            return no(why.into());
        }
        let id = TermId(self.mint(now));
        let term = Term { id, kind, text: text.to_owned(), public, by: by.person(), at: now };
        self.terms.push(term.clone());
        self.judge.terms(&self.terms);
        let action = if kind == TermKind::Permitted { "add_permitted_term" } else { "add_blocked_term" };
        let entry = self.entry(now, by, action, None, text);
        self.record(now, Some(RoomChange::AddTerm(term.clone())), entry, out);
        let list = Some(List::Terms(vec![term]));
        Ok(Outcome { list, ..told("term_added", "The term was added.") })
    }

    pub(super) fn remove_term(
        &mut self,
        now: WallTime,
        by: By<'_>,
        id: TermId,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let Some(at) = self.terms.iter().position(|t| t.id == id) else {
            return Err(refuse("bad_term", "There is no such term."));
        };
        let term = self.terms.remove(at);
        self.judge.terms(&self.terms);
        let permitted = term.kind == TermKind::Permitted;
        let action = if permitted { "remove_permitted_term" } else { "remove_blocked_term" };
        let entry = self.entry(now, by, action, None, &term.text);
        self.record(now, Some(RoomChange::RemoveTerm(id)), entry, out);
        Ok(told("term_removed", "The term was removed."))
    }

    pub(super) fn pin(
        &mut self,
        now: WallTime,
        by: By<'_>,
        message: MessageId,
        seconds: Option<u32>,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        if seconds.is_some_and(|s| !PIN_S.contains(&s)) {
            return Err(refuse("bad_pin_duration", "A message is pinned for 30 seconds to 30 minutes."));
        }
        let Some(found) = self.lines.get(message).filter(|r| !r.gone && r.public) else {
            return Err(refuse("bad_pin_message", "That message is too old or was deleted."));
        };
        let line = &found.line;
        let pinned = Pinned {
            message,
            author: Person { id: line.author.id, login: line.author.login.clone() },
            text: line.text.to_string(),
            by: by.person(),
            until: seconds.map(|s| now + Duration::from_secs(u64::from(s))),
        };
        self.set_pinned(now, Some(pinned), Some(by), out);
        Ok(told("pin_success", "The message was pinned."))
    }

    pub(super) fn unpin(&mut self, now: WallTime, by: By<'_>, out: &mut Effects) -> Result<Outcome, Refusal> {
        if self.pinned.is_none() {
            return Err(refuse("bad_unpin", "No message is pinned."));
        }
        self.set_pinned(now, None, Some(by), out);
        Ok(told("unpin_success", "The message is no longer pinned."))
    }

    /// Pins or unpins; with an entry if somebody did it, without one if it came about (its time is over, it was deleted).
    pub(super) fn set_pinned(
        &mut self,
        now: WallTime,
        pinned: Option<Pinned>,
        by: Option<By<'_>>,
        out: &mut Effects,
    ) {
        let change = RoomChange::Pin(pinned.clone());
        let shown = pinned.clone().map(Box::new);
        match by {
            None => out.keep.push(Keep::Change(Box::new(change), None)),
            Some(by) => {
                let action = if pinned.is_some() { "pin" } else { "unpin" };
                let subject = pinned.as_ref().or(self.pinned.as_ref());
                let target = subject.map(|p| p.author.clone());
                let detail = subject.map(|p| p.text.clone()).unwrap_or_default();
                let entry = self.entry(now, by, action, target, &detail);
                self.record(now, Some(change), entry, out);
            }
        }
        self.pinned = pinned;
        self.emit(now, Audience::Everyone, Happening::Pinned(shown), out);
    }

    /// Somebody has another name colour now, of which open connections do not know yet.
    pub fn recolour(&mut self, user: UserId, colour: u32) {
        self.colours.insert(user, colour);
    }
}

/// What Twitch calls a role, and the NOTICE ids and log actions that go with it.
struct RoleWords {
    noun: &'static str,
    give: &'static str,
    take: &'static str,
    given: &'static str,
    taken: &'static str,
    has_it: &'static str,
    has_not: &'static str,
    is_banned: &'static str,
    full: &'static str,
}

impl RoleWords {
    fn of(role: RoomRole) -> Self {
        match role {
            RoomRole::Moderator => Self {
                noun: "moderator",
                give: "mod",
                take: "unmod",
                given: "mod_success",
                taken: "unmod_success",
                has_it: "bad_mod_mod",
                has_not: "bad_unmod_mod",
                is_banned: "bad_mod_banned",
                full: "bad_mod_max_mods_reached",
            },
            RoomRole::Vip => Self {
                noun: "VIP",
                give: "vip",
                take: "unvip",
                given: "vip_success",
                taken: "unvip_success",
                has_it: "bad_vip_grantee_already_vip",
                has_not: "bad_unvip_grantee_not_vip",
                is_banned: "bad_vip_grantee_banned",
                full: "bad_vip_max_vips_reached",
            },
        }
    }
}
