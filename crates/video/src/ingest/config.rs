//! What ingest takes, and how long it waits.

use std::time::Duration;

use serde::Deserialize;

/// Limits of ingest. Each one has an error that names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestConfig {
    /// Time from the first byte to an accepted key.
    pub handshake_timeout: Duration,
    /// Silence after which a connection is closed.
    pub idle_timeout: Duration,
    /// Silence after which a publisher counts as gone, though its connection is open: its viewers see the interruption,
    /// and its key is free for a new connection.
    pub silent_after: Duration,
    /// Wait for the first key frame.
    pub key_frame_timeout: Duration,
    /// Most bits a second of video and audio together, over ten seconds.
    pub bitrate_max_bps: u64,
    /// Largest frame, in bytes.
    pub frame_bytes_max: usize,
    /// Longest message before a publish is asked for, in bytes: a command and what it carries.
    pub message_bytes_max: usize,
    /// Most memory for what one connection has sent and what is not whole or not wanted yet, in bytes.
    pub memory_bytes_max: usize,
    /// Most connections from one address.
    pub per_address_max: usize,
    /// Most publishers on this node; the next one is refused, not queued.
    pub publishers_max: usize,
    /// How long a stream waits for its encoder after the connection broke.
    pub grace: Duration,
    /// How long it waits after the encoder said goodbye.
    pub grace_clean_close: Duration,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(10),
            silent_after: Duration::from_secs(5),
            key_frame_timeout: Duration::from_secs(10),
            bitrate_max_bps: 20_000_000,
            frame_bytes_max: 4 * 1024 * 1024,
            message_bytes_max: 64 * 1024,
            memory_bytes_max: 12 * 1024 * 1024,
            per_address_max: 32,
            publishers_max: 1_000,
            grace: Duration::from_secs(90),
            grace_clean_close: Duration::from_secs(15),
        }
    }
}

impl IngestConfig {
    /// What is wrong with these values, each by its key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (key, value) in [
            ("handshake_timeout", self.handshake_timeout),
            ("idle_timeout", self.idle_timeout),
            ("silent_after", self.silent_after),
            ("key_frame_timeout", self.key_frame_timeout),
        ] {
            if value.is_zero() {
                faults.push(format!("{key}: 0 would refuse every encoder"));
            }
        }
        for (key, value) in
            [("per_address_max", self.per_address_max), ("publishers_max", self.publishers_max)]
        {
            if value == 0 {
                faults.push(format!("{key}: 0 refuses everyone; disable the role instead"));
            }
        }
        if self.bitrate_max_bps < 100_000 {
            faults.push("bitrate_max_bps: below 100 kb/s nothing can be broadcast".to_owned());
        }
        if !(64 * 1024..16 * 1024 * 1024).contains(&self.frame_bytes_max) {
            faults.push("frame_bytes_max: 64 KiB to just under 16 MiB, which is where RTMP ends".to_owned());
        }
        if !(4 * 1024..=1024 * 1024).contains(&self.message_bytes_max) {
            faults.push("message_bytes_max: 4 KiB to 1 MiB; a command of OBS has about 1 KiB".to_owned());
        }
        if self.memory_bytes_max < self.frame_bytes_max {
            faults.push("memory_bytes_max: a frame of frame_bytes_max must fit into it".to_owned());
        }
        faults
    }
}
