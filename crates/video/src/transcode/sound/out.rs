//! The track of the sound that listeners get.

use bytes::Bytes;
use media::frame::Frame;
use media::time::{MediaSpan, MediaTime};

use super::rules::Count;
use crate::live::{Track, sound_config};

/// Sound that one group holds: where a late listener may start.
const GROUP: MediaSpan = MediaSpan::from_ms(1_000);

/// Writes the track.
#[derive(Debug)]
pub(super) struct Out {
    track: Track,
    count: Count,
    /// Where the open group begins.
    group: Option<MediaTime>,
}

impl Out {
    /// A writer of `track`, which can be announced to listeners from now on.
    pub(super) fn new(track: Track) -> Self {
        if let Ok(config) = sound_config() {
            track.configure(config);
        }
        Self { track, count: Count::default(), group: None }
    }

    /// Another encoder session begins.
    pub(super) fn mark_break(&self) {
        self.track.mark_break();
    }

    /// Takes a frame that begins at `at`, unless that was heard already.
    pub(super) fn push(&mut self, at: MediaTime, data: Bytes) {
        let Some(dts) = self.count.place(at) else { return };
        let starts = self.group.is_none_or(|start| dts - start >= GROUP);
        if starts {
            self.group = Some(dts);
        }
        self.track.push(Frame { dts, cts: MediaSpan::ZERO, key: true, data }, starts);
    }

    /// Where the next frame is expected; `None` before the first one.
    pub(super) fn next(&self) -> Option<MediaTime> {
        self.count.next()
    }
}
