//! The built binary as other programs meet it: started on free ports, asked over HTTP, spoken to over IRC.
//!
//! Nothing here waits for a time to pass: whoever waits reads, and a read that lasts longer than [`PATIENCE`] fails the test.

#![allow(dead_code, reason = "each test uses its own part")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Longer than anything takes that works, on a busy machine too.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The binary on this data folder, with nothing of the tester's environment.
fn footlight(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_footlight"));
    command.args(arguments).arg("--data").arg(data);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FOOTLIGHT_")) {
        command.env_remove(name);
    }
    command
}

/// A running server; killed if a test fails.
pub struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    ports: serde_json::Value,
}

impl Server {
    /// Starts it on free ports, with this configuration; it accepts when this returns.
    pub fn start(data: &Path, config: &str, more: &[&str]) -> Self {
        std::fs::write(data.join("footlight.toml"), config).expect("written");
        let mut arguments = vec!["up", "--http-listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0"];
        arguments.extend(["--irc-listen", "127.0.0.1:0"]);
        arguments.extend(more);
        let mut command = footlight(data, &arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut greeting = String::new();
        while !greeting.contains("\n  Data ") {
            assert_ne!(stdout.read_line(&mut greeting).expect("reads"), 0, "it ended: {greeting}");
        }
        let ports = std::fs::read(data.join("ports.json")).expect("is there while it runs");
        Self { child, stdout, ports: serde_json::from_slice(&ports).expect("is JSON") }
    }

    /// Where one of its doors is.
    pub fn door(&self, name: &str) -> SocketAddr {
        self.ports[name].as_str().expect("this door is open").parse().expect("an address")
    }

    /// Sends a signal and waits for the end; the exit code, or -1 if the signal ended it.
    pub fn stop(self, signal: Signal) -> i32 {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        kill(pid, signal).expect("it runs");
        self.ended()
    }

    /// Waits until it has ended by itself; the exit code.
    pub fn ended(mut self) -> i32 {
        self.stdout.read_to_string(&mut String::new()).expect("reads to the end");
        self.child.wait().expect("ends").code().unwrap_or(-1)
    }

    /// The status of the answer to `GET path`.
    pub fn status(&self, path: &str) -> u16 {
        let answer = self.request(&format!("GET {path} HTTP/1.0\r\n\r\n"));
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }

    /// Signs up; the account's token.
    pub fn sign_up(&self, name: &str) -> String {
        let account = serde_json::json!({
            "name": name, "email": format!("{name}@example.org"), "password": "a long enough sentence",
        });
        let (account, host) = (account.to_string(), self.door("http"));
        let answer = self.request(&format!(
            "POST /api/v1/accounts HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{account}",
            account.len()
        ));
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(" 201 "), "{answer}");
        let body: serde_json::Value = serde_json::from_str(body).expect("is JSON");
        body["token"].as_str().expect("a token").to_owned()
    }

    /// Signs out: the token is worth nothing from then on.
    pub fn sign_out(&self, token: &str) {
        let answer = self.request(&format!(
            "DELETE /api/v1/sessions/current HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n"
        ));
        assert!(answer.split(' ').nth(1) == Some("204"), "{answer}");
    }

    fn request(&self, request: &str) -> String {
        let mut socket = TcpStream::connect(self.door("http")).expect("accepts");
        socket.set_read_timeout(Some(PATIENCE)).expect("set");
        socket.write_all(request.as_bytes()).expect("takes it");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("answers");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts it, reads what it logs up to the first line with `words`, and kills it; that line.
pub fn logs(data: &Path, config: &str, more: &[&str], words: &str) -> String {
    std::fs::write(data.join("footlight.toml"), config).expect("written");
    let mut command = footlight(
        data,
        &["up", "--http-listen", "127.0.0.1:0", "--rtmp-listen", "", "--irc-listen", "127.0.0.1:0"],
    );
    let mut child = command.args(more).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let found = lines.map_while(Result::ok).find(|line| line.contains(words));
    child.kill().expect("it runs");
    child.wait().expect("ends");
    found.unwrap_or_else(|| panic!("it ended without {words:?}"))
}

/// Carries out a command on a running server's folder.
pub fn command(data: &Path, arguments: &[&str]) {
    let output = footlight(data, arguments).output().expect("runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// An IRC client that is as simple as can be: lines out, lines in.
pub struct Irc {
    socket: BufReader<TcpStream>,
    heard: Vec<String>,
}

impl Irc {
    /// In `#room` by the time this returns; with a token as its account, else as an anonymous reader.
    pub fn enter(door: SocketAddr, who: Option<(&str, &str)>, room: &str) -> Self {
        let socket = TcpStream::connect(door).expect("accepts");
        socket.set_read_timeout(Some(PATIENCE)).expect("set");
        let mut irc = Self { socket: BufReader::new(socket), heard: Vec::new() };
        irc.writes("CAP REQ :twitch.tv/tags twitch.tv/commands");
        match who {
            Some((name, token)) => irc.writes(&format!("PASS oauth:{token}\r\nNICK {name}")),
            None => irc.writes("NICK justinfan4711"),
        }
        irc.writes(&format!("JOIN #{room}"));
        irc.hears(&[" 366 ", room]);
        irc
    }

    /// Sends a line.
    pub fn writes(&mut self, line: &str) {
        self.socket.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("takes it");
    }

    /// Says something in a room, or commands with a slash.
    pub fn says(&mut self, room: &str, text: &str) {
        self.writes(&format!("PRIVMSG #{room} :{text}"));
    }

    /// Reads until a line has all of these in it; that line.
    pub fn hears(&mut self, parts: &[&str]) -> String {
        loop {
            let mut line = String::new();
            let read = self.socket.read_line(&mut line);
            assert!(matches!(read, Ok(1..)), "no {parts:?} ({read:?}) in {:#?}", self.heard);
            self.heard.push(line.clone());
            if parts.iter().all(|part| line.contains(part)) {
                return line;
            }
        }
    }

    /// Reads until the server ends the connection.
    pub fn ends(&mut self) {
        loop {
            let mut line = String::new();
            match self.socket.read_line(&mut line).expect("comes in time") {
                0 => return,
                _ => self.heard.push(line),
            }
        }
    }

    /// Everything that is on its way has been read when this returns: an answer comes after what was before it.
    pub fn catches_up(&mut self) {
        self.writes("PING :until-here");
        self.hears(&["PONG", "until-here"]);
    }

    /// How many of the lines that were heard have this in them.
    pub fn count(&self, part: &str) -> usize {
        self.heard.iter().filter(|line| line.contains(part)).count()
    }
}
