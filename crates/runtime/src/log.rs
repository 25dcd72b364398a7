//! Structured logs on standard error: lines for people on a terminal, JSON elsewhere.
//!
//! A log line is a constant phrase and fields, units last in their names; nothing secret is ever a field.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging at `filter` (as in `RUST_LOG`, e.g. `info,video=debug`). Later calls do nothing.
pub fn start(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let text = match format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    // A second start happens in tests only, where the first subscriber serves as well.
    drop(if text {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    });
}
