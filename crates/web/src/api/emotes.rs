//! Emotes: the site's, those of channels, and their pictures. Lists have Helix' shape (`chat/emotes`) with what our own pages want
//! beside it; how others can offer emotes is in `docs/api/emotes.md`.

use axum::extract::{self, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chat::emotes::{GLOBAL, Picture, UPLOAD_BYTES_MAX};
use domain::ids::{ChannelId, EmoteId};
use domain::messages::Emote;
use domain::users::{Channel, User};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::channels::channel_named;
use crate::errors::ApiError;
use crate::extract::{Path, Query};
use crate::limits::UPLOAD_TIMEOUT;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::{self, State};

/// An emote, and where its pictures are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Emote)]
pub(crate) struct EmoteView {
    /// Number, for life: messages name it, and its pictures never change.
    #[schema(value_type = String)]
    id: EmoteId,
    /// What is written.
    #[schema(example = "footHype")]
    code: String,
    /// The same, as Helix calls it.
    name: String,
    /// It moves.
    animated: bool,
    /// Addresses of the pictures.
    images: EmoteImages,
    /// `static`, and `animated` if it moves: values for `{{format}}`.
    #[schema(value_type = Vec<String>)]
    format: &'static [&'static str],
    /// Values for `{{scale}}`.
    #[schema(value_type = Vec<String>)]
    scale: &'static [&'static str],
    /// Values for `{{theme_mode}}`: the picture is the same in both.
    #[schema(value_type = Vec<String>)]
    theme_mode: &'static [&'static str],
}

/// Addresses of an emote's pictures, by height in pixels, and by Helix' names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmoteImages {
    /// 28 pixels high.
    #[serde(rename = "28")]
    small: String,
    /// 56 pixels high.
    #[serde(rename = "56")]
    medium: String,
    /// 112 pixels high.
    #[serde(rename = "112")]
    large: String,
    /// 28 pixels high.
    url_1x: String,
    /// 56 pixels high.
    url_2x: String,
    /// 112 pixels high.
    url_4x: String,
}

/// Emotes, and how to make addresses of their pictures.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Emotes)]
pub(crate) struct EmotesView {
    /// By code, the site's own by number.
    data: Vec<EmoteView>,
    /// Address of a picture with `{{id}}`, `{{format}}` (`static`, `animated`, `default`), `{{theme_mode}}` and `{{scale}}` to fill in.
    #[schema(example = "/emotes/{{id}}/{{scale}}?format={{format}}&theme_mode={{theme_mode}}")]
    template: String,
}

impl EmoteView {
    fn new(id: EmoteId, code: &str, animated: bool, site: &str) -> Self {
        let [small, medium, large] = [28, 56, 112].map(|size| format!("{site}/emotes/{id}/{size}"));
        let (url_1x, url_2x, url_4x) = (small.clone(), medium.clone(), large.clone());
        Self {
            id,
            code: code.to_owned(),
            name: code.to_owned(),
            animated,
            images: EmoteImages { small, medium, large, url_1x, url_2x, url_4x },
            format: if animated { &["static", "animated"] } else { &["static"] },
            scale: &["1.0", "2.0", "3.0"],
            theme_mode: &["light", "dark"],
        }
    }
}

impl EmotesView {
    fn new(data: Vec<EmoteView>, site: &str) -> Self {
        let template = format!(
            "{site}/emotes/{{{{id}}}}/{{{{scale}}}}?format={{{{format}}}}&theme_mode={{{{theme_mode}}}}"
        );
        Self { data, template }
    }
}

/// What addresses begin with: the configured site, for programs on other hosts; nothing where none is configured.
fn site(state: &State) -> &str {
    state.origin.as_deref().unwrap_or_default()
}

/// List the site's emotes
///
/// In every room.
#[utoipa::path(get, path = "/api/v1/emotes/global", tag = "emotes", operation_id = "listGlobalEmotes",
    responses((status = 200, description = "The site's own emotes", body = EmotesView)))]
pub(crate) async fn global(extract::State(state): extract::State<State>) -> Response {
    let site = site(&state);
    let data = GLOBAL.iter().map(|g| EmoteView::new(g.id, g.code, g.animated, site)).collect();
    let headers = [
        // The set is part of the program: it changes with it.
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, axum::Json(EmotesView::new(data, site))).into_response()
}

/// List a channel's emotes
///
/// In the channel's own room.
#[utoipa::path(get, path = "/api/v1/channels/{name}/emotes", tag = "emotes", operation_id = "listChannelEmotes",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "The channel's emotes, without the site's", body = EmotesView),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let site = site(&state);
    let emotes = state.deps.emotes.of_channel(channel.id).await?;
    let data = emotes.iter().map(|e| EmoteView::new(e.id, &e.code, e.animated, site)).collect();
    let headers = [(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))];
    Ok((headers, axum::Json(EmotesView::new(data, site))).into_response())
}

/// Which code an upload is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadQuery {
    #[serde(default)]
    code: String,
}

/// Add a channel emote
///
/// The request's body is the picture itself: PNG, GIF, WebP or AVIF, at most 1 MiB, 2048 pixels and 120 frames. It is decoded, scaled
/// to 28, 56 and 112 pixels of height and encoded anew; movement is kept. The broadcaster may, and administrators.
#[utoipa::path(post, path = "/api/v1/channels/{name}/emotes", tag = "emotes", operation_id = "addChannelEmote",
    security(("cookie" = []), ("bearer" = [])),
    params(
        ("name" = String, Path, description = "Name of the channel"),
        ("code" = String, Query, description = "What is written: 2 to 25 of a–z, A–Z and 0–9"),
    ),
    request_body(content = Vec<u8>, content_type = "image/*"),
    responses(
        (status = 201, description = "Added", body = EmoteView),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_yours`, `scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`code_taken`, `too_many_emotes`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`, with what is taken in `supported`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`: `code` or `picture`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, with `Retry-After`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn add(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(name): Path<String>,
    Query(UploadQuery { code }): Query<UploadQuery>,
    Upload(picture): Upload,
) -> Result<Response, ApiError> {
    let channel = own_channel(&state, &user, &name).await?;
    let Emote { id, code, animated, .. } =
        state.deps.emotes.add(channel, &code, picture, state::wall()).await?;
    let view = EmoteView::new(id, &code, animated, site(&state));
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

/// Remove a channel emote
///
/// Messages that used it show its code from then on.
#[utoipa::path(delete, path = "/api/v1/channels/{name}/emotes/{id}", tag = "emotes", operation_id = "removeChannelEmote",
    security(("cookie" = []), ("bearer" = [])),
    params(
        ("name" = String, Path, description = "Name of the channel"),
        ("id" = String, Path, description = "Number of the emote"),
    ),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_yours`, `scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`, `not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path((name, id)): Path<(String, EmoteId)>,
) -> Result<StatusCode, ApiError> {
    let channel = own_channel(&state, &user, &name).await?;
    let removed = state.deps.emotes.remove(channel, id).await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}

/// The channel of that name, if `user` may change its emotes: the broadcaster, and administrators.
async fn own_channel(state: &State, user: &User, name: &str) -> Result<ChannelId, ApiError> {
    let Channel { id, .. } = channel_named(state, name).await?;
    if id.owner() == user.id || user.admin { Ok(id) } else { Err(ApiError::NotYours) }
}

/// Which of an emote's pictures.
#[derive(Debug, Deserialize)]
pub(crate) struct PictureQuery {
    #[serde(default)]
    format: String,
}

/// Fetch an emote's picture
///
/// May be kept for ever: what is under a number never changes.
#[utoipa::path(get, path = "/emotes/{id}/{size}", tag = "emotes", operation_id = "getEmotePicture",
    params(
        ("id" = String, Path, description = "Number of the emote"),
        ("size" = String, Path, description = "Height: `28`, `56`, `112`, or Helix' `1.0`, `2.0`, `3.0`"),
        ("format" = Option<String>, Query, description = "`static`: without movement"),
    ),
    responses(
        (status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn picture(
    extract::State(state): extract::State<State>,
    Path((id, size)): Path<(EmoteId, String)>,
    Query(PictureQuery { format }): Query<PictureQuery>,
) -> Result<Response, ApiError> {
    let size = match size.as_str() {
        "28" | "1.0" => 0,
        "56" | "2.0" => 1,
        "112" | "3.0" => 2,
        _ => return Err(ApiError::NotFound),
    };
    let found = state.deps.emotes.picture(id, size, format == "static").await?;
    let Picture { media_type, bytes } = found.ok_or(ApiError::NotFound)?;
    let media_type = HeaderValue::try_from(media_type).map_err(|_| ApiError::NotFound)?;
    let headers = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Other clients' pages show it as well.
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    Ok((headers, bytes).into_response())
}

/// A picture as a request's body. Its arrival is bounded in size (413) and in time (408).
pub(crate) struct Upload(Bytes);

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let unreadable =
            |status, code, detail: &str| ApiError::Unreadable { status, code, detail: detail.to_owned() };
        let read = axum::body::to_bytes(request.into_body(), UPLOAD_BYTES_MAX);
        match tokio::time::timeout(UPLOAD_TIMEOUT, read).await {
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(_)) => Err(unreadable(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "a picture has at most 1024 KiB, and must arrive whole",
            )),
            Err(_) => Err(unreadable(
                StatusCode::REQUEST_TIMEOUT,
                "timeout",
                "the request's body did not arrive in time",
            )),
        }
    }
}
