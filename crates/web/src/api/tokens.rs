//! Tokens for programs: the whole of an account's rights, or chat alone. The secret is in one answer, once.

use std::sync::Arc;

use axum::extract;
use axum::response::{IntoResponse, Response};
use domain::ids::TokenId;
use domain::time::WallTime;
use domain::users::{ApiToken, Scope};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::{self, State};

/// What a token opens.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TokenScope {
    /// Everything that its user may do.
    Full,
    /// Chat, and nothing else: what a bot should have.
    #[default]
    Chat,
}

impl From<Scope> for TokenScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Full => Self::Full,
            Scope::Chat => Self::Chat,
        }
    }
}
impl From<TokenScope> for Scope {
    fn from(scope: TokenScope) -> Self {
        match scope {
            TokenScope::Full => Self::Full,
            TokenScope::Chat => Self::Chat,
        }
    }
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenView {
    /// Number.
    #[schema(value_type = String)]
    id: TokenId,
    /// What its owner calls it.
    label: String,
    /// What it opens.
    scope: TokenScope,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        let ApiToken { id, label, scope, created_at, user: _ } = token;
        Self { id, label, scope: scope.into(), created_at }
    }
}

/// The tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// Oldest first.
    tokens: Vec<TokenView>,
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What to call it; at most 60 characters, may be empty.
    #[serde(default)]
    #[schema(example = "my bot")]
    label: String,
    /// What it is to open.
    #[serde(default)]
    scope: TokenScope,
}

/// A new token with its secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedToken {
    /// Number.
    #[schema(value_type = String)]
    id: TokenId,
    /// What its owner calls it.
    label: String,
    /// What it opens.
    scope: TokenScope,
    /// The secret: `PASS oauth:…` in IRC, `Authorization: Bearer …` in HTTP. Not shown again.
    token: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
}

/// List tokens
#[utoipa::path(get, path = "/api/v1/me/tokens", tag = "accounts", operation_id = "listTokens",
    security(("cookie" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The signed-in user's tokens; sign-ins are not among them", body = Tokens),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
) -> Result<axum::Json<Tokens>, ApiError> {
    let tokens = state.deps.accounts.tokens(user.id).await?;
    Ok(axum::Json(Tokens { tokens: tokens.into_iter().map(TokenView::from).collect() }))
}

/// Make a token
///
/// For a program: it has no end and is revoked here. One of scope `chat` is refused everywhere but in chat.
#[utoipa::path(post, path = "/api/v1/me/tokens", tag = "accounts", operation_id = "createToken",
    security(("cookie" = []), ("bearer" = [])),
    request_body = NewToken,
    responses(
        (status = 201, description = "Made; `token` is shown this once", body = CreatedToken),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_tokens`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Json(new): Json<NewToken>,
) -> Result<Response, ApiError> {
    let made = state.deps.accounts.create_token(user.id, &new.label, new.scope.into(), state::wall()).await;
    let (ApiToken { id, label, scope, created_at, user: _ }, secret) = made?;
    let token = secret.expose().to_owned();
    let created = CreatedToken { id, label, scope: scope.into(), token, created_at };
    Ok((StatusCode::CREATED, axum::Json(created)).into_response())
}

/// Revoke a token
#[utoipa::path(delete, path = "/api/v1/me/tokens/{id}", tag = "accounts", operation_id = "revokeToken",
    security(("cookie" = []), ("bearer" = [])),
    params(("id" = String, Path, description = "Number of the token")),
    responses(
        (status = 204, description = "Revoked"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, ApiError> {
    let desk = Arc::clone(&state.deps.accounts);
    // What is open by it ends after it is forgotten.
    let revoking = async move { Ok(desk.revoke_token(user.id, id).await?) };
    let revoked = state.to_its_end(revoking).await?;
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}
