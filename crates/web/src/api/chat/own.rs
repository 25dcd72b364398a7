//! What people do about their own person: whisper, block, choose a name colour. No room is asked.

use axum::{Json as Answer, extract};
use chat::command::{List, Own};
use chat::rules::colours;
use domain::ids::UserId;
use domain::names::Name;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::chat_of;
use super::views::{Data, UserView};
use crate::errors::ApiError;
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// From whom to whom, by number, as on Twitch.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ends {
    /// Whoever asks; may be left out.
    #[param(value_type = Option<String>)]
    from_user_id: Option<UserId>,
    /// To whom.
    #[param(value_type = String)]
    to_user_id: UserId,
}

/// What to whisper.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWhisper {
    /// At most 500 characters, 10,000 to somebody who whispered before; what is longer is cut.
    message: String,
}

/// A colour.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewColor {
    /// `#rrggbb`, or a name: `blue`, `blue_violet`, `cadet_blue`, `chocolate`, `coral`, `dodger_blue`, `firebrick`, `golden_rod`,
    /// `green`, `hot_pink`, `orange_red`, `red`, `sea_green`, `spring_green`, `yellow_green`.
    #[schema(example = "#1e90ff")]
    color: String,
}

/// Whisper to somebody
///
/// They have it at once if they are connected to chat; it is kept nowhere. At most 3 a second, 100 a minute, and 40 new people a
/// day.
#[utoipa::path(post, path = "/api/v1/whispers", tag = "chat", operation_id = "whisper",
    security(("cookie" = []), ("bearer" = [])),
    params(Ends),
    request_body = NewWhisper,
    responses(
        (status = 204, description = "Whispered"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`whisper_restricted`: you block them; `whisper_restricted_recipient`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`whisper_invalid_login`, `whisper_invalid_self`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: `from_user_id` is somebody else", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`whisper_limit_per_sec`, `whisper_limit_per_min`; `whisper_restricted`: too many new people", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn whisper(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Query(Ends { from_user_id, to_user_id }): Query<Ends>,
    Json(NewWhisper { message }): Json<NewWhisper>,
) -> Result<StatusCode, ApiError> {
    if from_user_id.is_some_and(|from| from != user.id) {
        let fault = directory::FieldFault::new("from_user_id", "not_you", "one whispers as oneself");
        return Err(ApiError::Invalid(vec![fault]));
    }
    chat_of(&state)?.whisper(&user, to_user_id, message).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List whom I block
#[utoipa::path(get, path = "/api/v1/me/blocks", tag = "chat", operation_id = "listBlocks",
    security(("cookie" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "By login", body = Data<UserView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`msg_ratelimit`: more than three a second, or 100 a minute", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn blocks(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
) -> Result<Answer<Data<UserView>>, ApiError> {
    match chat_of(&state)?.own(&user, Own::Blocks).await?.list {
        Some(List::People(people)) => Ok(Data::of(people)),
        _ => Err(ApiError::NotReady("the list can't be read just now; try again in a moment")),
    }
}

/// Block somebody
///
/// They can no longer whisper to me, and clients hide what they say. At most 1,000.
#[utoipa::path(put, path = "/api/v1/me/blocks/{login}", tag = "chat", operation_id = "block",
    security(("cookie" = []), ("bearer" = [])),
    params(("login" = String, Path, description = "Login of the user")),
    responses(
        (status = 204, description = "Blocked, maybe before"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: nobody can be called that", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`invalid_user`, `bad_block_self`, `bad_block_full`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`msg_ratelimit`: more than three a second, or 100 a minute", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn block(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Path(login): Path<Name>,
) -> Result<StatusCode, ApiError> {
    chat_of(&state)?.own(&user, Own::Block(login)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Block somebody no longer
#[utoipa::path(delete, path = "/api/v1/me/blocks/{login}", tag = "chat", operation_id = "unblock",
    security(("cookie" = []), ("bearer" = [])),
    params(("login" = String, Path, description = "Login of the user")),
    responses(
        (status = 204, description = "Not blocked any more"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: nobody can be called that", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unblock`: not blocked", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`msg_ratelimit`: more than three a second, or 100 a minute", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn unblock(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Path(login): Path<Name>,
) -> Result<StatusCode, ApiError> {
    chat_of(&state)?.own(&user, Own::Unblock(login)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Choose one's own name colour
#[utoipa::path(put, path = "/api/v1/me/color", tag = "chat", operation_id = "setColor",
    security(("cookie" = []), ("bearer" = [])),
    request_body = NewColor,
    responses(
        (status = 204, description = "Chosen"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: neither `#rrggbb` nor a name", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`msg_ratelimit`: more than three a second, or 100 a minute", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn color(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Json(NewColor { color }): Json<NewColor>,
) -> Result<StatusCode, ApiError> {
    let words = "a colour is # and six hexadecimal digits, or one of the names";
    let fault = || directory::FieldFault::new("color", "shape", words);
    let rgb = colours::parse(&color).ok_or_else(|| ApiError::Invalid(vec![fault()]))?;
    chat_of(&state)?.own(&user, Own::Colour(rgb)).await?;
    Ok(StatusCode::NO_CONTENT)
}
