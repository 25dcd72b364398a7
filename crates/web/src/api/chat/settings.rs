//! Modes, the strict profile, and the switch to it.

use axum::{Json as Answer, extract};
use chat::command::{Command, ModesPatch};
use chat::rules::modes;
use domain::rooms::{Person, RoomSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::{About, naming};
use super::views::{Data, ModeratorView, SettingsPatch, SettingsView};
use super::{ask, chat_of};
use crate::api::channels::channel_named;
use crate::errors::ApiError;
use crate::extract::{Json, Path};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::session::InChat;
use crate::state::State;

/// Shield mode on or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShieldSwitch {
    /// On.
    is_active: bool,
}

/// Shield mode as it is now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShieldMode)]
pub(crate) struct ShieldState {
    /// On.
    is_active: bool,
    /// Who switched it.
    #[serde(flatten)]
    by: ModeratorView,
}

/// Look at a room's settings
#[utoipa::path(get, path = "/api/v1/channels/{name}/chat/settings", tag = "chat", operation_id = "getChatSettings",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "The settings", body = Data<SettingsView>),
        (status = 404, description = "`no_such_channel`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn get(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Answer<Data<SettingsView>>, ApiError> {
    let channel = channel_named(&state, &name).await?;
    let settings = chat_of(&state)?.settings(&channel).await;
    Ok(Data::of(vec![(channel.id, RoomSettings::clone(&settings))]))
}

/// Change a room's settings
///
/// Moderators may; logs are the broadcaster's choice.
#[utoipa::path(patch, path = "/api/v1/channels/{name}/chat/settings", tag = "chat", operation_id = "patchChatSettings",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = SettingsPatch,
    responses(
        (status = 200, description = "The settings as they are now", body = Data<SettingsView>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value is out of its range; `code` is e.g. `bad_slow_duration`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn patch(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(patch): Json<SettingsPatch>,
) -> Result<Answer<Data<SettingsView>>, ApiError> {
    let patch = patch.modes().map_err(|fault| ApiError::Invalid(vec![fault]))?;
    let fields = if is_right_but_for_the_shield(&patch) { IN_SHIELD } else { IN_SETTINGS };
    ask(&state, &name, &user, peer, Command::Modes(patch)).await.map_err(naming(fields))?;
    // What holds, as everybody is told it: while the shield is on that is more than what was set.
    get(extract::State(state), Path(name)).await
}

/// Which fields hold what may be out of its range.
const IN_SETTINGS: &[About] = &[
    ("bad_slow_duration", "slow_mode_wait_time", "range"),
    ("bad_followers_duration", "follower_mode_duration", "range"),
    ("bad_delay_duration", "non_moderator_chat_delay_duration", "range"),
    ("bad_account_age", "account_age_min", "range"),
    ("bad_automod_level", "automod", "range"),
];

/// The same of the strict profile.
const IN_SHIELD: &[About] = &[
    ("bad_slow_duration", "shield.slow_mode_wait_time", "range"),
    ("bad_followers_duration", "shield.follower_mode_duration", "range"),
    ("bad_account_age", "shield.account_age_min", "range"),
    ("bad_automod_level", "shield.automod", "range"),
];

/// Whether no value but one of the profile can be refused.
fn is_right_but_for_the_shield(patch: &ModesPatch) -> bool {
    let rest = ModesPatch { shield: None, ..patch.clone() };
    patch.shield.is_some() && modes::patched(&RoomSettings::default(), &rest).is_ok()
}

/// Switch shield mode
#[utoipa::path(put, path = "/api/v1/channels/{name}/chat/shield-mode", tag = "chat", operation_id = "switchShield",
    security(("cookie" = []), ("bearer" = [])),
    params(("name" = String, Path, description = "Name of the channel")),
    request_body = ShieldSwitch,
    responses(
        (status = 200, description = "Switched, or it was so already", body = Data<ShieldState>),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`no_permission`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn shield(
    extract::State(state): extract::State<State>,
    InChat(user, _): InChat,
    peer: Peer,
    Path(name): Path<String>,
    Json(ShieldSwitch { is_active }): Json<ShieldSwitch>,
) -> Result<Answer<Data<ShieldState>>, ApiError> {
    ask(&state, &name, &user, peer, Command::Shield(is_active)).await?;
    let by = Person { id: user.id, login: user.name };
    Ok(Data::of(vec![ShieldState { is_active, by: by.into() }]))
}
