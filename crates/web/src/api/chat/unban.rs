//! Requests to lift a ban.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, Question};
use domain::ids::UserId;
use domain::rooms::UnbanRequest;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::fields::naming;
use super::views::{Data, Listed, UnbanRequestView, UnbanStateView};
use super::{ask, chat_of, listed, question};
use crate::errors::ApiError;
use crate::extract::{Json, Path, Query};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only those that are so far.
    #[param(inline)]
    status: Option<UnbanStateView>,
}

/// Why to be let in again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUnbanRequest {
    /// 1–500 characters.
    text: String,
}

/// What becomes of which request.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnbanDecision {
    /// Number of the request.
    #[param(value_type = String)]
    unban_request_id: UserId,
    /// `approved` lifts the ban, `denied` does not.
    #[param(inline)]
    status: Decided,
    /// What to say to it; at most 500 characters.
    #[serde(default)]
    resolution_text: String,
}

/// Lift it or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Decided {
    /// Lift the ban.
    Approved,
    /// Leave it.
    Denied,
}

/// List requests to lift bans
///
/// All for moderators, one's own for everybody else; the last of each user, newest first.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/unban-requests", tag = "chat", operation_id = "listUnbanRequests",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), Which),
    responses(
        (status = 200, description = "Newest first", body = Listed<UnbanRequestView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(Which { status }): Query<Which>,
) -> Result<Answer<Listed<UnbanRequestView>>, ApiError> {
    let which = Question::UnbanRequests;
    let (channel, requests) = question(&state, &name, &user, peer, which, requests).await?;
    let all = requests.into_iter().map(|request| UnbanRequestView::from((channel, request)));
    let wanted: Vec<_> = all.filter(|request| status.is_none_or(|status| request.status == status)).collect();
    Ok(Listed::all(wanted))
}

/// Ask to be unbanned
///
/// Once for each ban.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/unban-requests", tag = "chat", operation_id = "requestUnban",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewUnbanRequest,
    responses(
        (status = 204, description = "The moderators see it"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unban_no_ban`, `bad_unban_request_timeout`, `already_requested`, `bad_unban_request_denied`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`usage_request`: no text", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn request(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewUnbanRequest { text }): Json<NewUnbanRequest>,
) -> Result<StatusCode, ApiError> {
    let asked = ask(&state, &name, &user, peer, Command::RequestUnban(text)).await;
    asked.map_err(naming(&[("usage_request", "text", "required")]))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take back one's own request
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/unban-requests", tag = "chat", operation_id = "cancelUnbanRequest",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 204, description = "Taken back"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unban_request`: none is pending", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn cancel(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::CancelUnbanRequest).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Decide about a request to lift a ban
#[utoipa::path(patch, path = "/api/v1/channels/{name}/chat/unban-requests", tag = "chat", operation_id = "resolveUnbanRequest",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), UnbanDecision),
    responses(
        (status = 200, description = "Decided; the user is told", body = Data<UnbanRequestView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unban_request`: none is pending", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn resolve(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(UnbanDecision { unban_request_id, status, resolution_text }): Query<UnbanDecision>,
) -> Result<Answer<Data<UnbanRequestView>>, ApiError> {
    let login = chat_of(&state)?.user(unban_request_id).await?.login;
    let approve = matches!(status, Decided::Approved);
    let command = Command::ResolveUnban { login, approve, text: resolution_text };
    let (channel, requests) = listed(&state, &name, &user, peer, command, requests).await?;
    Ok(Data::of(requests.into_iter().map(|request| (channel, request)).collect()))
}

fn requests(list: List) -> Option<Vec<UnbanRequest>> {
    if let List::UnbanRequests(requests) = list { Some(requests) } else { None }
}
