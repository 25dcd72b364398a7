//! The demo channel: a generated programme that FFmpeg publishes through the real RTMP door, so that a new site has
//! something on air within seconds.
//!
//! Owns its account, its key (a fresh one each start, the old ones are revoked) and its FFmpeg child. The child dies
//! with us, is started again when it ends, and is asked to say goodbye when we stop.

mod programme;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use domain::names::Name;
use domain::secrets::Secret;
use domain::time::WallTime;
use domain::users::{ChannelPatch, User};
use runtime::{Scope, Stop, clock};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::admin::Desks;
use programme::Picture;

/// Name of the demo channel.
pub(crate) const NAME: &str = "first_light";
/// Nobody can sign up with this address from outside; it tells our account from somebody's who likes the name.
const EMAIL: &str = "first_light@demo.invalid";
const KEY_LABEL: &str = "demo";

/// Time between one child's end and the next one's start, so that what can't work does not spin.
const PAUSE: Duration = Duration::from_secs(2);
/// A child that ends sooner than this never was on air.
const ON_AIR: Duration = Duration::from_secs(5);
/// Time that the child has to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// Bytes of FFmpeg's last words that reach the log.
const LAST_WORDS_MAX: usize = 2048;

/// Why there is no demo channel.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The account can't be made.
    #[error("the account {NAME} can't be made")]
    Account(#[source] directory::accounts::CreateError),
    /// Somebody has the name.
    #[error("somebody else has the name {NAME}")]
    Taken,
    /// The channel has no room for a key.
    #[error("no stream key for {NAME}")]
    Key(#[source] directory::keys::CreateKeyError),
    /// The channel can't be named.
    #[error("the channel {NAME} can't be described")]
    Channel(#[source] directory::channels::PatchError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] domain::ports::StoreError),
}

/// Makes the account if it is missing, revokes the keys of earlier starts and returns a fresh one.
///
/// # Errors
/// When the name is somebody else's, or the stores do not do it.
pub(crate) async fn prepare(desks: &Desks, random: [u8; 20], now: WallTime) -> Result<Secret, DemoError> {
    let name: Name = NAME.parse().expect("a constant that is a name");
    let user = match desks.users.by_name(&name).await? {
        Some(user) if user.email == EMAIL => user,
        Some(_) => return Err(DemoError::Taken),
        None => create(desks, &name, random, now).await?,
    };
    for old in desks.keys.list(user.id.into()).await? {
        if old.label == KEY_LABEL {
            desks.keys.revoke(user.id.into(), old.id).await?;
        }
    }
    let (_, secret) = desks.keys.create(user.id.into(), KEY_LABEL, now).await.map_err(DemoError::Key)?;
    Ok(secret)
}

async fn create(desks: &Desks, name: &Name, random: [u8; 20], now: WallTime) -> Result<User, DemoError> {
    let form = directory::CreateUser {
        name: NAME.to_owned(),
        email: EMAIL.to_owned(),
        // Nobody signs in here.
        password: Secret::mint("demo", random).expose().to_owned(),
        admin: false,
        partner: false,
        bot: false,
    };
    let user = desks.accounts.create_user(form, now).await.map_err(DemoError::Account)?;
    let patch = ChannelPatch {
        title: Some("A generated programme, live over RTMP".to_owned()),
        category: Some("Demo".to_owned()),
        tags: Some(vec!["demo".to_owned()]),
        ..ChannelPatch::default()
    };
    desks.channels.patch(&user, name, patch).await.map_err(DemoError::Channel)?;
    Ok(user)
}

/// Publishes to `server` until the scope closes.
pub(crate) fn start(ffmpeg: PathBuf, server: SocketAddr, key: &Secret, scope: &Scope) {
    let address = format!("rtmp://{server}/live/{}", key.expose());
    scope.spawn_until_stop("demo", move |stop| supervise(ffmpeg, address, stop));
}

async fn supervise(ffmpeg: PathBuf, address: String, stop: Stop) {
    let mut picture = Picture::best();
    while !stop.is_stopped() {
        let began = clock::now();
        let ended = publish(&ffmpeg, &programme::arguments(&picture, &address), &stop).await;
        if stop.is_stopped() {
            return;
        }
        match ended {
            Ok((status, words)) => {
                // FFmpeg names the address it failed on, and with it the key.
                let words = words.replace(&address, "rtmp://…");
                tracing::warn!(%status, words, "the demo programme ended; it starts again");
            }
            Err(error) => tracing::warn!(%error, "the demo programme can't start"),
        }
        if clock::now().duration_since(began) < ON_AIR {
            // An FFmpeg without some filter of ours: the plain test picture is in every one.
            picture = Picture::Plain;
        }
        tokio::select! {
            () = stop.stopped() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Runs one child to its end, or until the stop; gives its last words.
async fn publish(
    ffmpeg: &PathBuf,
    arguments: &[String],
    stop: &Stop,
) -> std::io::Result<(ExitStatus, String)> {
    let mut command = Command::new(ffmpeg);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.env_clear().envs(runtime::child::environment()).kill_on_drop(true);
    crate::process::die_with_us(&mut command);
    let mut child = command.spawn()?;
    let mut stderr = child.stderr.take();
    let words = async {
        let mut last = Vec::new();
        let mut chunk = [0; 512];
        while let Some(pipe) = &mut stderr {
            match pipe.read(&mut chunk).await {
                Ok(n) if n > 0 => last.extend_from_slice(&chunk[..n]),
                _ => break,
            }
            let over = last.len().saturating_sub(LAST_WORDS_MAX);
            last.drain(..over);
        }
        String::from_utf8_lossy(&last).trim().to_owned()
    };
    let (status, words) = tokio::join!(end_of(&mut child, stop), words);
    status.map(|status| (status, words))
}

async fn end_of(child: &mut Child, stop: &Stop) -> std::io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => return status,
        () = stop.stopped() => {}
    }
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = pid {
        // A child that has just ended can't be signalled; `wait` below says so too.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM);
    }
    match tokio::time::timeout(GOODBYE, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            child.start_kill()?;
            child.wait().await
        }
    }
}
