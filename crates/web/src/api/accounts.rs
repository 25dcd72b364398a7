//! Signing up.

use std::fmt;
use std::sync::Arc;

use axum::extract;
use axum::response::{IntoResponse, Response};
use directory::{SignUp, SignedIn};
use domain::secrets::Secret;
use domain::time::WallTime;
use http::StatusCode;
use http::header::{LOCATION, SET_COOKIE};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::views::UserView;
use crate::errors::ApiError;
use crate::extract::Json;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session;
use crate::state::{self, State};

/// Somebody who wants an account. What is left out counts as empty, so that all faults are told at once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUp)]
pub(crate) struct SignUpForm {
    /// 3–25 of a–z, 0–9 and `_`; the channel has the same name.
    #[serde(default)]
    #[schema(required, example = "maya")]
    name: String,
    /// E-mail address.
    #[serde(default)]
    #[schema(required, format = Email)]
    email: String,
    /// At least 8 characters.
    #[serde(default)]
    #[schema(required, format = Password)]
    password: String,
    /// Code of an invitation, where the site asks for one.
    #[serde(default)]
    invite: Option<String>,
}

impl fmt::Debug for SignUpForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUpForm").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Somebody who is signed in from now on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(crate) struct SignedInView {
    /// Who.
    user: UserView,
    /// What scripts present as `Authorization: Bearer`; browsers get a cookie too. Shown this once.
    token: String,
    /// When the token ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: WallTime,
}

/// Sign up
///
/// Makes an account and its channel, and signs in: by cookie for browsers, by token for scripts.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", operation_id = "signUp",
    request_body = SignUpForm,
    responses(
        (status = 201, description = "Signed up and in", body = SignedInView),
        (status = 403, description = "`signup_closed`, `invite_needed`, `bad_invite`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`name_taken`, `email_taken`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`, with `Retry-After`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    extract::State(state): extract::State<State>,
    peer: Peer,
    Json(form): Json<SignUpForm>,
) -> Result<Response, ApiError> {
    let SignUpForm { name, email, password, invite } = form;
    let form = SignUp { name, email, password, invite: invite.map(Secret::presented) };
    let desk = Arc::clone(&state.deps.accounts);
    // An invitation is used up before the account is made.
    let signing_up = async move { Ok(desk.sign_up(form, peer.address, state::wall()).await?) };
    let signed_in = state.to_its_end(signing_up).await?;
    Ok(answer(signed_in, peer, "/api/v1/me"))
}

/// 201 with the token, and the cookie that holds it.
pub(super) fn answer(signed_in: SignedIn, peer: Peer, location: &'static str) -> Response {
    let SignedIn { user, token, expires_at } = signed_in;
    let cookie = session::set_cookie(&token, expires_at, state::wall(), peer);
    let view = SignedInView { user: user.into(), token: token.expose().to_owned(), expires_at };
    (StatusCode::CREATED, [(LOCATION, location)], [(SET_COOKIE, cookie)], axum::Json(view)).into_response()
}
