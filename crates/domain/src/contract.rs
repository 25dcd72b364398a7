//! What every back end of a port must do, as suites that its tests run.
//!
//! Four chapters each: *meaning* (what the port's prose says), *concurrency* (what races may not break), *refusal* (what
//! must be turned down) and, for those that keep things, *restart*. The first three take `make`, which gives an empty
//! store at every call; *restart* takes `open`, which gives the same one again, as a new process would see it.
//!
//! Run the races on a multi-thread runtime. A chapter panics where the back end breaks the contract.

mod fixtures;
pub mod accounts;
pub mod channels;
pub mod stream_keys;
pub mod invites;
pub mod registry;
pub mod jobs;
pub mod rooms;
pub mod chat_log;
pub mod chat_bus;
pub mod emotes;
pub mod follows;
