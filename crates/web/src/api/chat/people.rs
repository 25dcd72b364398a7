//! Who is here, who runs the room, and what is known of somebody.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, Question};
use domain::names::Name;
use domain::rooms::RoomRole;
use domain::users::User;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::users::{Whom, user};
use super::views::{AnyCardView, Listed, UserView};
use super::{ask, chat_of, question};
use crate::api::channels::channel_named;
use crate::errors::ApiError;
use crate::extract::{Path, Query};
use crate::limits::{FIRST_DEFAULT, FIRST_MAX};
use crate::page::PageSize;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::{InChat, if_any};
use crate::state::State;

type People = Result<Answer<Listed<UserView>>, ApiError>;

async fn people(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    (which, page): (Question, PeoplePage),
) -> People {
    let pick = |list| if let List::People(people) = list { Some(people) } else { None };
    let (_, people) = question(state, name, user, peer, which, pick).await?;
    Ok(Listed::cut(people, (page.first, page.after), |person| person.login.clone()))
}

async fn role(
    state: &State,
    name: &str,
    (by, whom): (&User, Whom),
    peer: Peer,
    role: RoomRole,
    give: bool,
) -> Result<StatusCode, ApiError> {
    let login = user(state, whom).await?.login;
    ask(state, name, by, peer, Command::Role { login, role, give }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeoplePage {
    /// How many, 1–1,000; 100 unless told.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 100)]
    first: Option<PageSize<FIRST_MAX>>,
    /// The `cursor` of the page before: a login.
    #[param(value_type = Option<String>)]
    after: Option<Name>,
}

/// List who is in the room
///
/// By login. For moderators.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/chatters", tag = "chat", operation_id = "listChatters",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), PeoplePage),
    responses(
        (status = 200, description = "Signed-in people in the room, and how many there are", body = Listed<UserView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn chatters(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(PeoplePage { first, after }): Query<PeoplePage>,
) -> People {
    let first = first.map_or(FIRST_DEFAULT, PageSize::get);
    // One more tells whether another page follows.
    let which = Question::Chatters { after, first: u16::try_from(first + 1).unwrap_or(u16::MAX) };
    let pick = |list| if let List::Chatters(people, all) = list { Some((people, all)) } else { None };
    let (_, (mut people, all)) = question(&state, &name, &user, peer, which, pick).await?;
    let more = people.len() > first;
    people.truncate(first);
    let cursor = people.last().filter(|_| more).map(|person| person.login.to_string());
    Ok(Listed::page(people, cursor, Some(all)))
}

/// Look at somebody
///
/// For everybody: the account and its badges here. For moderators also: recent messages, ban, warning, watch, and what was done
/// about them before.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/users/{login}", tag = "chat", operation_id = "getUserCard",
    security((), ("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), ("login" = String, Path, description = "Login of the user")),
    responses(
        (status = 200, description = "What the asker may know", body = AnyCardView),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`invalid_user`: there is no such account", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn card(
    extract::State(state): extract::State<State>,
    asker: Result<InChat, ApiError>,
    peer: Peer,
    Path((name, login)): Path<(String, Name)>,
) -> Result<Answer<AnyCardView>, ApiError> {
    let user = if_any(asker)?;
    let channel = channel_named(&state, &name).await?;
    let shown = chat_of(&state)?.card(&channel, user.as_ref(), peer.address, login).await?;
    Ok(Answer(shown.into()))
}

/// List moderators
///
/// By login.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/moderators", tag = "chat", operation_id = "listModerators",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), PeoplePage),
    responses(
        (status = 200, description = "Moderators", body = Listed<UserView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn moderators(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(page): Query<PeoplePage>,
) -> People {
    people(&state, &name, &user, peer, (Question::Moderators, page)).await
}

/// Make somebody a moderator
///
/// The broadcaster may.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/moderators", tag = "chat", operation_id = "addModerator",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), Whom),
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_mod_mod`, `bad_mod_banned`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn add_moderator(
    extract::State(state): extract::State<State>,
    InChat(by, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(whom): Query<Whom>,
) -> Result<StatusCode, ApiError> {
    role(&state, &name, (&by, whom), peer, RoomRole::Moderator, true).await
}

/// Make somebody no moderator
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/moderators", tag = "chat", operation_id = "removeModerator",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), Whom),
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unmod_mod`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove_moderator(
    extract::State(state): extract::State<State>,
    InChat(by, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(whom): Query<Whom>,
) -> Result<StatusCode, ApiError> {
    role(&state, &name, (&by, whom), peer, RoomRole::Moderator, false).await
}

/// List VIPs
///
/// By login.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/vips", tag = "chat", operation_id = "listVips",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), PeoplePage),
    responses(
        (status = 200, description = "VIPs", body = Listed<UserView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn vips(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(page): Query<PeoplePage>,
) -> People {
    people(&state, &name, &user, peer, (Question::Vips, page)).await
}

/// Make somebody a VIP
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/vips", tag = "chat", operation_id = "addVip",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), Whom),
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_vip_grantee_already_vip`, `bad_vip_grantee_banned`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn add_vip(
    extract::State(state): extract::State<State>,
    InChat(by, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(whom): Query<Whom>,
) -> Result<StatusCode, ApiError> {
    role(&state, &name, (&by, whom), peer, RoomRole::Vip, true).await
}

/// Make somebody no VIP
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/vips", tag = "chat", operation_id = "removeVip",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), Whom),
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_unvip_grantee_not_vip`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove_vip(
    extract::State(state): extract::State<State>,
    InChat(by, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Query(whom): Query<Whom>,
) -> Result<StatusCode, ApiError> {
    role(&state, &name, (&by, whom), peer, RoomRole::Vip, false).await
}
