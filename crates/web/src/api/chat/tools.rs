//! What else moderators do.

use axum::{Json as Answer, extract};
use chat::command::{Command, Sweep};
use chat::rules::text;
use domain::ids::{ChannelId, MessageId, UserId};
use domain::names::Name;
use domain::rooms::Person;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ask;
use super::fields::naming;
use super::users::{Whom, user, user_in_data, user_of};
use super::views::{Data, SuspicionView};
use crate::errors::ApiError;
use crate::extract::{Json, Path, Query, all_given};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// Whom to warn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChatWarning {
    /// The warning.
    data: NewWarning,
}

/// A warning.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWarning {
    /// Number of the user; or else `user_login`.
    #[schema(value_type = Option<String>)]
    user_id: Option<UserId>,
    /// Login of the user.
    #[schema(value_type = Option<String>)]
    user_login: Option<Name>,
    /// Why; 1–500 characters.
    reason: String,
}

/// A warning as it was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatWarningMade)]
pub(crate) struct WarningMade {
    /// The channel.
    #[schema(value_type = String)]
    broadcaster_id: ChannelId,
    /// Who is warned.
    #[schema(value_type = String)]
    user_id: UserId,
    /// Who warns.
    #[schema(value_type = String)]
    moderator_id: UserId,
    /// Why.
    reason: String,
}

/// What to announce.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnnouncement {
    /// 1–500 characters; more are cut.
    message: String,
    /// `primary`, `blue`, `green`, `orange` or `purple`.
    #[serde(default = "primary")]
    color: String,
}

fn primary() -> String {
    "primary".to_owned()
}

/// Whom to recommend: one of the two.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhomToRecommend {
    /// Number of the user; or else `to_broadcaster_login`.
    #[param(value_type = Option<String>)]
    to_broadcaster_id: Option<UserId>,
    /// Login of the user.
    #[param(value_type = Option<String>)]
    to_broadcaster_login: Option<Name>,
}

/// What to pin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPin {
    /// Number of a recent message.
    #[schema(value_type = String)]
    message_id: MessageId,
    /// For how long, 30–1,800; `null` until it is unpinned.
    #[serde(default)]
    seconds: Option<u32>,
}

/// Whom to watch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSuspect {
    /// Number of the user; or else `user_login`.
    #[schema(value_type = Option<String>)]
    user_id: Option<UserId>,
    /// Login of the user.
    #[schema(value_type = Option<String>)]
    user_login: Option<Name>,
    /// How; `null` no longer.
    how: Option<SuspicionView>,
}

/// Whose messages to remove. All given conditions must hold; at least one must be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChatSweep)]
pub(crate) struct SweepForm {
    /// Login matches; `*` at either end stands for any rest.
    #[serde(default)]
    login: Option<String>,
    /// A recent message contains this; accents, look-alikes and digits for letters are seen through.
    #[serde(default)]
    text: Option<String>,
    /// The account is younger than so many minutes.
    #[serde(default)]
    younger_than_min: Option<u32>,
    /// Also time out for so many seconds; 0 bans.
    #[serde(default)]
    timeout_s: Option<u32>,
}

/// Warn somebody
///
/// They must acknowledge it before they write again.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/warnings", tag = "chat", operation_id = "warnInChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewChatWarning,
    responses(
        (status = 200, description = "Warned", body = Data<WarningMade>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`invalid_user`, `bad_warn_mod` and its kin", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`usage_warn`: no reason", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn warn(
    extract::State(state): extract::State<State>,
    InChat(by, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewChatWarning { data }): Json<NewChatWarning>,
) -> Result<Answer<Data<WarningMade>>, ApiError> {
    let NewWarning { user_id, user_login, reason } = data;
    let Person { id: user_id, login } = user_in_data(&state, Whom { user_id, user_login }).await?;
    // As the room keeps it and shows it.
    let reason = text::reason(&reason).into_owned();
    let command = Command::Warn { login, reason: reason.clone() };
    let asked = ask(&state, &name, &by, peer, command).await;
    let (broadcaster_id, _) = asked.map_err(naming(&[("usage_warn", "data.reason", "required")]))?;
    let made = WarningMade { broadcaster_id, user_id, moderator_id: by.id, reason };
    Ok(Data::of(vec![made]))
}

/// Acknowledge one's own warning
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/warnings/acknowledge", tag = "chat", operation_id = "acknowledgeWarning",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 204, description = "Acknowledged, or there was none"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn acknowledge(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::Acknowledge).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Announce something
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/announcements", tag = "chat", operation_id = "announceInChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewAnnouncement,
    responses(
        (status = 204, description = "Announced"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`: nothing of `message` can be seen; `usage_announce`: `color` is none of the five", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn announce(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewAnnouncement { message, color }): Json<NewAnnouncement>,
) -> Result<StatusCode, ApiError> {
    all_given(&[("message", &text::clean(&message).unwrap_or_default())])?;
    let colour = color.to_ascii_uppercase().into();
    let asked = ask(&state, &name, &user, peer, Command::Announce { text: message, colour }).await;
    asked.map_err(naming(&[("usage_announce", "color", "shape")]))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pin a message
#[utoipa::path(put, path = "/api/v1/channels/{name}/chat/pin", tag = "chat", operation_id = "pinChatMessage",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewPin,
    responses(
        (status = 204, description = "Pinned"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_pin_message`: too old, or deleted", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bad_pin_duration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn pin(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewPin { message_id, seconds }): Json<NewPin>,
) -> Result<StatusCode, ApiError> {
    let asked = ask(&state, &name, &user, peer, Command::Pin { message: message_id, seconds }).await;
    asked.map_err(naming(&[("bad_pin_duration", "seconds", "range")]))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unpin
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/pin", tag = "chat", operation_id = "unpinChatMessage",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 204, description = "Nothing is pinned now"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unpin`: no message is pinned", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn unpin(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::Unpin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Watch somebody
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/suspects", tag = "chat", operation_id = "watchInChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewSuspect,
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`invalid_user`, and who can't be watched", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn suspect(
    extract::State(state): extract::State<State>,
    InChat(by, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewSuspect { user_id, user_login, how }): Json<NewSuspect>,
) -> Result<StatusCode, ApiError> {
    let login = user(&state, Whom { user_id, user_login }).await?.login;
    ask(&state, &name, &by, peer, Command::Suspect { login, how: how.map(Into::into) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove all recent messages of many accounts
///
/// What stops a raid of bots. Moderators, VIPs, subscribers and known bots are left alone.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/sweep", tag = "chat", operation_id = "sweepChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = SweepForm,
    responses(
        (status = 204, description = "Removed everywhere"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`usage_sweep`: no condition is given; `bad_timeout_duration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn sweep(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(SweepForm { login, text, younger_than_min, timeout_s }): Json<SweepForm>,
) -> Result<StatusCode, ApiError> {
    let sweep = Sweep { login, text, younger_than_min, timeout_s };
    let fields = [("usage_sweep", "login", "required"), ("bad_timeout_duration", "timeout_s", "range")];
    ask(&state, &name, &user, peer, Command::Sweep(sweep)).await.map_err(naming(&fields))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Recommend somebody's channel
///
/// Once in two minutes, and the same channel once an hour.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/shoutouts", tag = "chat", operation_id = "shoutout",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), WhomToRecommend),
    responses(
        (status = 204, description = "Everybody in the room is told"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_shoutout_self`, `invalid_user`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`bad_shoutout_limit`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn shoutout(
    extract::State(state): extract::State<State>,
    InChat(by, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(WhomToRecommend { to_broadcaster_id, to_broadcaster_login }): Query<WhomToRecommend>,
) -> Result<StatusCode, ApiError> {
    let whom = Whom { user_id: to_broadcaster_id, user_login: to_broadcaster_login };
    let names = ("to_broadcaster_id", "to_broadcaster_login");
    let login = user_of(&state, whom, names).await?.login;
    ask(&state, &name, &by, peer, Command::Shoutout(login)).await?;
    Ok(StatusCode::NO_CONTENT)
}
