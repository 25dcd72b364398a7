//! Saying, deleting, and the last messages.

use axum::{Json as Answer, extract};
use chat::AskError;
use chat::command::{Command, Outcome, Refusal};
use domain::ids::MessageId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::views::{Data, MessageView};
use super::{ask, chat_of};
use crate::api::channels::channel_named;
use crate::errors::ApiError;
use crate::extract::{Json, Path, Query};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::{InChat, if_any};
use crate::state::State;

/// What to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChatMessage {
    /// At most 500 characters; what is longer is cut. A `/command` is carried out.
    message: String,
    /// The message that it answers.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    reply_parent_message_id: Option<MessageId>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentMessage {
    /// Number of the message; empty if nothing was said.
    message_id: String,
    /// It was said, or the command was carried out.
    is_sent: bool,
    /// Why not.
    drop_reason: Option<DropReason>,
    /// What the room says about a command, in words.
    told: Vec<String>,
}

/// Why a message was not said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DropReason {
    /// The NOTICE id: `msg_banned`, `msg_slowmode`, `msg_rejected`, …
    code: String,
    /// In words.
    message: String,
    /// When it may work, if time alone helps: milliseconds from now.
    retry_after_ms: Option<u32>,
}

impl From<Outcome> for SentMessage {
    fn from(outcome: Outcome) -> Self {
        Self {
            message_id: outcome.said.map(|said| said.id.to_string()).unwrap_or_default(),
            is_sent: true,
            drop_reason: None,
            told: outcome.told.into_iter().map(|told| told.text.into()).collect(),
        }
    }
}

impl From<Refusal> for SentMessage {
    fn from(Refusal { id, text, retry_after_ms }: Refusal) -> Self {
        let reason = DropReason { code: id.into(), message: text.into(), retry_after_ms };
        Self { message_id: String::new(), is_sent: false, drop_reason: Some(reason), told: Vec::new() }
    }
}

/// Which message.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichMessage {
    /// Number of the message; without it the room is cleared.
    #[param(value_type = Option<String>)]
    message_id: Option<MessageId>,
}

/// The last messages
///
/// A short history in memory, oldest first, announcements among it; empty where the channel wants none. Moderators, and authors of what waits for the
/// channel's delay, see that too.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/messages", tag = "chat", operation_id = "listChatMessages",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Oldest first", body = Data<MessageView>),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn recent(
    extract::State(state): extract::State<State>,
    asker: Result<InChat, ApiError>,
    Path(name): Path<String>,
) -> Result<Answer<Data<MessageView>>, ApiError> {
    let user = if_any(asker)?;
    let channel = channel_named(&state, &name).await?;
    Ok(Data::of(chat_of(&state)?.history(&channel, user.as_ref()).await?))
}

/// Say something
///
/// What the rules of the room refuse is not sent, and `drop_reason` says why.
#[utoipa::path(post, path = "/api/v1/channels/{name}/chat/messages", tag = "chat", operation_id = "sendChatMessage",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = NewChatMessage,
    responses(
        (status = 200, description = "Said, carried out, or dropped", body = Data<SentMessage>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn say(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(NewChatMessage { message, reply_parent_message_id }): Json<NewChatMessage>,
) -> Result<Answer<Data<SentMessage>>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let said = chat_of(&state)?.say(&channel, &user, peer.address, &message, reply_parent_message_id).await;
    match said {
        Ok(outcome) => Ok(Data::of(vec![outcome])),
        Err(AskError::Refused(refusal)) => Ok(Data::of(vec![refusal])),
        Err(error) => Err(error.into()),
    }
}

/// Delete a message, or all
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/messages", tag = "chat", operation_id = "deleteChatMessages",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), WhichMessage),
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
    Path(name): Path<String>,
    Query(WhichMessage { message_id }): Query<WhichMessage>,
) -> Result<StatusCode, ApiError> {
    let command = message_id.map_or(Command::Clear, Command::Delete);
    ask(&state, &name, &user, peer, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
