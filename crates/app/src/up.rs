//! `footlight up`: from a configuration to a running platform, and down again.
//!
//! The order is: what can be wrong is looked at first (roles, configuration), then what must be ours alone (the data
//! folder), then sockets, stores, and at last the roles. Sockets are told (`ports.json`, the greeting) once they accept.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use domain::time::WallTime;
use runtime::{Scope, clock};
use stores::lock::{DataFolder, LockError};
use stores::{OpenError, Places, Stores};
use tokio::sync::mpsc;

use crate::admin::Node;
use crate::config::{ConfigError, Fault, Loaded};
use crate::control::{Control, ControlError};
use crate::data::{PortsFile, control_socket};
use crate::demo::{self, DemoError};
use crate::doors::{Addresses, DoorError, Doors};
use crate::drain::{Signals, Times, drain};
use crate::first_start::{FirstStart, FirstStartError, first_start};
use crate::platform::{BuildError, Parts, Platform};
use crate::roles::Role;
use crate::{greeting, process};

/// What `up` was asked to do.
pub(crate) struct Wish {
    /// The configuration.
    pub(crate) loaded: Loaded,
    /// Roles to play; none means all.
    pub(crate) roles: Vec<Role>,
    /// Whether the demo channel is to be on air.
    pub(crate) demo: bool,
}

/// Why the platform does not start. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpError {
    /// These roles can't be played.
    #[error("{0}")]
    Roles(&'static str),
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder is somebody else's, or can't be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// We can't listen.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The stores can't be opened.
    #[error(transparent)]
    Stores(#[from] OpenError),
    /// The parts can't be put together.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// No administrator.
    #[error(transparent)]
    FirstStart(#[from] FirstStartError),
    /// No control socket.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// Something of the system's.
    #[error("{0}")]
    System(&'static str, #[source] io::Error),
}

/// Runs the platform until a signal ends it.
///
/// # Errors
/// When it can't start; nothing is left running then.
pub(crate) async fn up(wish: Wish) -> Result<ExitCode, UpError> {
    let Wish { loaded, roles, demo } = wish;
    let config = &loaded.config;
    let roles = if roles.is_empty() { Role::whole_platform() } else { roles };
    if let Some(fault) = Role::fault(&roles) {
        return Err(UpError::Roles(fault));
    }
    let mut signals = Signals::listen().map_err(|e| UpError::System("signals can't be handled", e))?;
    process::keep_files_private();
    let (files_before, files) = process::raise_file_limit();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), files_before, files, "starting");

    let folder = DataFolder::open(&config.data)?;
    PortsFile::forget(folder.path());
    let doors = Doors::open(config, &roles)?;
    let ports = doors.ports;
    let addresses = Addresses::of(config, ports);
    let stores = stores::open(&Places::embedded(folder.path())).await?;
    let web = config.web().map_err(told)?;
    let root = Scope::root();
    let parts = Parts { config, web, stores: &stores, doors, addresses: &addresses, roles: &roles };
    let mut platform = Platform::build(parts, &root)?;
    let (wish, mut wishes) = mpsc::channel(1);
    platform.desks.node = Some(Node { drain: wish, chat: platform.chat.clone() });
    let control = Control::bind(&control_socket(folder.path()))?;
    let first = first_start(&platform.desks, config, wall()).await?;
    control.serve(platform.desks.clone(), &root);

    for role in Role::ALL.into_iter().filter(|role| roles.contains(role)) {
        role.start(&mut platform);
        tracing::info!(role = role.name(), "role started");
    }
    platform.set_ready(true);
    let ports_file = PortsFile::write(folder.path(), ports);
    let demo = if demo { on_air(&loaded, &platform, ports.rtmp).await } else { None };
    // A password is shown this once: nothing that fails comes between its making and this.
    greet(&addresses, first.as_ref(), demo, folder.path());
    let ports_file =
        ports_file.map_err(|e| UpError::System("ports.json can't be written into the data folder", e))?;

    let window = tokio::select! {
        name = signals.next() => {
            tracing::info!(signal = name, "asked to stop");
            config.drain.chat.0
        }
        Some(over) = wishes.recv() => {
            tracing::info!("asked to drain");
            over.unwrap_or(config.drain.chat.0)
        }
    };
    drop(ports_file);
    let code = tokio::select! {
        () = drain(&platform, &stores, &root, Times { chat: window, grace: config.drain.grace.0 }) => ExitCode::SUCCESS,
        name = signals.next() => {
            tracing::warn!(signal = name, "asked twice: stopping at once");
            ExitCode::FAILURE
        }
    };
    // The folder is given up last: whoever takes it next finds nobody else in it.
    drop(folder);
    Ok(code)
}

/// Puts the demo channel on air. A site without it is still a site, so a failure is only told.
async fn on_air(
    loaded: &Loaded,
    platform: &Platform,
    rtmp: Option<std::net::SocketAddr>,
) -> Option<&'static str> {
    let mut server = rtmp?;
    if server.ip().is_unspecified() {
        server.set_ip(if server.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    match demo::prepare(&platform.desks, rand::random(), wall()).await {
        Ok(key) => {
            let ffmpeg = loaded.config.transcode.ffmpeg.clone().into();
            demo::start(ffmpeg, server, &key, platform.scope(Role::Ingest));
            Some(demo::NAME)
        }
        Err(error) => {
            told_demo(&error);
            None
        }
    }
}

fn told_demo(error: &DemoError) {
    tracing::warn!(error = runtime::log::causes(error), "no demo channel");
}

fn greet(addresses: &Addresses, first: Option<&FirstStart>, demo: Option<&str>, data: &Path) {
    // Standard output may be closed; the platform runs all the same.
    let _ = io::Write::write_all(&mut io::stdout(), greeting::text(addresses, first, demo, data).as_bytes());
}

/// Faults that were found after the configuration was loaded.
fn told(faults: Vec<String>) -> ConfigError {
    ConfigError(faults.into_iter().map(|text| Fault { origin: None, text }).collect())
}

/// Opens the stores of a data folder that no server holds, for one command.
///
/// # Errors
/// When somebody holds it or it can't be opened.
pub(crate) async fn open_stores(data: &Path) -> Result<(DataFolder, Stores), UpError> {
    process::keep_files_private();
    let folder = DataFolder::open(data)?;
    let stores = stores::open(&Places::embedded(folder.path())).await?;
    Ok((folder, stores))
}

pub(crate) fn wall() -> WallTime {
    WallTime::from_unix_ms(clock::wall_ms())
}
