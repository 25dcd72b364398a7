//! Tasks with owners, the clock, listeners, logs and metrics. No product nouns.
//!
//! Modules are listed in reading order and import only those above them.

pub mod child;
pub mod clock;
pub mod scope;
pub mod log;
pub mod metrics;
pub mod tls;
pub mod listener;

pub use scope::{Scope, Stop};
