//! Bulk removal: what stops a raid of bots. It looks at who wrote lately, spares whom the channel knows, and is bounded.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ids::UserId;
use domain::names::Name;
use domain::rooms::Person;
use domain::time::WallTime;

use super::{By, Room, told};
use crate::command::{Outcome, Refusal, Sweep};
use crate::limits::TIMEOUT_S_MAX;
use crate::room::effects::Effects;
use crate::room::lines::Remembered;
use crate::rules::refusals::{refuse, usage};
use crate::rules::text;

/// Why accounts that a sweep keeps from writing are kept from it.
const REASON: &str = "Bulk removal";

impl Room {
    pub(super) fn sweep(
        &mut self,
        now: WallTime,
        by: By<'_>,
        sweep: &Sweep,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let login = sweep.login.as_deref().map(str::trim).filter(|p| !p.trim_matches('*').is_empty());
        let text = sweep.text.as_deref().map(|t| self.judge.fold(t)).filter(|t| !t.trim().is_empty());
        if login.is_none() && text.is_none() && sweep.younger_than_min.is_none() {
            return Err(usage(
                "sweep",
                "name at least one of: logins (such as bot_*), a text, how young accounts are",
            ));
        }
        if sweep.timeout_s.is_some_and(|s| s > TIMEOUT_S_MAX) {
            return Err(refuse("bad_timeout_duration", "A timeout takes 1 second to 14 days."));
        }
        let found = self.swept(now, login, text.as_deref(), sweep.younger_than_min);
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
        let conditions = [
            login.map(|l| format!("login {l}")),
            text.map(|t| format!("text \"{t}\"")),
            sweep.younger_than_min.map(|m| format!("younger than {m} min")),
        ];
        let conditions = conditions.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let accounts = if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") };
        let entry = self.entry(now, by, "sweep", None, &format!("{accounts}: {conditions}"));
        self.record(now, None, entry, out);
        let rest = if more { " There are more: repeat the sweep." } else { "" };
        Ok(told("sweep_success", format!("Removed the messages of {accounts}.{rest}")))
    }

    /// Who wrote lately and meets all conditions, apart from those whom the channel knows: broadcaster, staff, moderators, VIPs,
    /// subscribers, known bots. By number, so that the oldest accounts come first.
    fn swept(
        &self,
        now: WallTime,
        login: Option<&str>,
        text: Option<&str>,
        younger_than_min: Option<u32>,
    ) -> BTreeMap<UserId, Name> {
        let meets = |r: &&Remembered| {
            let author = &r.line.author;
            let badges = author.badges;
            let spared = badges.moderates()
                || badges.vip
                || badges.bot
                || badges.subscriber.is_some()
                || self.kept.role(author.id).is_some();
            let young = |minutes: u32| now.since(r.born) < Duration::from_secs(u64::from(minutes) * 60);
            !spared
                && login.is_none_or(|pattern| text::login_matches(pattern, author.login.as_str()))
                && younger_than_min.is_none_or(young)
                && text.is_none_or(|text| self.judge.fold(&r.line.text).contains(text))
        };
        self.lines.alive().filter(meets).map(|r| (r.line.author.id, r.line.author.login.clone())).collect()
    }
}
