//! What a room answers to questions.

use domain::names::Name;
use domain::rooms::{RoomRole, Suspicion, UnbanState};
use domain::time::WallTime;

use super::{By, Room, told};
use crate::command::{Card, List, Outcome, Question};
use crate::event::{Badges, Line};
use crate::room::slash;
use crate::rules::durations;
use crate::rules::rank::{Rank, Target};

/// Most messages on a card.
const CARD_LINES: usize = 100;
/// Most names in a sentence, which must fit a line.
const NAMED: usize = 50;

impl Room {
    pub(super) fn answer(
        &self,
        now: WallTime,
        by: By<'_>,
        question: &Question,
        target: Option<&Target>,
    ) -> Outcome {
        let list = |list| Outcome { list: Some(list), ..Outcome::default() };
        let rank = by.rank;
        match question {
            Question::Moderators => self.people(RoomRole::Moderator),
            Question::Vips => self.people(RoomRole::Vip),
            Question::Chatters { after, first } => self.chatters(after.as_ref(), usize::from(*first)),
            Question::Bans => {
                let bans = self.kept.bans.values();
                let mut bans: Vec<_> =
                    bans.filter(|b| b.until.is_none_or(|until| until > now)).cloned().collect();
                bans.sort_by(|a, b| (b.at, &b.who.login).cmp(&(a.at, &a.who.login)));
                list(List::Bans(bans))
            }
            Question::Terms => {
                let shown = self.terms.iter().filter(|term| term.public || rank >= Rank::Moderator);
                list(List::Terms(shown.cloned().collect()))
            }
            Question::Held => list(List::Held(self.held.list())),
            Question::History => list(List::Lines(self.history(rank))),
            Question::Card(_) => match target {
                Some(target) => {
                    let card = self.card(now, target);
                    let text = in_words(now, &target.login, &card);
                    Outcome { list: Some(List::Card(Box::new(card))), ..told("user_card", text) }
                }
                None => Outcome::default(),
            },
            Question::UnbanRequests => self.unban_requests(by),
            Question::Help => told("cmds_available", slash::help(rank)),
        }
    }

    /// Moderators or VIPs, as a list and in the words that clients take apart.
    fn people(&self, role: RoomRole) -> Outcome {
        let people = self.kept.with(role);
        let names = people.iter().map(|p| p.login.as_str()).collect::<Vec<_>>().join(", ");
        let outcome = match (role, people.is_empty()) {
            (RoomRole::Moderator, true) => told("no_mods", "There are no moderators of this channel."),
            (RoomRole::Moderator, false) => {
                told("room_mods", format!("The moderators of this channel are: {names}"))
            }
            (RoomRole::Vip, true) => told("no_vips", "This channel does not have any VIPs."),
            (RoomRole::Vip, false) => told("vips_success", format!("The VIPs of this channel are: {names}.")),
        };
        Outcome { list: Some(List::People(people)), ..outcome }
    }

    fn chatters(&self, after: Option<&Name>, first: usize) -> Outcome {
        let (people, all) = (self.present.list(after, first), self.present.len());
        let names: Vec<&str> = people.iter().take(NAMED).map(|p| p.login.as_str()).collect();
        let more = if all > names.len() { ", …" } else { "" };
        let text = match all {
            0 => "Nobody who is signed in is here.".to_owned(),
            1 => format!("1 signed-in person is here: {}", names.join("")),
            n => format!("{n} signed-in people are here: {}{more}", names.join(", ")),
        };
        Outcome { list: Some(List::Chatters(people, all)), ..told("chatters", text) }
    }

    fn unban_requests(&self, by: By<'_>) -> Outcome {
        let requests = self.requests(by);
        let pending = || requests.iter().filter(|r| r.state == UnbanState::Pending);
        let names: Vec<&str> = pending().take(NAMED).map(|r| r.who.login.as_str()).collect();
        let text = match pending().count() {
            0 => "Nobody asks to be unbanned.".to_owned(),
            1 => format!("1 asks to be unbanned: {}", names.join("")),
            n => format!("{n} ask to be unbanned: {}", names.join(", ")),
        };
        Outcome { list: Some(List::UnbanRequests(requests)), ..told("unban_requests", text) }
    }

    /// The recent messages: what newcomers are shown; to moderators also what only they have.
    fn history(&self, rank: Rank) -> Vec<Line> {
        let most = if self.holds.history { self.config.history_lines } else { 0 };
        let seen = |public: bool| public || rank >= Rank::Moderator;
        let mut lines: Vec<Line> = self
            .lines
            .alive()
            .rev()
            .filter(|r| seen(r.public))
            .take(most)
            .map(|r| Line::clone(&r.line))
            .collect();
        lines.reverse();
        lines
    }

    /// What moderators see of somebody; the account and the log's entries are added by whoever can ask the stores.
    fn card(&self, now: WallTime, whom: &Target) -> Card {
        let role = self.kept.role(whom.id);
        let (lines, deleted) = self.lines.of(whom.id, CARD_LINES);
        let known = self.authors.peek(whom.id).map(|a| a.badges).unwrap_or_default();
        Card {
            account: None,
            badges: Badges {
                broadcaster: whom.id == self.place.id.owner(),
                staff: whom.staff,
                moderator: role == Some(RoomRole::Moderator),
                vip: role == Some(RoomRole::Vip),
                ..known
            },
            follows_since: None,
            lines,
            deleted,
            ban: self.kept.ban(now, whom.id).cloned(),
            warning: self.kept.warnings.get(&whom.id).cloned(),
            suspicion: self.kept.suspects.get(&whom.id).map(|(_, how)| *how),
            entries: Vec::new(),
        }
    }
}

/// A card as one sentence, for clients that can show no more.
fn in_words(now: WallTime, login: &Name, card: &Card) -> String {
    let mut facts = vec![format!("{} recent messages, {} deleted", card.lines.len(), card.deleted.len())];
    let Badges { broadcaster, staff, moderator, vip, .. } = card.badges;
    let roles = [(broadcaster, "broadcaster"), (staff, "staff"), (moderator, "moderator"), (vip, "VIP")];
    facts.extend(roles.iter().filter(|(has, _)| *has).map(|(_, role)| (*role).to_owned()));
    match card.ban.as_ref().map(|ban| (ban.until, &ban.by.login)) {
        None => {}
        Some((None, by)) => facts.push(format!("banned by {by}")),
        Some((Some(until), by)) => {
            facts
                .push(format!("timed out by {by} for {} more", durations::words(until.since(now).as_secs())));
        }
    }
    if card.warning.is_some() {
        facts.push("has a warning to acknowledge".to_owned());
    }
    match card.suspicion {
        None => {}
        Some(Suspicion::Monitored) => facts.push("monitored".to_owned()),
        Some(Suspicion::Restricted) => facts.push("restricted".to_owned()),
    }
    format!("{login}: {}.", facts.join("; "))
}
