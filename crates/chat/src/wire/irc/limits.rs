//! How long a line may be.

/// Longest tag part of a client's line, with its `@` and the space behind it: 4 KiB, as IRCv3 has it.
pub const TAGS_BYTES_MAX: usize = 4_096;
/// Longest rest of a client's line. Plain IRC has 512 bytes, but 500 characters outside ASCII may take 2,000, and Twitch takes
/// them; the rest is room for the command and the channel.
pub const REST_BYTES_MAX: usize = 2_560;
/// Longest line of a client in all, without CR LF.
pub const LINE_BYTES_MAX: usize = TAGS_BYTES_MAX + REST_BYTES_MAX;
/// Most parameters of a line (RFC 1459): whatever follows the fourteenth is the last one.
pub const PARAMS_MAX: usize = 15;
/// Most names in one 353, so that old clients' 512-byte buffers hold it: 15 × 26 + prefix.
pub const NAMES_PER_LINE: usize = 15;
