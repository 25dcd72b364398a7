//! Bounds of the command line, the control socket and the way up and down.

use std::time::Duration;

/// Longest line on the control socket, in bytes. Longer: the connection is closed.
pub(crate) const CONTROL_LINE_MAX: usize = 64 * 1024;
/// Commands answered at once on the control socket. The next one *waits* in the kernel's backlog.
pub(crate) const CONTROL_AT_ONCE: usize = 8;
/// Time one command may take, on either side of the control socket.
pub(crate) const CONTROL_TIME: Duration = Duration::from_secs(30);
/// Longest password read from standard input, in bytes: the longest that is taken and its line end.
pub(crate) const PASSWORD_LINE_MAX: u64 = domain::limits::PASSWORD_LEN_MAX as u64 + 2;
/// Time that the stores have to close after everything else has.
pub(crate) const STORES_CLOSE: Duration = Duration::from_secs(2);
/// Time of the grace, but at most half of it, that is kept for what still writes when the doors are closed; chat gives itself three seconds.
pub(crate) const KEPT_FOR_WRITERS: Duration = Duration::from_secs(4);
/// Disk space below which `doctor` warns and fails, in bytes.
pub(crate) const DISK_WARN: u64 = 2 << 30;
/// See [`DISK_WARN`].
pub(crate) const DISK_FAIL: u64 = 200 << 20;
/// Open files that a site with a few hundred viewers needs.
pub(crate) const FILES_WANTED: u64 = 4096;
/// Open files of a process that are not chat's: doors, stores, pipes, requests of the site.
pub(crate) const FILES_FOR_OTHERS: u64 = 256;
/// How often streams, viewers, memory and processor time are measured.
pub(crate) const VITALS_EVERY: Duration = Duration::from_secs(5);
/// How often histograms are told to forget what is old.
pub(crate) const METRICS_KEPT: Duration = Duration::from_secs(60);
/// Time that viewers have to fetch the end of their playlists before the site closes.
pub(crate) const LINGER: Duration = Duration::from_secs(1);
/// How often expired sessions and invitations are forgotten.
pub(crate) const PURGE_EVERY: Duration = Duration::from_secs(600);
/// Longest time over which chat clients are asked to connect anew: more is a slip of the pen.
pub(crate) const CHAT_WINDOW_MAX: Duration = Duration::from_secs(24 * 3600);
/// Time that the goodbyes to those chat clients have that a drain closes at its end.
pub(crate) const CHAT_FAREWELL: Duration = Duration::from_secs(2);
/// How often a drain looks whether chat clients have left.
pub(crate) const CHAT_LOOK_EVERY: Duration = Duration::from_millis(200);
