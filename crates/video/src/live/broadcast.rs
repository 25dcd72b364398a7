//! A stream's tracks in memory, from the first publish to the end of the last grace time.

use std::sync::Arc;

use bytes::Bytes;
use domain::ids::{ChannelId, StreamId};
use domain::names::Name;
use domain::time::WallTime;
use domain::users::LatencyMode;
use media::frame::CodecConfig;
use media::time::MediaTime;
use tokio::sync::watch;

use super::Track;

/// Name of the top rendition: the encoder's own picture, as it came or encoded again (V1).
pub const SOURCE: &str = "source";

/// Where a broadcast is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// An encoder is publishing.
    Live,
    /// No encoder; viewers wait for it to come back.
    Interrupted,
    /// Over for good.
    Ended,
}

/// One rung of the ladder, as asked of the encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungSpec {
    /// What viewers and URLs call it: `720p`.
    pub name: String,
    /// Picture width in pixels, even.
    pub width: u32,
    /// Picture height in pixels, even.
    pub height: u32,
    /// Video bit rate in bits a second, constant.
    pub bitrate_bps: u32,
    /// Most frames a second, if it is capped.
    pub fps_max: Option<u32>,
}

/// A rung that is being made: its frames carry the source's timestamps and key frames.
#[derive(Debug)]
pub struct Rendition {
    /// What was asked for.
    pub spec: RungSpec,
    /// The frames.
    pub track: Track,
}

/// A stream in memory. Survives a reconnect of the encoder.
#[derive(Debug)]
pub struct Broadcast {
    /// The stream.
    pub stream: StreamId,
    /// Its channel.
    pub channel: ChannelId,
    /// The channel's name.
    pub name: Name,
    /// Whether it goes first for transcode slots.
    pub partner: bool,
    /// How far behind viewers may be; fixed for the stream's life.
    pub latency: LatencyMode,
    /// When it began.
    pub started_at: WallTime,
    /// The source's video, as it came.
    pub video: Track,
    /// The source's audio, as it came.
    pub audio: Track,
    /// The sound that listeners get: AAC-LC, 48 kHz, stereo, whatever the source's is. Written by the transcoder.
    pub sound: Track,
    /// Where it is in its life. Written by ingest.
    pub phase: watch::Sender<Phase>,
    /// The rungs that the transcoder makes now, best first; empty without a slot. Written by the transcoder.
    pub ladder: watch::Sender<Vec<Arc<Rendition>>>,
    /// What keeps the source's picture from going out as it came. Written by ingest.
    pub unfit: watch::Sender<Unfit>,
    /// The source's picture, encoded again, progressive and with a key frame for every segment: made while it is `unfit`,
    /// with a slot. Written by the transcoder.
    pub top: watch::Sender<Option<Arc<Rendition>>>,
    /// The newest thumbnail, a JPEG. Written by the transcoder.
    pub thumbnail: watch::Sender<Option<Bytes>>,
    /// Whether there is anything to play yet. Written by the origin.
    pub watchable: watch::Sender<bool>,
    /// Whether it began without a picture, which it then never gets (A2). Written by [`begin_with_sound_alone`](Self::begin_with_sound_alone).
    pub sound_alone: watch::Sender<bool>,
    /// Bits a second and frames a second, as announced and as measured. Written by ingest.
    pub rates: watch::Sender<Rates>,
}

/// Why a source's picture can't go out as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfit {
    /// Its key frames come too seldom to cut segments by (V1).
    pub seldom: bool,
    /// It is interlaced, and no browser deinterlaces (V13).
    pub interlaced: bool,
}

impl Unfit {
    /// Whether it has to be encoded again.
    pub fn any(self) -> bool {
        self.seldom || self.interlaced
    }
}

/// What is known of a source's rates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Video bits a second that the encoder announced; 0 if it did not.
    pub announced_bps: u64,
    /// Frames a second as measured; 0 while unknown.
    pub fps: f64,
}

impl Broadcast {
    /// A broadcast that has just begun.
    pub fn new(
        stream: StreamId,
        channel: ChannelId,
        name: Name,
        partner: bool,
        latency: LatencyMode,
        started_at: WallTime,
    ) -> Self {
        Self {
            stream,
            channel,
            name,
            partner,
            latency,
            started_at,
            video: Track::new(),
            audio: Track::new(),
            sound: Track::new(),
            phase: watch::Sender::new(Phase::Live),
            ladder: watch::Sender::new(Vec::new()),
            unfit: watch::Sender::new(Unfit::default()),
            top: watch::Sender::new(None),
            thumbnail: watch::Sender::new(None),
            watchable: watch::Sender::new(false),
            sound_alone: watch::Sender::new(false),
            rates: watch::Sender::new(Rates::default()),
        }
    }

    /// What follows on the video track is coded with `config`: whether that is another one than before. `None`, and nothing done,
    /// if the stream began without a picture.
    pub fn announce_picture(&self, config: CodecConfig) -> Option<bool> {
        // Held until the track is configured: who decides that the sound is alone looks at it with the same lock.
        let is_alone = self.sound_alone.borrow();
        (!*is_alone).then(|| self.video.configure(config))
    }

    /// The stream begins without a picture, unless one was announced; whether it does.
    pub fn begin_with_sound_alone(&self) -> bool {
        self.sound_alone.send_if_modified(|alone| {
            *alone = self.video.config().is_none();
            *alone
        })
    }

    /// Video bits a second as the encoder announced them, or a usual value.
    pub fn announced_bps(&self) -> u64 {
        const USUAL: u64 = 4_000_000;
        match self.rates.borrow().announced_bps {
            0 => USUAL,
            bps => bps,
        }
    }

    /// Frames a second, once measured.
    pub fn measured_fps(&self) -> Option<f64> {
        Some(self.rates.borrow().fps).filter(|fps| *fps > 0.0)
    }

    /// Where the newest frame of the source ends, as nearly as can be said.
    pub fn newest(&self) -> Option<MediaTime> {
        self.video.newest().or_else(|| self.audio.newest())
    }

    /// Resolves when the encoder goes, as `phase` tells. Only a change counts: what a returning encoder sends comes before the
    /// word that the stream is live again.
    pub async fn interrupted(phase: &mut watch::Receiver<Phase>) {
        while phase.changed().await.is_ok() {
            if *phase.borrow() != Phase::Live {
                return;
            }
        }
        std::future::pending().await
    }

    /// Resolves when the broadcast is over.
    pub async fn ended(&self) {
        let mut phase = self.phase.subscribe();
        // Fails only if the sender is gone, which is an end too.
        drop(phase.wait_for(|phase| *phase == Phase::Ended).await);
    }
}

#[cfg(test)]
mod tests {
    use media::codec::aac::AacConfig;

    use super::*;

    fn broadcast() -> Broadcast {
        let name = "tester".parse().expect("a valid name");
        let wall = WallTime::from_unix_ms(0);
        Broadcast::new(StreamId(1), ChannelId(7), name, false, LatencyMode::Low, wall)
    }

    fn config() -> CodecConfig {
        CodecConfig::Aac(AacConfig::lc(48_000, 2).expect("a usual config"))
    }

    #[test]
    fn of_a_picture_and_sound_alone_the_first_one_counts() {
        let late = broadcast();
        assert!(late.begin_with_sound_alone() && *late.sound_alone.borrow());
        assert_eq!(late.announce_picture(config()), None);
        assert!(late.video.config().is_none());
        let in_time = broadcast();
        assert_eq!(in_time.announce_picture(config()), Some(true));
        assert!(!in_time.begin_with_sound_alone() && !*in_time.sound_alone.borrow());
        assert_eq!(in_time.announce_picture(config()), Some(false), "the same again");
    }
}
