//! Messages that wait for a moderator.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, Question};
use domain::ids::MessageId;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{Data, HeldView};
use super::{ask, question};
use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// What becomes of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeldDecision {
    /// Let it pass.
    allow: bool,
}

/// List held messages
///
/// For moderators.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/held", tag = "chat", operation_id = "listHeldMessages",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Oldest first", body = Data<HeldView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<Answer<Data<HeldView>>, ApiError> {
    let pick = |list| if let List::Held(held) = list { Some(held) } else { None };
    Ok(Data::of(question(&state, &name, &user, peer, Question::Held, pick).await?))
}

/// Allow or deny a held message
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/held/{id}", tag = "chat", operation_id = "decideHeldMessage",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), ("id" = String, Path, description = "Number of the message")),
    request_body = HeldDecision,
    responses(
        (status = 204, description = "Decided"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody was faster, or it expired", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn decide(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path((name, message)): Path<(String, MessageId)>,
    Json(HeldDecision { allow }): Json<HeldDecision>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::Decide { message, allow }).await?;
    Ok(StatusCode::NO_CONTENT)
}
