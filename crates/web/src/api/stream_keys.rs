//! A creator's stream keys. The secret is in one answer, once.

use axum::extract;
use axum::response::{IntoResponse, Response};
use domain::ids::StreamKeyId;
use domain::time::WallTime;
use domain::users::StreamKey;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::{self, State};

/// A stream key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamKey)]
pub(crate) struct StreamKeyView {
    /// Number.
    #[schema(value_type = String)]
    id: StreamKeyId,
    /// What its owner calls it.
    label: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
    /// When an encoder last used it.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<WallTime>,
}

impl From<StreamKey> for StreamKeyView {
    fn from(key: StreamKey) -> Self {
        let StreamKey { id, label, created_at, last_used_at, channel: _ } = key;
        Self { id, label, created_at, last_used_at }
    }
}

/// The keys, and where an encoder goes with them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamKeys {
    /// Oldest first.
    keys: Vec<StreamKeyView>,
    /// RTMP address for the encoder's *server* field; `null` if that door is shut.
    server: Option<String>,
    /// The same over TLS.
    server_tls: Option<String>,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStreamKey {
    /// What to call it; at most 60 characters, may be empty.
    #[serde(default)]
    #[schema(example = "OBS at home")]
    label: String,
}

/// A new key with its secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedStreamKey {
    /// Number.
    #[schema(value_type = String)]
    id: StreamKeyId,
    /// What its owner calls it.
    label: String,
    /// The secret for the encoder's *stream key* field. Not shown again.
    key: String,
    /// RTMP address for the encoder's *server* field; `null` if that door is shut.
    server: Option<String>,
    /// The same over TLS.
    server_tls: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
}

/// List stream keys
#[utoipa::path(get, path = "/api/v1/me/stream-keys", tag = "stream keys", operation_id = "listStreamKeys",
    security(("cookie" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The signed-in user's keys", body = StreamKeys),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
) -> Result<axum::Json<StreamKeys>, ApiError> {
    let keys = state.deps.keys.list(user.id.into()).await?;
    let offer = &state.deps.ingest;
    Ok(axum::Json(StreamKeys {
        keys: keys.into_iter().map(StreamKeyView::from).collect(),
        server: offer.rtmp.clone(),
        server_tls: offer.rtmps.clone(),
    }))
}

/// Make a stream key
#[utoipa::path(post, path = "/api/v1/me/stream-keys", tag = "stream keys", operation_id = "createStreamKey",
    security(("cookie" = []), ("bearer" = [])),
    request_body = NewStreamKey,
    responses(
        (status = 201, description = "Made; `key` is shown this once", body = CreatedStreamKey),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_keys`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Json(new): Json<NewStreamKey>,
) -> Result<Response, ApiError> {
    let (key, secret) = state.deps.keys.create(user.id.into(), &new.label, state::wall()).await?;
    let created = CreatedStreamKey {
        id: key.id,
        label: key.label,
        key: secret.expose().to_owned(),
        server: state.deps.ingest.rtmp.clone(),
        server_tls: state.deps.ingest.rtmps.clone(),
        created_at: key.created_at,
    };
    Ok((StatusCode::CREATED, axum::Json(created)).into_response())
}

/// Revoke a stream key
///
/// A broadcast that it opened ends within seconds, and it opens no other.
#[utoipa::path(delete, path = "/api/v1/me/stream-keys/{id}", tag = "stream keys", operation_id = "revokeStreamKey",
    security(("cookie" = []), ("bearer" = [])),
    params(("id" = String, Path, description = "Number of the key")),
    responses(
        (status = 204, description = "Revoked"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(id): Path<StreamKeyId>,
) -> Result<StatusCode, ApiError> {
    let revoked = state.deps.keys.revoke(user.id.into(), id).await?;
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}
