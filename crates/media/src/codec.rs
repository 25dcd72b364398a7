//! What the headers of each codec say.

pub mod aac;
pub mod h264;
