//! Refusals and answers in Twitch's ids (chat-protocol.md §1.9) and plain words.
//!
//! Some texts are read by clients and must stay as they are: `msg_banned` begins "You are permanently banned ", the sixth word
//! of `msg_timedout` is the seconds, `room_mods` and `vips_success` are taken apart at the colon.

use std::time::Duration;

use domain::ids::UserId;
use domain::names::Name;

use super::durations;
use crate::command::{Refusal, Told};

/// A refusal that waiting does not help.
pub fn refuse(id: &str, text: impl Into<Box<str>>) -> Refusal {
    Refusal { id: id.into(), text: text.into(), retry_after_ms: None }
}

/// A refusal that is over after `wait`.
pub fn wait(id: &str, text: impl Into<Box<str>>, wait: Duration) -> Refusal {
    let ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
    Refusal { id: id.into(), text: text.into(), retry_after_ms: Some(ms) }
}

/// An answer for the asker alone.
pub fn told(id: &str, text: impl Into<Box<str>>) -> Told {
    Told { id: id.into(), text: text.into() }
}

/// Whole seconds of a wait, at least one: what a person is told.
pub fn seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

/// The channel is there no more.
pub fn no_channel() -> Refusal {
    refuse(NO_CHANNEL.0, NO_CHANNEL.1)
}

/// The id and words of [`no_channel`].
pub const NO_CHANNEL: (&str, &str) =
    ("msg_channel_suspended", "This channel does not exist or has been suspended.");

/// Not signed in.
pub fn anonymous() -> Refusal {
    refuse("no_permission", "Sign in to chat.")
}

/// Banned for good.
pub fn banned(channel: &Name) -> Refusal {
    refuse("msg_banned", format!("You are permanently banned from talking in {channel}."))
}

/// Timed out, for `left` more.
pub fn timed_out(left: Duration) -> Refusal {
    wait("msg_timedout", format!("You are timed out for {} more seconds.", seconds(left)), left)
}

/// Warned, and the warning is not acknowledged yet.
pub fn warned(reason: &str) -> Refusal {
    refuse(
        "msg_warned",
        format!(
            "You were warned by the moderators: \"{reason}\". Acknowledge the warning (\"/acknowledge\") to chat again."
        ),
    )
}

/// The address is not verified and the room wants it.
pub fn unverified() -> Refusal {
    refuse("msg_verified_email", "This room requires a verified e-mail address to chat.")
}

/// The account is too young.
pub fn too_young(minutes: u32, left: Duration) -> Refusal {
    let age = durations::words(u64::from(minutes) * 60);
    wait("msg_verified_email", format!("This room requires an account that is at least {age} old."), left)
}

/// Too many messages.
pub fn too_fast(left: Duration) -> Refusal {
    wait("msg_ratelimit", "Your message was not sent because you are sending messages too quickly.", left)
}

/// The room is too busy to take another message, or cannot answer just now.
pub fn busy() -> Refusal {
    wait("msg_ratelimit", "Chat is very busy just now. Try again in a moment.", Duration::from_secs(1))
}

/// The same text again.
pub fn duplicate(left: Duration) -> Refusal {
    wait(
        "msg_duplicate",
        "Your message was not sent because it is identical to the previous one you sent, less than 30 seconds ago.",
        left,
    )
}

/// Nothing that can be seen.
pub fn empty() -> Refusal {
    refuse("msg_bad_characters", "Your message was not sent because it holds nothing that can be shown.")
}

/// Slow mode.
pub fn slow(left: Duration) -> Refusal {
    let text = format!(
        "This room is in slow mode and you are sending messages too quickly. You will be able to talk again in {}.",
        durations::words(seconds(left))
    );
    wait("msg_slowmode", text, left)
}

/// Followers-only, and the asker does not follow (`followed: None`) or not long enough.
pub fn not_followed_long_enough(minutes: u32, followed: Option<Duration>) -> Refusal {
    if minutes == 0 {
        return refuse(
            "msg_followersonly_zero",
            "This room is in followers-only mode. Follow this channel to join the community!",
        );
    }
    let asked = Duration::from_secs(u64::from(minutes) * 60);
    let age = durations::words(asked.as_secs());
    match followed {
        None => refuse(
            "msg_followersonly",
            format!("This room is in {age} followers-only mode. Follow this channel to join the community!"),
        ),
        Some(since) => wait(
            "msg_followersonly_followed",
            format!(
                "This room is in {age} followers-only mode. You have been following for {}. Continue following to chat!",
                durations::words(since.as_secs())
            ),
            asked.saturating_sub(since),
        ),
    }
}

/// Subscribers-only.
pub fn subscribers_only(channel: &Name) -> Refusal {
    refuse("msg_subsonly", format!("This room is in subscribers only mode. To talk, subscribe to {channel}."))
}

/// Emote-only.
pub fn emote_only() -> Refusal {
    refuse("msg_emoteonly", "This room is in emote only mode. Your message may hold only emotes.")
}

/// Unique chat.
pub fn not_unique() -> Refusal {
    refuse("msg_r9k", "This room is in unique-chat mode and the message you attempted to send is not unique.")
}

/// A blocked term; told which, where it is public.
pub fn blocked_term(public: Option<&str>) -> Refusal {
    let text = match public {
        Some(term) => format!("Your message wasn't posted: this channel blocks \"{term}\"."),
        None => {
            "Your message wasn't posted due to conflicts with the channel's moderation settings.".to_owned()
        }
    };
    refuse("msg_rejected_mandatory", text)
}

/// Links are off.
pub fn link() -> Refusal {
    refuse("msg_rejected_mandatory", "Your message wasn't posted: links are not allowed in this channel.")
}

/// Held by AutoMod.
pub fn held() -> Refusal {
    refuse("msg_rejected", "Hey! Your message is being checked by mods and has not been sent.")
}

/// Not allowed to do that.
pub fn no_permission() -> Refusal {
    refuse("no_permission", "You don't have permission to perform that action.")
}

/// The room can't be had, or not be found, just now.
pub fn room_unreachable() -> Refusal {
    refuse("msg_room_not_found", "This room can't be reached just now. Try again in a moment.")
}

/// No account of that name.
pub fn nobody(login: &Name) -> Refusal {
    refuse("invalid_user", format!("Invalid username: {login}"))
}

/// No account with that number.
pub fn no_user(id: UserId) -> Refusal {
    refuse("invalid_user", format!("Invalid user ID: {id}"))
}

/// The store did not say whether there is such an account.
pub fn unknown_for_now() -> Refusal {
    wait(
        "unavailable_command",
        "Accounts cannot be looked up just now. Try again in a moment.",
        Duration::from_secs(2),
    )
}

/// A shoutout too soon after another.
pub fn shoutout_too_soon(login: &Name, left: Duration) -> Refusal {
    let text = format!("You can give {login} a shoutout in {}.", durations::words(seconds(left)));
    wait("bad_shoutout_limit", text, left)
}

/// How a command is written.
pub fn usage(command: &str, text: &str) -> Refusal {
    refuse(&format!("usage_{command}"), format!("Usage: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_clients_take_apart_keep_their_shape() {
        let name: Name = "maya".parse().expect("a name");
        assert!(banned(&name).text.starts_with("You are permanently banned "));
        let timed_out = timed_out(Duration::from_millis(119_001));
        assert_eq!(timed_out.text.split(' ').nth(5), Some("120"));
        assert_eq!(timed_out.retry_after_ms, Some(119_001));
    }

    #[test]
    fn who_follows_too_short_is_told_how_long_to_wait() {
        let day = Duration::from_secs(86_400);
        let cases = [
            (0, None, "msg_followersonly_zero", None),
            (10, None, "msg_followersonly", None),
            (2_880, Some(day), "msg_followersonly_followed", Some(86_400_000)),
        ];
        for (minutes, followed, id, retry) in cases {
            let refusal = not_followed_long_enough(minutes, followed);
            assert_eq!((&*refusal.id, refusal.retry_after_ms), (id, retry));
        }
    }
}
