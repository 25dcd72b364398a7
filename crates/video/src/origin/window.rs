//! The part of a rendition that can be watched now.
//!
//! A [`Window`] owns the newest segments of one rendition, their bytes and their playlist, and wakes whoever waits for
//! the next part: one wake-up a part, however many wait. It promises that a part once served keeps its bytes and its
//! number, and that a segment which left the playlist can be fetched for as long as a playlist that listed it is valid.
//! It does not know HTTP (`serve` does).

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use media::frame::CodecConfig;
use media::hls::blocking::Position;
use media::hls::playlist::{Limits, RenditionReport};
use media::time::MediaSpan;
use state::State;
use tokio::sync::watch;

use super::text::Text;
use crate::package::Emit;

/// The live window of one rendition.
#[derive(Debug)]
pub struct Window {
    name: String,
    limits: Limits,
    state: Mutex<State>,
    position: watch::Sender<Position>,
}

/// Bytes in pieces, as they are sent.
pub type Pieces = Arc<[Bytes]>;

/// What a window says of a file that somebody asks for.
#[derive(Debug)]
pub enum Lookup {
    /// Here it is.
    Found(Pieces),
    /// It is the part that the playlist hints at: wait for the next position.
    Hinted,
    /// It does not exist, and may in a moment.
    NotYet,
    /// It does not exist, or not any more, and will not.
    Absent,
}

impl Window {
    /// An empty window of a rendition called `name`, which lists about `span` of media.
    pub fn new(name: impl Into<String>, limits: Limits, span: MediaSpan) -> Self {
        let state = State::new(limits, span);
        let position = watch::Sender::new(state.position());
        Self { name: name.into(), limits, state: Mutex::new(state), position }
    }

    /// The rendition's name: `source`, `720p`, `audio`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes what packaging says, and wakes whoever waits. True if it can be played now and could not before.
    pub fn apply(&self, emits: Vec<Emit>) -> bool {
        if emits.is_empty() {
            return false;
        }
        let mut state = self.lock();
        let had_media = state.has_media;
        for emit in emits {
            state.apply(emit);
        }
        let begins = state.has_media && !had_media;
        self.tell(state);
        begins
    }

    /// Nothing follows: the playlist ends and waiting requests are released.
    pub fn end(&self) {
        let mut state = self.lock();
        state.end();
        self.tell(state);
    }

    /// Where the playlist is; changes with every part.
    pub fn position(&self) -> watch::Receiver<Position> {
        self.position.subscribe()
    }

    /// How long a request may be held, and what never changes of the playlists.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether anything can be played: there is a part with media, and a whole segment before it, be it a gap, without
    /// which players take a playlist for empty. Once true, it stays so.
    pub fn has_media(&self) -> bool {
        self.lock().has_media
    }

    /// What the newest media is coded with.
    pub fn config(&self) -> Option<Arc<CodecConfig>> {
        self.lock().inits.back().map(|init| Arc::clone(&init.config))
    }

    /// Whether the newest part is there, and not a gap.
    pub fn is_fed(&self) -> bool {
        self.lock().newest_part().is_some_and(|part| !part.gap)
    }

    /// Measured bits a second: the peak and the mean.
    pub fn bandwidth(&self) -> (u64, u64) {
        self.lock().bandwidth.peak_and_mean()
    }

    /// The current playlist, a delta update if that is wanted and saves anything.
    ///
    /// `reports` is asked only while nobody has rendered this version, and never under this window's lock: it looks at the other
    /// windows, and they may be looking at this one.
    pub fn playlist(&self, delta: bool, reports: impl FnOnce() -> Vec<RenditionReport>) -> Text {
        if let Some(text) = self.lock().rendered(delta) {
            return text;
        }
        let reports = reports();
        self.lock().render(delta, reports)
    }

    /// This rendition as the others' playlists report it.
    pub fn report(&self) -> Option<RenditionReport> {
        let position = self.position.borrow();
        let uri = format!("../{}/index.m3u8", self.name);
        let (last_msn, last_part) = match position.open_parts {
            0 => (position.last_complete?, position.last_complete_parts.checked_sub(1)),
            parts => (position.open_msn, Some(parts - 1)),
        };
        Some(RenditionReport { uri, last_msn, last_part })
    }

    /// A whole segment.
    pub fn segment(&self, msn: u64) -> Lookup {
        let state = self.lock();
        match state.held(msn) {
            Some(held) if held.bytes > 0 => Lookup::Found(held.whole()),
            None if state.may_come(msn) => Lookup::NotYet,
            _ => Lookup::Absent,
        }
    }

    /// One part of a segment.
    pub fn part(&self, msn: u64, part: u64) -> Lookup {
        let state = self.lock();
        let at = usize::try_from(part).unwrap_or(usize::MAX);
        let parts = match (&state.open, state.held(msn)) {
            (Some(open), _) if open.lines.msn == msn => Some(&open.parts),
            (_, Some(held)) => Some(&held.parts),
            _ => None,
        };
        match parts.and_then(|parts| parts.get(at)) {
            Some(pieces) if !pieces.is_empty() => Lookup::Found(Arc::clone(pieces)),
            Some(_) => Lookup::Absent,
            None if !state.ended && state.hint() == (msn, part) => Lookup::Hinted,
            None if state.may_come(msn) => Lookup::NotYet,
            None => Lookup::Absent,
        }
    }

    /// An initialisation section, by its file name.
    pub fn init(&self, uri: &str) -> Lookup {
        let state = self.lock();
        match state.inits.iter().find(|init| &*init.uri == uri) {
            Some(init) => Lookup::Found(Arc::clone(&init.bytes)),
            None if !state.ended => Lookup::NotYet,
            None => Lookup::Absent,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, mut state: MutexGuard<'_, State>) {
        state.full = None;
        state.delta = None;
        let position = state.position();
        drop(state);
        self.position.send_replace(position);
    }
}

#[cfg(test)]
mod tests;
