//! The account desk: signing up, in and out, and who a token belongs to.
//!
//! It decides who may have an account and keeps guessing expensive: tries are limited per address and per name, and an
//! unknown name costs as much work as a known one. Passwords and tokens are never kept, only hashes of them.

mod admin;
mod cache;
mod config;
mod limiter;
mod password;
mod remove;
mod tokens;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::class::Class;
use domain::ids::{IdMint, UserId};
use domain::names::Name;
use domain::ports::{Accounts, Invites, StoreError};
use domain::secrets::{Secret, SecretHash};
use domain::time::WallTime;
use domain::users::{NewUser, Scope, Session, User};
use tokio::sync::broadcast;

pub use admin::{CreateError, CreateUser, FirstAdmin};
pub use config::{AccountsConfig, Signup};
pub use password::ChangePasswordError;
pub use tokens::{CreateTokenError, Ended};

use crate::faults::{self, FieldFault, keep};
use crate::limits::ENDINGS_WAITING;
use crate::passwords::{PasswordError, Passwords};
use cache::SessionCache;
use limiter::Limiter;

/// What somebody types to get an account.
#[derive(Clone)]
pub struct SignUp {
    /// Wanted name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Password in the clear.
    pub password: String,
    /// Code of an invitation, where the site asks for one.
    pub invite: Option<Secret>,
}

/// Somebody who is signed in from now on.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// What to present from now on; shown this once.
    pub token: Secret,
    /// When the token ends.
    pub expires_at: WallTime,
}

/// Why somebody did not get an account.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// This site makes no accounts by itself.
    #[error("this site does not take new accounts")]
    Closed,
    /// An invitation is needed and none was given.
    #[error("an invitation is needed to sign up here")]
    InviteNeeded,
    /// The invitation is unknown, used or expired.
    #[error("that invitation is not valid any more")]
    BadInvite,
    /// Too many tries from this address.
    #[error("too many tries; wait a little")]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The account was not made, whoever asks for it.
    #[error(transparent)]
    Account(#[from] CreateError),
}

impl SignUpError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Closed | Self::InviteNeeded | Self::BadInvite | Self::RateLimited { .. } => Class::Caller,
            Self::Account(e) => e.class(),
        }
    }
}

impl From<StoreError> for SignUpError {
    fn from(e: StoreError) -> Self {
        Self::Account(e.into())
    }
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The name or the password is wrong; which of them is not told.
    #[error("the name or the password is wrong")]
    BadCredentials,
    /// Too many tries from this address or for this name.
    #[error("too many tries; wait a little")]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The password was not checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignInError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::BadCredentials | Self::RateLimited { .. } => Class::Caller,
            Self::Password(e) => e.class(),
            Self::Store(e) => e.class(),
        }
    }
}

/// Accounts and sessions of the site. One per process; share it in an `Arc`.
pub struct AccountDesk {
    config: AccountsConfig,
    accounts: Arc<dyn Accounts>,
    invites: Arc<dyn Invites>,
    passwords: Passwords,
    limiter: Limiter,
    cache: SessionCache,
    endings: broadcast::Sender<Ended>,
    ids: IdMint,
}

impl AccountDesk {
    /// A desk over these stores.
    pub fn new(config: AccountsConfig, accounts: Arc<dyn Accounts>, invites: Arc<dyn Invites>) -> Self {
        let limiter = Limiter::new(&config);
        Self {
            config,
            accounts,
            invites,
            passwords: Passwords::default(),
            limiter,
            cache: SessionCache::default(),
            endings: broadcast::Sender::new(ENDINGS_WAITING),
            ids: IdMint::default(),
        }
    }

    /// Who may sign up here.
    pub fn signup(&self) -> Signup {
        self.config.signup
    }

    /// Makes an account and signs it in.
    ///
    /// Every request that gets as far as being well-formed costs one of the address's tries, so that neither names nor
    /// e-mail addresses nor invitations can be searched through.
    pub async fn sign_up(&self, form: SignUp, from: IpAddr, now: WallTime) -> Result<SignedIn, SignUpError> {
        let invite = self.admission(&form)?;
        let fields = Fields::check(&form.name, &form.email, &form.password).map_err(CreateError::Invalid)?;
        self.limiter.sign_up(from, now).map_err(|retry_after| SignUpError::RateLimited { retry_after })?;
        let new = self.prepare(fields, now).await?;
        if let Some(code) = &invite
            && !self.invites.redeem(code.hash(), now).await?
        {
            return Err(SignUpError::BadInvite);
        }
        let made = self.accounts.create(new.clone()).await.map_err(CreateError::from);
        if let (Err(_), Some(code)) = (&made, &invite) {
            self.invites.give_back(code.hash()).await?;
        }
        made?;
        metrics::counter!("footlight_sign_ups_total").increment(1);
        let opened = self.open_session(new.user, &new.password_hash, now).await?;
        // Only whoever runs the site can have changed it within these milliseconds.
        opened.ok_or_else(|| {
            StoreError::Corrupt("an account made just now has another password".to_owned()).into()
        })
    }

    /// Signs somebody in by name or e-mail address.
    pub async fn sign_in(
        &self,
        name_or_email: &str,
        password: &str,
        from: IpAddr,
        now: WallTime,
    ) -> Result<SignedIn, SignInError> {
        let who = name_or_email.trim().to_lowercase();
        let tried = self.limiter.sign_in(from, &who, now);
        let tried = tried.map_err(|retry_after| SignInError::RateLimited { retry_after })?;
        // What is longer than any name, address or password is nobody's; hashing it would only be work.
        let plausible =
            who.len() <= domain::limits::EMAIL_LEN_MAX && password.len() <= domain::limits::PASSWORD_LEN_MAX;
        if !plausible {
            return Err(SignInError::BadCredentials);
        }
        let found = self.accounts.credentials(&who).await?;
        let right = self.passwords.verify(password, found.as_ref().map(|(_, hash)| hash.clone())).await?;
        let signed_in = match found {
            Some((id, hash)) if right => self.let_in(id, &hash, now).await?,
            _ => None,
        };
        let Some(signed_in) = signed_in else {
            metrics::counter!("footlight_sign_ins_total", "outcome" => "refused").increment(1);
            return Err(SignInError::BadCredentials);
        };
        self.limiter.was_right(tried);
        metrics::counter!("footlight_sign_ins_total", "outcome" => "signed_in").increment(1);
        Ok(signed_in)
    }

    /// Whose `token` is; `None` if nobody's or expired. A sign-out in another process shows after
    /// [`SESSION_CACHED_FOR`](crate::limits::SESSION_CACHED_FOR) at the latest, one here at once.
    pub async fn who(&self, token: &Secret, now: WallTime) -> Result<Option<(User, Session)>, StoreError> {
        let hash = token.hash();
        let edition = match self.cache.find(hash, now) {
            Ok(found) => return Ok(Some(found)),
            Err(edition) => edition,
        };
        let Some(session) = self.accounts.session(hash, now).await? else { return Ok(None) };
        let Some(user) = self.accounts.by_id(session.user).await? else { return Ok(None) };
        self.cache.keep(user.clone(), session.clone(), edition, now);
        Ok(Some((user, session)))
    }

    /// Ends a session. Ending one that is not there is fine.
    pub async fn sign_out(&self, token: &Secret) -> Result<(), StoreError> {
        let hash = token.hash();
        self.accounts.close_session(hash).await?;
        self.cache.forget(hash);
        self.tell(Ended::Token(hash));
        Ok(())
    }

    /// Forgets sessions and invitations that ended; says how many sessions. To be called now and then.
    pub async fn purge(&self, now: WallTime) -> Result<u64, StoreError> {
        self.invites.purge(now).await?;
        self.accounts.purge_sessions(now).await
    }

    /// Whether this request may sign up at all, and the invitation to use up for it.
    fn admission(&self, form: &SignUp) -> Result<Option<Secret>, SignUpError> {
        match (self.config.signup, &form.invite) {
            (Signup::Open, _) => Ok(None),
            (Signup::Invite, Some(code)) if !code.expose().is_empty() => Ok(Some(code.clone())),
            (Signup::Invite, _) => Err(SignUpError::InviteNeeded),
            (Signup::Closed, _) => Err(SignUpError::Closed),
        }
    }

    /// The record of a new account with no rights of any kind. Names that are taken are found before the password is hashed: that is dear.
    async fn prepare(&self, fields: Fields, now: WallTime) -> Result<NewUser, CreateError> {
        let Fields { name, email, password } = fields;
        if self.accounts.by_name(&name).await?.is_some() {
            return Err(CreateError::NameTaken);
        }
        if self.accounts.credentials(&email).await?.is_some() {
            return Err(CreateError::EmailTaken);
        }
        let password_hash = self.passwords.hash(&password).await?;
        // The shard is drawn by lot, so that accounts spread evenly if they are ever split over databases.
        let id = UserId(self.ids.next(now, rand::random()));
        let user = User {
            id,
            name,
            email,
            admin: false,
            partner: false,
            bot: false,
            verified_at: None,
            created_at: now,
        };
        Ok(NewUser { user, password_hash, latency: self.config.latency })
    }

    /// A session for whoever said the password of this hash; `None` if there is no such account any more, or no such password.
    async fn let_in(&self, id: UserId, hash: &str, now: WallTime) -> Result<Option<SignedIn>, StoreError> {
        match self.accounts.by_id(id).await? {
            Some(user) => self.open_session(user, hash, now).await,
            None => Ok(None),
        }
    }

    async fn open_session(
        &self,
        user: User,
        hash: &str,
        now: WallTime,
    ) -> Result<Option<SignedIn>, StoreError> {
        let token = Secret::mint("sess", rand::random());
        let expires_at = now + self.config.session_lifetime();
        let session =
            Session { token: token.hash(), user: user.id, scope: Scope::Full, created_at: now, expires_at };
        let Some(ended) = self.accounts.open_session(session, hash).await? else { return Ok(None) };
        self.end(ended);
        Ok(Some(SignedIn { user, token, expires_at }))
    }

    /// These sessions are gone from the store: nobody is to take them for good any longer.
    fn end(&self, sessions: Vec<SecretHash>) {
        for token in sessions {
            self.cache.forget(token);
            self.tell(Ended::Token(token));
        }
    }
}

/// What a form says, checked.
struct Fields {
    name: Name,
    email: String,
    password: String,
}

impl Fields {
    /// All faults together, or none.
    fn check(name: &str, email: &str, password: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let strong = keep(faults::password("password", password, name, email), &mut faults);
        let name = keep(faults::name("name", name), &mut faults);
        let email = keep(faults::email("email", email), &mut faults);
        match (name, email, strong) {
            (Some(name), Some(email), Some(())) => Ok(Self { name, email, password: password.to_owned() }),
            _ => Err(faults),
        }
    }
}
