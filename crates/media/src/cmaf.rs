//! CMAF (ISO/IEC 23000-19): one track's header, and fragments whose payload is never copied.
//!
//! Owns which boxes are written and what is in them; `mp4-atom` is an implementation detail that does not
//! show. Leaves to its callers when a fragment begins (`package/cutter`) and how timestamps were repaired
//! (`ingest/timeline`).

pub mod fragment;
pub mod init;

use crate::frame::CodecConfig;
use crate::time::TICKS_PER_SECOND;

/// Timescale of every video track: the ticks of [`crate::time::MediaTime`].
pub const VIDEO_TIMESCALE: u32 = TICKS_PER_SECOND as u32;

/// What the header and every fragment of a track must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackParams {
    /// `track_ID`; 1 in a file with a single track, which is what CMAF wants.
    pub id: u32,
    /// Units in a second of this track's timestamps: 90,000 for video, the core sample rate for audio.
    pub timescale: u32,
    /// Samples in a frame for audio, in units of `timescale`; `None` for video.
    pub frame_samples: Option<u32>,
}

impl TrackParams {
    /// The track that carries `config`, with id 1.
    pub fn of(config: &CodecConfig) -> Self {
        match config {
            CodecConfig::H264(_) => Self { id: 1, timescale: VIDEO_TIMESCALE, frame_samples: None },
            CodecConfig::Aac(aac) => {
                Self { id: 1, timescale: aac.sample_rate, frame_samples: Some(aac.frame_samples()) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
