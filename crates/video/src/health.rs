//! How a stream is doing, in numbers and in words its creator understands.

use domain::time::WallTime;
use serde::Serialize;

/// A creator's view of the own stream.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// `offline`, `live` or `interrupted`.
    pub state: &'static str,
    /// `good`, `warning` or `bad`.
    pub level: &'static str,
    /// The whole story in a sentence: “Good. 2.5 Mb/s, key frame every 2.0 s.”
    pub sentence: String,
    /// What the picture is; absent before the first frame.
    pub video: Option<VideoHealth>,
    /// What the sound is; absent if there is none.
    pub audio: Option<AudioHealth>,
    /// What the creator should change.
    pub warnings: Vec<Warning>,
    /// How the ladder is doing.
    pub transcode: TranscodeHealth,
    /// The last two minutes, one entry a second, oldest first.
    pub history: Vec<Sample>,
}

/// The source's picture.
#[derive(Clone, Debug, Serialize)]
pub struct VideoHealth {
    /// RFC 6381 codec string.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second, measured.
    pub fps: f64,
    /// Bits a second, measured.
    pub bitrate_bps: u64,
    /// Seconds from key frame to key frame, the longest of late.
    pub keyframe_interval_s: f64,
}

/// The source's sound.
#[derive(Clone, Debug, Serialize)]
pub struct AudioHealth {
    /// RFC 6381 codec string.
    pub codec: String,
    /// Samples a second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u8,
    /// Bits a second, measured.
    pub bitrate_bps: u64,
}

/// Something to change, with a stable code for translations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable, snake_case.
    pub code: &'static str,
    /// Plain words: what is wrong and what to set.
    pub text: String,
}

/// The ladder.
#[derive(Clone, Debug, Serialize)]
pub struct TranscodeHealth {
    /// `none`, `queued` or `running`.
    pub state: &'static str,
    /// FFmpeg's name of the encoder in use.
    pub encoder: Option<String>,
    /// Rungs that are being made.
    pub renditions: Vec<String>,
}

/// One second of history.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    /// When the second ended.
    pub at: WallTime,
    /// Bits of video in it.
    pub video_bps: u64,
    /// Bits of audio in it.
    pub audio_bps: u64,
    /// Frames in it.
    pub fps: u32,
}

impl Health {
    /// The channel is not live.
    pub fn offline() -> Self {
        Self {
            state: "offline",
            level: "good",
            sentence: "You are offline.".to_owned(),
            video: None,
            audio: None,
            warnings: Vec::new(),
            transcode: TranscodeHealth { state: "none", encoder: None, renditions: Vec::new() },
            history: Vec::new(),
        }
    }

    /// Tells first that the encoder was disconnected of late: it shows no reason itself once it is live.
    pub(crate) fn with_sent_away(mut self, reason: &str) -> Self {
        let text = format!("Your encoder was disconnected: {}.", reason.trim_end_matches('.'));
        self.warnings.insert(0, Warning { code: "sent_away", text });
        self
    }
}
