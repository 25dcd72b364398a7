//! Requests to lift a ban: who was banned for good may ask once for each ban, and a moderator decides.

use domain::ids::UserId;
use domain::rooms::{Person, RoomChange, UnbanRequest, UnbanState};
use domain::time::WallTime;

use super::{By, Room, told};
use crate::command::{List, Outcome, Refusal};
use crate::event::{Audience, Happening};
use crate::room::effects::{Effects, Keep};
use crate::rules::rank::{Rank, Target};
use crate::rules::refusals::{refuse, usage};
use crate::rules::text;

/// Requests that a room keeps. The oldest decided one makes room for another; if all are pending, nobody more may ask.
const REQUESTS_MAX: usize = 1_000;

impl Room {
    pub(super) fn request_unban(
        &mut self,
        now: WallTime,
        by: By<'_>,
        text: &str,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let banned_at = match self.kept.ban(now, by.id) {
            None => return Err(refuse("bad_unban_no_ban", "You are not banned in this channel.")),
            Some(ban) if ban.until.is_some() => {
                return Err(refuse("bad_unban_request_timeout", "A timeout ends by itself."));
            }
            Some(ban) => ban.at,
        };
        match self.kept.requests.get(&by.id).map(|r| (r.state, r.at)) {
            Some((UnbanState::Pending, _)) => {
                return Err(refuse("already_requested", "Your request waits for the moderators."));
            }
            Some((UnbanState::Denied, at)) if at >= banned_at => {
                return Err(refuse("bad_unban_request_denied", "Your request was denied."));
            }
            _ => {}
        }
        let Some(text) = text::clean(text) else {
            return Err(usage("request", "say why you should be let in again, in 1 to 500 characters"));
        };
        self.make_room_for_request(by.id, out)?;
        let request = UnbanRequest {
            who: by.person(),
            text: text.into_owned(),
            at: now,
            state: UnbanState::Pending,
            resolution: String::new(),
            by: None,
            resolved_at: None,
        };
        self.keep_request(now, by, request, "create_unban_request", out);
        Ok(told("unban_request_sent", "Your request was sent to the moderators."))
    }

    pub(super) fn cancel_unban_request(
        &mut self,
        now: WallTime,
        by: By<'_>,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let request = self.pending(by.id)?;
        let canceled = UnbanRequest { state: UnbanState::Canceled, resolved_at: Some(now), ..request };
        self.keep_request(now, by, canceled, "cancel_unban_request", out);
        Ok(told("unban_request_canceled", "You took your request back."))
    }

    /// Lifts the ban of somebody who asked, or not, and tells them.
    pub(super) fn resolve_unban(
        &mut self,
        now: WallTime,
        by: By<'_>,
        whom: &Target,
        approve: bool,
        text: &str,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let request = self.pending(whom.id)?;
        let resolution = text::reason(text).into_owned();
        let (state, action, id) = if approve {
            (UnbanState::Approved, "approve_unban_request", "unban_request_approved")
        } else {
            (UnbanState::Denied, "deny_unban_request", "unban_request_denied")
        };
        let words = match (approve, resolution.is_empty()) {
            (true, true) => "Your request was approved: you are no longer banned.".to_owned(),
            (true, false) => format!("Your request was approved: {resolution}"),
            (false, true) => "Your request to be unbanned was denied.".to_owned(),
            (false, false) => format!("Your request to be unbanned was denied: {resolution}"),
        };
        let resolved =
            UnbanRequest { state, resolution, by: Some(by.person()), resolved_at: Some(now), ..request };
        self.keep_request(now, by, resolved.clone(), action, out);
        if approve && self.kept.ban(now, whom.id).is_some() {
            self.lift(now, by, whom, "unban", out);
        }
        let what = Happening::Told { id: id.into(), text: words.into() };
        self.emit(now, Audience::User(whom.id), what, out);
        let verb = if approve { "approved" } else { "denied" };
        let list = Some(List::UnbanRequests(vec![resolved]));
        Ok(Outcome { list, ..told(id, format!("The request of {} was {verb}.", whom.login)) })
    }

    /// A ban was lifted otherwise: whoever still asks for that need not be decided about.
    pub(super) fn acknowledge_request(&mut self, now: WallTime, by: By<'_>, user: UserId, out: &mut Effects) {
        if let Ok(request) = self.pending(user) {
            let state = UnbanState::Acknowledged;
            let request = UnbanRequest { state, by: Some(by.person()), resolved_at: Some(now), ..request };
            self.kept.requests.insert(user, request.clone());
            out.keep.push(Keep::Change(Box::new(RoomChange::UnbanRequest(request)), None));
        }
    }

    /// Requests, newest first: all for those who moderate, one's own for everybody else.
    pub(super) fn requests(&self, by: By<'_>) -> Vec<UnbanRequest> {
        let seen = |request: &&UnbanRequest| by.rank >= Rank::Moderator || request.who.id == by.id;
        let mut requests: Vec<_> = self.kept.requests.values().filter(seen).cloned().collect();
        requests.sort_by(|a, b| (b.at, &b.who.login).cmp(&(a.at, &a.who.login)));
        requests
    }

    fn pending(&self, user: UserId) -> Result<UnbanRequest, Refusal> {
        let request = self.kept.requests.get(&user).filter(|r| r.state == UnbanState::Pending);
        request.cloned().ok_or_else(|| refuse("bad_unban_request", "No request waits for a decision."))
    }

    fn make_room_for_request(&mut self, user: UserId, out: &mut Effects) -> Result<(), Refusal> {
        if self.kept.requests.len() < REQUESTS_MAX || self.kept.requests.contains_key(&user) {
            return Ok(());
        }
        let decided = self.kept.requests.values().filter(|r| r.state != UnbanState::Pending);
        let Some(oldest) = decided.min_by_key(|r| r.at).map(|r| r.who.id) else {
            let text = "Too many requests wait for this channel's moderators. Try again another day.";
            return Err(refuse("bad_unban_request_full", text));
        };
        self.kept.requests.remove(&oldest);
        out.keep.push(Keep::Change(Box::new(RoomChange::DropUnbanRequest(oldest)), None));
        Ok(())
    }

    fn keep_request(
        &mut self,
        now: WallTime,
        by: By<'_>,
        request: UnbanRequest,
        action: &str,
        out: &mut Effects,
    ) {
        let who = Person::clone(&request.who);
        let detail = if request.resolution.is_empty() { &request.text } else { &request.resolution };
        let entry = self.entry(now, by, action, Some(who.clone()), detail);
        self.kept.requests.insert(who.id, request.clone());
        self.record(now, Some(RoomChange::UnbanRequest(request)), entry, out);
    }
}
