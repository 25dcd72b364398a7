//! Signing in and out.

use std::fmt;
use std::sync::Arc;

use axum::extract;
use axum::response::{IntoResponse, Response};
use domain::users::Scope;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::accounts::{self, SignedInView};
use crate::errors::ApiError;
use crate::extract::{Json, all_given};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session;
use crate::state::{self, State};

/// Somebody who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub(crate) struct SignInForm {
    /// Name or e-mail address.
    #[serde(default)]
    #[schema(required, example = "maya")]
    name: String,
    /// Password.
    #[serde(default)]
    #[schema(required, format = Password)]
    password: String,
}

impl fmt::Debug for SignInForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInForm").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Sign in
///
/// By cookie for browsers, by token for scripts.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "accounts", operation_id = "signIn",
    request_body = SignInForm,
    responses(
        (status = 201, description = "Signed in", body = SignedInView),
        (status = 401, description = "`bad_credentials`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`, with `Retry-After`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    extract::State(state): extract::State<State>,
    peer: Peer,
    Json(form): Json<SignInForm>,
) -> Result<Response, ApiError> {
    all_given(&[("name", &form.name), ("password", &form.password)])?;
    let desk = Arc::clone(&state.deps.accounts);
    // Beyond the most sessions that one may have, the oldest are told after the new one is kept.
    let signing_in =
        async move { Ok(desk.sign_in(&form.name, &form.password, peer.address, state::wall()).await?) };
    let signed_in = state.to_its_end(signing_in).await?;
    Ok(accounts::answer(signed_in, peer, "/api/v1/sessions/current"))
}

/// Sign out
///
/// Ends the session that this request presents. Signing out when nobody is signed in is fine.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "accounts", operation_id = "signOut",
    responses(
        (status = 204, description = "Signed out"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete_current(
    extract::State(state): extract::State<State>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(token) = session::presented(&headers) {
        // A bot's token ends where it was made.
        let found = state.deps.accounts.who(&token, state::wall()).await?;
        if found.is_some_and(|(_, session)| session.scope == Scope::Chat) {
            return Err(ApiError::Scope);
        }
        let desk = Arc::clone(&state.deps.accounts);
        // What is open by it ends after it is forgotten.
        state.to_its_end(async move { Ok(desk.sign_out(&token).await?) }).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, session::clear_cookie(peer))]).into_response())
}
