//! Users as requests name them: by number, as Helix does, or by login.

use domain::ids::UserId;
use domain::names::Name;
use domain::rooms::Person;
use serde::Deserialize;
use utoipa::IntoParams;

use super::chat_of;
use crate::errors::ApiError;
use crate::state::State;

/// Whom: one of the two.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whom {
    /// Number of the user; or else `user_login`.
    #[param(value_type = Option<String>)]
    pub(super) user_id: Option<UserId>,
    /// Login of the user.
    #[param(value_type = Option<String>)]
    pub(super) user_login: Option<Name>,
}

/// The user whom a request means.
pub(super) async fn user(state: &State, Whom { user_id, user_login }: Whom) -> Result<Person, ApiError> {
    let chat = chat_of(state)?;
    match (user_id, user_login) {
        (Some(id), None) => Ok(chat.user(id).await?),
        (None, Some(login)) => Ok(chat.user_named(&login).await?),
        (None, None) => Err(fault("required", "user_id or user_login is needed")),
        (Some(_), Some(_)) => Err(fault("shape", "either user_id or user_login, not both")),
    }
}

fn fault(code: &'static str, detail: &str) -> ApiError {
    ApiError::Invalid(vec![directory::FieldFault::new("user_id", code, detail)])
}
