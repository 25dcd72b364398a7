//! Modes, the strict profile, and the switch to it.

use axum::{Json as Answer, extract};
use chat::command::{Command, List, ModesPatch, Question};
use domain::rooms::{RoomSettings, ShieldProfile};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ask, channel, chat_of};
use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// What a room asks of those who write in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatSettings)]
pub(crate) struct SettingsView {
    /// Slow mode in seconds, 3–120; 0 is off.
    slow_s: u16,
    /// Followers-only: minutes of following, 0–129,600; `null` is off.
    followers_min: Option<u32>,
    /// Subscribers only.
    subscribers_only: bool,
    /// Only emotes.
    emote_only: bool,
    /// A text that was said already is refused.
    unique: bool,
    /// Seconds that moderators see a viewer's message before everybody: 0, 2, 4 or 6.
    delay_s: u8,
    /// Links are refused, except to permitted domains.
    block_links: bool,
    /// AutoMod level, 0 (off) to 4 (strictest).
    automod: u8,
    /// Only accounts with a verified e-mail address.
    verified_only: bool,
    /// Minutes that an account must have existed; 0 is off.
    account_age_min: u32,
    /// Newcomers are shown the last messages.
    history: bool,
    /// Messages are logged.
    log: bool,
    /// What shield mode adds.
    shield: ShieldView,
    /// Shield mode is on: the stricter of `shield` and the rest holds.
    shield_on: bool,
}

/// A strict profile.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShieldProfile)]
pub(crate) struct ShieldView {
    /// As in the settings.
    slow_s: u16,
    /// As in the settings.
    followers_min: Option<u32>,
    /// As in the settings.
    subscribers_only: bool,
    /// As in the settings.
    emote_only: bool,
    /// As in the settings.
    verified_only: bool,
    /// As in the settings.
    account_age_min: u32,
    /// As in the settings.
    block_links: bool,
    /// As in the settings.
    automod: u8,
}

impl From<ShieldProfile> for ShieldView {
    fn from(profile: ShieldProfile) -> Self {
        let ShieldProfile {
            slow_s,
            followers_min,
            subscribers_only,
            emote_only,
            verified_only,
            account_age_min,
            block_links,
            automod,
        } = profile;
        Self {
            slow_s,
            followers_min,
            subscribers_only,
            emote_only,
            verified_only,
            account_age_min,
            block_links,
            automod,
        }
    }
}

impl From<RoomSettings> for SettingsView {
    fn from(settings: RoomSettings) -> Self {
        let RoomSettings {
            slow_s,
            followers_min,
            subscribers_only,
            emote_only,
            unique,
            delay_s,
            block_links,
            automod,
            verified_only,
            account_age_min,
            history,
            log,
            shield,
            shield_on,
        } = settings;
        Self {
            slow_s,
            followers_min,
            subscribers_only,
            emote_only,
            unique,
            delay_s,
            block_links,
            automod,
            verified_only,
            account_age_min,
            history,
            log,
            shield: shield.into(),
            shield_on,
        }
    }
}

/// New values; what is left out stays as it is.
#[derive(Debug, ToSchema)]
#[schema(as = ChatSettingsPatch)]
#[expect(dead_code, reason = "only its shape is used: the body is read as the room's own ModesPatch")]
pub(crate) struct SettingsPatch {
    /// 3–120, or 0 for off.
    slow_s: Option<u16>,
    /// 0–129,600, or `null` for off.
    followers_min: Option<u32>,
    /// Subscribers only.
    subscribers_only: Option<bool>,
    /// Only emotes.
    emote_only: Option<bool>,
    /// Unique chat.
    unique: Option<bool>,
    /// 0, 2, 4 or 6.
    delay_s: Option<u8>,
    /// Link filter.
    block_links: Option<bool>,
    /// 0–4.
    automod: Option<u8>,
    /// Verified accounts only.
    verified_only: Option<bool>,
    /// Minutes.
    account_age_min: Option<u32>,
    /// History for newcomers.
    history: Option<bool>,
    /// Logs; the broadcaster's choice.
    log: Option<bool>,
    /// The strict profile, all of it.
    shield: Option<ShieldView>,
}

/// Shield mode on or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShieldSwitch {
    /// On.
    on: bool,
}

/// Look at a room's settings
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/settings", tag = "chat", operation_id = "getChatSettings",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "The settings", body = SettingsView),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Answer<SettingsView>, ApiError> {
    let channel = channel(&state, &name).await?;
    let settings = chat_of(&state)?.settings(&channel).await;
    Ok(Answer(RoomSettings::clone(&settings).into()))
}

/// Change a room's settings
///
/// Moderators may; logs are the broadcaster's choice.
#[utoipa::path(patch, path = "/api/v1/channels/{name}/chat/settings", tag = "chat", operation_id = "patchChatSettings",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = SettingsPatch,
    responses(
        (status = 200, description = "The settings as they are now", body = SettingsView),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value is out of its range; `code` is e.g. `bad_slow_duration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn patch(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(patch): Json<ModesPatch>,
) -> Result<Answer<SettingsView>, ApiError> {
    ask(&state, &name, &user, peer, Command::Modes(patch)).await?;
    let outcome = ask(&state, &name, &user, peer, Command::Ask(Question::Settings)).await?;
    match outcome.list {
        Some(List::Settings(settings)) => Ok(Answer((*settings).into())),
        _ => Err(ApiError::NotReady("the room did not answer; try again in a moment")),
    }
}

/// Switch shield mode
#[utoipa::path(put, path = "/api/v1/channels/{name}/chat/shield", tag = "chat", operation_id = "switchShield",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = ShieldSwitch,
    responses(
        (status = 204, description = "Switched, or it was so already"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn shield(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(ShieldSwitch { on }): Json<ShieldSwitch>,
) -> Result<StatusCode, ApiError> {
    ask(&state, &name, &user, peer, Command::Shield(on)).await?;
    Ok(StatusCode::NO_CONTENT)
}
