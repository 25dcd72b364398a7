//! Domain's ports on each back end: one folder per back end, one file per port inside.
//!
//! [`open`] picks back ends by address and hands out the ports; nobody else knows which they are. Every cell (port × back
//! end) runs the port's contract suite in `tests/contract.rs`. The data folder of embedded back ends has one owner at a
//! time: [`lock`].

pub mod lock;
mod memory;
mod sqlite;
mod open;

pub use open::{OpenError, Places, Stores, look, open};
pub use sqlite::Found;
