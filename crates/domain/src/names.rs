//! Names of users and channels: 3 to 25 of a–z, 0–9 and `_`, some reserved for the site's own addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::{NAME_LEN_MAX, NAME_LEN_MIN};

/// A valid, lower-case name. A user and the user's channel share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Too short or too long.
    #[error("a name has {NAME_LEN_MIN} to {NAME_LEN_MAX} characters")]
    Length,
    /// Something other than a–z, 0–9 and `_`.
    #[error("a name is made of a–z, 0–9 and _")]
    Characters,
    /// Kept for the site's own pages or staff.
    #[error("that name is reserved")]
    Reserved,
}

/// Names that clients of chat know as the server's own, or as nobody's.
const SERVERS: &[&str] = &[
    "ananonymouscheerer",
    "ananonymousgifter",
    "anonymous",
    "automod",
    "jtv",
    "tmi",
    "twitch",
    "twitchnotify",
];
/// Digits of the shortest name of digits alone that may be the number of a channel: those of today have 18.
const NUMBER_DIGITS: usize = 15;

/// First path segments that the site itself answers or may answer one day, and names that would mislead.
const RESERVED: &[&str] = &[
    "about",
    "account",
    "admin",
    "administrator",
    "api",
    "app",
    "apps",
    "assets",
    "auth",
    "browse",
    "categories",
    "category",
    "chat",
    "clip",
    "clips",
    "creator",
    "dashboard",
    "directory",
    "docs",
    "downloads",
    "embed",
    "emotes",
    "favicon",
    "feed",
    "following",
    "footlight",
    "healthz",
    "help",
    "home",
    "host",
    "inbox",
    "index",
    "ingest",
    "irc",
    "jobs",
    "legal",
    "live",
    "login",
    "logout",
    "me",
    "metrics",
    "mod",
    "moderator",
    "notifications",
    "null",
    "oauth",
    "official",
    "offline",
    "password",
    "payments",
    "player",
    "popout",
    "privacy",
    "raid",
    "readyz",
    "register",
    "robots",
    "root",
    "rtmp",
    "search",
    "security",
    "session",
    "settings",
    "signin",
    "signup",
    "sign_in",
    "sign_up",
    "site",
    "staff",
    "static",
    "status",
    "stream",
    "streams",
    "subscribe",
    "subscriptions",
    "support",
    "system",
    "tags",
    "terms",
    "thumbnails",
    "undefined",
    "user",
    "users",
    "video",
    "videos",
    "vod",
    "vods",
    "watch",
    "webhooks",
    "well_known",
    "www",
];

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether people read chat under this name without an account, as on Twitch: `justinfan` and digits.
    pub fn is_anonymous(&self) -> bool {
        let digits = self.0.strip_prefix("justinfan");
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    }

    /// Whether an account may be made with this name: not with one of anonymous readers, who can't be banned, nor of the server,
    /// nor with one that may be the number of a channel, because rooms are found by both.
    pub fn may_be_taken(&self) -> bool {
        let is_number = self.0.len() >= NUMBER_DIGITS && self.0.bytes().all(|b| b.is_ascii_digit());
        !is_number && !self.is_anonymous() && !SERVERS.contains(&self.as_str())
    }
}

impl FromStr for Name {
    type Err = NameError;
    /// Upper case is folded: `Maya` and `maya` are one person.
    fn from_str(text: &str) -> Result<Self, NameError> {
        if !(NAME_LEN_MIN..=NAME_LEN_MAX).contains(&text.chars().count()) {
            return Err(NameError::Length);
        }
        let name = text.to_ascii_lowercase();
        if !name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            return Err(NameError::Characters);
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(NameError::Reserved);
        }
        Ok(Self(name))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, NameError>) {
        assert_eq!(text.parse::<Name>().map(|n| n.0), expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn names_are_three_to_twenty_five_plain_characters() {
        check("maya", Ok("maya"));
        check("Maya_99", Ok("maya_99"));
        check("ab", Err(NameError::Length));
        check("a2345678901234567890123456", Err(NameError::Length));
        check("ma ya", Err(NameError::Characters));
        check("mäya", Err(NameError::Characters));
        check("API", Err(NameError::Reserved));
    }

    #[test]
    fn names_that_mean_somebody_else_are_not_given() {
        for (text, given) in [
            ("maya", true),
            ("1337", true),
            ("20261129", true),
            ("120495948571525120", false),
            ("12049594857152512a", true),
            ("justinfan777", false),
            ("automod", false),
            ("justinfan", true),
            ("justinfan7x", true),
        ] {
            assert_eq!(text.parse::<Name>().map(|name| name.may_be_taken()), Ok(given), "{text}");
        }
    }
}
