//! Structured logs on standard error: lines for people on a terminal, JSON elsewhere.
//!
//! A log line is a constant phrase and fields, units last in their names; nothing secret is ever a field.

use std::error::Error;
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

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

/// What a filter is made of, for whoever wrote another.
const TAKEN: &str = "write a level (off, error, warn, info, debug, trace), and parts of the program with their own, \
    like \"info,video=debug\"";

/// What is wrong with a filter for [`start`], and what is taken.
pub fn filter_fault(filter: &str) -> Option<String> {
    read(filter).err()
}

/// Reads a filter as in `RUST_LOG`, but each part must say its level: there a mistyped level is the name of a part that does
/// not exist, and nothing is logged any more.
fn read(filter: &str) -> Result<EnvFilter, String> {
    let parts: Vec<_> = filter.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err(format!("empty; {TAKEN}"));
    }
    if let Some(part) = parts.iter().find(|part| !has_level(part)) {
        return Err(format!("{part:?} is no level and no part with a level; {TAKEN}"));
    }
    EnvFilter::try_new(parts.join(",")).map_err(|e| format!("{filter:?}: {e}; {TAKEN}"))
}

/// Whether this is a level, or `target=level` with a target that a module can have.
fn has_level(part: &str) -> bool {
    let (target, level) = part.rsplit_once('=').unwrap_or(("", part));
    // Spans and their fields follow in brackets, and may hold anything.
    let path = target.split('[').next().unwrap_or_default();
    let is_path = path.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-'));
    is_path && !level.is_empty() && level.parse::<LevelFilter>().is_ok()
}

/// Starts logging at `filter` (e.g. `info,video=debug`; at `info` if it has a [fault](filter_fault)). Later calls do nothing.
pub fn start(format: LogFormat, filter: &str) {
    let filter = read(filter).unwrap_or_else(|_| EnvFilter::new("info"));
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

/// An error and its causes on one line, without saying twice what a transparent wrapper repeats.
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text
}

/// A line that anybody can cause as often as they like is told once in this time.
const SELDOM_EVERY: Duration = Duration::from_secs(1);

/// Keeps a line from flooding the log: who floods us must not fill the disk as well.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    at: Option<Instant>,
    left_out: u64,
}

impl Seldom {
    /// One that has told nothing yet.
    pub const fn new() -> Self {
        Self(Mutex::new(Told { at: None, left_out: 0 }))
    }

    /// Whether the line is to be told now, and then how many like it were left out before it.
    pub fn due(&self, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.at.is_some_and(|at| now.saturating_duration_since(at) < SELDOM_EVERY) {
            told.left_out += 1;
            return None;
        }
        told.at = Some(now);
        Some(std::mem::take(&mut told.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_once_a_second_with_its_size() {
        let (seldom, now) = (Seldom::new(), crate::clock::now());
        let told: Vec<_> = (0..5).map(|n| seldom.due(now + SELDOM_EVERY / 4 * n)).collect();
        assert_eq!(told, [Some(0), None, None, None, Some(3)]);
        assert_eq!(seldom.due(now + SELDOM_EVERY * 9), Some(0));
    }

    #[test]
    fn a_filter_is_levels_and_parts_with_levels() {
        for (filter, fine) in [
            ("info", true),
            ("WARN", true),
            ("off", true),
            ("info,video=debug", true),
            ("info, video::ingest=trace,", true),
            ("warn,[stream]=debug", true),
            ("warn,video[stream{id=7}]=debug", true),
            ("inof", false),
            ("info,video", false),
            ("info,video=debg", false),
            ("info,video=", false),
            ("info debug", false),
            ("nonsense stuff =", false),
            ("nonsense stuff = debug", false),
            ("=debug", false),
            ("info,video[stream=debug", false),
            (" , ", false),
            ("", false),
        ] {
            let fault = filter_fault(filter);
            assert_eq!(fault.is_none(), fine, "{filter:?}: {fault:?}");
            assert!(fault.is_none_or(|fault| fault.contains("off, error, warn, info, debug, trace")));
        }
    }

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error("the site does not start")]
        Named(#[source] std::io::Error),
        #[error(transparent)]
        Plain(std::io::Error),
    }

    #[test]
    fn causes_are_told_once_each() {
        let inner = || std::io::Error::other("disk full");
        assert_eq!(causes(&Outer::Named(inner())), "the site does not start: disk full");
        assert_eq!(causes(&Outer::Plain(inner())), "disk full");
    }
}
