//! A channel: what it says of itself, and its owner changing that.

use axum::extract;
use domain::names::Name;
use domain::users::{Channel, ChannelPatch};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{ChannelView, Latency};
use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::{self, State};

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelPatch)]
pub(crate) struct ChannelPatchForm {
    /// At most 140 characters.
    title: Option<String>,
    /// At most 60 characters; empty is "not said".
    category: Option<String>,
    /// At most 10, of at most 25 characters each.
    tags: Option<Vec<String>>,
    /// BCP 47 language tag; empty is "not said".
    language: Option<String>,
    /// From the next stream on.
    latency: Option<Latency>,
    /// Names of the rungs below the source, some of the site's, from the next stream on; `null` for the site's choice, an
    /// empty list for none. Rungs for partners only are for partners' channels, and for those that an administrator
    /// changes.
    #[serde(default, deserialize_with = "named_or_null")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["480p", "160p"]))]
    ladder: Option<Option<Vec<String>>>,
}

/// Tells `null` from what is left out.
fn named_or_null<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    field: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// The channel's name in a path; what is no name names no channel.
pub(super) fn named(text: &str) -> Result<Name, ApiError> {
    text.parse().map_err(|_| ApiError::NoSuchChannel)
}

/// The channel that a path names.
pub(super) async fn channel_named(state: &State, name: &str) -> Result<Channel, ApiError> {
    state.deps.channels.by_name(&named(name)?).await?.ok_or(ApiError::NoSuchChannel)
}

/// Look at a channel
#[utoipa::path(get, path = "/api/v1/channels/{name}", tag = "channels", operation_id = "getChannel",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "The channel, and its stream if it is live", body = ChannelView),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<axum::Json<ChannelView>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let stream = state.deps.browse.of_channel(channel.clone(), state::wall(), state::now()).await?;
    Ok(axum::Json(ChannelView::new(channel, stream)))
}

/// Change a channel
///
/// The owner may, and administrators.
#[utoipa::path(patch, path = "/api/v1/channels/{name}", tag = "channels", operation_id = "patchChannel",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = ChannelPatchForm,
    responses(
        (status = 200, description = "The channel as it is now", body = ChannelView),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_yours`, `scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn patch(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(name): Path<String>,
    Json(form): Json<ChannelPatchForm>,
) -> Result<axum::Json<ChannelView>, ApiError> {
    let ChannelPatchForm { title, category, tags, language, latency, ladder } = form;
    let patch = ChannelPatch { title, category, tags, language, latency: latency.map(Into::into), ladder };
    let channel = state.deps.channels.patch(&user, &named(&name)?, patch).await?;
    let stream = state.deps.browse.of_channel(channel.clone(), state::wall(), state::now()).await?;
    Ok(axum::Json(ChannelView::new(channel, stream)))
}
