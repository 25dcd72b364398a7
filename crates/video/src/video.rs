//! The video pipeline as one value: what the app starts and what the web asks.

use std::sync::Arc;

use domain::ids::ChannelId;
use domain::ports::{Jobs, Registry, StreamKeys};
use runtime::{Scope, clock};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;

use crate::health::Health;
use crate::ingest::{self, Admission, IngestConfig};
use crate::live::Phase;
use crate::origin::{Origin, OriginConfig};
use crate::transcode::{TranscodeConfig, Transcoding};

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

/// The pipeline's settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VideoConfig {
    /// What is taken from encoders.
    pub ingest: IngestConfig,
    /// What is made of it.
    pub transcode: TranscodeConfig,
    /// How it is kept for viewers.
    pub origin: OriginConfig,
}

impl VideoConfig {
    /// What is wrong with these values, each by its key.
    pub fn faults(&self) -> Vec<String> {
        let named = |room: &str, faults: Vec<String>| -> Vec<String> {
            faults.into_iter().map(|fault| format!("{room}.{fault}")).collect()
        };
        [
            named("ingest", self.ingest.faults()),
            named("transcode", self.transcode.faults()),
            named("origin", self.origin.faults()),
        ]
        .concat()
    }
}

/// The video pipeline of this node. Clones are handles to the same one.
#[derive(Clone)]
pub struct Video {
    origin: Origin,
    admission: Admission,
    transcoding: Transcoding,
}

impl Video {
    /// The pipeline of node `node`. Encoders are probed at once; streams live in `scope`.
    pub fn start(config: VideoConfig, ports: Ports, node: String, scope: &Scope) -> Self {
        let origin = Origin::new(config.origin);
        let transcoding = Transcoding::start(config.transcode, ports.jobs, scope);
        let admission = Admission::new(
            config.ingest,
            ports.keys,
            ports.registry,
            origin.clone(),
            transcoding.clone(),
            node,
            scope.clone(),
        );
        Self { origin, admission, transcoding }
    }

    /// Takes RTMP connections, by TLS if `tls` is given, until `scope` closes.
    pub fn serve_rtmp(&self, listener: TcpListener, tls: Option<Arc<ServerConfig>>, scope: &Scope) {
        ingest::serve(&self.admission, listener, tls, scope);
    }

    /// Ends all streams: publishers are told why, playlists end. To be followed by closing the scope.
    pub fn end_streams(&self) {
        self.admission.end_all();
    }

    /// What viewers fetch.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Who makes the ladders.
    pub fn transcoding(&self) -> &Transcoding {
        &self.transcoding
    }

    /// How the channel's stream is doing; [`Health::offline`] if it has none here.
    pub fn health(&self, channel: ChannelId) -> Health {
        let now = clock::now();
        let slot = self.admission.slot(channel);
        let is_on_air = slot.as_ref().is_some_and(|slot| *slot.broadcast.phase.borrow() == Phase::Live);
        let health = match slot {
            Some(slot) => ingest::health(&slot, &self.transcoding.state(slot.broadcast.stream), now),
            None => Health::offline(),
        };
        match self.admission.why_sent_away(channel, is_on_air, now) {
            Some(reason) => health.with_sent_away(&reason),
            None => health,
        }
    }
}
