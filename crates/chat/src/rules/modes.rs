//! A room's modes: which values may be set, which hold while shield mode is on, what changed in words, and who may write.

use std::time::Duration;

use domain::messages::StandingRecord;
use domain::names::Name;
use domain::rooms::{RoomSettings, ShieldProfile};
use domain::time::WallTime;

use super::durations::words;
use super::refusals::{self, refuse};
use crate::command::{Account, ModesPatch, Refusal, Told};
use crate::event::Badges;

/// Longest followers-only age: 90 days, in minutes.
pub const FOLLOWERS_MIN_MAX: u32 = 129_600;
/// Oldest that an account can be asked to be: half a year, in minutes.
pub const ACCOUNT_AGE_MIN_MAX: u32 = 183 * 24 * 60;

/// The settings after `patch`; refused as a whole if one value is out of range.
pub fn patched(settings: &RoomSettings, patch: &ModesPatch) -> Result<RoomSettings, Refusal> {
    let mut new = settings.clone();
    fn set<T: Clone>(field: &mut T, value: &Option<T>) {
        if let Some(value) = value {
            field.clone_from(value);
        }
    }
    set(&mut new.slow_s, &patch.slow_s);
    set(&mut new.followers_min, &patch.followers_min);
    set(&mut new.subscribers_only, &patch.subscribers_only);
    set(&mut new.emote_only, &patch.emote_only);
    set(&mut new.unique, &patch.unique);
    set(&mut new.delay_s, &patch.delay_s);
    set(&mut new.block_links, &patch.block_links);
    set(&mut new.automod, &patch.automod);
    set(&mut new.verified_only, &patch.verified_only);
    set(&mut new.account_age_min, &patch.account_age_min);
    set(&mut new.history, &patch.history);
    set(&mut new.log, &patch.log);
    set(&mut new.shield, &patch.shield);
    check(new.slow_s, new.followers_min, new.account_age_min, new.automod)?;
    let p = &new.shield;
    check(p.slow_s, p.followers_min, p.account_age_min, p.automod)?;
    if !matches!(new.delay_s, 0 | 2 | 4 | 6) {
        return Err(refuse("bad_delay_duration", "The delay for viewers is 0, 2, 4 or 6 seconds."));
    }
    Ok(new)
}

fn check(slow_s: u16, followers_min: Option<u32>, age_min: u32, automod: u8) -> Result<(), Refusal> {
    if slow_s != 0 && !(3..=120).contains(&slow_s) {
        return Err(refuse("bad_slow_duration", "Slow mode takes 3 to 120 seconds."));
    }
    if followers_min.is_some_and(|m| m > FOLLOWERS_MIN_MAX) {
        return Err(refuse("bad_followers_duration", "Followers-only mode takes at most 90 days."));
    }
    if age_min > ACCOUNT_AGE_MIN_MAX {
        return Err(refuse("bad_account_age", "An account can be asked to be at most 183 days old."));
    }
    if automod > 4 {
        return Err(refuse("bad_automod_level", "AutoMod has the levels 0 to 4."));
    }
    Ok(())
}

/// What holds: the settings, or with shield mode on the stricter of them and the profile, value by value.
pub fn effective(settings: &RoomSettings) -> RoomSettings {
    let mut e = settings.clone();
    if settings.shield_on {
        let ShieldProfile {
            slow_s,
            followers_min,
            subscribers_only,
            emote_only,
            verified_only,
            account_age_min,
            block_links,
            automod,
        } = settings.shield;
        e.slow_s = e.slow_s.max(slow_s);
        // `None` (off) is less than any number of minutes, also than 0.
        e.followers_min = e.followers_min.max(followers_min);
        e.subscribers_only |= subscribers_only;
        e.emote_only |= emote_only;
        e.verified_only |= verified_only;
        e.account_age_min = e.account_age_min.max(account_age_min);
        e.block_links |= block_links;
        e.automod = e.automod.max(automod);
    }
    e
}

/// What changed between two settings: NOTICE id, sentence, and the action's name in the moderation log.
pub fn changes(before: &RoomSettings, after: &RoomSettings) -> Vec<(Told, &'static str)> {
    let mut out = Vec::new();
    let mut tell = |id: &str, text: String, action| out.push((refusals::told(id, text), action));
    let switches = [
        (
            before.subscribers_only,
            after.subscribers_only,
            "subs",
            "subscribers-only",
            ["subscribers", "subscribersoff"],
        ),
        (before.emote_only, after.emote_only, "emote_only", "emote-only", ["emoteonly", "emoteonlyoff"]),
        (before.unique, after.unique, "r9k", "unique-chat", ["uniquechat", "uniquechatoff"]),
        (
            before.verified_only,
            after.verified_only,
            "verified_only",
            "verified-only",
            ["verified", "verifiedoff"],
        ),
        (before.block_links, after.block_links, "links", "no-links", ["links", "linksoff"]),
        (before.log, after.log, "log", "logged", ["log", "logoff"]),
        (before.history, after.history, "history", "history", ["history", "historyoff"]),
        (before.shield_on, after.shield_on, "shield", "shield", ["shield", "shieldoff"]),
    ];
    for (old, new, id, name, actions) in switches {
        match (old, new) {
            (false, true) => {
                tell(&format!("{id}_on"), format!("This room is now in {name} mode."), actions[0])
            }
            (true, false) => {
                tell(&format!("{id}_off"), format!("This room is no longer in {name} mode."), actions[1]);
            }
            _ => {}
        }
    }
    if before.slow_s != after.slow_s {
        match after.slow_s {
            0 => tell("slow_off", "This room is no longer in slow mode.".to_owned(), "slowoff"),
            n => tell(
                "slow_on",
                format!(
                    "This room is now in slow mode. You may send one message every {}.",
                    words(u64::from(n))
                ),
                "slow",
            ),
        }
    }
    if before.followers_min != after.followers_min {
        match after.followers_min {
            None => tell(
                "followers_off",
                "This room is no longer in followers-only mode.".to_owned(),
                "followersoff",
            ),
            Some(0) => {
                tell("followers_on_zero", "This room is now in followers-only mode.".to_owned(), "followers");
            }
            Some(m) => tell(
                "followers_on",
                format!("This room is now in {} followers-only mode.", words(u64::from(m) * 60)),
                "followers",
            ),
        }
    }
    if before.delay_s != after.delay_s {
        let (text, action) = match after.delay_s {
            0 => ("Messages are shown to everybody at once.".to_owned(), "delayoff"),
            n => (format!("Messages are shown to moderators {n} seconds before everybody else."), "delay"),
        };
        tell("delay_changed", text, action);
    }
    if before.account_age_min != after.account_age_min {
        let text = match after.account_age_min {
            0 => "Accounts of any age may chat now.".to_owned(),
            m => format!("Accounts must now be at least {} old to chat.", words(u64::from(m) * 60)),
        };
        tell("account_age_changed", text, "accountage");
    }
    if before.automod != after.automod {
        let text = match after.automod {
            0 => "AutoMod is now off.".to_owned(),
            n => format!("AutoMod is now on level {n}."),
        };
        tell("automod_changed", text, "automod");
    }
    out
}

/// Which of [`changes`] everybody in the room is told, as NOTICE: those that clients know.
pub fn is_announced(id: &str) -> bool {
    ["subs_", "emote_only_", "r9k_", "slow_", "followers_", "shield_"]
        .iter()
        .any(|known| id.starts_with(known))
}

/// What to say to somebody whose patch changes nothing.
pub fn already(settings: &RoomSettings, patch: &ModesPatch) -> Vec<Told> {
    let mut out = Vec::new();
    let mut tell = |mode: &str, on: bool, name: &str| {
        let (id, verb) = if on { ("on", "already in") } else { ("off", "not in") };
        out.push(refusals::told(
            &format!("already_{mode}_{id}"),
            format!("This room is {verb} {name} mode."),
        ));
    };
    if patch.subscribers_only.is_some() {
        tell("subs", settings.subscribers_only, "subscribers-only");
    }
    if patch.emote_only.is_some() {
        tell("emote_only", settings.emote_only, "emote-only");
    }
    if patch.unique.is_some() {
        tell("r9k", settings.unique, "unique-chat");
    }
    if patch.slow_s.is_some() {
        tell("slow", settings.slow_s > 0, "slow");
    }
    if patch.followers_min.is_some() {
        tell("followers", settings.followers_min.is_some(), "followers-only");
    }
    out
}

/// Whether an account may write here at all: a verified address, an age.
pub fn account_passes(now: WallTime, settings: &RoomSettings, account: &Account) -> Result<(), Refusal> {
    if settings.verified_only && !account.verified {
        return Err(refusals::unverified());
    }
    let asked = Duration::from_secs(u64::from(settings.account_age_min) * 60);
    match asked.checked_sub(now.since(account.created_at)) {
        Some(left) if !left.is_zero() => Err(refusals::too_young(settings.account_age_min, left)),
        _ => Ok(()),
    }
}

/// Whether somebody may write while these modes are on. Moderators are not asked; VIPs pass slow mode and whatever asks how
/// close somebody is to the channel, subscribers pass followers-only. `None` for `standing`: it could not be found out.
///
/// Somebody of whom nothing can be found out counts as a stranger: these modes are there to keep strangers out.
pub fn standing_passes(
    now: WallTime,
    settings: &RoomSettings,
    channel: &Name,
    badges: Badges,
    standing: Option<StandingRecord>,
    last_said: Option<Duration>,
) -> Result<(), Refusal> {
    let standing = standing.unwrap_or_default();
    if badges.vip {
        return Ok(());
    }
    let slow = Duration::from_secs(u64::from(settings.slow_s));
    if let Some(left) = last_said.and_then(|ago| slow.checked_sub(ago)).filter(|left| !left.is_zero()) {
        return Err(refusals::slow(left));
    }
    if let Some(minutes) = settings.followers_min
        && standing.subscriber.is_none()
    {
        let followed = standing.follows_since.map(|since| now.since(since));
        let asked = Duration::from_secs(u64::from(minutes) * 60);
        if followed.is_none_or(|followed| followed < asked) {
            return Err(refusals::not_followed_long_enough(minutes, followed));
        }
    }
    if settings.subscribers_only && standing.subscriber.is_none() {
        return Err(refusals::subscribers_only(channel));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
