//! The moderation log, and the log of messages where a channel opted into one.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum::{Json as Answer, extract};
use chat::service::Wanted;
use domain::ids::{MessageId, ModEntryId};
use domain::names::Name;
use domain::time::WallTime;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::chat_of;
use super::views::{EntryView, LoggedView, Page};
use crate::api::channels::channel_named;
use crate::errors::ApiError;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// Entries of a page.
const PAGE: u16 = 100;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// About this user only.
    #[param(value_type = Option<String>)]
    target: Option<Name>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    before: Option<ModEntryId>,
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogsQuery {
    /// Of this user only.
    #[param(value_type = Option<String>)]
    user: Option<Name>,
    /// Not before this time.
    #[param(value_type = Option<String>)]
    since: Option<WallTime>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    before: Option<MessageId>,
}

/// Whose messages to erase.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EraseQuery {
    /// Of this user only; all if it is left out.
    #[param(value_type = Option<String>)]
    user: Option<Name>,
}

/// What went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erased {
    /// How many messages.
    messages: u64,
}

/// What moderators did
///
/// For moderators. Newest first.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/log", tag = "chat", operation_id = "listModeration",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), EntriesQuery),
    responses(
        (status = 200, description = "A page", body = Page<EntryView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn moderation(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Path(name): Path<String>,
    Query(query): Query<EntriesQuery>,
) -> Result<Answer<Page<EntryView>>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let entries = chat_of(&state)?.moderation(&channel, &user, query.target, query.before, PAGE).await?;
    let full = entries.len() == usize::from(PAGE);
    let next = entries.last().filter(|_| full).map(|entry| entry.id.to_string());
    Ok(Answer(Page { data: entries.into_iter().map(EntryView::from).collect(), next }))
}

/// Read the log of messages
///
/// For moderators of a channel that keeps one. Newest first, deleted ones too (marked).
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/logs", tag = "chat", operation_id = "readChatLog",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), LogsQuery),
    responses(
        (status = 200, description = "A page", body = Page<LoggedView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn read(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Path(name): Path<String>,
    Query(LogsQuery { user: author, since, before }): Query<LogsQuery>,
) -> Result<Answer<Page<LoggedView>>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let logs = chat_of(&state)?.logs();
    let messages = logs.read(&channel, &user, Wanted { author, since, before }, PAGE).await?;
    let full = messages.len() == usize::from(PAGE);
    let next = messages.last().filter(|_| full).map(|message| message.id.to_string());
    Ok(Answer(Page { data: messages.into_iter().map(LoggedView::from).collect(), next }))
}

/// Erase the log of messages
///
/// For moderators. Gone for good; the moderation log says by whom.
#[utoipa::path(delete, path = "/api/v1/channels/{name}/chat/logs", tag = "chat", operation_id = "eraseChatLog",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), EraseQuery),
    responses(
        (status = 200, description = "Erased", body = Erased),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn erase(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Path(name): Path<String>,
    Query(EraseQuery { user: author }): Query<EraseQuery>,
) -> Result<Answer<Erased>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let messages = chat_of(&state)?.logs().erase(&channel, &user, author).await?;
    Ok(Answer(Erased { messages }))
}

/// Export the log of messages
///
/// For moderators. One JSON object in a line, newest first.
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/logs/export", tag = "chat", operation_id = "exportChatLog",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel"), LogsQuery),
    responses(
        (status = 200, description = "JSON lines", body = String, content_type = "application/x-ndjson"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn export(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    Path(name): Path<String>,
    Query(LogsQuery { user: author, since, before }): Query<LogsQuery>,
) -> Result<Response, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let logs = chat_of(&state)?.logs();
    // The first page says whether the asker may; the rest is read as the client takes it.
    let first = logs.read(&channel, &user, Wanted { author: author.clone(), since, before }, PAGE).await?;
    let pages = stream::try_unfold(Some(first), move |page| {
        let (logs, channel, user, author) = (logs.clone(), channel.clone(), user.clone(), author.clone());
        async move {
            let Some(page) = page else { return Ok::<_, ApiError>(None) };
            let next = match page.last() {
                Some(last) if page.len() == usize::from(PAGE) => {
                    let wanted = Wanted { author, since, before: Some(last.id) };
                    Some(logs.read(&channel, &user, wanted, PAGE).await?)
                }
                _ => None,
            };
            Ok(Some((lines(page), next)))
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}-chat.jsonl\"")),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

/// One JSON object in a line.
fn lines(page: Vec<domain::messages::LoggedMessage>) -> Vec<u8> {
    let mut out = Vec::new();
    for message in page {
        // Strings and numbers serialise; a message that did not would be left out rather than break the file.
        if let Ok(line) = serde_json::to_vec(&LoggedView::from(message)) {
            out.extend_from_slice(&line);
            out.push(b'\n');
        }
    }
    out
}
