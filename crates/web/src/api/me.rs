//! Who is signed in, and leaving for good.

use std::fmt;

use axum::extract;
use axum::response::{IntoResponse, Response};
use domain::users::User;
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
    let shared = state.clone();
    state.to_its_end(async move { leave(&shared, &user, &form.password, peer).await }).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, session::clear_cookie(peer))]).into_response())
}

/// Ends the account, and then what else belongs to it. The account is gone then and can't ask again, so what fails is told to who runs
/// the site.
async fn leave(state: &State, user: &User, password: &str, peer: Peer) -> Result<(), ApiError> {
    let deps = &state.deps;
    deps.leaving.leave(user, password, peer.address, state::wall()).await?;
    let failed = |what, error: &dyn std::fmt::Display| tracing::error!(%error, user = %user.id, what);
    // Rooms in use, and lines on their way to the log.
    if let Some(chat) = &deps.chat
        && let Err(error) = chat.forget(user).await
    {
        failed("chat has not forgotten all of an account that left", &error);
    }
    if let Err(error) = deps.leaving.end_stream(user.id.into(), state::wall()).await {
        failed("the stream of an account that left was not ended", &error);
    }
    // Whoever is in the channel's room sees its emotes go.
    if let Err(error) = deps.emotes.tell(user.id.into()).await {
        failed("viewers were not told that the emotes of an account that left are gone", &error);
    }
    Ok(())
}
