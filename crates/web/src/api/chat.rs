//! Chat over HTTP: whatever a client may do by an IRC command it may do here, by the same command of the same room.
//!
//! A handler makes a [`Command`] of its request, the room decides, and its refusal (a NOTICE id and plain words) becomes the problem.

mod views;
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
use domain::users::{Channel, User};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::channels::named;
use crate::errors::ApiError;
use crate::peer::Peer;
use crate::state::State;

/// The routes of a room.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(messages::recent, messages::say, messages::clear))
        .routes(routes!(messages::delete))
        .routes(routes!(settings::get, settings::patch))
        .routes(routes!(settings::shield))
        .routes(routes!(people::chatters))
        .routes(routes!(people::card))
        .routes(routes!(people::moderators))
        .routes(routes!(people::add_moderator, people::remove_moderator))
        .routes(routes!(people::vips))
        .routes(routes!(people::add_vip, people::remove_vip))
        .routes(routes!(bans::list, bans::ban))
        .routes(routes!(bans::unban))
        .routes(routes!(terms::list, terms::add))
        .routes(routes!(terms::remove))
        .routes(routes!(held::list))
        .routes(routes!(held::decide))
        .routes(routes!(tools::warn))
        .routes(routes!(tools::acknowledge))
        .routes(routes!(tools::announce))
        .routes(routes!(tools::pin, tools::unpin))
        .routes(routes!(tools::suspect))
        .routes(routes!(tools::sweep))
        .routes(routes!(tools::shoutout))
        .routes(routes!(unban::list, unban::request, unban::cancel))
        .routes(routes!(unban::resolve))
        .routes(routes!(own::whisper))
        .routes(routes!(own::blocks))
        .routes(routes!(own::block, own::unblock))
        .routes(routes!(own::colour))
        .routes(routes!(logs::moderation))
        .routes(routes!(logs::read, logs::erase))
        .routes(routes!(logs::export))
}

/// The channel with this name.
async fn channel(state: &State, name: &str) -> Result<Channel, ApiError> {
    state.deps.channels.by_name(&named(name)?).await?.ok_or(ApiError::NoSuchChannel)
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
) -> Result<Outcome, ApiError> {
    let channel = channel(state, name).await?;
    Ok(chat_of(state)?.ask(&channel, user, peer.address, command).await?)
}

/// Asks for a list. A room that answers with another one than was asked for is our own fault.
async fn question<T>(
    state: &State,
    name: &str,
    user: &User,
    peer: Peer,
    question: Question,
    pick: impl FnOnce(List) -> Option<T>,
) -> Result<T, ApiError> {
    let outcome = ask(state, name, user, peer, Command::Ask(question)).await?;
    outcome.list.and_then(pick).ok_or(ApiError::NotReady("the room did not answer; try again in a moment"))
}
