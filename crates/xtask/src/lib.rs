//! The tool shed: what keeps the house in order and looks at the running product from outside.
//!
//! [`architecture`] reads manifests and sources and says where they break the plan; [`hls`] goes through the rules of
//! LL-HLS on a live stream. Nothing in the product imports this crate, and it knows the product only by its files and
//! its HTTP answers: a checker that shared the packager's code would share its mistakes.

pub mod architecture;
pub mod hls;
