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

/// What becomes of which message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeldDecision {
    /// Number of the message.
    #[schema(value_type = String)]
    msg_id: MessageId,
    /// Let it pass or not.
    action: HeldAction,
}

/// Let it pass or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum HeldAction {
    /// It is said now.
    Allow,
    /// It is not.
    Deny,
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
    Ok(Data::of(question(&state, &name, &user, peer, Question::Held, pick).await?.1))
}

/// Allow or deny a held message
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/held", tag = "chat", operation_id = "decideHeldMessage",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
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
    Path(name): Path<String>,
    Json(HeldDecision { msg_id, action }): Json<HeldDecision>,
) -> Result<StatusCode, ApiError> {
    let allow = matches!(action, HeldAction::Allow);
    ask(&state, &name, &user, peer, Command::Decide { message: msg_id, allow }).await?;
    Ok(StatusCode::NO_CONTENT)
}
