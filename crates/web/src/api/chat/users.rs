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
pub(super) async fn user(state: &State, whom: Whom) -> Result<Person, ApiError> {
    user_of(state, whom, ("user_id", "user_login")).await
}

/// As [`user`], of a request that has both in `data`.
pub(super) async fn user_in_data(state: &State, whom: Whom) -> Result<Person, ApiError> {
    user_of(state, whom, ("data.user_id", "data.user_login")).await
}

/// As [`user`], of a request that has other names for the number and the login.
pub(super) async fn user_of(
    state: &State,
    Whom { user_id, user_login }: Whom,
    (number, login): (&'static str, &'static str),
) -> Result<Person, ApiError> {
    let chat = chat_of(state)?;
    let fault = |code, detail| ApiError::Invalid(vec![directory::FieldFault::new(number, code, detail)]);
    match (user_id, user_login) {
        (Some(id), None) => Ok(chat.user(id).await?),
        (None, Some(login)) => Ok(chat.user_named(&login).await?),
        (None, None) => Err(fault("required", format!("{number} or {login} is needed"))),
        (Some(_), Some(_)) => Err(fault("shape", format!("either {number} or {login}, not both"))),
    }
}
