//! Following channels: one's own follows, and who follows a channel.

use axum::extract;
use directory::limits::PAGE_MAX;
use domain::follows::Follow;
use domain::ids::UserId;
use domain::names::Name;
use domain::time::WallTime;
use domain::users::{Channel, User};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::channels::channel_named;
use super::views::ChannelRef;
use crate::errors::ApiError;
use crate::extract::{Path, Query};
use crate::page::PageSize;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::{self, State};

/// Whether and since when one follows a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Follow)]
pub(crate) struct FollowView {
    /// What is followed.
    channel: ChannelRef,
    /// Since when; `null` if it is not followed.
    #[schema(value_type = Option<String>, format = DateTime)]
    followed_at: Option<WallTime>,
}

impl From<Follow> for FollowView {
    fn from(follow: Follow) -> Self {
        let Follow { channel, name, since, .. } = follow;
        Self { channel: ChannelRef { id: channel, name }, followed_at: Some(since) }
    }
}

/// A page of what one follows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowsPage {
    /// Newest first.
    follows: Vec<FollowView>,
    /// What to ask for next as `after`; `null` on the last page.
    next: Option<String>,
}

/// A user in few words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserRef {
    /// Number, for life.
    #[schema(value_type = String)]
    id: UserId,
    /// Name.
    #[schema(value_type = String)]
    name: Name,
}

/// Somebody who follows a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Follower)]
pub(crate) struct FollowerView {
    /// Who.
    user: UserRef,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    followed_at: WallTime,
}

/// A page of a channel's followers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowersPage {
    /// How many there are in all.
    total: u64,
    /// Newest first.
    followers: Vec<FollowerView>,
    /// What to ask for next as `after`; `null` on the last page.
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FollowsQuery {
    /// Most on the page: 1–100; 20 unless told.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<PageSize<PAGE_MAX>>,
    /// `next` of the page before.
    after: Option<String>,
}

/// List what I follow
#[utoipa::path(get, path = "/api/v1/me/follows", tag = "follows", operation_id = "listFollows",
    security(("cookie" = []), ("bearer" = [])),
    params(FollowsQuery),
    responses(
        (status = 200, description = "A page", body = FollowsPage),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`: `after` is no page's `next`, `limit` is not from 1 to 100", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Query(FollowsQuery { limit, after }): Query<FollowsQuery>,
) -> Result<axum::Json<FollowsPage>, ApiError> {
    let page = state.deps.follows.followed(&user, limit.map(PageSize::get), after.as_deref()).await?;
    let follows = page.follows.into_iter().map(FollowView::from).collect();
    Ok(axum::Json(FollowsPage { follows, next: page.next }))
}

/// Do I follow this channel
#[utoipa::path(get, path = "/api/v1/me/follows/{name}", tag = "follows", operation_id = "getFollow",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Since when, or `null`", body = FollowView),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(name): Path<String>,
) -> Result<axum::Json<FollowView>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let found = state.deps.follows.find(&user, &channel).await?;
    let channel = ChannelRef { id: channel.id, name: channel.name };
    Ok(axum::Json(FollowView { channel, followed_at: found.map(|follow| follow.since) }))
}

/// Follow a channel
///
/// Following twice changes nothing. An account follows at most 2,000 channels.
#[utoipa::path(put, path = "/api/v1/me/follows/{name}", tag = "follows", operation_id = "follow",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Since when", body = FollowView),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`blocked`: by the channel's owner; `scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`own_channel`, `too_many_follows`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`, with `Retry-After`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn put(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(name): Path<String>,
) -> Result<axum::Json<FollowView>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let follow = state.deps.follows.follow(&user, &channel, state::wall()).await?;
    tell_chat(&state, &user, &channel).await;
    Ok(axum::Json(follow.into()))
}

/// Unfollow a channel
#[utoipa::path(delete, path = "/api/v1/me/follows/{name}", tag = "follows", operation_id = "unfollow",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 204, description = "Not followed any more, if it was"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`scope`, `cross_site`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let channel = channel_named(&state, &name).await?;
    state.deps.follows.unfollow(&user, &channel).await?;
    tell_chat(&state, &user, &channel).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Followers-only mode holds from the next message on, where the rooms are here.
async fn tell_chat(state: &State, user: &User, channel: &Channel) {
    if let Some(chat) = &state.deps.chat {
        chat.follow_changed(user, channel).await;
    }
}

/// List a channel's followers
///
/// For the owner, the channel's moderators and administrators. How many there are is on the channel, for everybody.
#[utoipa::path(get, path = "/api/v1/channels/{name}/followers", tag = "follows", operation_id = "listFollowers",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), FollowsQuery),
    responses(
        (status = 200, description = "A page", body = FollowersPage),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_yours`, `scope`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid`, with `errors`: `after` is no page's `next`, `limit` is not from 1 to 100", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn followers(
    extract::State(state): extract::State<State>,
    SignedIn(user): SignedIn,
    Path(name): Path<String>,
    Query(FollowsQuery { limit, after }): Query<FollowsQuery>,
) -> Result<axum::Json<FollowersPage>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let page =
        state.deps.follows.followers(&user, &channel, limit.map(PageSize::get), after.as_deref()).await?;
    let one = |Follow { user, login, since, .. }: Follow| FollowerView {
        user: UserRef { id: user, name: login },
        followed_at: since,
    };
    let followers = page.follows.into_iter().map(one).collect();
    Ok(axum::Json(FollowersPage { total: channel.followers, followers, next: page.next }))
}
