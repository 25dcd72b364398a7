//! Streams as others see them: records of the registry, and transcode jobs.

use std::time::Duration;

use serde::Serialize;

use crate::ids::{ChannelId, StreamId};
use crate::names::Name;
use crate::time::WallTime;

/// Where a stream is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamState {
    /// Claimed by an encoder; nothing can be watched yet.
    Starting,
    /// Can be watched.
    Live,
    /// The encoder is gone and may come back within the grace time; viewers stay.
    Interrupted,
}

/// What the source sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SourceInfo {
    /// Picture width in pixels.
    pub width: u32,
    /// Picture height in pixels.
    pub height: u32,
    /// Frames a second, as measured; 0 while unknown.
    pub fps: f64,
    /// RFC 6381 codec strings, video first.
    pub codecs: Vec<String>,
}

/// A live stream as the registry keeps it (R20, R24).
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRecord {
    /// The stream.
    pub id: StreamId,
    /// The channel it belongs to.
    pub channel: ChannelId,
    /// The channel's name.
    pub name: Name,
    /// Node that takes the encoder's bytes.
    pub node: String,
    /// When the stream began.
    pub started_at: WallTime,
    /// Where it is in its life.
    pub state: StreamState,
    /// What the source sends.
    pub source: SourceInfo,
    /// Names of the renditions that can be watched, best first (`source`, `720p`, …).
    pub renditions: Vec<String>,
}

/// The right to publish on a channel until a time. A higher fence always beats a lower one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The channel.
    pub channel: ChannelId,
    /// The stream this lease publishes.
    pub stream: StreamId,
    /// Fencing number: rises with every claim of the channel, for ever.
    pub fence: u64,
    /// The lease ends here unless it is renewed.
    pub until: WallTime,
}

/// How urgently a transcode job wants a slot. Higher is sooner, and may take the slot of a lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Streams whose encoder is gone: what nobody else wants, until it is back.
    Interrupted,
    /// Everybody.
    Standard,
    /// Partners: always before others.
    Partner,
}

/// A stream that wants a transcode slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The stream; it has at most one job.
    pub stream: StreamId,
    /// Urgency.
    pub priority: Priority,
    /// When it was first offered: among equals the oldest goes first.
    pub offered_at: WallTime,
}

/// A job that somebody works on until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLease {
    /// The job.
    pub job: Job,
    /// Fencing number, as in [`Lease`].
    pub fence: u64,
    /// The lease ends here unless it is renewed.
    pub until: WallTime,
}

/// How long leases are held without renewal, and how often they are renewed.
pub const LEASE_TTL: Duration = Duration::from_secs(10);
/// A third of [`LEASE_TTL`], so that two renewals may fail.
pub const LEASE_RENEW_EVERY: Duration = Duration::from_secs(3);
