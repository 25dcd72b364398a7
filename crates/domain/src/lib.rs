//! The nouns that two or more pipelines name, and the ports through which they ask for what is kept elsewhere.
//!
//! No I/O and no clock: `now` is an argument. Modules are listed in reading order and import only those above them.

pub mod class;
pub mod time;
pub mod ids;
pub mod secrets;
pub mod limits;
pub mod names;
pub mod users;
pub mod streams;
pub mod follows;
pub mod rooms;
pub mod messages;
pub mod ports;
pub mod contract;
