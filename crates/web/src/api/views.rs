//! Users, channels and streams as the API shows them. Changing these shapes changes the contract.

use directory::LiveStream;
use domain::ids::{ChannelId, StreamId, UserId};
use domain::names::Name;
use domain::streams::{SourceInfo, StreamState};
use domain::time::WallTime;
use domain::users::{Channel, LatencyMode, User};
use serde::Serialize;
use utoipa::ToSchema;

/// An account, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// Number, for life.
    #[schema(value_type = String)]
    id: UserId,
    /// Name, unique on the site.
    #[schema(value_type = String)]
    name: Name,
    /// E-mail address.
    email: String,
    /// May do everything on this site.
    admin: bool,
    /// Gets transcode slots before everybody else.
    partner: bool,
    /// A known bot.
    bot: bool,
    /// Whether the e-mail address is known to be the user's own.
    verified: bool,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let User { id, name, email, admin, partner, bot, verified_at, created_at } = user;
        Self { id, name, email, admin, partner, bot, verified: verified_at.is_some(), created_at }
    }
}

/// A creator's place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub(crate) struct ChannelView {
    /// Number, for life.
    #[schema(value_type = String)]
    id: ChannelId,
    /// The owner's name.
    #[schema(value_type = String)]
    name: Name,
    /// Title of the current or next stream.
    title: String,
    /// What it is about; empty if not said.
    category: String,
    /// Free tags, in the creator's order.
    tags: Vec<String>,
    /// BCP 47 language tag; empty if not said.
    language: String,
    /// Latency mode of the next stream.
    latency: Latency,
    /// Names of the rungs below the source that the next stream gets; `null` for the site's choice.
    ladder: Option<Vec<String>>,
    /// Whether the owner is a partner.
    partner: bool,
    /// How many follow it.
    followers: u64,
    /// The stream that is on; `null` if the channel is offline.
    stream: Option<StreamView>,
}

impl ChannelView {
    pub(crate) fn new(channel: Channel, stream: Option<LiveStream>) -> Self {
        let Channel { id, name, title, category, tags, language, latency, ladder, partner, followers } =
            channel;
        let (latency, stream) = (latency.into(), stream.map(StreamView::from));
        Self { id, name, title, category, tags, language, latency, ladder, partner, followers, stream }
    }
}

/// How far behind the encoder a viewer may be.
#[derive(Clone, Copy, Debug, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Latency {
    /// Below a second where the network lets it.
    Low,
    /// Sturdier on bad networks.
    Normal,
}

impl From<LatencyMode> for Latency {
    fn from(mode: LatencyMode) -> Self {
        match mode {
            LatencyMode::Low => Self::Low,
            LatencyMode::Normal => Self::Normal,
        }
    }
}
impl From<Latency> for LatencyMode {
    fn from(latency: Latency) -> Self {
        match latency {
            Latency::Low => Self::Low,
            Latency::Normal => Self::Normal,
        }
    }
}

/// A channel in few words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelRef {
    /// Number, for life.
    #[schema(value_type = String)]
    pub(crate) id: ChannelId,
    /// The owner's name.
    #[schema(value_type = String)]
    pub(crate) name: Name,
}

/// One going-live of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stream)]
pub(crate) struct StreamView {
    /// Number of this going-live; survives a reconnect of the encoder.
    #[schema(value_type = String)]
    id: StreamId,
    /// Its channel.
    channel: ChannelRef,
    /// Title.
    title: String,
    /// What it is about; empty if not said.
    category: String,
    /// Free tags.
    tags: Vec<String>,
    /// BCP 47 language tag; empty if not said.
    language: String,
    /// The channel's latency mode.
    latency: Latency,
    /// Where the stream is in its life.
    pub(super) state: StreamPhase,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: WallTime,
    /// How many watch.
    pub(super) viewers: u64,
    /// What the encoder sends.
    source: Source,
    /// What can be watched, best first: `source`, `720p`, …
    #[schema(example = json!(["source", "720p", "480p", "160p"]))]
    renditions: Vec<String>,
    /// Path of the multivariant playlist.
    #[schema(example = "/api/v1/streams/maya/playlist.m3u8")]
    playlist_url: String,
    /// Path of the newest thumbnail.
    #[schema(example = "/api/v1/streams/maya/thumbnail.jpg")]
    thumbnail_url: String,
}

impl From<LiveStream> for StreamView {
    fn from(stream: LiveStream) -> Self {
        let LiveStream { record, channel, viewers } = stream;
        let name = record.name;
        Self {
            id: record.id,
            playlist_url: format!("/api/v1/streams/{name}/playlist.m3u8"),
            thumbnail_url: format!("/api/v1/streams/{name}/thumbnail.jpg"),
            channel: ChannelRef { id: record.channel, name },
            title: channel.title,
            category: channel.category,
            tags: channel.tags,
            language: channel.language,
            latency: channel.latency.into(),
            state: record.state.into(),
            started_at: record.started_at,
            viewers,
            source: record.source.into(),
            renditions: record.renditions,
        }
    }
}

/// Where a stream is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StreamPhase {
    /// An encoder is here; nothing can be watched yet.
    Starting,
    /// Can be watched.
    Live,
    /// The encoder is gone and may come back.
    Interrupted,
}

impl From<StreamState> for StreamPhase {
    fn from(state: StreamState) -> Self {
        match state {
            StreamState::Starting => Self::Starting,
            StreamState::Live => Self::Live,
            StreamState::Interrupted => Self::Interrupted,
        }
    }
}

/// What the encoder sends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Source {
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
    /// Frames a second, as measured; 0 while unknown.
    fps: f64,
    /// RFC 6381 codec strings, video first.
    codecs: Vec<String>,
}

impl From<SourceInfo> for Source {
    fn from(source: SourceInfo) -> Self {
        let SourceInfo { width, height, fps, codecs } = source;
        Self { width, height, fps, codecs }
    }
}
