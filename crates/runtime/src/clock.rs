//! The only place that reads a clock. Thin shells call it; rules take `now` as an argument.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A monotonic instant, for spans and deadlines. Follows Tokio's paused clock in tests.
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Wall-clock milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
