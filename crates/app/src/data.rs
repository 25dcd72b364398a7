//! What lies where in the data folder, and the file that says on which ports we listen.
//!
//! The folder itself, its permissions and its one owner are [`stores::lock`]'s.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Where commands reach the running server.
pub(crate) fn control_socket(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

/// Where we listen, as programs read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Ports {
    /// Site and API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<SocketAddr>,
    /// Encoders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rtmp: Option<SocketAddr>,
    /// Encoders over TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rtmps: Option<SocketAddr>,
    /// IRC clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) irc: Option<SocketAddr>,
    /// IRC clients over TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ircs: Option<SocketAddr>,
    /// Nodes that deliver chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chat_link: Option<SocketAddr>,
}

/// `ports.json`, there for as long as this is.
#[derive(Debug)]
pub(crate) struct PortsFile(PathBuf);

impl PortsFile {
    /// Says where we listen, all at once or not at all.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub(crate) fn write(folder: &Path, ports: Ports) -> io::Result<Self> {
        let path = folder.join("ports.json");
        let text = serde_json::to_string(&ports)?;
        write_whole(&path, text.as_bytes())?;
        Ok(Self(path))
    }

    /// Forgets what a process that crashed here said of itself. Only the folder's owner may.
    pub(crate) fn forget(folder: &Path) {
        drop(Self(folder.join("ports.json")));
    }
}

impl Drop for PortsFile {
    fn drop(&mut self) {
        // Somebody may have removed it before.
        drop(std::fs::remove_file(&self.0));
    }
}

/// Writes beside the place and renames, so that a reader sees the old or the new whole.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("tmp");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_while_we_listen() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
        let ports = Ports { http: at(41_234), rtmp: at(41_235), ..Ports::default() };
        let file = PortsFile::write(folder.path(), ports).expect("written");
        let path = folder.path().join("ports.json");
        let text = std::fs::read_to_string(&path).expect("readable");
        assert_eq!(text, r#"{"http":"127.0.0.1:41234","rtmp":"127.0.0.1:41235"}"#);
        drop(file);
        assert!(!path.exists());
    }
}
