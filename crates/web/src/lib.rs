//! The one door to the street: HTTP for players, browsers and scripts, and the embedded site.
//!
//! Owns sockets' HTTP, sessions, the shape of requests and answers, and the OpenAPI document. It decides nothing about the
//! product: it asks the directory's desks and the video pipeline's origin, never a store.
//!
//! Modules are listed in reading order, which is the order in which a request passes them; each imports only those above it.

pub mod limits;
pub mod config;
mod body;
mod peer;
mod problem;
mod errors;
mod server;
pub mod deps;
mod state;
mod media;
mod extract;
mod page;
mod session;
mod sockets;
mod api;
mod openapi;
mod docs;
mod probes;
mod assets;
mod telemetry;
mod compress;
mod web;

pub use assets::UiError;
pub use config::{ConnectionConfig, HttpConfig, ProxyNet, SiteConfig, TlsFiles, WebConfig};
pub use deps::{Deps, HealthOf, IngestOffer};
pub use web::{ALPN, Web};
