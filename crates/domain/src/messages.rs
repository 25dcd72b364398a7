//! Chat messages as they are kept, and what decides over them from outside the chat pipeline.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, EmoteId, MessageId, UserId};
use crate::names::Name;
use crate::time::WallTime;

/// A message in the log of a channel that opted into one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedMessage {
    /// Number; rises with time within a channel.
    pub id: MessageId,
    /// Where it was said.
    pub channel: ChannelId,
    /// Who said it.
    pub author: UserId,
    /// The author's login then.
    pub login: Name,
    /// When.
    pub at: WallTime,
    /// As it was written, without the wrapper of `/me`.
    pub text: String,
    /// Said with `/me`.
    pub action: bool,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Deleted by a moderator, alone or with its author's others; kept for moderators only.
    pub deleted: bool,
}

/// What somebody is to a channel, as other pipelines know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandingRecord {
    /// The subscription, if there is one.
    pub subscriber: Option<Subscriber>,
    /// Since when the user follows the channel.
    pub follows_since: Option<WallTime>,
}

/// A subscription as chat shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// 1, 2 or 3.
    pub tier: u8,
    /// Months in all.
    pub months: u16,
}

/// Who offers an emote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmoteOwner {
    /// The site, to everybody.
    Site,
    /// A channel, in its room.
    Channel(ChannelId),
}

/// An emote, without its pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emote {
    /// Number, for life: messages name it.
    pub id: EmoteId,
    /// Who offers it.
    pub owner: EmoteOwner,
    /// What is written: 2–25 of a–z, A–Z, 0–9; global ones also as `:)`.
    pub code: String,
    /// It moves.
    pub animated: bool,
    /// When it was added.
    pub added_at: WallTime,
}

/// The pictures of an emote: 28, 56 and 112 pixels high, encoded by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmotePictures {
    /// Media type of all three.
    pub media_type: String,
    /// 28, 56, 112.
    pub sizes: [Vec<u8>; 3],
}
