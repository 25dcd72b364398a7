//! What the platform and its process weigh, as metrics: streams and viewers, memory, processor time, open files.
//!
//! Read every few seconds from the registry and from `/proc/self`; nothing is labelled by channel or user.

use std::sync::Arc;

use directory::Viewers;
use domain::ports::Registry;
use domain::streams::{StreamRecord, StreamState};
use domain::time::WallTime;
use metrics::{counter, gauge};
use runtime::metrics::Metrics;
use runtime::{Scope, clock};

use crate::limits::{METRICS_KEPT, VITALS_EVERY};

/// Told from zero on. An alarm on a rise does not see the first event of a series that begins with it.
const FROM_ZERO: [&str; 20] = [
    "footlight_chat_client_messages_total",
    "footlight_chat_connections_refused_total",
    "footlight_chat_deliveries_total",
    "footlight_chat_events_lost_total",
    "footlight_chat_frames_sent_total",
    "footlight_chat_log_deletions_lost_total",
    "footlight_chat_log_dropped_total",
    "footlight_chat_not_kept_total",
    "footlight_chat_room_full_total",
    "footlight_chat_sent_bytes_total",
    "footlight_chat_skipped_total",
    "footlight_emotes_added_total",
    "footlight_http_connections_refused_total",
    "footlight_http_connections_stalled_total",
    "footlight_http_headers_late_total",
    "footlight_http_tls_handshakes_failed_total",
    "footlight_ingest_publishes_total",
    "footlight_ingest_wrong_keys_total",
    "footlight_sign_ups_total",
    "footlight_transcode_skips_total",
];
const GAUGES_FROM_ZERO: [&str; 3] =
    ["footlight_chat_connections", "footlight_chat_links", "footlight_ingest_connections"];

/// Starts measuring.
pub(crate) fn start(
    registry: Arc<dyn Registry>,
    viewers: Arc<Viewers>,
    recorder: Option<Metrics>,
    scope: &Scope,
) {
    for name in FROM_ZERO {
        counter!(name).increment(0);
    }
    for reason in ["spawn", "exit", "garbage", "hang"] {
        counter!("footlight_transcode_restarts_total", "reason" => reason).increment(0);
        counter!("footlight_sound_restarts_total", "reason" => reason).increment(0);
    }
    for name in GAUGES_FROM_ZERO {
        gauge!(name).increment(0.0);
    }
    gauge!("footlight_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("process_start_time_seconds").set(clock::wall_ms() as f64 / 1000.0);
    gauge!("process_max_fds").set(crate::process::file_limit() as f64);
    scope.spawn("vitals", async move {
        loop {
            // A store that does not answer is told by those who need it.
            if let Ok(live) = registry.live(WallTime::from_unix_ms(clock::wall_ms())).await {
                streams(&live, &viewers);
            }
            process();
            tokio::time::sleep(VITALS_EVERY).await;
        }
    });
    if let Some(recorder) = recorder {
        scope.spawn("metrics upkeep", async move {
            loop {
                tokio::time::sleep(METRICS_KEPT).await;
                drop(recorder.render());
            }
        });
    }
}

fn streams(live: &[StreamRecord], viewers: &Viewers) {
    for (name, state) in [
        ("starting", StreamState::Starting),
        ("live", StreamState::Live),
        ("interrupted", StreamState::Interrupted),
    ] {
        let count = live.iter().filter(|stream| stream.state == state).count();
        gauge!("footlight_streams", "state" => name).set(count as f64);
    }
    let now = clock::now();
    let watching: u64 = live.iter().map(|stream| viewers.count(stream.id, now)).sum();
    gauge!("footlight_viewers").set(watching as f64);
}

fn process() {
    if let Some(weight) = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| weight_of(&text)) {
        // A counter by its name and meaning; the kernel counts it, so it is set and not added to.
        gauge!("process_cpu_seconds_total").set(weight.cpu_seconds);
        gauge!("process_resident_memory_bytes").set(weight.resident_bytes);
    }
    if let Some(open) = open_files() {
        gauge!("process_open_fds").set(open as f64);
    }
}

/// How many files are open. The folder's size is their number (Linux 6.2 and later, proc_pid_fd(5)); before that it is 0, and
/// reading it is milliseconds with tens of thousands of connections.
fn open_files() -> Option<u64> {
    let folder = "/proc/self/fd";
    match std::fs::metadata(folder).ok()?.len() {
        0 => Some(std::fs::read_dir(folder).ok()?.count() as u64),
        count => Some(count),
    }
}

#[derive(Debug, PartialEq)]
struct Weight {
    cpu_seconds: f64,
    resident_bytes: f64,
}

/// Reads `/proc/self/stat` (proc(5)): after the name in brackets, utime and stime are fields 14 and 15, rss is 24.
fn weight_of(stat: &str) -> Option<Weight> {
    // Linux counts in 1/100 s for user space on every architecture, and pages are 4 KiB on those that we build for.
    const TICKS: f64 = 100.0;
    const PAGE: f64 = 4096.0;
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    Some(Weight { cpu_seconds: (field(14)? + field(15)?) / TICKS, resident_bytes: field(24)? * PAGE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_files_are_counted() {
        let before = open_files().expect("Linux");
        let held: Vec<_> = (0..200).map(|_| std::fs::File::open("/dev/null").expect("opens")).collect();
        // Other tests of this process open and close some of their own.
        assert!(open_files().expect("Linux") > before + 100);
        drop(held);
    }

    #[test]
    fn the_kernel_s_line_is_read_though_a_name_holds_anything() {
        let stat = "42 (foot) light) S 1 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 9 0 100 1000000 256 18446744073709551615";
        assert_eq!(weight_of(stat), Some(Weight { cpu_seconds: 2.0, resident_bytes: 1_048_576.0 }));
        assert_eq!(weight_of("nonsense"), None);
    }
}
