//! The video pipeline as one value: what the app starts and what the web asks.

use std::sync::Arc;

use domain::ids::ChannelId;
use domain::ports::{Jobs, Registry, StreamKeys};

use crate::health::Health;
use crate::origin::Origin;

/// What the pipeline asks for, whoever answers.
#[derive(Clone)]
pub struct Ports {
    /// Which key opens which channel.
    pub keys: Arc<dyn StreamKeys>,
    /// Who is live.
    pub registry: Arc<dyn Registry>,
    /// Who is transcoded.
    pub jobs: Arc<dyn Jobs>,
}

/// The video pipeline of this node. Clones are handles to the same one.
#[derive(Clone)]
pub struct Video {
    origin: Origin,
}

impl Video {
    /// What viewers fetch.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How the channel's stream is doing; [`Health::offline`] if it has none here.
    pub fn health(&self, _channel: ChannelId) -> Health {
        Health::offline()
    }
}
