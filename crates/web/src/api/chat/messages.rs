//! Saying, deleting, and the last messages.

use axum::{Json as Answer, extract};
use chat::command::Command;
use chat::event::Line;
use domain::ids::MessageId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::views::{Data, MessageView};
use super::{ask, channel, chat_of};
use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// What to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChatMessage {
    /// At most 500 characters; what is longer is cut. A `/command` is carried out.
    text: String,
    /// The message that it answers.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    reply_to: Option<MessageId>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaidMessage {
    /// Number of the message; `null` if a command said nothing.
    #[schema(value_type = Option<String>)]
    id: Option<MessageId>,
    /// What the room says about a command, in words.
    told: Vec<String>,
}

/// The last messages
///
/// A short history in memory, oldest first; empty where the channel wants none.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/messages", tag = "chat", operation_id = "listChatMessages",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Oldest first", body = Data<MessageView>),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn recent(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Answer<Data<MessageView>>, ApiError> {
    let channel = channel(&state, &name).await?;
    let lines = chat_of(&state)?.history(&channel).await;
    Ok(Data::of(lines.into_iter().map(|line| Line::clone(&line)).collect()))
}

/// Say something
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/messages", tag = "chat", operation_id = "sendChatMessage",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewChatMessage,
    responses(
        (status = 200, description = "Said, or the command is carried out", body = SaidMessage),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Refused; `code` is the NOTICE id, e.g. `msg_banned`, `msg_subsonly`, `msg_rejected`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`msg_slowmode`, `msg_ratelimit`, `msg_duplicate`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn say(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewChatMessage { text, reply_to }): Json<NewChatMessage>,
) -> Result<Answer<SaidMessage>, ApiError> {
    let channel = channel(&state, &name).await?;
    let outcome = chat_of(&state)?.say(&channel, &user, peer.address, &text, reply_to).await?;
    Ok(Answer(SaidMessage {
        id: outcome.said.map(|said| said.id),
        told: outcome.told.into_iter().map(|told| told.text.into()).collect(),
    }))
}

/// Delete a message
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/messages/{id}", tag = "chat", operation_id = "deleteChatMessage",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), ("id" = String, Path, description = "Number of the message")),
    responses(
        (status = 204, description = "Deleted everywhere"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`bad_delete_message_error` and its kin", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path((name, id)): Path<(String, MessageId)>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::Delete(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Clear the room
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/messages", tag = "chat", operation_id = "clearChat",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 204, description = "Cleared everywhere"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn clear(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::Clear).await?;
    Ok(StatusCode::NO_CONTENT)
}
