//! The servers that are compared: how each is configured, started and spoken to.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::clock;
use serde_json::{Value, json};

use super::dialect::Dialect;
use super::process::Process;

/// A server that runs, and how it is spoken to.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) at: SocketAddr,
    /// What each sender says who it is.
    pub(crate) senders: Vec<String>,
    _folder: tempfile::TempDir,
}

/// One of the servers.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// This repository's binary.
    Footlight(PathBuf),
    /// InspIRCd 3 (Debian's).
    InspIrcd(PathBuf),
    /// Centrifugo 6.
    Centrifugo(PathBuf),
}

/// A table's name for a way of speaking, and the way.
pub(crate) type Row = (&'static str, Dialect);

const CHANNEL: &str = "bench";

impl Server {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Footlight(_) => "Footlight",
            Self::InspIrcd(_) => "InspIRCd",
            Self::Centrifugo(_) => "Centrifugo",
        }
    }

    /// The ways in which it is measured.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let channel = || CHANNEL.to_owned();
        let native = |deflate| Dialect::Native { channel: channel(), full: true, deflate };
        let irc = |tags| Dialect::Irc { channel: format!("#{CHANNEL}"), tags };
        match self {
            Self::Footlight(_) => vec![
                ("native", native(false)),
                ("native, compressed", native(true)),
                ("Twitch IRC, no tags", irc(false)),
                ("Twitch IRC, tags", irc(true)),
            ],
            Self::InspIrcd(_) => vec![("IRC", irc(false))],
            Self::Centrifugo(_) => vec![("JSON", Dialect::Centrifugo { channel: channel() })],
        }
    }

    /// Starts it anew, empty, with `senders` who may say things.
    ///
    /// # Errors
    /// When it does not come up.
    pub(crate) fn start(&self, dialect: &Dialect, senders: usize) -> io::Result<Running> {
        let folder = tempfile::tempdir()?;
        match self {
            Self::Footlight(program) => footlight(program, folder, dialect, senders),
            Self::InspIrcd(program) => inspircd(program, folder, senders),
            Self::Centrifugo(program) => centrifugo(program, folder, senders),
        }
    }
}

fn footlight(
    program: &Path,
    folder: tempfile::TempDir,
    dialect: &Dialect,
    senders: usize,
) -> io::Result<Running> {
    let data = folder.path().join("data");
    let file = folder.path().join("bench.toml");
    fs::write(&file, include_str!("footlight.toml"))?;
    let (data_text, file_text) = (data.display().to_string(), file.display().to_string());
    let arguments = ["up", "--data", &data_text, "--config", &file_text, "--role", "directory,chat,api"];
    let mut process = Process::start(program, &arguments, &folder.path().join("log"))?;
    let ports = data.join("ports.json");
    until(&mut process, || ports.exists())?;
    let ports: Value = serde_json::from_str(&fs::read_to_string(ports)?)?;
    let port = |name: &str| ports[name].as_str().and_then(|at| at.parse().ok());
    let http: SocketAddr = port("http").ok_or_else(|| io::Error::other("no HTTP port"))?;
    let account =
        json!({ "name": CHANNEL, "email": "bench@localhost", "password": "a long enough sentence" });
    let answer = post(http, "/api/v1/accounts", &account)?;
    let token = answer["token"].as_str().ok_or_else(|| io::Error::other("no token"))?.to_owned();
    let is_irc = matches!(dialect, Dialect::Irc { .. });
    let at = if is_irc { port("irc").ok_or_else(|| io::Error::other("no IRC port"))? } else { http };
    // All senders are the broadcaster: what is measured is delivery, not how much one viewer may say.
    let who = if is_irc { format!("{CHANNEL}:{token}") } else { token };
    Ok(Running { process, at, senders: vec![who; senders], _folder: folder })
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
    Ok(Running { process, at, senders, _folder: folder })
}

fn centrifugo(program: &Path, folder: tempfile::TempDir, senders: usize) -> io::Result<Running> {
    let port = free_port()?;
    let config = json!({
        "http_server": { "address": "127.0.0.1", "port": port.to_string() },
        "client": { "insecure": true, "allowed_origins": ["*"], "connection_limit": 100_000 },
        "channel": { "without_namespace": { "allow_publish_for_client": true, "allow_subscribe_for_client": true } },
        "websocket": { "use_write_buffer_pool": true, "read_buffer_size": 512, "write_buffer_size": 4096 },
        "log": { "level": "error" },
    });
    let file = folder.path().join("config.json");
    fs::write(&file, config.to_string())?;
    let argument = file.display().to_string();
    let mut process = Process::start(program, &["-c", &argument], &folder.path().join("log"))?;
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    until(&mut process, || std::net::TcpStream::connect(at).is_ok())?;
    Ok(Running { process, at, senders: vec![String::new(); senders], _folder: folder })
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
