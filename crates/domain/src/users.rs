//! Users, their channels, sessions and stream keys, as records.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, StreamKeyId, TokenId, UserId};
use crate::names::Name;
use crate::secrets::SecretHash;
use crate::time::WallTime;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Number, for life.
    pub id: UserId,
    /// Name, unique on the site.
    pub name: Name,
    /// E-mail address, unique on the site without regard to case.
    pub email: String,
    /// May do everything on this site.
    pub admin: bool,
    /// Gets transcode slots before everybody else.
    pub partner: bool,
    /// A known bot: chat shows a badge and lets it say more.
    pub bot: bool,
    /// Since when the e-mail address is known to be the user's own; `None` if it is not.
    pub verified_at: Option<WallTime>,
    /// When it was made.
    pub created_at: WallTime,
}

/// What to change of an account; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// Whether it is a known bot.
    pub bot: Option<bool>,
    /// Verified since then. An account that was verified before keeps its time.
    pub verified_at: Option<WallTime>,
}

/// What `Accounts::create` needs. The password arrives hashed (argon2id, PHC string).
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The record to keep.
    pub user: User,
    /// argon2id hash in PHC string format.
    pub password_hash: String,
    /// Latency mode of the user's new channel.
    pub latency: LatencyMode,
}

/// What a token opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Everything that its user may do.
    #[default]
    Full,
    /// Chat, and nothing else: for bots.
    Chat,
}

/// A token that a user made for a program, without its secret. It is a [`Session`] with a name and without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Number.
    pub id: TokenId,
    /// Whose it is.
    pub user: UserId,
    /// What its owner calls it.
    pub label: String,
    /// What it opens.
    pub scope: Scope,
    /// When it was made.
    pub created_at: WallTime,
}

impl ApiToken {
    /// After this it is refused: never (the last moment of the year 9999).
    pub const EXPIRES_AT: WallTime = WallTime::from_unix_ms(253_402_300_799_999);
}

/// A signed-in browser or an API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of the opaque token.
    pub token: SecretHash,
    /// Whose it is.
    pub user: UserId,
    /// What it opens.
    pub scope: Scope,
    /// When it was made.
    pub created_at: WallTime,
    /// After this it is refused.
    pub expires_at: WallTime,
}

/// How far behind the encoder a viewer may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LatencyMode {
    /// 2 s segments, 0.5 s parts: sturdier on bad networks.
    Normal,
    /// 1 s segments, 0.2 s parts: below a second where the network lets it.
    #[default]
    Low,
}

/// A creator's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Number, for life; the owner's.
    pub id: ChannelId,
    /// The owner's name.
    pub name: Name,
    /// Title of the current or next stream.
    pub title: String,
    /// What it is about; empty if not said.
    pub category: String,
    /// Free tags, in the creator's order.
    pub tags: Vec<String>,
    /// BCP 47 language tag; empty if not said.
    pub language: String,
    /// Latency mode of the next stream.
    pub latency: LatencyMode,
    /// Names of the rungs below the source that the next stream gets; `None` for the site's choice.
    pub ladder: Option<Vec<String>>,
    /// Owner's claim on transcode slots.
    pub partner: bool,
    /// How many follow it.
    pub followers: u64,
}

/// What to change of a channel; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelPatch {
    /// New title.
    pub title: Option<String>,
    /// New category.
    pub category: Option<String>,
    /// New tags, all of them.
    pub tags: Option<Vec<String>>,
    /// New language tag.
    pub language: Option<String>,
    /// New latency mode, from the next stream on.
    pub latency: Option<LatencyMode>,
    /// New rungs, from the next stream on; `Some(None)` for the site's choice.
    pub ladder: Option<Option<Vec<String>>>,
}

/// A stream key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamKey {
    /// Number.
    pub id: StreamKeyId,
    /// Channel that it opens.
    pub channel: ChannelId,
    /// What its owner calls it.
    pub label: String,
    /// When it was made.
    pub created_at: WallTime,
    /// When an encoder last used it.
    pub last_used_at: Option<WallTime>,
}
