//! The way into the log.
