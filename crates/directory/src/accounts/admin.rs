//! Accounts that are made for somebody: on the command line, and the administrator of an empty site.

use domain::class::Class;
use domain::ids::UserId;
use domain::names::Name;
use domain::ports::{AccountError, Invite, StoreError};
use domain::secrets::Secret;
use domain::time::WallTime;
use domain::users::User;

use super::{AccountDesk, Fields};
use crate::faults::FieldFault;
use crate::passwords::PasswordError;

/// An account to make, whoever may sign up.
#[derive(Clone)]
pub struct CreateUser {
    /// Wanted name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Password in the clear.
    pub password: String,
    /// May do everything on this site.
    pub admin: bool,
    /// Gets transcode slots before everybody else.
    pub partner: bool,
    /// A known bot: chat shows a badge and lets it say more.
    pub bot: bool,
}

/// Why an account was not made, whether somebody signed up or had it made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Fields are wrong; all of them are told.
    #[error("{}", .0.iter().map(|f| format!("{}: {}", f.field, f.detail)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldFault>),
    /// Another account has the name.
    #[error("that name is taken")]
    NameTaken,
    /// Another account has the e-mail address.
    #[error("that e-mail address has an account already")]
    EmailTaken,
    /// The password was not hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Invalid(_) | Self::NameTaken | Self::EmailTaken => Class::Caller,
            Self::Password(e) => e.class(),
            Self::Store(e) => e.class(),
        }
    }
}

impl From<AccountError> for CreateError {
    fn from(e: AccountError) -> Self {
        match e {
            AccountError::NameTaken => Self::NameTaken,
            AccountError::EmailTaken => Self::EmailTaken,
            AccountError::Store(e) => Self::Store(e),
        }
    }
}

/// Who the first administrator is to be. Names such as `admin` are reserved, so that nobody can pose as one.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    /// Name, as typed.
    pub name: String,
    /// E-mail address, until somebody says a better one.
    pub email: String,
    /// Password; `None`: one is made.
    pub password: Option<Secret>,
}

impl FirstAdmin {
    /// Why there can be no such administrator, by field; a password that is yet to be made is fine.
    pub fn faults(&self) -> Vec<FieldFault> {
        let made = first_password([0; 20]);
        let password = self.password.as_ref().map_or(&*made, Secret::expose);
        Fields::check(&self.name, &self.email, password).err().unwrap_or_default()
    }
}

impl AccountDesk {
    /// Makes an account for somebody; nobody is signed in. Whoever makes it answers for the e-mail address: it is verified.
    pub async fn create_user(&self, form: CreateUser, now: WallTime) -> Result<User, CreateError> {
        let fields = Fields::check(&form.name, &form.email, &form.password).map_err(CreateError::Invalid)?;
        let mut new = self.prepare(fields, now).await?;
        let CreateUser { admin, partner, bot, .. } = form;
        new.user = User { admin, partner, bot, verified_at: Some(now), ..new.user };
        self.accounts.create(new.clone()).await?;
        Ok(new.user)
    }

    /// Makes an administrator if the site has none: the name, and a password that is shown this once.
    pub async fn bootstrap_admin(
        &self,
        first: FirstAdmin,
        now: WallTime,
    ) -> Result<Option<(Name, Secret)>, CreateError> {
        if self.accounts.any_admin().await? {
            return Ok(None);
        }
        let made = || Secret::presented(first_password(rand::random()));
        let password = first.password.unwrap_or_else(made);
        let form = CreateUser {
            name: first.name,
            email: first.email,
            password: password.expose().to_owned(),
            admin: true,
            partner: true,
            bot: false,
        };
        match self.create_user(form, now).await {
            Ok(user) => Ok(Some((user.name, password))),
            // Another process made one between the question and the act: then it has shown the password.
            Err(CreateError::NameTaken | CreateError::EmailTaken) if self.accounts.any_admin().await? => {
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    /// Makes an invitation: a code that lets one person sign up, shown this once. `by` is `None` on the command line.
    pub async fn invite(&self, by: Option<UserId>, now: WallTime) -> Result<(Secret, WallTime), StoreError> {
        let code = Secret::mint("invite", rand::random());
        let expires_at = now + self.config.invite_lifetime();
        self.invites.add(Invite { code: code.hash(), created_by: by, created_at: now, expires_at }).await?;
        Ok((code, expires_at))
    }
}

/// Four groups of five letters and digits that cannot be mistaken for one another: 100 bits, readable aloud.
fn first_password(random: [u8; 20]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    random.chunks(5).map(|group| group.iter().map(letter).collect()).collect::<Vec<String>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_password_is_readable() {
        assert_eq!(first_password([0; 20]), "aaaaa-aaaaa-aaaaa-aaaaa");
        let password = first_password(std::array::from_fn(|n| n as u8 * 13));
        assert!(password.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        assert_eq!(password.len(), 23);
    }
}
