//! Who gets a transcode slot, and for how long.

use std::sync::Arc;

use domain::ids::StreamId;
use domain::ports::Jobs;
use runtime::Scope;

use super::{Encoders, Rung, TranscodeConfig};
use crate::live::Broadcast;

/// How a stream's ladder is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscodeState {
    /// It has none and waits for none: no rung is below its source, or nothing here can encode.
    None,
    /// It waits for a slot.
    Queued,
    /// It is being made.
    Running {
        /// FFmpeg's name of the encoder.
        encoder: &'static str,
        /// Names of the rungs, best first.
        rungs: Vec<String>,
    },
}

/// The transcoder of this node. Clones are handles to the same one.
#[derive(Clone)]
pub struct Transcoding {}

impl Transcoding {
    /// Starts scheduling within `scope`; the encoders are probed first, streams may be offered at once.
    pub fn start(config: TranscodeConfig, jobs: Arc<dyn Jobs>, scope: &Scope) -> Self {
        let _ = (config, jobs, scope);
        Self {}
    }

    /// Wants a ladder for `broadcast`, from now to its end.
    pub fn offer(&self, broadcast: Arc<Broadcast>) {
        let _ = broadcast;
    }

    /// As [`Transcoding::offer`], with the channel's own rungs in place of the configured ones.
    pub fn offer_with(&self, broadcast: Arc<Broadcast>, rungs: Vec<Rung>) {
        let _ = (broadcast, rungs);
    }

    /// How the stream's ladder is doing.
    pub fn state(&self, stream: StreamId) -> TranscodeState {
        let _ = stream;
        TranscodeState::None
    }

    /// What the probe found; `None` while it is under way.
    pub fn encoders(&self) -> Option<Arc<Encoders>> {
        None
    }
}
