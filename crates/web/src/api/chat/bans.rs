//! Bans and timeouts.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, Question};
use domain::ids::{ChannelId, UserId};
use domain::names::Name;
use domain::rooms::Ban;
use domain::time::WallTime;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::fields::naming;
use super::users::{Whom, user, user_in_data};
use super::views::{BanView, Data, Listed};
use super::{ask, listed, question};
use crate::errors::ApiError;
use crate::extract::{Json, Path, Query};
use crate::limits::{FIRST_DEFAULT, FIRST_MAX};
use crate::page::PageSize;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BansPage {
    /// How many, 1–1,000; 100 unless told.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 100)]
    first: Option<PageSize<FIRST_MAX>>,
    /// The `cursor` of the page before.
    after: Option<String>,
}

/// Whom to keep from writing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChatBan {
    /// The ban.
    data: NewBan,
}

/// A ban, or with a duration a timeout.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBan {
    /// Number of the user; or else `user_login`.
    #[schema(value_type = Option<String>)]
    user_id: Option<UserId>,
    /// Login of the user.
    #[schema(value_type = Option<String>)]
    user_login: Option<Name>,
    /// For how many seconds, 1–1,209,600; `null` is for good.
    #[serde(default)]
    duration: Option<u32>,
    /// Why; at most 500 characters.
    #[serde(default)]
    reason: String,
}

/// A ban as it was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatBanMade)]
pub(crate) struct BanMade {
    /// The channel.
    #[schema(value_type = String)]
    broadcaster_id: ChannelId,
    /// Who did it.
    #[schema(value_type = String)]
    moderator_id: UserId,
    /// Who may not write.
    #[schema(value_type = String)]
    user_id: UserId,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: WallTime,
    /// Until when; `null` is for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    end_time: Option<WallTime>,
}

impl From<(ChannelId, Ban)> for BanMade {
    fn from((broadcaster_id, Ban { who, until, reason: _, by, at }): (ChannelId, Ban)) -> Self {
        Self { broadcaster_id, moderator_id: by.id, user_id: who.id, created_at: at, end_time: until }
    }
}

/// List bans and timeouts
///
/// Newest first. For moderators.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/bans", tag = "chat", operation_id = "listChatBans",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), BansPage),
    responses(
        (status = 200, description = "Who may not write now", body = Listed<BanView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`: `after` is no cursor of this list", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(BansPage { first, after }): Query<BansPage>,
) -> Result<Answer<Listed<BanView>>, ApiError> {
    let after = after.as_deref().map(position).transpose()?;
    let (_, mut bans) = question(&state, &name, &user, peer, Question::Bans, bans_in).await?;
    // They come newest first, and by login where two are of the same moment, backwards too.
    bans.retain(|ban| after.as_ref().is_none_or(|(at, login)| (ban.at, &ban.who.login) < (*at, login)));
    let first = first.map_or(FIRST_DEFAULT, PageSize::get);
    let more = bans.len() > first;
    bans.truncate(first);
    let last = bans.last().filter(|_| more);
    let cursor = last.map(|ban| format!("{}.{}", ban.at.unix_ms(), ban.who.login));
    Ok(Listed::page(bans, cursor, None))
}

fn bans_in(list: List) -> Option<Vec<Ban>> {
    if let List::Bans(bans) = list { Some(bans) } else { None }
}

/// The ban that a cursor names: when it was made, and whom it concerns.
fn position(cursor: &str) -> Result<(WallTime, Name), ApiError> {
    let parts = cursor.split_once('.').and_then(|(at, login)| Some((at.parse().ok()?, login.parse().ok()?)));
    let fault = || directory::FieldFault::new("after", "shape", "that is no cursor of this list");
    let (at, login) = parts.ok_or_else(|| ApiError::Invalid(vec![fault()]))?;
    Ok((WallTime::from_unix_ms(at), login))
}

/// Ban or time out
///
/// Deletes the user's messages too.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/bans", tag = "chat", operation_id = "banFromChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewChatBan,
    responses(
        (status = 200, description = "Done", body = Data<BanMade>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`already_banned`, `bad_ban_self`, `bad_ban_mod`, …", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`bad_timeout_duration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ban(
    extract::State(state): extract::State<State>,
    InChat(moderator, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewChatBan { data }): Json<NewChatBan>,
) -> Result<Answer<Data<BanMade>>, ApiError> {
    let NewBan { user_id, user_login, duration, reason } = data;
    let login = user_in_data(&state, Whom { user_id, user_login }).await?.login;
    let command = match duration {
        Some(seconds) => Command::Timeout { login, seconds, reason },
        None => Command::Ban { login, reason },
    };
    let made = listed(&state, &name, &moderator, peer, command, bans_in).await;
    let (channel, bans) = made.map_err(naming(&[("bad_timeout_duration", "data.duration", "range")]))?;
    Ok(Data::of(bans.into_iter().map(|ban| (channel, ban)).collect()))
}

/// Lift a ban or timeout
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/bans", tag = "chat", operation_id = "unbanFromChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), Whom),
    responses(
        (status = 204, description = "Lifted"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unban_no_ban`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn unban(
    extract::State(state): extract::State<State>,
    InChat(moderator, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(whom): Query<Whom>,
) -> Result<StatusCode, ApiError> {
    let login = user(&state, whom).await?.login;
    ask(&state, &name, &moderator, peer, Command::Unban(login)).await?;
    Ok(StatusCode::NO_CONTENT)
}
