//! From facts to lines: what was found, whether it is fine, and what to do.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use video::transcode::Encoders;

use crate::chatting::room_for;
use crate::limits::{DISK_FAIL, DISK_WARN, FILES_WANTED};

/// How bad it is; the worst decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) verdict: Verdict,
    pub(super) what: &'static str,
    pub(super) found: String,
    /// Empty if nothing is to be done.
    pub(super) todo: String,
}

impl Line {
    pub(super) fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, what, found: found.into(), todo: String::new() }
    }
    pub(super) fn warn(what: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, what, found: found.into(), todo: todo.into() }
    }
    pub(super) fn fail(what: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, what, found: found.into(), todo: todo.into() }
    }
}

pub(super) fn ffmpeg(found: &Encoders, program: &str) -> Line {
    match &found.ffmpeg_version {
        Some(version) => Line::ok("ffmpeg", format!("{program} {version}")),
        None => Line::fail(
            "ffmpeg",
            format!("{program} can't be run"),
            "install it (apt-get install ffmpeg), or name it in transcode.ffmpeg; without it streams play at the source quality only",
        ),
    }
}

pub(super) fn encoders(found: &Encoders, wish: &str) -> Vec<Line> {
    if found.ffmpeg_version.is_none() {
        return Vec::new();
    }
    let chosen = found.best.map(|encoder| encoder.name());
    let each = found.tried.iter().map(|probe| match (probe.ok, chosen == Some(probe.name)) {
        (true, true) => Line::ok("encoder", format!("{} encodes; it is used", probe.name)),
        (true, false) => Line::ok("encoder", format!("{} encodes", probe.name)),
        (false, _) => Line::ok("encoder", format!("{} is not here: {}", probe.name, probe.reason)),
    });
    let mut lines: Vec<_> = each.collect();
    if chosen.is_none() {
        let todo = match wish {
            "auto" => {
                "install an FFmpeg with libx264, or a GPU's driver; streams play at the source quality only"
            }
            _ => "set transcode.encoder to \"auto\", or to one that encodes",
        };
        lines.push(Line::fail("encoder", format!("none can be used (transcode.encoder is {wish:?})"), todo));
    }
    lines
}

/// `running` tells that a server of ours holds the data folder, and most likely the port.
pub(super) fn port(
    key: &'static str,
    address: SocketAddr,
    why_not: Option<std::io::Error>,
    running: bool,
) -> Line {
    match why_not {
        None => Line::ok("port", format!("{address} is free ({key})")),
        Some(_) if running => Line::ok("port", format!("{address} is in use ({key}); Footlight is running")),
        Some(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Line::fail(
            "port",
            format!("{address}: {e} ({key})"),
            "ports below 1024 need CAP_NET_BIND_SERVICE: see deploy/footlight.service, or set another port",
        ),
        Some(e) => Line::fail(
            "port",
            format!("{address}: {e} ({key})"),
            format!("find who listens there (ss -ltnp), or set {key} to another address"),
        ),
    }
}

/// Free space where `path` is or will be.
pub(super) fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let there = nearest(path);
    let space = nix::sys::statvfs::statvfs(&there)?;
    Ok(space.blocks_available() * space.fragment_size())
}

/// The folder itself, or the nearest one above it that exists.
fn nearest(path: &Path) -> PathBuf {
    let above = path.ancestors().find(|path| path.exists()).map(Path::to_owned);
    above.filter(|path| !path.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."))
}

pub(super) fn disk(path: &Path, free: std::io::Result<u64>) -> Line {
    let todo = "free some space, or set data to a folder on a larger disk";
    match free {
        Err(e) => {
            Line::fail("disk", format!("{}: {e}", path.display()), "set data to a folder that can be used")
        }
        Ok(free) => {
            let found = format!("{:.1} GiB free for {}", free as f64 / f64::from(1 << 30), path.display());
            match free {
                _ if free < DISK_FAIL => Line::fail("disk", found, todo),
                _ if free < DISK_WARN => Line::warn("disk", found, todo),
                _ => Line::ok("disk", found),
            }
        }
    }
}

/// 2026-01-01, before which this program was not written.
const BUILT_AFTER_MS: i64 = 1_767_225_600_000;
/// 2100-01-01.
const FAR_FUTURE_MS: i64 = 4_102_444_800_000;

pub(super) fn clock(wall_ms: i64, synchronised: Option<bool>) -> Line {
    let now = domain::time::WallTime::from_unix_ms(wall_ms);
    if !(BUILT_AFTER_MS..FAR_FUTURE_MS).contains(&wall_ms) {
        let todo = "set the clock: players measure latency by it, and sessions end by it";
        return Line::fail("clock", format!("it says {now}"), todo);
    }
    match synchronised {
        Some(true) => Line::ok("clock", format!("{now}, kept by a time service")),
        _ => Line::warn(
            "clock",
            format!("{now}; no time service was found"),
            "if nothing else keeps it (a host's, a hypervisor's), install systemd-timesyncd or chrony",
        ),
    }
}

/// `before` is the limit that a process starts with, `limit` the one that it raises it to.
pub(super) fn files(before: u64, limit: u64, chat_wanted: u32) -> Line {
    let room = room_for(chat_wanted, limit);
    let found = format!("{limit} open files (raised from {before}): room for {room} chat connections");
    if limit < FILES_WANTED {
        let todo = format!(
            "each viewer takes one or two: raise the hard limit (ulimit -Hn, LimitNOFILE=) above {FILES_WANTED}"
        );
        return Line::warn("files", found, todo);
    }
    if room < usize::try_from(chat_wanted).unwrap_or(usize::MAX) {
        let todo = format!(
            "chat.connections_max is {chat_wanted}: raise the hard limit (ulimit -Hn, LimitNOFILE=), or expect no more than that"
        );
        return Line::warn("files", found, todo);
    }
    Line::ok("files", found)
}

pub(super) fn folder(path: &Path) -> Line {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let above = nearest(path);
            if nix::unistd::access(&above, nix::unistd::AccessFlags::W_OK).is_ok() {
                Line::ok("data", format!("{shown} will be made"))
            } else {
                let todo =
                    format!("make it and give it to this user, or give {} to this user", above.display());
                Line::fail("data", format!("{shown} is not there and can't be made"), todo)
            }
        }
        Err(e) => Line::fail("data", format!("{shown}: {e}"), "give the folder to this user"),
        Ok(about) if !about.is_dir() => {
            Line::fail("data", format!("{shown} is no folder"), "set data to a folder")
        }
        Ok(_) if nix::unistd::access(path, nix::unistd::AccessFlags::W_OK).is_err() => {
            Line::fail("data", format!("{shown} can't be written"), "give the folder to this user")
        }
        Ok(about) if about.permissions().mode() & 0o077 != 0 => Line::warn(
            "data",
            format!("{shown} can be read by others (mode {:o})", about.permissions().mode() & 0o777),
            format!("chmod 700 {shown}"),
        ),
        Ok(_) => Line::ok("data", format!("{shown} is private and can be written")),
    }
}

pub(super) fn ui(embedded: bool, dir: &str) -> Line {
    match (dir, embedded) {
        ("", true) => Line::ok("ui", "embedded"),
        ("", false) => Line::warn(
            "ui",
            "this build has no UI: the site shows how to build it",
            "build with `make build`, or set http.ui_dir to a built UI",
        ),
        (dir, _) => Line::ok("ui", format!("served from {dir}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &Line, verdict: Verdict, todo: &str) {
        assert_eq!(line.verdict, verdict, "{line:?}");
        assert!(line.todo.contains(todo), "{line:?}");
        assert_eq!(
            line.todo.is_empty(),
            verdict == Verdict::Ok,
            "what is not fine says what to do: {line:?}"
        );
    }

    #[test]
    fn space_files_and_clock_have_their_marks() {
        let data = Path::new("data");
        check(&disk(data, Ok(10 << 30)), Verdict::Ok, "");
        check(&disk(data, Ok(1 << 30)), Verdict::Warn, "free some space");
        check(&disk(data, Ok(1)), Verdict::Fail, "free some space");
        check(&files(1_024, 65_536, 60_000), Verdict::Ok, "");
        check(&files(1_024, 20_000, 60_000), Verdict::Warn, "chat.connections_max is 60000");
        check(&files(1_024, 1_024, 500), Verdict::Warn, "LimitNOFILE");
        check(&clock(BUILT_AFTER_MS + 1, Some(true)), Verdict::Ok, "");
        check(&clock(BUILT_AFTER_MS + 1, None), Verdict::Warn, "chrony");
        check(&clock(0, Some(true)), Verdict::Fail, "set the clock");
    }

    #[test]
    fn a_port_in_use_is_fine_only_if_we_are_the_ones() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let in_use = || Some(std::io::Error::from(std::io::ErrorKind::AddrInUse));
        check(&port("http.listen", address, None, false), Verdict::Ok, "");
        check(&port("http.listen", address, in_use(), true), Verdict::Ok, "");
        check(&port("http.listen", address, in_use(), false), Verdict::Fail, "ss -ltnp");
        let denied = Some(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
        check(&port("http.listen", address, denied, false), Verdict::Fail, "CAP_NET_BIND_SERVICE");
    }

    #[test]
    fn a_data_folder_is_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode));
        open(0o700).expect("ours");
        check(&super::folder(folder.path()), Verdict::Ok, "");
        open(0o755).expect("ours");
        check(&super::folder(folder.path()), Verdict::Warn, "chmod 700");
        check(&super::folder(&folder.path().join("new/deep")), Verdict::Ok, "");
    }
}
