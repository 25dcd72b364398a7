//! The built binary as a person meets it: started, commanded, refused, stopped. Video is `tests/e2e`'s.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const BIN: &str = env!("CARGO_BIN_EXE_footlight");

/// The binary on this data folder, with nothing of the tester's environment.
fn footlight(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BIN);
    command.args(arguments).arg("--data").arg(data);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FOOTLIGHT_")) {
        command.env_remove(name);
    }
    command
}

/// A running server; killed if a test fails.
struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    greeting: String,
}

impl Server {
    /// Starts it on free ports and reads its greeting, which comes once it accepts.
    fn start(data: &Path, more: &[&str]) -> Self {
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
        Self { child, stdout, greeting }
    }

    /// What the greeting says after `name`.
    fn told(&self, name: &str) -> Option<String> {
        let line = self.greeting.lines().find_map(|line| line.trim().strip_prefix(name))?;
        Some(line.trim().to_owned())
    }

    fn stop(mut self, signal: Signal) -> i32 {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        kill(pid, signal).expect("it runs");
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("reads to the end");
        self.child.wait().expect("ends").code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn ports(data: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(data.join("ports.json")).expect("is there while it runs");
    serde_json::from_str(&text).expect("is JSON")
}

/// A bare HTTP/1.0 request; the whole answer.
fn get(address: SocketAddr, path: &str) -> String {
    let mut socket = std::net::TcpStream::connect(address).expect("accepts");
    write!(socket, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").expect("takes it");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answers");
    answer
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs a command to its end; `input` goes to its standard input.
fn run(data: &Path, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = footlight(data, arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("takes it");
    let output = child.wait_with_output().expect("ends");
    (output.status.success(), words(&output))
}

const MAYA: &[&str] = &["user", "create", "maya", "--email", "maya@example.org", "--password-stdin"];

#[test]
fn it_says_where_it_listens_once_it_accepts_and_takes_it_back_when_it_stops() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path(), &[]);
    let ports = ports(data.path());
    let http: SocketAddr = ports["http"].as_str().expect("is there").parse().expect("an address");
    assert!(get(http, "/readyz").starts_with("HTTP/1.0 200"), "ready as soon as it says so");
    assert!(get(http, "/metrics").contains("footlight_build_info"));
    let rtmp: SocketAddr = ports["rtmp"].as_str().expect("is there").parse().expect("an address");
    std::net::TcpStream::connect(rtmp).expect("accepts");
    assert_eq!(server.told("Site"), Some(format!("http://{http}")));
    assert_eq!(server.told("OBS server"), Some(format!("rtmp://{rtmp}/live")));
    assert_eq!(server.stop(Signal::SIGTERM), 0);
    assert!(!data.path().join("ports.json").exists());
    assert!(!data.path().join("control.sock").exists());
}

#[test]
fn password_and_key_are_shown_on_the_first_start_only() {
    let data = tempfile::tempdir().expect("a folder");
    let first = Server::start(data.path(), &[]);
    assert_eq!(first.told("Administrator").as_deref(), Some("operator"));
    assert!(first.told("Password").is_some_and(|password| password.len() > 16));
    assert!(first.told("OBS stream key").is_some_and(|key| key.starts_with("live_")));
    assert_eq!(first.stop(Signal::SIGINT), 0);
    let second = Server::start(data.path(), &[]);
    assert_eq!(second.told("Password"), None);
    assert!(second.told("OBS stream key").is_some_and(|where_to| where_to.contains("creator page")));
    assert_eq!(second.stop(Signal::SIGTERM), 0);
}

#[test]
fn commands_work_while_the_server_runs_and_while_it_does_not() {
    let data = tempfile::tempdir().expect("a folder");
    let password = "a long enough sentence\n";
    assert_eq!(run(data.path(), MAYA, password), (true, "made the account maya\n".to_owned()));
    let server = Server::start(data.path(), &[]);
    let (made, key) = run(data.path(), &["key", "create", "maya", "--label", "studio"], "");
    assert!(made && key.starts_with("live_"), "{key}");
    let (made, code) = run(data.path(), &["invite", "create"], "");
    assert!(made && code.starts_with("invite_"), "{code}");
    let (made, why) = run(data.path(), MAYA, password);
    assert!(!made && why.contains("that name is taken"), "{why}");
    for (arguments, told) in [
        (["user", "verify", "maya"].as_slice(), "maya: verified\n"),
        (&["user", "set", "maya", "--bot"], "maya: verified, a known bot\n"),
        (&["user", "set", "maya", "--no-bot"], "maya: verified\n"),
        (&["user", "password", "maya", "--password-stdin"], "maya: another password; all sessions ended\n"),
    ] {
        let typed = "another long sentence\n";
        assert_eq!(run(data.path(), arguments, typed), (true, told.to_owned()), "{arguments:?}");
    }
    let (done, why) = run(data.path(), &["user", "set", "maya"], "");
    assert!(!done && why.contains("--no-bot"), "what is to change must be said: {why}");
    let (done, why) = run(data.path(), &["user", "verify", "nobody_here"], "");
    assert!(!done && why.contains("there is no account nobody_here"), "{why}");
    let (made, why) = run(data.path(), &["key", "create", "nobody_here"], "");
    assert!(!made && why.contains("there is no account nobody_here"), "{why}");
    assert_eq!(server.stop(Signal::SIGTERM), 0);
    let (made, key) = run(data.path(), &["key", "create", "maya"], "");
    assert!(made && key.starts_with("live_"), "{key}");
}

#[test]
fn a_data_folder_too_deep_for_a_socket_s_name_has_a_control_socket_too() {
    let parent = tempfile::tempdir().expect("a folder");
    let data = parent.path().join("deep".repeat(30)).join("data");
    let server = Server::start(&data, &[]);
    let (made, code) = run(&data, &["invite", "create"], "");
    assert!(made && code.starts_with("invite_"), "{code}");
    assert_eq!(server.stop(Signal::SIGTERM), 0);
}

#[test]
fn a_second_process_is_refused_with_the_first_one_s_pid() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path(), &[]);
    let (started, why) = run(data.path(), &["up", "--http-listen", "127.0.0.1:0"], "");
    assert!(!started && why.contains(&format!("in use by process {}", server.child.id())), "{why}");
    assert_eq!(server.stop(Signal::SIGTERM), 0);
}

#[test]
fn what_a_crash_leaves_behind_stops_nobody() {
    let data = tempfile::tempdir().expect("a folder");
    assert_eq!(Server::start(data.path(), &[]).stop(Signal::SIGKILL), -1);
    assert!(data.path().join("ports.json").exists(), "a killed process says nothing");
    let (made, why) = run(data.path(), MAYA, "a long enough sentence\n");
    assert!(made, "the socket that nobody answers is no server: {why}");
    assert_eq!(Server::start(data.path(), &[]).stop(Signal::SIGTERM), 0);
}

#[test]
fn the_demo_s_encoder_ends_with_us_however_we_end() {
    for (signal, code) in [(Signal::SIGTERM, 0), (Signal::SIGKILL, -1)] {
        let data = tempfile::tempdir().expect("a folder");
        let (ffmpeg, alive) = stubborn_encoder(data.path());
        let server = Server::start(data.path(), &["--demo", "--config", &ffmpeg]);
        assert!(server.told("On air").is_some_and(|page| page.contains("/first_light")));
        // Opening waits until the encoder has opened its end; the pipe ends when the encoder has.
        let mut pipe = std::fs::File::open(alive).expect("the encoder started");
        assert_eq!(server.stop(signal), code);
        pipe.read_to_end(&mut Vec::new()).expect("reads to the end");
    }
}

/// An FFmpeg that never ends by itself when it is to publish, and holds a pipe open while it lives: the configuration
/// that names it, and the pipe.
fn stubborn_encoder(folder: &Path) -> (String, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let [program, pipe, config] = ["ffmpeg", "alive", "demo.toml"].map(|name| folder.join(name));
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("made");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *rtmp://*) exec 9>{}; exec sleep 3600;; esac\nexit 1\n",
        pipe.display()
    );
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("ours");
    std::fs::write(&config, format!("transcode.ffmpeg = '{}'\n", program.display())).expect("written");
    (config.to_str().expect("a text").to_owned(), pipe)
}

#[test]
fn a_wrong_configuration_is_refused_with_every_fault() {
    let data = tempfile::tempdir().expect("a folder");
    std::fs::write(data.path().join("footlight.toml"), "sigup = 'open'\ngrace = 'long'\n").expect("written");
    let (started, why) = run(data.path(), &["up"], "");
    assert!(!started && why.contains("2 faults"), "{why}");
    assert!(why.contains("did you mean signup?") && why.contains("footlight.toml:2: grace:"), "{why}");
}
