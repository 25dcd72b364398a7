//! The web crate over real sockets, with the directory's desks on embedded stores in a temporary folder.

mod house;
mod accounts;
mod channels;
mod chat;
mod emotes;
mod events;
mod follows;
mod helix;
mod pages;
mod problems;
mod server;
mod streams;
mod tokens;
