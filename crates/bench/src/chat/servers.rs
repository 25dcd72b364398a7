//! The servers that are compared: how each is configured, started and spoken to.

mod centrifugo;
pub(crate) mod footlight;
pub(crate) mod goim;

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::clock;
use serde_json::Value;

use super::dialect::Dialect;
use super::process::Process;

/// A server that runs, and how it is spoken to.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) at: SocketAddr,
    /// What each sender says who it is.
    pub(crate) senders: Vec<String>,
    /// Who takes messages, where a server takes none on its connections.
    pub(crate) job: Option<goim::Job>,
    _folder: tempfile::TempDir,
}

impl Running {
    /// What the server itself says of messages that did not come: its own counts, if it has some, and its last words.
    pub(crate) fn why(&self) -> String {
        let page = get(self.at, "/metrics").unwrap_or_default();
        let tells = |line: &&str| {
            ["_skipped_total ", "_room_full_total ", "_events_lost_total "]
                .iter()
                .any(|end| line.contains(end))
                && !line.starts_with('#')
        };
        let counts: Vec<&str> = page.lines().filter(tells).collect();
        format!("{}; it said: {}", counts.join(", "), self.process.last_words())
    }
}

/// One of the servers.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// This repository's binary.
    Footlight(PathBuf),
    /// InspIRCd 3 (Debian's).
    InspIrcd(PathBuf),
    /// Centrifugo 5 or 6.
    Centrifugo(PathBuf),
    /// goim's fan-out server, comet.
    Goim(PathBuf),
}

/// A table's name for a way of speaking, and the way.
pub(crate) type Row = (&'static str, Dialect);

/// The channel that everybody reads.
pub(crate) const CHANNEL: &str = "bench";

impl Server {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Footlight(_) => "Footlight",
            Self::InspIrcd(_) => "InspIRCd",
            Self::Centrifugo(_) => "Centrifugo",
            Self::Goim(_) => "goim comet",
        }
    }

    /// The ways in which it is measured.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let channel = || CHANNEL.to_owned();
        let native = |deflate| Dialect::Native { channel: channel(), full: true, deflate };
        let irc = |tags| Dialect::Irc { channel: Some(format!("#{CHANNEL}")), tags };
        match self {
            Self::Footlight(_) => vec![
                ("native", native(false)),
                ("native, compressed", native(true)),
                ("Twitch IRC, no tags", irc(false)),
                ("Twitch IRC, tags", irc(true)),
            ],
            Self::InspIrcd(_) => vec![("IRC", irc(false))],
            Self::Centrifugo(_) => vec![
                ("as it comes", Dialect::Centrifugo { channel: channel(), tuned: false }),
                ("best settings, HTTP publish", Dialect::Centrifugo { channel: channel(), tuned: true }),
            ],
            Self::Goim(_) => vec![
                ("job's batches (20 or 1 s)", Dialect::Goim { batch: 20 }),
                ("message by message", Dialect::Goim { batch: 1 }),
            ],
        }
    }

    /// The ways in which a connection that is idle is measured: those of [`rows`](Self::rows), and IRC that has only
    /// signed in. A newcomer to a channel is told to all who are there by some servers and to nobody by others.
    pub(crate) fn idle_rows(&self) -> Vec<Row> {
        let mut rows = self.rows();
        // Batches are about messages, of which there are none here.
        rows.retain(|row| !matches!(row.1, Dialect::Goim { batch: 2.. }));
        if matches!(self, Self::Footlight(_) | Self::InspIrcd(_)) {
            rows.push(("IRC, in no channel", Dialect::Irc { channel: None, tags: false }));
        }
        rows
    }

    /// Starts it anew, empty, with `senders` who may say things.
    ///
    /// # Errors
    /// When it does not come up.
    pub(crate) fn start(&self, dialect: &Dialect, senders: usize) -> io::Result<Running> {
        let folder = tempfile::tempdir()?;
        match self {
            Self::Footlight(program) => footlight::start(program, folder, dialect, senders),
            Self::InspIrcd(program) => inspircd(program, folder, senders),
            Self::Centrifugo(program) => {
                let tuned = matches!(dialect, Dialect::Centrifugo { tuned: true, .. });
                centrifugo::start(program, folder, senders, tuned)
            }
            Self::Goim(program) => {
                let batch = if let Dialect::Goim { batch } = dialect { *batch } else { 1 };
                goim::start(program, folder, senders, batch)
            }
        }
    }
}

fn inspircd(program: &Path, folder: tempfile::TempDir, senders: usize) -> io::Result<Running> {
    let port = free_port()?;
    let file = folder.path().join("inspircd.conf");
    let config = include_str!("inspircd.conf").replace("PORT", &port.to_string());
    fs::write(&file, config.replace("FOLDER", &folder.path().display().to_string()))?;
    let argument = format!("--config={}", file.display());
    let arguments = ["--nofork", "--runasroot", &argument];
    let mut process = Process::start(program, &arguments, &folder.path().join("log"))?;
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    until(&mut process, || std::net::TcpStream::connect(at).is_ok())?;
    let senders = (0..senders).map(|n| format!("sender{n}")).collect();
    Ok(Running { process, at, senders, job: None, _folder: folder })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Waits up to 30 s for a server to come up.
fn until(process: &mut Process, is: impl Fn() -> bool) -> io::Result<()> {
    let patience = clock::now() + Duration::from_secs(30);
    while !is() {
        if process.is_over() || clock::now() > patience {
            return Err(io::Error::other(format!("it did not come up; it said: {}", process.last_words())));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The status of a GET.
fn status(at: SocketAddr, path: &str) -> io::Result<u16> {
    let answer = get(at, path)?;
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.ok_or_else(|| io::Error::other("no answer"))
}

/// What a GET answers, head and all; servers that speak no HTTP are not waited for.
fn get(at: SocketAddr, path: &str) -> io::Result<String> {
    use std::io::{Read as _, Write as _};
    let mut socket = std::net::TcpStream::connect(at)?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

/// One JSON request on a connection of its own.
fn post(at: SocketAddr, path: &str, body: &Value) -> io::Result<Value> {
    use std::io::{Read as _, Write as _};
    let body = body.to_string();
    let mut socket = std::net::TcpStream::connect(at)?;
    write!(
        socket,
        "POST {path} HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    let (_, json) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no answer"))?;
    serde_json::from_str(json)
        .map_err(|_| io::Error::other(answer.lines().next().unwrap_or_default().to_owned()))
}
