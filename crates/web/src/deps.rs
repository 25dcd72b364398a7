//! What this crate asks of the rest of the house. The app fills it in.

use std::sync::Arc;

use chat::Chat;
use chat::emotes::EmoteDesk;
use chat::service::Reception;
use directory::{AccountDesk, Browse, ChannelDesk, FollowDesk, KeyDesk, LeaveDesk, Viewers};
use domain::ids::ChannelId;
use runtime::metrics::Metrics;
use tokio::sync::watch;
use video::health::Health;
use video::origin::Origin;

/// Says how a channel's stream is doing.
pub type HealthOf = Arc<dyn Fn(ChannelId) -> Health + Send + Sync>;

/// Everything that a request may need.
#[derive(Clone)]
pub struct Deps {
    /// What viewers fetch.
    pub origin: Origin,
    /// How a channel's stream is doing.
    pub health: HealthOf,
    /// Signing up, in and out.
    pub accounts: Arc<AccountDesk>,
    /// Leaving for good.
    pub leaving: Arc<LeaveDesk>,
    /// Stream keys.
    pub keys: Arc<KeyDesk>,
    /// Channels.
    pub channels: Arc<ChannelDesk>,
    /// Who follows whom.
    pub follows: Arc<FollowDesk>,
    /// Emotes.
    pub emotes: Arc<EmoteDesk>,
    /// Who is live.
    pub browse: Arc<Browse>,
    /// How many watch.
    pub viewers: Arc<Viewers>,
    /// Chat's rooms; `None` where this process does not own them.
    pub chat: Option<Chat>,
    /// Who takes chat's sockets; `None` where this process plays no role of chat.
    pub reception: Option<Arc<dyn Reception>>,
    /// What `/metrics` renders; `None` where another test in the process installed the recorder.
    pub metrics: Option<Metrics>,
    /// Whether this process wants requests: `false` before everything runs and from the beginning of a drain.
    pub ready: watch::Receiver<bool>,
    /// What encoders are told.
    pub ingest: IngestOffer,
    /// Version of the product, e.g. `0.1.0`.
    pub version: &'static str,
}

/// Where encoders publish, and what is taken of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IngestOffer {
    /// Public RTMP address without the key, e.g. `rtmp://live.example.com/live`; `None` if that door is shut.
    pub rtmp: Option<String>,
    /// Public RTMPS address.
    pub rtmps: Option<String>,
    /// Video codecs that are taken, by their short names: `h264`, `hevc`, `av1`, `vp9`.
    pub codecs: Vec<String>,
    /// Most bits a second of a source, video and audio together.
    pub bitrate_max_bps: u64,
}
