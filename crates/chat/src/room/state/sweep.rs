//! Bulk removal: what stops a raid of bots. It looks at who wrote lately, spares whom the channel knows, and is bounded.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ids::UserId;
use domain::names::Name;
use domain::rooms::Person;
use domain::time::WallTime;

use super::{By, Room, told};
use crate::command::{Outcome, Refusal, Sweep};
use crate::event::Line;
use crate::limits::TIMEOUT_S_MAX;
use crate::room::effects::Effects;
use crate::rules::refusals::{refuse, usage};
use crate::rules::text;

/// Why accounts that a sweep keeps from writing are kept from it.
const REASON: &str = "Bulk removal";

/// What a sweep looks for, ready to be compared.
struct Wanted<'a> {
    login: Option<&'a str>,
    /// Folded.
    text: Option<String>,
    younger_than: Option<Duration>,
    /// As in [`Sweep`].
    timeout_s: Option<u32>,
}

impl<'a> Wanted<'a> {
    /// `None` if no condition is given.
    fn of(sweep: &'a Sweep, fold: impl Fn(&str) -> String) -> Option<Self> {
        let login = sweep.login.as_deref().map(str::trim).filter(|p| !p.trim_matches('*').is_empty());
        let text = sweep.text.as_deref().map(fold).filter(|t| !t.trim().is_empty());
        let younger_than = sweep.younger_than_min.map(|m| Duration::from_secs(u64::from(m) * 60));
        let any = login.is_some() || text.is_some() || younger_than.is_some();
        any.then_some(Self { login, text, younger_than, timeout_s: sweep.timeout_s })
    }

    fn in_words(&self) -> String {
        let conditions = [
            self.login.map(|l| format!("login {l}")),
            self.text.as_ref().map(|t| format!("text \"{t}\"")),
            self.younger_than.map(|age| format!("younger than {} min", age.as_secs() / 60)),
        ];
        conditions.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Room {
    pub(super) fn sweep(
        &mut self,
        now: WallTime,
        by: By<'_>,
        sweep: &Sweep,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let Some(wanted) = Wanted::of(sweep, |text| self.judge.fold(text)) else {
            return Err(usage(
                "sweep",
                "name at least one of: logins (such as bot_*), a text, how young accounts are",
            ));
        };
        if sweep.timeout_s.is_some_and(|s| s > TIMEOUT_S_MAX) {
            return Err(refuse("bad_timeout_duration", "A timeout takes 1 second to 14 days."));
        }
        let found = self.swept(now, &wanted);
        let more = found.len() > self.config.sweep_max;
        let mut count = 0;
        for (id, login) in found.into_iter().take(self.config.sweep_max) {
            let who = Person { id, login };
            match sweep.timeout_s {
                None => self.clear_of(now, &who, Some(0), out),
                Some(seconds) => {
                    // One entry for each is kept, as everywhere; moderators are shown one for the sweep, not a thousand.
                    self.keep_from_writing(now, by, &who, (seconds > 0).then_some(seconds), REASON, out);
                }
            }
            count += 1;
        }
        let accounts = if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") };
        let entry = self.entry(now, by, "sweep", None, &format!("{accounts}: {}", wanted.in_words()));
        self.record(now, None, entry, out);
        let rest = if more { " There are more: repeat the sweep." } else { "" };
        Ok(told("sweep_success", format!("Removed the messages of {accounts}.{rest}")))
    }

    /// Whom a sweep means, by number, so that the oldest accounts come first. With AutoMod at its strictest most of a raid is held, and
    /// a moderator who cleared the room first still wants its authors gone.
    fn swept(&self, now: WallTime, wanted: &Wanted<'_>) -> BTreeMap<UserId, Name> {
        let gone_too = wanted.timeout_s.is_some();
        let said = self.lines.all().filter(|r| gone_too || !r.gone).map(|r| (&*r.line, r.born));
        let held = self.held.iter().map(|w| (&w.held.line, w.born));
        let meant = said.chain(held).filter(|(line, born)| self.is_wanted(now, line, *born, wanted));
        meant.map(|(line, _)| (line.author.id, line.author.login.clone())).collect()
    }

    /// Whether a message meets all conditions. Those whom the channel knows are spared: broadcaster, staff, moderators, VIPs,
    /// subscribers, known bots.
    fn is_wanted(&self, now: WallTime, line: &Line, born: WallTime, wanted: &Wanted<'_>) -> bool {
        let author = &line.author;
        let badges = author.badges;
        let spared = badges.moderates()
            || badges.vip
            || badges.bot
            || badges.subscriber.is_some()
            || self.kept.role(author.id).is_some();
        !spared
            && wanted.login.is_none_or(|pattern| text::login_matches(pattern, author.login.as_str()))
            && wanted.younger_than.is_none_or(|age| now.since(born) < age)
            && !self.is_kept_out(now, author.id, wanted.timeout_s)
            && wanted.text.as_ref().is_none_or(|text| self.judge.fold(&line.text).contains(text))
    }

    /// Whether somebody is kept from writing about as long as is asked: a sweep that is repeated goes on to the next, and none makes a
    /// timeout of a ban. Nothing of theirs is left then.
    fn is_kept_out(&self, now: WallTime, user: UserId, timeout_s: Option<u32>) -> bool {
        let (Some(asked), Some(ban)) = (timeout_s, self.kept.ban(now, user)) else { return false };
        match ban.until {
            None => true,
            Some(until) => asked > 0 && until.since(now) * 2 >= Duration::from_secs(u64::from(asked)),
        }
    }
}
