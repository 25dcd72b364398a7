//! Who is signed in, and leaving for good.

use std::fmt;

use axum::extract;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::views::{ChannelView, UserView};
use crate::errors::ApiError;
use crate::extract::{Json, all_given};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::{self, SignedIn};
use crate::state::{self, State};

/// The signed-in user and the user's channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// Who.
    user: UserView,
    /// The user's own channel.
    channel: ChannelView,
}

/// Who am I
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts", operation_id = "me",
    security(("cookie" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The signed-in user", body = Me),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
) -> Result<axum::Json<Me>, ApiError> {
    let channel = state.deps.channels.of(&user).await?;
    let stream = state.deps.browse.of_channel(channel.clone(), state::wall(), state::now()).await?;
    Ok(axum::Json(Me { user: user.into(), channel: ChannelView::new(channel, stream) }))
}

/// The password once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Leave)]
pub(crate) struct LeaveForm {
    /// Password.
    #[serde(default)]
    #[schema(required, format = Password)]
    password: String,
}

impl fmt::Debug for LeaveForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeaveForm").finish_non_exhaustive()
    }
}

/// Delete my account
///
/// For good: sessions, tokens, stream keys, the channel with its emotes, what was said in logged chats. A live stream ends.
/// Nobody else ever gets the name.
#[utoipa::path(delete, path = "/api/v1/me", tag = "accounts", operation_id = "deleteMe",
    security(("cookie" = []), ("bearer" = [])),
    request_body = LeaveForm,
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "`not_signed_in`; `bad_credentials`: the password is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`, with `Retry-After`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    peer: Peer,
    Json(form): Json<LeaveForm>,
) -> Result<Response, ApiError> {
    all_given(&[("password", &form.password)])?;
    state.deps.leaving.leave(&user, &form.password, peer.address, state::wall()).await?;
    // The account is gone already: what only chat still holds (rooms in use, lines on their way to the log) goes after it.
    if let Some(chat) = &state.deps.chat
        && let Err(error) = chat.forget(&user).await
    {
        tracing::error!(%error, user = %user.id, "chat has not forgotten all of an account that left");
    }
    // Whoever is in the channel's room sees its emotes go.
    state.deps.emotes.tell(user.id.into()).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, session::clear_cookie(peer))]).into_response())
}
