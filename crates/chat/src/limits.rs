//! Limits of chat that are no setting.

/// Longest message, in Unicode code points (Twitch: 500). What is longer is cut, as clients expect.
pub const TEXT_CHARS_MAX: usize = 500;
/// Longest `client-nonce`, in bytes.
pub const NONCE_BYTES_MAX: usize = 64;
/// Longest reason of a ban or timeout, in code points.
pub const REASON_CHARS_MAX: usize = 500;
/// Longest timeout: 14 days, in seconds.
pub const TIMEOUT_S_MAX: u32 = 1_209_600;
/// Longest blocked or permitted term, in code points; the shortest has two.
pub const TERM_CHARS_MAX: usize = 500;
/// Most terms of a channel.
pub const TERMS_MAX: usize = 1_000;
/// Most regular expressions among them: each is a pass over the text.
pub const REGEX_TERMS_MAX: usize = 50;
