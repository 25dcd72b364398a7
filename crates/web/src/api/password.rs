//! Another password.

use std::fmt;
use std::sync::Arc;

use axum::extract;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::errors::ApiError;
use crate::extract::{Json, all_given};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::{self, SignedIn};
use crate::state::{self, State};

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub(crate) struct ChangeForm {
    /// The password so far.
    #[serde(default)]
    #[schema(required, format = Password)]
    password: String,
    /// The new one: at least 8 characters, at most 256 bytes, not the name nor the address.
    #[serde(default)]
    #[schema(required, format = Password)]
    new_password: String,
}

impl fmt::Debug for ChangeForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeForm").finish_non_exhaustive()
    }
}

/// Change my password
///
/// Other sessions end, and who is signed in by them is signed out; tokens for programs stay.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "accounts", operation_id = "changePassword",
    security(("cookie" = []), ("bearer" = [])),
    request_body = ChangeForm,
    responses(
        (status = 204, description = "Changed"),
        (status = 401, description = "`not_signed_in`; `bad_credentials`: the password so far is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`, with `Retry-After`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn put(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    headers: HeaderMap,
    peer: Peer,
    Json(form): Json<ChangeForm>,
) -> Result<StatusCode, ApiError> {
    all_given(&[("password", &form.password), ("new_password", &form.new_password)])?;
    let token = session::presented(&headers).ok_or(ApiError::NotSignedIn)?;
    let desk = Arc::clone(&state.deps.accounts);
    // Whoever knows the old one may be signed in, and is signed out after the new one is kept.
    let changing = async move {
        let passwords = (&*form.password, &*form.new_password);
        Ok(desk.change_password(&user, passwords, &token, peer.address, state::wall()).await?)
    };
    state.to_its_end(changing).await?;
    Ok(StatusCode::NO_CONTENT)
}
