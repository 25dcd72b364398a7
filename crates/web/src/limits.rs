//! Bounds of this crate, each with what happens beyond it.

use std::time::Duration;

/// Bytes of a request's body. Beyond it: 413.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a request's body may take to arrive. Then: 408.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of a request's head, and of what is read ahead. Beyond it: 431.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Headers of a request. Beyond it: 431.
pub const HEADERS_MAX: usize = 64;
/// Entries on a page of a list of chat, if the request does not say how many.
pub const FIRST_DEFAULT: usize = 100;
/// Entries on a page of a list of chat. Who asks for more gets as many.
pub const FIRST_MAX: usize = 1_000;
/// How long an uploaded picture may take to arrive. Then: 408.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may leave unread what we send. Then the connection ends, so that it holds no media for ever.
pub const WRITE_STALL_MAX: Duration = Duration::from_secs(30);
/// How often an HTTP/2 connection is looked at for answers that are left unread.
pub const STALL_LOOK_EVERY: Duration = Duration::from_secs(5);
/// Bytes that TLS takes before they are on the wire: a part goes down in one call.
pub const TLS_BUFFER_BYTES: usize = 256 * 1024;
/// Requests at once on one HTTP/2 connection; the next one waits or is refused by its client.
pub const H2_STREAMS_MAX: u32 = 128;
/// Bytes of one HTTP/2 response that wait for the client's window. More stays in the shared window, uncopied.
pub const H2_SEND_BYTES_MAX: usize = 256 * 1024;
/// Bytes a client may send unread on one HTTP/2 request, and on a connection: bodies are small here.
pub const H2_RECEIVE_WINDOW: u32 = 64 * 1024;
/// Silence on an HTTP/2 connection before we ask whether the other side lives; it has as long to answer.
pub const H2_PING_EVERY: Duration = Duration::from_secs(20);
/// Rest between two looks at a plain connection that has sent one or two bytes.
pub const PEEK_AGAIN: Duration = Duration::from_millis(10);
/// Longest time between two words on an event stream.
pub const EVENT_PING_EVERY: Duration = Duration::from_secs(15);
/// How often a new number of viewers is told, at most.
pub const EVENT_VIEWERS_EVERY: Duration = Duration::from_secs(5);
/// Changes of a channel within this time are told as one.
pub const EVENT_SETTLE: Duration = Duration::from_millis(50);
/// How long `/readyz` waits for the store.
pub const READY_TIMEOUT: Duration = Duration::from_secs(2);
