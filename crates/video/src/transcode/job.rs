//! What a worker works on, and where a child begins.

use std::sync::Arc;

use media::frame::CodecConfig;
use media::time::MediaTime;
use runtime::{Scope, Stop};

use super::arguments::Plan;
use super::encoder::Encoder;
use super::pulse::Patience;
use super::{Rung, TranscodeConfig};
use crate::live::{Broadcast, Phase, Read, Reader};

/// What a worker works on and with.
pub(super) struct Job {
    pub broadcast: Arc<Broadcast>,
    /// The channel's rungs.
    pub rungs: Arc<[Rung]>,
    pub encoder: Encoder,
    pub config: Arc<TranscodeConfig>,
    pub patience: Patience,
    /// Owns the tasks of the children.
    pub scope: Scope,
}

/// Where a child begins: at a key frame.
pub(super) struct Start {
    pub reader: Reader,
    pub first: Read,
    /// Frames shown before this are decoded, for those after them, and not encoded.
    pub show_from: Option<MediaTime>,
}

impl Job {
    /// What is to be made of a source with `config`; `None` if it is nothing we decode.
    pub(super) fn plan(&self, config: &CodecConfig) -> Option<Plan> {
        match config {
            CodecConfig::H264(config) => {
                let again = || (self.broadcast.announced_bps(), self.broadcast.latency);
                Some(Plan::of(config, &self.rungs, self.wants_top().then(again), &self.config))
            }
            CodecConfig::Aac(_) => None,
        }
    }

    /// Whether the top is to be made too.
    pub(super) fn wants_top(&self) -> bool {
        self.broadcast.unfit.borrow().any()
    }

    pub(super) fn is_over(&self) -> bool {
        *self.broadcast.phase.borrow() == Phase::Ended
    }

    /// What `wait` resolves to, unless the broadcast or the slot ends first.
    pub(super) async fn unless_over<T>(&self, stop: &Stop, wait: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            value = wait => Some(value),
            () = self.broadcast.ended() => None,
            () = stop.stopped() => None,
        }
    }
}
