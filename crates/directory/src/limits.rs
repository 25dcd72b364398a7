//! Bounds of this crate, each with what happens beyond it.

use std::time::Duration;

/// Password hashes computed at once, at most; each takes 19 MiB and a core, and they never get more than half of the
/// cores: the others are the streams'. More wait.
pub const HASHES_AT_ONCE_MAX: usize = 8;
/// Password hashes that may wait for their turn; the next one is refused as busy.
pub const HASHES_WAITING: usize = 32;
/// Signed-in tokens remembered without asking the store. Beyond it all are forgotten: the store still knows them.
pub const SESSIONS_CACHED: usize = 10_000;
/// How long a signed-in token is believed without asking the store: the longest that a sign-out elsewhere takes to show.
pub const SESSION_CACHED_FOR: Duration = Duration::from_secs(5);
/// Endings of tokens and accounts that a listener may be behind. Beyond it, it is told that it missed some.
pub const ENDINGS_WAITING: usize = 256;
/// Keys that a rate table remembers. Beyond it the half that is nearest to a full bucket is forgotten.
pub const RATE_KEYS: usize = 100_000;
/// How long a viewer counts after the last request.
pub const VIEWER_WINDOW: Duration = Duration::from_secs(15);
/// Viewers counted per stream; beyond it the count stands still.
pub const VIEWERS_PER_STREAM: usize = 1_000_000;
/// Streams with viewers on one node; viewers of the next one are not counted.
pub const STREAMS_COUNTED: usize = 20_000;
/// Streams on a page of the list unless the query says otherwise.
pub const PAGE_DEFAULT: usize = 20;
/// Most entries on a page.
pub const PAGE_MAX: usize = 100;
/// How long the joined list of live streams is served when nothing changed: the age of viewer counts on it.
pub const LIST_CACHED_FOR: Duration = Duration::from_secs(1);
/// How long the order of a list is kept for who leafs through it; then a page goes on in the newest order.
pub const ORDER_KEPT_FOR: Duration = Duration::from_secs(120);
/// Orders kept at once, sixteen bytes for each stream on them. Beyond it the oldest goes.
pub const ORDERS_KEPT: usize = 64;
