//! The control socket: how a command reaches the server that runs on the same data folder.
//!
//! One JSON object in a line each way, then the connection ends. The socket is for its owner alone (mode 0600 in a
//! folder of mode 0700), so whoever can connect may command. Lines are bounded in length and time.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::time::WallTime;
use runtime::{Scope, clock};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::admin::{AdminCommand, Answer, Desks};
use crate::limits::{CONTROL_AT_ONCE, CONTROL_LINE_MAX, CONTROL_TIME};

/// Version of the lines. A server refuses every other one by name.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Request {
    version: u32,
    #[serde(flatten)]
    command: AdminCommand,
}

/// Why the control socket does not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    /// The socket can't be made.
    #[error("can't make the control socket {}", .0.display())]
    Bind(PathBuf, #[source] io::Error),
    /// The server went away, or said what is no answer.
    #[error("the running server did not answer on its control socket")]
    NoAnswer(#[source] io::Error),
}

/// The listening socket; its file goes when this is dropped.
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens at `path`. The caller owns the data folder, so a socket left there by a crash is removed.
    ///
    /// # Errors
    /// When the socket can't be made.
    pub(crate) fn bind(path: &Path) -> Result<Self, ControlError> {
        let fault = |e| ControlError::Bind(path.to_owned(), e);
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(fault(e)),
            _ => {}
        }
        let short = Short::of(path).map_err(fault)?;
        let listener = UnixListener::bind(short.path()).map_err(fault)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(fault)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers commands until the scope closes.
    pub(crate) fn serve(self, desks: Desks, scope: &Scope) {
        let own = scope.child();
        scope.spawn("control", async move {
            let slots = Arc::new(Semaphore::new(CONTROL_AT_ONCE));
            loop {
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
                let socket = match self.listener.accept().await {
                    Ok((socket, _)) => socket,
                    Err(error) => {
                        tracing::warn!(%error, "control socket did not accept");
                        // Out of files, most likely: trying at once would only spin.
                        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                        continue;
                    }
                };
                let desks = desks.clone();
                own.spawn("control command", async move {
                    let answered = tokio::time::timeout(CONTROL_TIME, answer(socket, &desks)).await;
                    if let Ok(Err(error)) = answered {
                        tracing::debug!(%error, "control connection ended early");
                    }
                    drop(slot);
                });
            }
        });
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

async fn answer(socket: UnixStream, desks: &Desks) -> io::Result<()> {
    let (read, mut write) = socket.into_split();
    let line = bounded_line(read).await?;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) if request.version == VERSION => {
            desks.carry_out(request.command, WallTime::from_unix_ms(clock::wall_ms())).await
        }
        _ => Answer::Refused(format!(
            "this server ({}) does not know that command; use the footlight that it was started with",
            env!("CARGO_PKG_VERSION")
        )),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    write.shutdown().await
}

/// One line, at most [`CONTROL_LINE_MAX`] bytes.
async fn bounded_line(read: impl tokio::io::AsyncRead + Unpin) -> io::Result<String> {
    let mut line = String::new();
    let most = CONTROL_LINE_MAX as u64;
    BufReader::new(read.take(most)).read_line(&mut line).await?;
    if line.ends_with('\n') { Ok(line) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Asks the server on this data folder; `None` if none runs.
///
/// # Errors
/// When one runs and does not answer.
pub(crate) async fn ask(path: &Path, command: AdminCommand) -> Result<Option<Answer>, ControlError> {
    let short = Short::of(path).map_err(ControlError::NoAnswer)?;
    let socket = match UnixStream::connect(short.path()).await {
        Ok(socket) => socket,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(e) => return Err(ControlError::NoAnswer(e)),
    };
    let exchange = async {
        let (read, mut write) = socket.into_split();
        let mut line = serde_json::to_vec(&Request { version: VERSION, command })?;
        line.push(b'\n');
        write.write_all(&line).await?;
        let line = bounded_line(read).await?;
        serde_json::from_str(&line).map_err(io::Error::from)
    };
    match tokio::time::timeout(CONTROL_TIME, exchange).await {
        Ok(answer) => answer.map(Some).map_err(ControlError::NoAnswer),
        Err(late) => Err(ControlError::NoAnswer(late.into())),
    }
}

/// Longest path of a Unix socket that every system takes (`sun_path` is 108 bytes on Linux, 104 elsewhere).
const SOCKET_PATH_MAX: usize = 100;

/// A socket's path, or a short detour to it when the data folder lies too deep for `sun_path`.
struct Short {
    path: PathBuf,
    /// The detour goes through this open folder.
    _folder: Option<std::fs::File>,
}

impl Short {
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::fd::AsRawFd as _;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if path.as_os_str().len() <= SOCKET_PATH_MAX {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let folder = std::fs::File::open(parent)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
        Ok(Self { path, _folder: Some(folder) })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a server answers on this socket.
pub(crate) async fn is_running(path: &Path) -> bool {
    match Short::of(path) {
        Ok(short) => UnixStream::connect(short.path()).await.is_ok(),
        Err(_) => false,
    }
}
