//! One coded track: a ring of groups with one writer and many cursors.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};
use tokio::sync::watch;

use crate::limits::{GROUP_FRAMES_MAX, TRACK_BYTES_MAX, TRACK_SPAN};

/// A track. Clones are handles to the same one; by convention one of them writes.
#[derive(Clone, Debug)]
pub struct Track {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Held for a few lines, never over an `await`.
    ring: Mutex<Ring>,
    /// Rises with every frame; the one wake-up that all waiting readers share.
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    /// Number of the group at the front.
    first: u64,
    groups: VecDeque<Group>,
    bytes: usize,
    /// The config and break that the next group starts with.
    config: Option<Arc<CodecConfig>>,
    broken: bool,
    /// Discontinuities so far.
    breaks: u64,
    ended: bool,
}

/// Key frame to key frame.
#[derive(Debug)]
struct Group {
    config: Arc<CodecConfig>,
    /// The media time line or the encoding breaks before this group.
    discontinuity: bool,
    /// Such breaks up to here, for readers that skip groups.
    breaks: u64,
    frames: Vec<Frame>,
    bytes: usize,
}

/// One frame as a reader gets it.
#[derive(Clone, Debug)]
pub struct Read {
    /// The frame.
    pub frame: Frame,
    /// What it is coded with.
    pub config: Arc<CodecConfig>,
    /// It is the first of its group: decoding can start here if the frame is a key frame.
    pub starts_group: bool,
    /// The encoding breaks before this frame: another encoder session, another config.
    pub discontinuity: bool,
    /// Frames were skipped between the reader's last one and this one, because it was too slow.
    pub skipped: bool,
}

impl Default for Track {
    fn default() -> Self {
        Self { shared: Arc::new(Shared { ring: Mutex::default(), version: watch::Sender::new(0) }) }
    }
}

impl Track {
    /// An empty track; it takes frames once it has a config.
    pub fn new() -> Self {
        Self::default()
    }

    /// What follows is coded with `config`. The same config again changes nothing (V8).
    ///
    /// Returns whether it is another one than before, in which case the next key frame starts a discontinuity.
    pub fn configure(&self, config: CodecConfig) -> bool {
        let mut ring = self.lock();
        if ring.config.as_deref() == Some(&config) {
            return false;
        }
        ring.broken |= ring.config.is_some();
        ring.config = Some(Arc::new(config));
        self.bump(ring);
        true
    }

    /// The next group starts a discontinuity: another encoder session begins.
    pub fn mark_break(&self) {
        let mut ring = self.lock();
        ring.broken |= !ring.groups.is_empty() || ring.first > 0;
    }

    /// Appends `frame`, which is later than all before it. Without a config, or before the first key frame, it is dropped.
    ///
    /// Every key frame of a video track starts a group. Audio frames are all key frames, so the writer says with
    /// `starts_group` where its groups begin.
    pub fn push(&self, frame: Frame, starts_group: bool) {
        let mut ring = self.lock();
        if ring.ended {
            return;
        }
        ring.append(frame, starts_group);
        ring.trim();
        self.bump(ring);
    }

    /// No frame follows; readers get what is left and then `None`.
    pub fn end(&self) {
        let mut ring = self.lock();
        ring.ended = true;
        self.bump(ring);
    }

    /// The config in force, if there is one.
    pub fn config(&self) -> Option<Arc<CodecConfig>> {
        self.lock().config.clone()
    }

    /// The newest key frame that is held, with its config: what a thumbnail is made from.
    pub fn last_key_frame(&self) -> Option<(Arc<CodecConfig>, Frame)> {
        let ring = self.lock();
        let group = ring.groups.iter().rev().find(|group| group.frames[0].key)?;
        Some((Arc::clone(&group.config), group.frames[0].clone()))
    }

    /// When the newest frame is shown, the latest of its group.
    pub fn newest(&self) -> Option<MediaTime> {
        let ring = self.lock();
        ring.groups.back()?.frames.iter().rev().take(8).map(Frame::pts).max()
    }

    /// A cursor at the start of the newest group: the earliest moment a late reader can decode from.
    pub fn reader(&self) -> Reader {
        let ring = self.lock();
        let group = ring.first + (ring.groups.len() as u64).saturating_sub(1);
        drop(ring);
        Reader {
            track: self.clone(),
            version: self.shared.version.subscribe(),
            group,
            index: 0,
            lagged: false,
            breaks: None,
        }
    }

    /// A cursor at the newest frame that begins at `at` or before, or else at the oldest one held. For audio, where decoding
    /// can start anywhere.
    pub fn reader_from(&self, at: MediaTime) -> Reader {
        let mut reader = self.reader();
        let ring = self.lock();
        let group = ring.groups.iter().rposition(|group| group.frames[0].dts <= at).unwrap_or(0);
        reader.group = ring.first + group as u64;
        let frames = ring.groups.get(group).map_or(&[][..], |group| &group.frames);
        reader.index = frames.partition_point(|frame| frame.dts <= at).saturating_sub(1);
        drop(ring);
        reader
    }

    /// Resolves when the track has a config or another one than now.
    pub async fn configured(&self) -> Arc<CodecConfig> {
        let mut version = self.shared.version.subscribe();
        loop {
            if let Some(config) = self.config() {
                return config;
            }
            // The sender lives in `self`, so this can't fail.
            drop(version.changed().await);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bump(&self, ring: MutexGuard<'_, Ring>) {
        drop(ring);
        self.shared.version.send_modify(|version| *version += 1);
    }
}

impl Ring {
    fn append(&mut self, frame: Frame, starts_group: bool) {
        let Some(config) = self.config.clone() else { return };
        // Frames may be tiny and many.
        let size = frame.data.len() + size_of::<Frame>();
        let full = self
            .groups
            .back()
            .is_some_and(|group| group.frames.len() >= GROUP_FRAMES_MAX || group.bytes > TRACK_BYTES_MAX / 2);
        if starts_group || full || (self.broken && frame.key) {
            let discontinuity = std::mem::take(&mut self.broken);
            self.breaks += u64::from(discontinuity);
            let breaks = self.breaks;
            self.groups.push_back(Group { config, discontinuity, breaks, frames: vec![frame], bytes: size });
        } else if self.broken {
            // Coded with what is announced but not begun: it waits for its key frame.
            return;
        } else if let Some(group) = self.groups.back_mut() {
            group.frames.push(frame);
            group.bytes += size;
        } else {
            return;
        }
        self.bytes += size;
    }

    fn trim(&mut self) {
        while self.groups.len() > 1
            && (self.span() > MediaSpan::from_ms(TRACK_SPAN.as_millis() as i64)
                || self.bytes > TRACK_BYTES_MAX)
        {
            if let Some(group) = self.groups.pop_front() {
                self.bytes -= group.bytes;
                self.first += 1;
            }
        }
    }

    /// Media between the end of the oldest group and the newest frame.
    fn span(&self) -> MediaSpan {
        match (self.groups.get(1), self.groups.back().and_then(|group| group.frames.last())) {
            (Some(second), Some(newest)) => newest.dts - second.frames[0].dts,
            _ => MediaSpan::ZERO,
        }
    }
}

/// A cursor. It never holds the writer up; when it is too slow it skips to the newest group and is told.
#[derive(Debug)]
pub struct Reader {
    track: Track,
    version: watch::Receiver<u64>,
    group: u64,
    index: usize,
    lagged: bool,
    /// Breaks up to the group that was read last.
    breaks: Option<u64>,
}

impl Reader {
    /// The next frame; `None` when the track has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<Read> {
        loop {
            // Seen before looking, so that a frame pushed in between wakes us again.
            self.version.mark_unchanged();
            match self.poll_next() {
                Some(Ok(read)) => return Some(read),
                Some(Err(Ended)) => return None,
                None => drop(self.version.changed().await),
            }
        }
    }

    /// The next frame if it is there already.
    pub fn try_next(&mut self) -> Option<Read> {
        self.poll_next().and_then(Result::ok)
    }

    fn poll_next(&mut self) -> Option<Result<Read, Ended>> {
        let track = self.track.clone();
        let ring = track.lock();
        if self.group < ring.first {
            self.lagged = true;
            self.group = ring.first + ring.groups.len() as u64 - 1;
            self.index = 0;
        }
        loop {
            let at = usize::try_from(self.group - ring.first).unwrap_or(usize::MAX);
            let Some(group) = ring.groups.get(at) else {
                return ring.ended.then_some(Err(Ended));
            };
            if let Some(frame) = group.frames.get(self.index) {
                let starts_group = self.index == 0;
                self.index += 1;
                let before = self.breaks.replace(group.breaks);
                let discontinuity = before.map_or(group.discontinuity, |before| before != group.breaks);
                return Some(Ok(Read {
                    frame: frame.clone(),
                    config: Arc::clone(&group.config),
                    starts_group,
                    discontinuity: starts_group && discontinuity,
                    skipped: std::mem::take(&mut self.lagged),
                }));
            }
            if at + 1 >= ring.groups.len() {
                return ring.ended.then_some(Err(Ended));
            }
            self.group += 1;
            self.index = 0;
        }
    }
}

/// The track has ended and everything was read.
struct Ended;

#[cfg(test)]
mod tests;
