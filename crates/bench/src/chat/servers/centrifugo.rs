//! Centrifugo 5 or 6, as it comes and with what its own documentation calls best for many readers.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{Running, free_port, until};
use crate::chat::process::Process;

/// Starts it; `tuned`: small buffers for idle connections, which it shares then.
pub(super) fn start(
    program: &Path,
    folder: tempfile::TempDir,
    senders: usize,
    tuned: bool,
) -> io::Result<Running> {
    let port = free_port()?;
    // A binary that was built by hand says that it is v0.0.0; only 6 can print its default configuration.
    let help = Command::new(program).arg("--help").output()?;
    let is_five = !String::from_utf8_lossy(&help.stdout).contains("defaultconfig");
    let file = folder.path().join("config.json");
    fs::write(&file, if is_five { five(port, tuned) } else { six(port, tuned) }.to_string())?;
    let argument = file.display().to_string();
    let mut process = Process::start(program, &["-c", &argument], &folder.path().join("log"))?;
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    until(&mut process, || std::net::TcpStream::connect(at).is_ok())?;
    Ok(Running { process, at, senders: vec![String::new(); senders], job: None, _folder: folder })
}

fn five(port: u16, tuned: bool) -> Value {
    let mut config = json!({
        "address": "127.0.0.1", "port": port.to_string(), "log_level": "error",
        "client_insecure": true, "api_insecure": true, "allowed_origins": ["*"],
        "allow_publish_for_client": true, "allow_subscribe_for_client": true,
        "client_connection_limit": 100_000,
    });
    if tuned {
        config["websocket_use_write_buffer_pool"] = json!(true);
        config["websocket_read_buffer_size"] = json!(512);
        config["websocket_write_buffer_size"] = json!(4096);
    }
    config
}

fn six(port: u16, tuned: bool) -> Value {
    let mut config = json!({
        "http_server": { "address": "127.0.0.1", "port": port.to_string() },
        "http_api": { "insecure": true },
        "client": { "insecure": true, "allowed_origins": ["*"], "connection_limit": 100_000 },
        "channel": { "without_namespace": { "allow_publish_for_client": true, "allow_subscribe_for_client": true } },
        "log": { "level": "error" },
    });
    if tuned {
        config["websocket"] = json!({
            "use_write_buffer_pool": true, "read_buffer_size": 512, "write_buffer_size": 4096,
        });
    }
    config
}
