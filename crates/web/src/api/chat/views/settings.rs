//! A room's settings as the API shows and takes them: modes in Helix' words (`chat/settings`), a switch and a value each, and what
//! only we have beside them.

use chat::command::ModesPatch;
use directory::FieldFault;
use domain::ids::ChannelId;
use domain::rooms::{RoomSettings, ShieldProfile};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Seconds of slow mode that is switched on without saying how many, as on Twitch.
const SLOW_S: u16 = 30;

/// What a room asks of those who write in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatSettings)]
pub(crate) struct SettingsView {
    /// The channel.
    #[schema(value_type = String)]
    broadcaster_id: ChannelId,
    /// Slow mode.
    slow_mode: bool,
    /// Seconds between two messages of somebody, 3–120; `null` if slow mode is off.
    slow_mode_wait_time: Option<u16>,
    /// Followers only.
    follower_mode: bool,
    /// Minutes of following, 0–129,600; `null` if it is off.
    follower_mode_duration: Option<u32>,
    /// Subscribers only.
    subscriber_mode: bool,
    /// Only emotes.
    emote_mode: bool,
    /// A text that was said already is refused.
    unique_chat_mode: bool,
    /// Moderators see a viewer's message before everybody.
    non_moderator_chat_delay: bool,
    /// Seconds that they do: 2, 4 or 6; `null` if it is off.
    non_moderator_chat_delay_duration: Option<u8>,
    /// Links are refused, except to permitted domains.
    block_links: bool,
    /// AutoMod level, 0 (off) to 4 (strictest).
    automod: u8,
    /// Only accounts with a verified e-mail address.
    verified_only: bool,
    /// Minutes that an account must have existed; 0 is off.
    account_age_min: u32,
    /// Newcomers are shown the last messages.
    history: bool,
    /// Messages are logged.
    log: bool,
    /// What shield mode adds.
    shield: ShieldView,
    /// Shield mode is on: the stricter of `shield` and the rest holds.
    shield_on: bool,
}

impl From<(ChannelId, RoomSettings)> for SettingsView {
    fn from((broadcaster_id, settings): (ChannelId, RoomSettings)) -> Self {
        let RoomSettings { slow_s, followers_min, subscribers_only, emote_only, unique, delay_s, .. } =
            settings;
        Self {
            broadcaster_id,
            slow_mode: slow_s > 0,
            slow_mode_wait_time: Some(slow_s).filter(|s| *s > 0),
            follower_mode: followers_min.is_some(),
            follower_mode_duration: followers_min,
            subscriber_mode: subscribers_only,
            emote_mode: emote_only,
            unique_chat_mode: unique,
            non_moderator_chat_delay: delay_s > 0,
            non_moderator_chat_delay_duration: Some(delay_s).filter(|s| *s > 0),
            block_links: settings.block_links,
            automod: settings.automod,
            verified_only: settings.verified_only,
            account_age_min: settings.account_age_min,
            history: settings.history,
            log: settings.log,
            shield: settings.shield.into(),
            shield_on: settings.shield_on,
        }
    }
}

/// A strict profile, in the words of the settings; `null` is off.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShieldProfile)]
pub(crate) struct ShieldView {
    /// Seconds.
    slow_mode_wait_time: Option<u16>,
    /// Minutes.
    follower_mode_duration: Option<u32>,
    /// Subscribers only.
    subscriber_mode: bool,
    /// Only emotes.
    emote_mode: bool,
    /// Verified accounts only.
    verified_only: bool,
    /// Minutes.
    account_age_min: u32,
    /// Link filter.
    block_links: bool,
    /// 0–4.
    automod: u8,
}

impl From<ShieldProfile> for ShieldView {
    fn from(profile: ShieldProfile) -> Self {
        let ShieldProfile {
            slow_s,
            followers_min,
            subscribers_only,
            emote_only,
            verified_only,
            account_age_min,
            block_links,
            automod,
        } = profile;
        Self {
            slow_mode_wait_time: Some(slow_s).filter(|s| *s > 0),
            follower_mode_duration: followers_min,
            subscriber_mode: subscribers_only,
            emote_mode: emote_only,
            verified_only,
            account_age_min,
            block_links,
            automod,
        }
    }
}

impl From<ShieldView> for ShieldProfile {
    fn from(view: ShieldView) -> Self {
        Self {
            slow_s: view.slow_mode_wait_time.unwrap_or(0),
            followers_min: view.follower_mode_duration,
            subscribers_only: view.subscriber_mode,
            emote_only: view.emote_mode,
            verified_only: view.verified_only,
            account_age_min: view.account_age_min,
            block_links: view.block_links,
            automod: view.automod,
        }
    }
}

/// New values; what is left out stays as it is. A value alone switches its mode on, `null` off.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ChatSettingsPatch)]
pub(crate) struct SettingsPatch {
    /// Slow mode; on without a time is 30 s.
    slow_mode: Option<bool>,
    /// 3–120 s.
    #[serde(deserialize_with = "present")]
    slow_mode_wait_time: Option<Option<u16>>,
    /// Followers only; on without a time takes any follower.
    follower_mode: Option<bool>,
    /// 0–129,600 min.
    #[serde(deserialize_with = "present")]
    follower_mode_duration: Option<Option<u32>>,
    /// Subscribers only.
    subscriber_mode: Option<bool>,
    /// Only emotes.
    emote_mode: Option<bool>,
    /// Unique chat.
    unique_chat_mode: Option<bool>,
    /// Delay for viewers; on needs its duration.
    non_moderator_chat_delay: Option<bool>,
    /// 2, 4 or 6 s.
    #[serde(deserialize_with = "present")]
    non_moderator_chat_delay_duration: Option<Option<u8>>,
    /// Link filter.
    block_links: Option<bool>,
    /// 0–4.
    automod: Option<u8>,
    /// Verified accounts only.
    verified_only: Option<bool>,
    /// Minutes.
    account_age_min: Option<u32>,
    /// History for newcomers.
    history: Option<bool>,
    /// Logs; the broadcaster's choice.
    log: Option<bool>,
    /// The strict profile, all of it.
    shield: Option<ShieldView>,
}

impl SettingsPatch {
    /// The same as the room knows it.
    ///
    /// # Errors
    /// Where a switch and its value contradict each other.
    pub(in crate::api::chat) fn modes(self) -> Result<ModesPatch, FieldFault> {
        let slow = mode("slow_mode", self.slow_mode, self.slow_mode_wait_time, Some(SLOW_S))?;
        let followers = mode("follower_mode", self.follower_mode, self.follower_mode_duration, Some(0))?;
        let (on, duration) = (self.non_moderator_chat_delay, self.non_moderator_chat_delay_duration);
        let delay = mode("non_moderator_chat_delay", on, duration, None)?;
        Ok(ModesPatch {
            slow_s: slow.map(Option::unwrap_or_default),
            followers_min: followers,
            subscribers_only: self.subscriber_mode,
            emote_only: self.emote_mode,
            unique: self.unique_chat_mode,
            delay_s: delay.map(Option::unwrap_or_default),
            block_links: self.block_links,
            automod: self.automod,
            verified_only: self.verified_only,
            account_age_min: self.account_age_min,
            history: self.history,
            log: self.log,
            shield: self.shield.map(ShieldProfile::from),
        })
    }
}

/// What a mode becomes: `Some(None)` off, `None` as it is.
fn mode<T>(
    field: &'static str,
    on: Option<bool>,
    value: Option<Option<T>>,
    usual: Option<T>,
) -> Result<Option<Option<T>>, FieldFault> {
    let fault = |words: &str| Err(FieldFault::new(field, "shape", format!("{field} {words}")));
    match (on, value) {
        (Some(true), Some(None)) => fault("can't be on with null for its value"),
        (Some(false), Some(Some(_))) => fault("can't be off and have a value"),
        (Some(true), None) => match usual {
            Some(usual) => Ok(Some(Some(usual))),
            None => fault("needs its duration"),
        },
        (Some(false), _) => Ok(Some(None)),
        (_, value) => Ok(value),
    }
}

/// A field that is there is `Some`, also when it is null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patch: &str, expected: &str) {
        let patch: SettingsPatch = serde_json::from_str(patch).expect("a patch");
        let told = match patch.modes() {
            Ok(ModesPatch { slow_s, followers_min, delay_s, .. }) => {
                format!("{slow_s:?} {followers_min:?} {delay_s:?}")
            }
            Err(fault) => format!("{}: {}", fault.field, fault.detail),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn a_switch_and_its_value_are_one_mode() {
        check("{}", "None None None");
        check(r#"{"slow_mode":true}"#, "Some(30) None None");
        check(r#"{"slow_mode":true,"slow_mode_wait_time":5}"#, "Some(5) None None");
        check(r#"{"slow_mode_wait_time":5}"#, "Some(5) None None");
        check(r#"{"slow_mode":false}"#, "Some(0) None None");
        check(r#"{"slow_mode_wait_time":null}"#, "Some(0) None None");
        check(r#"{"follower_mode":true}"#, "None Some(Some(0)) None");
        check(r#"{"follower_mode":false,"follower_mode_duration":null}"#, "None Some(None) None");
        check(r#"{"follower_mode_duration":10}"#, "None Some(Some(10)) None");
        check(r#"{"non_moderator_chat_delay_duration":4}"#, "None None Some(4)");
        check(
            r#"{"non_moderator_chat_delay":true}"#,
            "non_moderator_chat_delay: non_moderator_chat_delay needs its duration",
        );
        check(
            r#"{"slow_mode":false,"slow_mode_wait_time":5}"#,
            "slow_mode: slow_mode can't be off and have a value",
        );
        check(
            r#"{"slow_mode":true,"slow_mode_wait_time":null}"#,
            "slow_mode: slow_mode can't be on with null for its value",
        );
    }
}
