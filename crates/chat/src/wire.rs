//! What clients read and write: Twitch IRC lines ([`irc`]) and the site's own compact JSON ([`native`]).
//!
//! Both are pure: text in, nouns out; nouns in, bytes out. Every writer appends to one `Vec<u8>` and makes no string on the
//! way, because a busy room is written thousands of times a second in several variants. Sockets, frames and who sees what
//! are `edge`'s and `tree`'s.

mod put;
pub mod irc;
pub mod native;
