//! HLS and LL-HLS (draft-pantos-hls-rfc8216bis-22): playlists as values, as text, and the rules of waiting
//! for them.
//!
//! Owns the tags, their order and their rules. Promises text that is a pure function of the values, and no
//! float noise in it. Leaves to the origin which segments and parts there are, who waits for them and for how
//! long.

mod text;
pub mod segment;
pub mod playlist;
pub mod render;
pub mod blocking;

#[cfg(test)]
mod tests;
