//! Who is signed in.

use axum::{Json, extract};
use serde::Serialize;
use utoipa::ToSchema;

use super::views::{ChannelView, UserView};
use crate::errors::ApiError;
use crate::problem::Problem;
use crate::session::SignedIn;
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
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
) -> Result<Json<Me>, ApiError> {
    let channel = state.deps.channels.of(&user).await?;
    let stream = state.deps.browse.of_channel(channel.clone(), state::wall(), state::now()).await?;
    Ok(Json(Me { user: user.into(), channel: ChannelView::new(channel, stream) }))
}
