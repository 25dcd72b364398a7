//! Chat over HTTP: whatever a client may do by an IRC command it may do here, by the same command of the same room.
//!
//! A handler makes a [`Command`] of its request, the room decides, and its refusal (a NOTICE id and plain words) becomes the problem.
//! Fields and parameters are Helix' where Twitch has the same; the channel is in the path, and who asks is known by the token.

mod views;
mod users;
mod fields;
mod messages;
mod settings;
mod people;
mod bans;
mod terms;
mod held;
mod unban;
mod tools;
mod own;
mod logs;

use chat::Chat;
use chat::command::{Command, List, Outcome, Question};
use domain::ids::ChannelId;
use domain::users::User;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::channels::channel_named;
use crate::errors::ApiError;
use crate::peer::Peer;
use crate::state::State;

/// The routes of a room.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(messages::recent, messages::say, messages::delete))
        .routes(routes!(settings::get, settings::patch))
        .routes(routes!(settings::shield))
        .routes(routes!(people::chatters))
        .routes(routes!(people::card))
        .routes(routes!(people::moderators, people::add_moderator, people::remove_moderator))
        .routes(routes!(people::vips, people::add_vip, people::remove_vip))
        .routes(routes!(bans::list, bans::ban, bans::unban))
        .routes(routes!(terms::blocked, terms::block, terms::unblock))
        .routes(routes!(terms::permitted, terms::permit, terms::forbid))
        .routes(routes!(held::list, held::decide))
        .routes(routes!(tools::warn))
        .routes(routes!(tools::acknowledge))
        .routes(routes!(tools::announce))
        .routes(routes!(tools::pin, tools::unpin))
        .routes(routes!(tools::suspect))
        .routes(routes!(tools::sweep))
        .routes(routes!(tools::shoutout))
        .routes(routes!(unban::list, unban::request, unban::cancel, unban::resolve))
        .routes(routes!(own::whisper))
        .routes(routes!(own::blocks))
        .routes(routes!(own::block, own::unblock))
        .routes(routes!(own::color))
        .routes(routes!(logs::moderation))
        .routes(routes!(logs::read, logs::erase))
        .routes(routes!(logs::export))
}

/// The rooms, if this process has them.
fn chat_of(state: &State) -> Result<&Chat, ApiError> {
    state.deps.chat.as_ref().ok_or(ApiError::NotReady("this node has no chat"))
}

/// Asks a channel's room as this user.
async fn ask(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    command: Command,
) -> Result<(ChannelId, Outcome), ApiError> {
    let channel = channel_named(state, name).await?;
    let outcome = chat_of(state)?.ask(&channel, user, peer.address, command).await?;
    Ok((channel.id, outcome))
}

/// Asks for what comes with a list, and picks that. A room that answers with another one is our own fault.
async fn listed<T>(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    command: Command,
    pick: impl FnOnce(List) -> Option<T>,
) -> Result<(ChannelId, T), ApiError> {
    let (channel, outcome) = ask(state, name, user, peer, command).await?;
    let list = outcome.list.and_then(pick);
    Ok((channel, list.ok_or(ApiError::NotReady("the room did not answer; try again in a moment"))?))
}

/// Asks for a list.
async fn question<T>(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    question: Question,
    pick: impl FnOnce(List) -> Option<T>,
) -> Result<(ChannelId, T), ApiError> {
    listed(state, name, user, peer, Command::Ask(question), pick).await
}
