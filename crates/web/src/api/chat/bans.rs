//! Bans and timeouts.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, Question};
use domain::names::Name;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{BanView, Data};
use super::{ask, question};
use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// Whom to keep from writing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChatBan {
    /// Login of the user.
    #[schema(value_type = String)]
    login: Name,
    /// For how many seconds, 1–1,209,600; `null` is for good.
    #[serde(default)]
    seconds: Option<u32>,
    /// Why; at most 500 characters.
    #[serde(default)]
    reason: String,
}

/// List bans and timeouts
///
/// For moderators.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/bans", tag = "chat", operation_id = "listChatBans",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Who may not write now", body = Data<BanView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<Answer<Data<BanView>>, ApiError> {
    let pick = |list| if let List::Bans(bans) = list { Some(bans) } else { None };
    Ok(Data::of(question(&state, &name, &user, peer, Question::Bans, pick).await?))
}

/// Ban or time out
///
/// Deletes the user's messages too.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/bans", tag = "chat", operation_id = "banFromChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewChatBan,
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`already_banned`, `bad_ban_self`, `bad_ban_mod`, …", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bad_timeout_duration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ban(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewChatBan { login, seconds, reason }): Json<NewChatBan>,
) -> Result<StatusCode, ApiError> {
    let command = match seconds {
        Some(seconds) => Command::Timeout { login, seconds, reason },
        None => Command::Ban { login, reason },
    };
    ask(&state, &name, &user, peer, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lift a ban or timeout
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/bans/{login}", tag = "chat", operation_id = "unbanFromChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), ("login" = String, Path, description = "Login of the user")),
    responses(
        (status = 204, description = "Lifted"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unban_no_ban`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn unban(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path((name, login)): Path<(String, Name)>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::Unban(login)).await?;
    Ok(StatusCode::NO_CONTENT)
}
