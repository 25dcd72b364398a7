//! This repository's own server: one process for the cases, or a site of several whose other nodes only deliver.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::{CHANNEL, Running, post, until};
use crate::chat::dialect::Dialect;
use crate::chat::process::Process;

const PASSWORD: &str = "a long enough sentence";

/// Starts one process, empty.
pub(super) fn start(
    program: &Path,
    folder: tempfile::TempDir,
    dialect: &Dialect,
    senders: usize,
) -> io::Result<Running> {
    let node =
        Node::start(program, folder.path(), "server", "directory,chat,api", "log.filter = \"warn\"\n")?;
    let token = sign_up(node.http)?;
    let is_irc = matches!(dialect, Dialect::Irc { .. });
    let at = if is_irc { node.port("irc")? } else { node.http };
    // All senders are the broadcaster: what is measured is delivery, not how much one viewer may say.
    let who = if is_irc { format!("{CHANNEL}:{token}") } else { token };
    Ok(Running { process: node.process, at, senders: vec![who; senders], job: None, _folder: folder })
}

fn sign_up(at: SocketAddr) -> io::Result<String> {
    let account = json!({ "name": CHANNEL, "email": "bench@localhost", "password": PASSWORD });
    let answer = post(at, "/api/v1/accounts", &account)?;
    answer["token"].as_str().map(str::to_owned).ok_or_else(|| io::Error::other("no token"))
}

/// A running process of ours.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) process: Process,
    /// Where its site listens.
    pub(crate) http: SocketAddr,
    program: PathBuf,
    data: PathBuf,
    log: PathBuf,
}

impl Node {
    fn start(program: &Path, folder: &Path, name: &str, roles: &str, more: &str) -> io::Result<Self> {
        let (data, log) = (folder.join(name), folder.join(format!("{name}.log")));
        let file = folder.join(format!("{name}.toml"));
        fs::write(&file, format!("{}{more}", include_str!("../footlight.toml")))?;
        let (data_text, file_text) = (data.display().to_string(), file.display().to_string());
        let arguments = ["up", "--data", &data_text, "--config", &file_text, "--role", roles];
        let mut process = Process::start(program, &arguments, &log)?;
        let ports = data.join("ports.json");
        until(&mut process, || ports.exists())?;
        let http = port(&data, "http")?;
        Ok(Self { name: name.to_owned(), process, http, program: program.to_owned(), data, log })
    }

    fn port(&self, name: &str) -> io::Result<SocketAddr> {
        port(&self.data, name)
    }

    /// What it said of open files when it started.
    pub(crate) fn files_line(&self) -> Option<String> {
        let text = fs::read_to_string(&self.log).ok()?;
        text.lines().find(|line| line.contains("files_before")).map(str::to_owned)
    }

    /// Asks its chat clients to connect anew, as an operator does; what it answers.
    pub(crate) fn reconnect(&self, over: Duration) -> io::Result<String> {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(&self.data);
        command.args(["chat", "reconnect", "--over", &format!("{}s", over.as_secs())]);
        let output = command.output()?;
        let said = if output.status.success() { output.stdout } else { output.stderr };
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    }
}

fn port(data: &Path, name: &str) -> io::Result<SocketAddr> {
    let ports: Value = serde_json::from_str(&fs::read_to_string(data.join("ports.json"))?)?;
    let at = ports[name].as_str().and_then(|at| at.parse().ok());
    at.ok_or_else(|| io::Error::other(format!("no port for {name}")))
}

/// Several nodes: the first owns the rooms, the others deliver them.
pub(crate) struct Site {
    pub(crate) nodes: Vec<Node>,
    /// The broadcaster's.
    pub(crate) token: String,
    _folder: tempfile::TempDir,
}

impl Site {
    /// Starts so many.
    ///
    /// # Errors
    /// When one does not come up.
    pub(crate) fn start(program: &Path, nodes: usize) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let secret = "chat.link.secret = \"the bench's own, for one run\"";
        // What the process says of its open files is on this level.
        let top = "log.filter = \"info\"\n";
        let link =
            if nodes > 1 { format!("chat.link.listen = \"127.0.0.1:0\"\n{secret}\n") } else { String::new() };
        let rooms =
            Node::start(program, folder.path(), "rooms", "directory,chat,api", &(top.to_owned() + &link))?;
        let token = sign_up(rooms.http)?;
        let upstream = (nodes > 1).then(|| rooms.port("chat_link")).transpose()?;
        let mut all = vec![rooms];
        for n in 1..nodes {
            let name = format!("edge {n}");
            let at = upstream.map(|at| at.to_string()).unwrap_or_default();
            let link = format!("{top}chat.link.upstream = \"{at}\"\n{secret}\nchat.link.node = {n}\n");
            let mut edge = Node::start(program, folder.path(), &name, "api,chat-edge", &link)?;
            let http = edge.http;
            until(&mut edge.process, || super::status(http, "/readyz").is_ok_and(|code| code == 200))?;
            all.push(edge);
        }
        Ok(Self { nodes: all, token, _folder: folder })
    }
}
