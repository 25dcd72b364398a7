//! What children die of.

use std::io;
use std::process::ExitStatus;

use media::codec::h264::H264Error;
use media::flv::FlvError;

/// What a child died of.
#[derive(Debug, thiserror::Error)]
pub(super) enum Death {
    #[error("FFmpeg can't be started")]
    Spawn(#[source] io::Error),
    #[error("FFmpeg ended by itself: {0}")]
    Exit(ExitStatus),
    #[error("FFmpeg can't be waited for")]
    Wait(#[source] io::Error),
    #[error("FFmpeg took no more input")]
    Input(#[source] io::Error),
    #[error("FFmpeg closed an output")]
    Closed,
    #[error("FFmpeg's output is no FLV")]
    Flv(#[source] FlvError),
    #[error("FFmpeg's output has no readable parameter sets")]
    Config(#[source] H264Error),
    #[error("FFmpeg's sound is not the kind that was asked for")]
    Sound,
    #[error("FFmpeg hangs")]
    Hang,
}

impl Death {
    /// For metrics: few and constant.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Spawn(_) => "spawn",
            Self::Exit(_) | Self::Wait(_) | Self::Input(_) | Self::Closed => "exit",
            Self::Flv(_) | Self::Config(_) | Self::Sound => "garbage",
            Self::Hang => "hang",
        }
    }
}
