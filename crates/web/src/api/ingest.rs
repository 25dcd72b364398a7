//! An encoder's question before it connects: where do I go, and will you take what I send?

use axum::extract;
use directory::FieldFault;
use domain::secrets::Secret;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

use super::views::ChannelRef;
use crate::errors::ApiError;
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::State;

/// What an encoder has and wants to send. What is left out is told as missing.
#[derive(Deserialize, ToSchema)]
pub(crate) struct IngestRequest {
    /// The secret of a stream key.
    #[serde(default)]
    #[schema(required)]
    stream_key: String,
    /// Video codec: a short name (`h264`) or an RFC 6381 string (`avc1.64001f`).
    #[serde(default)]
    #[schema(required, example = "h264")]
    codec: String,
    /// Bits a second, video and audio together.
    #[serde(default)]
    #[schema(required, value_type = u64, example = 2_500_000)]
    bitrate: Option<u64>,
}

impl fmt::Debug for IngestRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { codec, bitrate, .. } = self;
        f.debug_struct("IngestRequest")
            .field("codec", codec)
            .field("bitrate", bitrate)
            .finish_non_exhaustive()
    }
}

/// Where to go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IngestAnswer {
    /// RTMP address without the key; `null` if that door is shut.
    #[schema(example = "rtmp://live.example.com/live")]
    ingest_endpoint: Option<String>,
    /// The same over TLS.
    ingest_endpoint_tls: Option<String>,
    /// The channel that the key opens.
    channel: ChannelRef,
    /// The codec's short name, as understood.
    codec: String,
    /// Most bits a second that are taken.
    bitrate_max: u64,
}

/// Ask where to publish
///
/// Checks the stream key, the codec and the bit rate before an encoder connects, and says where to.
#[utoipa::path(post, path = "/api/v1/streams/ingest", tag = "streams", operation_id = "findIngest",
    request_body = IngestRequest,
    responses(
        (status = 200, description = "Taken; go there", body = IngestAnswer),
        (status = 403, description = "`unknown_stream_key`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_codec`, with `supported`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bitrate_too_high`, with `max`; `invalid`, with `errors`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn post(
    extract::State(state): extract::State<State>,
    Json(request): Json<IngestRequest>,
) -> Result<axum::Json<IngestAnswer>, ApiError> {
    let bitrate = checked(&request).map_err(ApiError::Invalid)?;
    let admitted = state.deps.keys.admit(&Secret::presented(request.stream_key)).await?;
    let channel = admitted.ok_or(ApiError::UnknownStreamKey)?.channel;
    let offer = &state.deps.ingest;
    let codec = short_name(&request.codec);
    if !offer.codecs.contains(&codec) {
        return Err(ApiError::UnsupportedCodec { supported: offer.codecs.clone() });
    }
    if bitrate > offer.bitrate_max_bps {
        return Err(ApiError::BitrateTooHigh { max: offer.bitrate_max_bps });
    }
    Ok(axum::Json(IngestAnswer {
        ingest_endpoint: offer.rtmp.clone(),
        ingest_endpoint_tls: offer.rtmps.clone(),
        channel: ChannelRef { id: channel.id, name: channel.name },
        codec,
        bitrate_max: offer.bitrate_max_bps,
    }))
}

/// The bit rate, or everything that is missing.
fn checked(request: &IngestRequest) -> Result<u64, Vec<FieldFault>> {
    let required = |field: &str, is_there: bool| {
        (!is_there).then(|| FieldFault::new(field, "required", format!("{field} is needed")))
    };
    let missing = [
        required("stream_key", !request.stream_key.is_empty()),
        required("codec", !request.codec.trim().is_empty()),
        required("bitrate", request.bitrate.is_some_and(|bitrate| bitrate > 0)),
    ];
    let faults: Vec<FieldFault> = missing.into_iter().flatten().collect();
    if faults.is_empty() { Ok(request.bitrate.unwrap_or_default()) } else { Err(faults) }
}

/// One name for each codec, of the many that encoders use. An unknown one stays as it is.
fn short_name(codec: &str) -> String {
    let codec = codec.trim().to_ascii_lowercase();
    let family = codec.split('.').next().unwrap_or_default();
    let short = match (family, codec.as_str()) {
        ("h264" | "avc" | "avc1" | "avc3" | "x264", _) | (_, "h.264") => "h264",
        ("h265" | "hevc" | "hvc1" | "hev1" | "x265", _) | (_, "h.265") => "hevc",
        ("av1" | "av01", _) => "av1",
        ("vp9" | "vp09", _) => "vp9",
        _ => return codec,
    };
    short.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_have_one_name_each() {
        for (given, expected) in [
            ("h264", "h264"),
            ("H.264", "h264"),
            ("avc1.64001f", "h264"),
            ("hvc1.1.6.L93.B0", "hevc"),
            ("av01.0.04M.08", "av1"),
            ("vp09.00.10.08", "vp9"),
            ("theora", "theora"),
        ] {
            assert_eq!(short_name(given), expected, "{given:?}");
        }
    }
}
