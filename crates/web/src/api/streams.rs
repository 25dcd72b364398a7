//! Live streams: the list, one of them, its multivariant playlist and its thumbnail.

use axum::body::Body;
use axum::extract;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::BrowseQuery;
use directory::limits::PAGE_MAX;
use domain::names::Name;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};
use video::origin::{MediaRequest, is_unchanged};

use super::channels::channel_named;
use super::views::StreamView;
use crate::errors::ApiError;
use crate::extract::{Path, Query};
use crate::page::PageSize;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::{self, State};

/// Which live streams to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamsQuery {
    /// Most streams on the page: 1–100; 20 unless told.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<PageSize<PAGE_MAX>>,
    /// `next` of the page before.
    after: Option<String>,
    /// Only of this category, without regard to case.
    category: Option<String>,
    /// Only with this tag, without regard to case.
    tag: Option<String>,
    /// Only in this language; `en` finds `en-GB` too.
    language: Option<String>,
    /// `true`: only what the signed-in user follows.
    followed: Option<bool>,
}

/// A page of live streams.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamsPage {
    /// Most viewers first.
    streams: Vec<StreamView>,
    /// What to ask for next as `after`; `null` on the last page.
    next: Option<String>,
}

/// List live streams
///
/// Most viewers first. Counts are up to a second old.
#[utoipa::path(get, path = "/api/v1/streams", tag = "streams", operation_id = "listStreams",
    params(StreamsQuery),
    responses(
        (status = 200, description = "A page", body = StreamsPage),
        (status = 401, description = "`not_signed_in`: with `followed`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`: with `followed`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`: `after` is no page's `next`, `limit` is not from 1 to 100", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    user: Result<SignedIn, ApiError>,
    Query(query): Query<StreamsQuery>,
) -> Result<axum::Json<StreamsPage>, ApiError> {
    let StreamsQuery { limit, after, category, tag, language, followed } = query;
    let followed_by = match followed {
        Some(true) => Some(user?.0.id),
        _ => None,
    };
    // A form field that was left alone sends an empty text.
    let after = after.filter(|after| !after.is_empty());
    let query = BrowseQuery { limit: limit.map(PageSize::get), after, category, tag, language, followed_by };
    let page = state.deps.browse.live(&query, state::wall(), state::now()).await?;
    let streams = page.streams.into_iter().map(StreamView::from).collect();
    Ok(axum::Json(StreamsPage { streams, next: page.next }))
}

/// Look at a live stream
#[utoipa::path(get, path = "/api/v1/streams/{name}", tag = "streams", operation_id = "getStream",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "The stream", body = StreamView),
        (status = 404, description = "`offline`, `no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<axum::Json<StreamView>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let stream = state.deps.browse.of_channel(channel, state::wall(), state::now()).await?;
    Ok(axum::Json(stream.ok_or(ApiError::Offline)?.into()))
}

/// Watch a live stream
///
/// The multivariant playlist (HLS, RFC 8216 and its low-latency extension). Everything that it refers to has an absolute path
/// under `/live/`.
#[utoipa::path(get, path = "/api/v1/streams/{name}/playlist.m3u8", tag = "streams", operation_id = "getPlaylist",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Multivariant playlist", body = String, content_type = "application/vnd.apple.mpegurl"),
        (status = 304, description = "It is what `If-None-Match` says"),
        (status = 404, description = "`offline`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn playlist(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let request = MediaRequest { method: &method, path: uri.path(), query: uri.query(), headers: &headers };
    let Ok(name) = name.parse::<Name>() else { return open_to_all(ApiError::Offline) };
    let stop = state.scope.stop();
    // A stream that is about to start is waited for.
    let found = tokio::select! {
        biased;
        found = state.deps.origin.multivariant(&name, request) => found,
        () = stop.stopped() => return open_to_all(ApiError::Draining),
    };
    found.map_or_else(|| open_to_all(ApiError::Offline), |response| response.map(Body::new))
}

/// The newest picture of a live stream
#[utoipa::path(get, path = "/api/v1/streams/{name}/thumbnail.jpg", tag = "streams", operation_id = "getThumbnail",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "A picture, a few seconds old", body = Vec<u8>, content_type = "image/jpeg"),
        (status = 304, description = "It is what `If-None-Match` says"),
        (status = 404, description = "`no_thumbnail`: not live, or none yet", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn thumbnail(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let picture = match name.parse::<Name>() {
        Ok(name) => state.deps.origin.thumbnail(&name).await,
        Err(_) => None,
    };
    let Some(picture) = picture else { return open_to_all(ApiError::NoThumbnail) };
    let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(&picture)[..12]);
    let tag = HeaderValue::try_from(format!("\"{digest}\"")).ok();
    let mut response = if tag.as_ref().is_some_and(|tag| is_unchanged(&headers, tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(picture).into_response()
    };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=5"));
    out.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(tag) = tag {
        out.insert(ETAG, tag);
    }
    response
}

/// A refusal that players on other sites may read.
fn open_to_all(error: ApiError) -> Response {
    let mut response = error.into_response();
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
