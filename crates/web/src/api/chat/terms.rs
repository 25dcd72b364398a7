//! Blocked and permitted terms.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, Question};
use domain::ids::TermId;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{Data, TermKindView, TermView};
use super::{ask, question};
use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// A term to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChatTerm {
    /// What it does.
    kind: TermKindView,
    /// 2–500 characters.
    text: String,
    /// May be shown to those whose message it refused.
    #[serde(default)]
    public: bool,
}

/// List terms
///
/// For moderators.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/terms", tag = "chat", operation_id = "listChatTerms",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Terms", body = Data<TermView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<Answer<Data<TermView>>, ApiError> {
    let pick = |list| if let List::Terms(terms) = list { Some(terms) } else { None };
    Ok(Data::of(question(&state, &name, &user, peer, Question::Terms, pick).await?))
}

/// Add a term
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/terms", tag = "chat", operation_id = "addChatTerm",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewChatTerm,
    responses(
        (status = 204, description = "It holds from now on"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The term can't be used; `detail` says why", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn add(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewChatTerm { kind, text, public }): Json<NewChatTerm>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::AddTerm { kind: kind.into(), text, public }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a term
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/terms/{id}", tag = "chat", operation_id = "removeChatTerm",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), ("id" = String, Path, description = "Number of the term")),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path((name, id)): Path<(String, TermId)>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::RemoveTerm(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
