//! The first start: an administrator, and a stream key to go live with.

use directory::accounts::CreateError;
use domain::names::Name;
use domain::secrets::Secret;
use domain::time::WallTime;
use runtime::log::causes;

use crate::admin::Desks;
use crate::config::Config;

/// What is shown this once.
pub(crate) struct FirstStart {
    /// The administrator.
    pub(crate) name: Name,
    /// The password, unless the operator chose it.
    pub(crate) password: Option<Secret>,
    /// A stream key of the administrator's channel; none if none could be made, which is in the log.
    pub(crate) key: Option<Secret>,
}

/// Why there is no administrator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FirstStartError {
    /// The account can't be made as configured.
    #[error("the first administrator can't be made; see admin.name, admin.email and admin.password")]
    Account(#[source] CreateError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] domain::ports::StoreError),
}

/// Makes both if there is no administrator; `None` if there is one.
///
/// # Errors
/// When the configured administrator can't be, or the stores do not do it.
pub(crate) async fn first_start(
    desks: &Desks,
    config: &Config,
    now: WallTime,
) -> Result<Option<FirstStart>, FirstStartError> {
    let first = config.first_admin();
    let is_chosen = first.password.is_some();
    let (name, password) = match desks.accounts.bootstrap_admin(first, now).await {
        Ok(Some(made)) => made,
        Ok(None) => return Ok(None),
        Err(taken @ (CreateError::NameTaken | CreateError::EmailTaken)) => {
            tracing::warn!(
                error = %taken,
                "the site has no administrator and admin.name or admin.email is another user's: \
                 make one by `footlight user create NAME --email E --admin`"
            );
            return Ok(None);
        }
        Err(e) => return Err(FirstStartError::Account(e)),
    };
    let key = first_key(desks, &name, now).await;
    let password = if is_chosen { None } else { Some(password) };
    Ok(Some(FirstStart { name, password, key }))
}

/// The account is made and its password will not be shown again, so a key that can't be made is only told.
async fn first_key(desks: &Desks, name: &Name, now: WallTime) -> Option<Secret> {
    let user = desks.users.by_name(name).await.inspect_err(|error| told(causes(error))).ok()??;
    let made = desks.keys.create(user.id.into(), "first key", now).await;
    made.inspect_err(|error| told(causes(error))).ok().map(|(_, key)| key)
}

fn told(error: impl tracing::Value) {
    tracing::warn!(error, "the administrator has no stream key yet");
}
