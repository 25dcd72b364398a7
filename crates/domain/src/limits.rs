//! Limits of the nouns. Each names its unit; what happens beyond it is said where it is checked.

/// Shortest name of a user or channel, in characters.
pub const NAME_LEN_MIN: usize = 3;
/// Longest name of a user or channel, in characters.
pub const NAME_LEN_MAX: usize = 25;
/// Longest title of a stream, in characters.
pub const TITLE_LEN_MAX: usize = 140;
/// Longest category name, in characters.
pub const CATEGORY_LEN_MAX: usize = 60;
/// Most tags on a channel.
pub const TAGS_MAX: usize = 10;
/// Longest tag, in characters.
pub const TAG_LEN_MAX: usize = 25;
/// Longest label of a stream key or token, in characters.
pub const LABEL_LEN_MAX: usize = 60;
/// Most stream keys a channel holds at once.
pub const STREAM_KEYS_MAX: usize = 20;
/// Most tokens for programs that a user holds at once.
pub const TOKENS_MAX: usize = 20;
/// Most sign-ins of a user that are good at once: the one beyond it ends the oldest.
pub const SESSIONS_MAX: usize = 100;
/// Most channels that a user follows at once.
pub const FOLLOWS_MAX: usize = 2000;
/// Longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3).
pub const EMAIL_LEN_MAX: usize = 254;
/// Shortest password, in characters.
pub const PASSWORD_LEN_MIN: usize = 8;
/// Longest password, in bytes: argon2 would take more, a denial of service would too.
pub const PASSWORD_LEN_MAX: usize = 256;
