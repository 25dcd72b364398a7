//! What is said with weight: announcements, shoutouts, and what other parts of the platform tell.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::MessageId;
use domain::rooms::Person;
use domain::time::WallTime;

use super::say::pace;
use super::{By, Room, told};
use crate::announce::News;
use crate::command::{Caller, Outcome, Refusal, Said};
use crate::event::{Audience, Author, Happening, Line};
use crate::room::effects::Effects;
use crate::rules::rank::Target;
use crate::rules::{refusals, text};

/// The colours that an announcement may have.
const COLOURS: [&str; 5] = ["PRIMARY", "BLUE", "GREEN", "ORANGE", "PURPLE"];
/// Between two shoutouts of a channel.
const SHOUTOUT_EVERY: Duration = Duration::from_secs(120);
/// Between two shoutouts to the same channel.
const SHOUTOUT_SAME_EVERY: Duration = Duration::from_secs(3_600);

impl Room {
    /// An announcement in a colour, by somebody who moderates.
    pub(super) fn announce(
        &mut self,
        now: WallTime,
        caller: &Caller,
        text: &str,
        colour: &str,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let colour = colour.to_ascii_uppercase();
        if !COLOURS.contains(&colour.as_str()) {
            return Err(refusals::usage(
                "announce",
                "an announcement is primary, blue, green, orange or purple",
            ));
        }
        let user = caller.account.id;
        let badges = self.badges(&caller.account);
        self.rates.count(now, user, caller.address, pace(badges)).map_err(refusals::too_fast)?;
        let text = text::clean(text).ok_or_else(refusals::empty)?;
        let line = self.compose(now, caller, badges, &text, false, None, None);
        let said = Said { id: line.id, badges, nonce: None };
        self.known.insert(user, ());
        self.remember(&line, caller.account.created_at, true);
        self.log(&line, out);
        let what = Happening::Announcement { line, colour: colour.into() };
        self.emit(now, Audience::Everyone, what, out);
        let by = By { id: user, login: &caller.account.login, rank: self.rank(caller) };
        let entry = self.entry(now, by, "announce", None, &text);
        self.record(now, None, entry, out);
        Ok(Outcome { said: Some(said), ..Outcome::default() })
    }

    /// What another part of the platform tells the room, once for each key. Says whether it was new.
    pub fn tell(&mut self, now: WallTime, key: u64, news: &News, out: &mut Effects) -> bool {
        if self.is_gone || !self.announced.insert(key, ()) {
            return false;
        }
        let emotes = self.codes.find(&news.text);
        let silent = self.silent(now, Arc::clone(&news.about));
        let line = Line { text: Arc::clone(&news.text), emotes, ..silent };
        if !line.text.is_empty() {
            self.remember(&line, now, true);
            self.log(&line, out);
        }
        let (kind, system, params) = (news.kind.clone(), Arc::clone(&news.system), news.params.clone());
        self.emit(now, Audience::Everyone, Happening::Notice { kind, system, params, line }, out);
        true
    }

    /// Recommends another channel. Twitch has no line for it on IRC; clients show the sentence of a USERNOTICE.
    pub(super) fn shoutout(
        &mut self,
        now: WallTime,
        caller: &Caller,
        whom: &Target,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        if whom.id == self.place.id.owner() {
            return Err(refusals::refuse("bad_shoutout_self", "A channel gives no shoutout to itself."));
        }
        let left = |since: WallTime, span: Duration| {
            span.checked_sub(now.since(since)).filter(|left| !left.is_zero())
        };
        let any = self.last_shoutout.and_then(|at| left(at, SHOUTOUT_EVERY));
        let same = self.shoutouts.peek(whom.id).and_then(|at| left(*at, SHOUTOUT_SAME_EVERY));
        if let Some(wait) = any.max(same) {
            return Err(refusals::shoutout_too_soon(&whom.login, wait));
        }
        self.last_shoutout = Some(now);
        self.shoutouts.insert(whom.id, now);
        let badges = self.badges(&caller.account);
        let about = self.author(caller, badges);
        let system = format!("{} gives a shoutout to {}. Go and follow them!", about.display, whom.login);
        let params = vec![
            ("login".into(), whom.login.as_str().into()),
            ("id".into(), whom.id.to_string().into_boxed_str()),
        ];
        let line = self.silent(now, about);
        let what = Happening::Notice { kind: "shoutout".into(), system: system.into(), params, line };
        self.emit(now, Audience::Everyone, what, out);
        let by = By { id: caller.account.id, login: &caller.account.login, rank: self.rank(caller) };
        let entry = self.entry(now, by, "shoutout", Some(Person::from(whom)), "");
        self.record(now, None, entry, out);
        Ok(told("shoutout_success", format!("You gave a shoutout to {}.", whom.login)))
    }

    /// A line of somebody who says nothing.
    fn silent(&self, now: WallTime, author: Arc<Author>) -> Line {
        Line {
            id: MessageId(self.mint(now)),
            author,
            text: "".into(),
            action: false,
            emotes: Vec::new(),
            parent: None,
            nonce: None,
            at: now,
            first: false,
            suspicion: None,
            origin: None,
            mentions: Vec::new(),
        }
    }
}
