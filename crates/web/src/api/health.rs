//! How the signed-in user's stream is doing.

use axum::{Json, extract};
use domain::time::WallTime;
use serde::Serialize;
use utoipa::ToSchema;
use video::health;

use crate::errors::ApiError;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::State;

/// A creator's view of the own stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `offline`, `live` or `interrupted`.
    #[schema(value_type = String, example = "live")]
    state: &'static str,
    /// `good`, `warning` or `bad`.
    #[schema(value_type = String, example = "good")]
    level: &'static str,
    /// The whole story in a sentence.
    #[schema(example = "Good. 2.5 Mb/s, key frame every 2.0 s.")]
    sentence: String,
    /// The picture; `null` before the first frame.
    video: Option<VideoHealth>,
    /// The sound; `null` if there is none.
    audio: Option<AudioHealth>,
    /// What to change.
    warnings: Vec<Warning>,
    /// How the ladder is doing.
    transcode: TranscodeHealth,
    /// The last two minutes, one entry a second, oldest first.
    history: Vec<HealthSample>,
}

/// The source's picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoHealth {
    /// RFC 6381 codec string.
    codec: String,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
    /// Frames a second, measured.
    fps: f64,
    /// Bits a second, measured.
    bitrate_bps: u64,
    /// Seconds from key frame to key frame, the longest of late.
    keyframe_interval_s: f64,
}

/// The source's sound.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudioHealth {
    /// RFC 6381 codec string.
    codec: String,
    /// Samples a second.
    sample_rate: u32,
    /// Channels.
    channels: u8,
    /// Bits a second, measured.
    bitrate_bps: u64,
}

/// Something to change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Warning {
    /// Stable, snake_case.
    #[schema(value_type = String)]
    code: &'static str,
    /// What is wrong and what to set.
    text: String,
}

/// The ladder.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TranscodeHealth {
    /// `none`, `queued` or `running`.
    #[schema(value_type = String)]
    state: &'static str,
    /// FFmpeg's name of the encoder in use.
    encoder: Option<String>,
    /// Rungs that are being made.
    renditions: Vec<String>,
}

/// One second.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthSample {
    /// When the second ended.
    #[schema(value_type = String, format = DateTime)]
    at: WallTime,
    /// Bits of video in it.
    video_bps: u64,
    /// Bits of audio in it.
    audio_bps: u64,
    /// Frames in it.
    fps: u32,
}

impl From<health::Health> for Health {
    fn from(health: health::Health) -> Self {
        Self {
            state: health.state,
            level: health.level,
            sentence: health.sentence,
            video: health.video.map(VideoHealth::from),
            audio: health.audio.map(AudioHealth::from),
            warnings: health.warnings.into_iter().map(|w| Warning { code: w.code, text: w.text }).collect(),
            transcode: health.transcode.into(),
            history: health.history.into_iter().map(HealthSample::from).collect(),
        }
    }
}
impl From<health::VideoHealth> for VideoHealth {
    fn from(video: health::VideoHealth) -> Self {
        let health::VideoHealth { codec, width, height, fps, bitrate_bps, keyframe_interval_s } = video;
        Self { codec, width, height, fps, bitrate_bps, keyframe_interval_s }
    }
}
impl From<health::AudioHealth> for AudioHealth {
    fn from(audio: health::AudioHealth) -> Self {
        let health::AudioHealth { codec, sample_rate, channels, bitrate_bps } = audio;
        Self { codec, sample_rate, channels, bitrate_bps }
    }
}
impl From<health::TranscodeHealth> for TranscodeHealth {
    fn from(transcode: health::TranscodeHealth) -> Self {
        let health::TranscodeHealth { state, encoder, renditions } = transcode;
        Self { state, encoder, renditions }
    }
}
impl From<health::Sample> for HealthSample {
    fn from(sample: health::Sample) -> Self {
        let health::Sample { at, video_bps, audio_bps, fps } = sample;
        Self { at, video_bps, audio_bps, fps }
    }
}

/// How my stream is doing
///
/// `state` is `offline` when the signed-in user's channel is not live.
#[utoipa::path(get, path = "/api/v1/me/health", tag = "streams", operation_id = "myHealth",
    security(("cookie" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "Numbers, and words for them", body = Health),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
) -> Result<Json<Health>, ApiError> {
    Ok(Json((state.deps.health)(user.id.into()).into()))
}
