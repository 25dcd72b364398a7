//! `footlight doctor`: looks at the machine and says of each thing whether it is fine and, if not, what to do.
//!
//! Changes nothing. Each check is a function from a fact to a line; gathering the facts is separate, so that the verdicts
//! are tested without a broken machine.

mod checks;
mod kept;

use std::net::SocketAddr;
use std::process::ExitCode;

use runtime::clock;
use video::transcode::Encoders;

use crate::config::Config;
use crate::{control, data, process};
use checks::{Line, Verdict};

/// Prints one line for each check. Fails if one of them does.
pub(crate) async fn doctor(config: &Config) -> ExitCode {
    let found = Encoders::probe(config.transcode.ffmpeg.as_ref(), &config.transcode.encoder).await;
    let running = control::is_running(&data::control_socket(&config.data)).await;
    let mut lines = vec![checks::ffmpeg(&found, &config.transcode.ffmpeg)];
    lines.extend(checks::encoders(&found, &config.transcode.encoder));
    for (key, address) in [
        ("http.listen", config.http.listen.0),
        ("rtmp.listen", config.rtmp.listen.0),
        ("rtmps.listen", config.rtmps.listen.0),
        ("irc.listen", config.irc.listen.0),
        ("ircs.listen", config.ircs.listen.0),
        ("chat.link.listen", config.chat.link.listen.0),
    ] {
        lines.extend(address.map(|address| checks::port(key, address, why_not(address), running)));
    }
    lines.push(checks::disk(&config.data, checks::free_bytes(&config.data)));
    lines.push(checks::clock(clock::wall_ms(), clock_is_synchronised()));
    let (before, files) = process::raise_file_limit();
    lines.push(checks::files(before, files.max(process::file_limit()), config.chat.connections_max));
    lines.push(checks::folder(&config.data));
    lines.extend(kept::kept(&config.data).await);
    lines.push(checks::ui(cfg!(feature = "embed-ui"), &config.http.ui_dir));
    for line in &lines {
        println!("{line}");
    }
    let worst = lines.iter().map(|line| line.verdict).max().unwrap_or(Verdict::Ok);
    if worst == Verdict::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What keeps us from listening there, if anything does.
fn why_not(address: SocketAddr) -> Option<std::io::Error> {
    runtime::listener::bind(address).err().map(|e| e.source)
}

/// Whether one of the usual services keeps the clock; `None` if that can't be told.
fn clock_is_synchronised() -> Option<bool> {
    // systemd-timesyncd leaves this behind once it has set the clock; chrony and ntpd have their own files.
    let marks = ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/ntpd.pid"];
    marks.iter().any(|mark| std::path::Path::new(mark).exists()).then_some(true)
}

/// Lines in which something is to be done are indented under what it is about.
impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok  ",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        write!(f, "{verdict}  {:<12} {}", self.what, self.found)?;
        if self.todo.is_empty() { Ok(()) } else { write!(f, "\n      {:<12} -> {}", "", self.todo) }
    }
}
