//! The tool shed: what keeps the house in order and looks at the running product from outside.
//!
//! [`architecture`] reads manifests and sources and says where they break the plan; [`hls`] goes through the rules of
//! LL-HLS on a live stream; [`emotes`] makes pictures of drawings; [`train`] makes the chat's model of texts. Nothing in the
//! product imports this crate, and the checkers know the product only by its files and its HTTP answers: one that shared the
//! packager's code would share its mistakes. Training reads texts through the chat's own code, because a model must see what it
//! was trained on.

pub mod architecture;
pub mod hls;
pub mod emotes;
pub mod train;
