//! Blocked and permitted terms: two lists of one shape.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, Question};
use domain::ids::TermId;
use domain::rooms::{Term, TermKind};
use domain::users::User;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::fields::naming;
use super::views::{Data, Listed, TermView};
use super::{ask, listed, question};
use crate::errors::ApiError;
use crate::extract::{Json, Path, Query};
use crate::limits::FIRST_MAX;
use crate::page::PageSize;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// A term to block.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBlockedTerm {
    /// 2–500 characters; `*` at either end stands for any rest of a word.
    text: String,
    /// It is a regular expression.
    #[serde(default)]
    regex: bool,
    /// May be shown to those whose message it refused.
    #[serde(default)]
    public: bool,
}

/// A term to permit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPermittedTerm {
    /// 2–500 characters. Passes AutoMod; as a domain, passes the link filter.
    text: String,
    /// May be shown to everybody.
    #[serde(default)]
    public: bool,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TermsPage {
    /// How many, 1–1,000; 100 unless told.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 100)]
    first: Option<PageSize<FIRST_MAX>>,
    /// The `cursor` of the page before: number of a term.
    #[param(value_type = Option<String>)]
    after: Option<TermId>,
}

/// Which term.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichTerm {
    /// Number of the term.
    #[param(value_type = String)]
    id: TermId,
}

async fn terms(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    (which, page): (fn(TermKind) -> bool, TermsPage),
) -> Result<Answer<Listed<TermView>>, ApiError> {
    let (channel, terms) = question(state, name, user, peer, Question::Terms, all).await?;
    let terms = terms.into_iter().filter(|term| which(term.kind)).map(|term| (channel, term)).collect();
    Ok(Listed::cut(terms, (page.first, page.after), |(_, term)| term.id))
}

fn all(list: List) -> Option<Vec<Term>> {
    if let List::Terms(terms) = list { Some(terms) } else { None }
}

async fn add(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    (kind, text, public): (TermKind, String, bool),
) -> Result<Answer<Data<TermView>>, ApiError> {
    let command = Command::AddTerm { kind, text, public };
    let added = listed(state, name, user, peer, command, all).await;
    let (channel, terms) = added.map_err(naming(&[("bad_term", "text", "shape")]))?;
    Ok(Data::of(terms.into_iter().map(|term| (channel, term)).collect()))
}

/// Removes a term; one of the other list is left alone, and nothing is removed then.
async fn remove(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    (id, which): (TermId, fn(TermKind) -> bool),
) -> Result<StatusCode, ApiError> {
    let (_, terms) = question(state, name, user, peer, Question::Terms, all).await?;
    if terms.iter().any(|term| term.id == id && !which(term.kind)) {
        return Err(ApiError::NotFound);
    }
    let removed = ask(state, name, user, peer, Command::RemoveTerm(id)).await;
    removed.map_err(naming(&[("bad_term", "id", "unknown")]))?;
    Ok(StatusCode::NO_CONTENT)
}

/// List blocked terms
///
/// Oldest first; all for moderators, the public ones for everybody else.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/blocked-terms", tag = "chat", operation_id = "listBlockedTerms",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), TermsPage),
    responses(
        (status = 200, description = "Messages with one of them are refused", body = Listed<TermView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn blocked(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(page): Query<TermsPage>,
) -> Result<Answer<Listed<TermView>>, ApiError> {
    terms(&state, &name, &user, peer, (|kind| kind != TermKind::Permitted, page)).await
}

/// Block a term
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/blocked-terms", tag = "chat", operation_id = "addBlockedTerm",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewBlockedTerm,
    responses(
        (status = 200, description = "It holds from now on", body = Data<TermView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bad_term`; `detail` says why it can't be used", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn block(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewBlockedTerm { text, regex, public }): Json<NewBlockedTerm>,
) -> Result<Answer<Data<TermView>>, ApiError> {
    let kind = if regex { TermKind::BlockedRegex } else { TermKind::Blocked };
    add(&state, &name, &user, peer, (kind, text, public)).await
}

/// Block a term no longer
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/blocked-terms", tag = "chat", operation_id = "removeBlockedTerm",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), WhichTerm),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: it is in the other list", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bad_term`: there is no such term", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn unblock(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(WhichTerm { id }): Query<WhichTerm>,
) -> Result<StatusCode, ApiError> {
    remove(&state, &name, &user, peer, (id, |kind| kind != TermKind::Permitted)).await
}

/// List permitted terms
///
/// Oldest first; all for moderators, the public ones for everybody else.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/permitted-terms", tag = "chat", operation_id = "listPermittedTerms",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), TermsPage),
    responses(
        (status = 200, description = "They pass AutoMod and the link filter", body = Listed<TermView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn permitted(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(page): Query<TermsPage>,
) -> Result<Answer<Listed<TermView>>, ApiError> {
    terms(&state, &name, &user, peer, (|kind| kind == TermKind::Permitted, page)).await
}

/// Permit a term
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/permitted-terms", tag = "chat", operation_id = "addPermittedTerm",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewPermittedTerm,
    responses(
        (status = 200, description = "It holds from now on", body = Data<TermView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bad_term`; `detail` says why it can't be used", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn permit(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewPermittedTerm { text, public }): Json<NewPermittedTerm>,
) -> Result<Answer<Data<TermView>>, ApiError> {
    add(&state, &name, &user, peer, (TermKind::Permitted, text, public)).await
}

/// Permit a term no longer
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/permitted-terms", tag = "chat", operation_id = "removePermittedTerm",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), WhichTerm),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: it is in the other list", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bad_term`: there is no such term", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn forbid(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(WhichTerm { id }): Query<WhichTerm>,
) -> Result<StatusCode, ApiError> {
    remove(&state, &name, &user, peer, (id, |kind| kind == TermKind::Permitted)).await
}
