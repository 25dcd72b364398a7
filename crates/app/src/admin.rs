//! Commands that change what is kept, as data: made by the command line, carried out by whoever holds the stores.
//!
//! The same values go through the control socket when the server runs and straight to [`Desks::carry_out`] when it does
//! not. Answers are words for a person; secrets in them are shown once.

use std::sync::Arc;
use std::time::Duration;

use directory::{AccountDesk, ChannelDesk, CreateUser, KeyDesk};
use domain::class::Class;
use domain::names::Name;
use domain::ports::Accounts;
use domain::time::WallTime;
use domain::users::{User, UserPatch};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::chatting::Chatting;

/// What the command line asks for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum AdminCommand {
    /// Make an account.
    User {
        /// Name as typed.
        name: String,
        /// E-mail address.
        email: String,
        /// Password in the clear.
        password: String,
        /// May do everything.
        admin: bool,
        /// First in line for transcode slots.
        partner: bool,
        /// A known bot.
        bot: bool,
    },
    /// The e-mail address of an account is its owner's own.
    Verify {
        /// Whose.
        name: String,
    },
    /// Give an account another password.
    Password {
        /// Whose.
        name: String,
        /// The new one in the clear.
        password: String,
    },
    /// Change an account.
    Set {
        /// Whose.
        name: String,
        /// Whether it is a known bot.
        bot: Option<bool>,
    },
    /// Make a stream key for a user's channel.
    Key {
        /// Whose channel.
        name: String,
        /// What to call the key.
        label: String,
    },
    /// Make an invitation.
    Invite,
    /// Ask every chat client of the running node to connect anew, over so many milliseconds.
    ChatReconnect {
        /// The window.
        over_ms: u64,
    },
    /// Take the running node out; `None`: over the configured time.
    Drain {
        /// The window.
        over_ms: Option<u64>,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Done; to print.
    Done(String),
    /// Not done, and why.
    Refused(String),
}

/// The desks that decide, and the one port that looks a user up by name.
#[derive(Clone)]
pub(crate) struct Desks {
    /// Accounts, sessions, invitations.
    pub(crate) accounts: Arc<AccountDesk>,
    /// Stream keys.
    pub(crate) keys: Arc<KeyDesk>,
    /// Channels.
    pub(crate) channels: Arc<ChannelDesk>,
    /// Users by name.
    pub(crate) users: Arc<dyn Accounts>,
    /// The running server; `None` where a command works on the data folder alone.
    pub(crate) node: Option<Node>,
}

/// What can be asked of a running server beyond its stores.
#[derive(Clone)]
pub(crate) struct Node {
    /// Takes the window over which to leave. One wish is enough; more are refused.
    pub(crate) drain: mpsc::Sender<Option<Duration>>,
    /// Chat, if it delivers any.
    pub(crate) chat: Option<Chatting>,
}

const NOT_RUNNING: &str = "no server runs on this data folder; there is nobody to ask";

impl Desks {
    /// Does what `command` says. A fault of ours is logged with its cause; the answer is short.
    pub(crate) async fn carry_out(&self, command: AdminCommand, now: WallTime) -> Answer {
        match command {
            AdminCommand::User { name, email, password, admin, partner, bot } => {
                let form = CreateUser { name, email, password, admin, partner, bot };
                match self.accounts.create_user(form, now).await {
                    Ok(user) => Answer::Done(format!("made the account {}", user.name)),
                    Err(e) => refused(e.class(), &e),
                }
            }
            AdminCommand::Verify { name } => {
                let patch = UserPatch { verified_at: Some(now), ..UserPatch::default() };
                self.update(&name, patch).await
            }
            AdminCommand::Password { name, password } => self.set_password(&name, &password).await,
            AdminCommand::Set { name, bot } => {
                self.update(&name, UserPatch { bot, ..UserPatch::default() }).await
            }
            AdminCommand::Key { name, label } => self.create_key(&name, &label, now).await,
            AdminCommand::Invite => match self.accounts.invite(None, now).await {
                Ok((code, _)) => Answer::Done(code.expose().to_owned()),
                Err(e) => refused(e.class(), &e),
            },
            AdminCommand::ChatReconnect { over_ms } => self.reconnect(Duration::from_millis(over_ms)),
            AdminCommand::Drain { over_ms } => self.drain(over_ms.map(Duration::from_millis)),
        }
    }

    fn reconnect(&self, over: Duration) -> Answer {
        match &self.node {
            None => Answer::Refused(NOT_RUNNING.to_owned()),
            Some(Node { chat: None, .. }) => Answer::Refused("this server delivers no chat".to_owned()),
            Some(Node { chat: Some(chat), .. }) => {
                let clients = chat.reconnect(over);
                let here = match clients {
                    1 => "1 chat client is".to_owned(),
                    _ => format!("{clients} chat clients are"),
                };
                Answer::Done(format!(
                    "{here} here; those not asked before are asked to connect anew, over {} s",
                    over.as_secs()
                ))
            }
        }
    }

    fn drain(&self, over: Option<Duration>) -> Answer {
        let Some(node) = &self.node else { return Answer::Refused(NOT_RUNNING.to_owned()) };
        match node.drain.try_send(over) {
            Ok(()) => Answer::Done("draining; the server stops by itself".to_owned()),
            Err(_) => Answer::Refused("the server is on its way down already".to_owned()),
        }
    }

    /// The account of that name, or what to answer instead.
    async fn named(&self, name: &str) -> Result<User, Answer> {
        let name: Name = name.parse().map_err(|e| Answer::Refused(format!("{name:?}: {e}")))?;
        match self.users.by_name(&name).await {
            Ok(Some(user)) => Ok(user),
            Ok(None) => Err(Answer::Refused(format!("there is no account {name}"))),
            Err(e) => Err(refused(e.class(), &e)),
        }
    }

    async fn set_password(&self, name: &str, password: &str) -> Answer {
        let user = match self.named(name).await {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        match self.accounts.set_password(&user, password).await {
            Ok(()) => Answer::Done(format!("{}: another password; all sessions ended", user.name)),
            Err(e) => refused(e.class(), &e),
        }
    }

    async fn update(&self, name: &str, patch: UserPatch) -> Answer {
        let user = match self.named(name).await {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        match self.accounts.update(user.id, patch).await {
            Ok(Some(User { name, bot, verified_at, .. })) => {
                let verified = if verified_at.is_some() { "verified" } else { "not verified" };
                let bot = if bot { ", a known bot" } else { "" };
                Answer::Done(format!("{name}: {verified}{bot}"))
            }
            Ok(None) => Answer::Refused(format!("there is no account {name}")),
            Err(e) => refused(e.class(), &e),
        }
    }

    async fn create_key(&self, name: &str, label: &str, now: WallTime) -> Answer {
        let user = match self.named(name).await {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        match self.keys.create(user.id.into(), label, now).await {
            Ok((_, secret)) => Answer::Done(secret.expose().to_owned()),
            Err(directory::keys::CreateKeyError::Invalid(faults)) => {
                let words: Vec<_> = faults.iter().map(|f| format!("{}: {}", f.field, f.detail)).collect();
                Answer::Refused(words.join("; "))
            }
            Err(e) => refused(e.class(), &e),
        }
    }
}

fn refused(class: Class, error: &(dyn std::error::Error + 'static)) -> Answer {
    if class == Class::Fault {
        tracing::error!(error, "a command failed");
    }
    Answer::Refused(runtime::log::causes(error))
}
