//! The part of a rendition that can be watched now.
//!
//! A [`Window`] owns the newest segments of one rendition, their bytes and their playlist, and wakes whoever waits for
//! the next part: one wake-up a part, however many wait. It promises that a part once served keeps its bytes and its
//! number, and that a segment which left the playlist can be fetched for as long as a playlist that listed it is valid.
//! It does not know HTTP (`serve` does).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use media::cmaf::TrackParams;
use media::cmaf::fragment::{Lead, Sample, fragment};
use media::cmaf::init::init_segment;
use media::frame::CodecConfig;
use media::hls::blocking::Position;
use media::hls::playlist::{
    FinishedSegment, Limits, MediaPlaylist, OpenSegment, Part, RenditionReport, Segment,
};
use media::hls::render::{render_delta, render_full};
use media::time::MediaSpan;
use tokio::sync::watch;

use super::measure::Bandwidth;
use super::text::Text;
use crate::limits::{WINDOW_BYTES_MAX, WINDOW_INITS_MAX, WINDOW_SEGMENTS_MAX};
use crate::package::{Emit, PartFrames};

/// The live window of one rendition.
#[derive(Debug)]
pub struct Window {
    name: String,
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
    /// It does not exist, or not any more.
    Absent,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    span: MediaSpan,
    /// Finished segments, oldest first; the first `removed` of them have left the playlist.
    segments: VecDeque<Held>,
    removed: usize,
    bytes: usize,
    open: Option<Open>,
    /// The next segment's number, once one was seen.
    next_msn: u64,
    inits: VecDeque<Init>,
    inits_made: u64,
    sequence: u32,
    ended: bool,
    has_media: bool,
    /// This version's playlists, rendered when first asked for.
    full: Option<Text>,
    delta: Option<Option<Text>>,
    bandwidth: Bandwidth,
}

#[derive(Debug)]
struct Held {
    lines: Arc<FinishedSegment>,
    parts: Vec<Pieces>,
    bytes: usize,
    /// Discontinuities of the stream up to it, its own included.
    era: u64,
}

#[derive(Debug)]
struct Open {
    lines: OpenSegment,
    parts: Vec<Pieces>,
    bytes: usize,
    era: u64,
    config: Option<Arc<CodecConfig>>,
    /// No further part is expected.
    full: bool,
}

#[derive(Debug)]
struct Init {
    uri: Arc<str>,
    config: Arc<CodecConfig>,
    bytes: Pieces,
}

impl Window {
    /// An empty window of a rendition called `name`, which lists about `span` of media.
    pub fn new(name: impl Into<String>, limits: Limits, span: MediaSpan) -> Self {
        let state = State {
            limits,
            span,
            segments: VecDeque::new(),
            removed: 0,
            bytes: 0,
            open: None,
            next_msn: 0,
            inits: VecDeque::new(),
            inits_made: 0,
            sequence: 0,
            ended: false,
            has_media: false,
            full: None,
            delta: None,
            bandwidth: Bandwidth::new(MediaSpan::from_ms(i64::from(limits.target_duration_s) * 1_000)),
        };
        let position = watch::Sender::new(state.position());
        Self { name: name.into(), state: Mutex::new(state), position }
    }

    /// The rendition's name: `source`, `720p`, `audio`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes what packaging says, and wakes whoever waits.
    pub fn apply(&self, emits: Vec<Emit>) {
        if emits.is_empty() {
            return;
        }
        let mut state = self.lock();
        for emit in emits {
            state.apply(emit);
        }
        self.tell(state);
    }

    /// Nothing follows: the playlist ends and waiting requests are released.
    pub fn end(&self) {
        let mut state = self.lock();
        if let Some(open) = &state.open
            && !open.lines.parts.is_empty()
        {
            state.end_segment();
        }
        state.open = None;
        state.ended = true;
        self.tell(state);
    }

    /// Where the playlist is; changes with every part.
    pub fn position(&self) -> watch::Receiver<Position> {
        self.position.subscribe()
    }

    /// How long a request may be held, and what never changes of the playlists.
    pub fn limits(&self) -> Limits {
        self.lock().limits
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
    /// `reports` is asked only when this version is rendered, and never under this window's lock: it looks at the other
    /// windows, and they may be looking at this one.
    pub fn playlist(&self, delta: bool, reports: impl FnOnce() -> Vec<RenditionReport>) -> Text {
        if let Some(text) = self.lock().rendered(delta) {
            return text;
        }
        let reports = reports();
        let mut state = self.lock();
        let playlist = state.playlist(reports);
        let full = Text::new(render_full(&playlist));
        state.full = Some(full.clone());
        if !delta {
            return full;
        }
        let short = render_delta(&playlist).map(Text::new);
        state.delta = Some(short.clone());
        short.unwrap_or(full)
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
            Some(held) if held.bytes > 0 => {
                Lookup::Found(held.parts.iter().flat_map(|part| part.iter().cloned()).collect())
            }
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
            None => Lookup::Absent,
        }
    }

    /// An initialisation section, by its file name.
    pub fn init(&self, uri: &str) -> Lookup {
        let state = self.lock();
        match state.inits.iter().find(|init| &*init.uri == uri) {
            Some(init) => Lookup::Found(Arc::clone(&init.bytes)),
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

impl State {
    fn apply(&mut self, emit: Emit) {
        match emit {
            Emit::Segment { msn, discontinuity, era, date, config } => {
                self.follow_on(msn);
                let map = config.as_ref().map(|config| self.init_for(config));
                let map = map.or_else(|| self.inits.back().map(|init| Arc::clone(&init.uri)));
                let program_date_time = Some(date.unix_ms());
                let lines = OpenSegment { msn, parts: Vec::new(), discontinuity, map, program_date_time };
                self.open = Some(Open { lines, parts: Vec::new(), bytes: 0, era, config, full: false });
            }
            Emit::Part { duration, frames, last } => self.add_part(duration, &frames, last),
            Emit::EndSegment => self.end_segment(),
        }
    }

    /// Numbers rise by one. After a hole in them, which only a rendition that slept for long can have, a new list begins.
    fn follow_on(&mut self, msn: u64) {
        if msn != self.next_msn {
            self.segments.clear();
            self.removed = 0;
            self.bytes = 0;
        }
        self.next_msn = msn + 1;
    }

    fn init_for(&mut self, config: &Arc<CodecConfig>) -> Arc<str> {
        if let Some(init) = self.inits.back()
            && init.config == *config
        {
            return Arc::clone(&init.uri);
        }
        let uri: Arc<str> = format!("init-{}.mp4", self.inits_made).into();
        self.inits_made += 1;
        let bytes = init_segment(config, TrackParams::of(config));
        self.inits.push_back(Init {
            uri: Arc::clone(&uri),
            config: Arc::clone(config),
            bytes: Arc::new([bytes]),
        });
        if self.inits.len() > WINDOW_INITS_MAX {
            self.inits.pop_front();
        }
        uri
    }

    fn add_part(&mut self, duration: MediaSpan, frames: &PartFrames, last: bool) {
        let sequence = self.sequence;
        let Some(open) = &mut self.open else { return };
        // A segment that began as a gap has no initialisation section to decode later frames with.
        let config = open.config.as_ref().filter(|_| !frames.is_empty());
        let pieces: Pieces = match config {
            Some(config) => {
                let samples: Vec<Sample<'_>> =
                    frames.iter().map(|(frame, duration)| Sample { frame, duration: *duration }).collect();
                let lead = Lead { sequence, segment_start: open.parts.is_empty(), producer_time: None };
                fragment(lead, TrackParams::of(config), &samples).pieces.into()
            }
            None => Arc::new([]),
        };
        let size: usize = pieces.iter().map(Bytes::len).sum();
        self.has_media |= size > 0 && !self.segments.is_empty();
        let part = Part {
            duration,
            uri: format!("{}.{}.m4s", open.lines.msn, open.lines.parts.len()),
            independent: frames.iter().any(|(frame, _)| frame.key),
            gap: pieces.is_empty(),
        };
        open.lines.parts.push(part);
        open.parts.push(pieces);
        open.full = last;
        open.bytes += size;
        self.bytes += size;
        self.sequence = self.sequence.wrapping_add(1);
    }

    fn end_segment(&mut self) {
        let Some(open) = self.open.take() else { return };
        let OpenSegment { msn, parts, discontinuity, map, program_date_time } = open.lines;
        let duration = MediaSpan(parts.iter().map(|part| part.duration.0).sum());
        let gap = parts.iter().all(|part| part.gap);
        if !gap {
            self.has_media = true;
            self.bandwidth.add(open.bytes, duration);
        }
        let uri = format!("{msn}.m4s");
        let lines =
            Segment { msn, duration, uri, parts, discontinuity, map, program_date_time, gap }.finish();
        self.segments.push_back(Held { lines, parts: open.parts, bytes: open.bytes, era: open.era });
        self.trim();
    }

    /// Segments leave the playlist by age, and memory as long again after that.
    fn trim(&mut self) {
        let listed_max = WINDOW_SEGMENTS_MAX / 2;
        while self.listed_span(1) >= self.span || self.segments.len() - self.removed > listed_max {
            self.removed += 1;
        }
        while self.removed > 0
            && (self.removed_span() > self.span
                || self.bytes > WINDOW_BYTES_MAX
                || self.segments.len() > WINDOW_SEGMENTS_MAX)
        {
            if let Some(gone) = self.segments.pop_front() {
                self.bytes -= gone.bytes;
                self.removed -= 1;
            }
        }
    }

    /// Media listed without the oldest `without` segments.
    fn listed_span(&self, without: usize) -> MediaSpan {
        let listed = self.segments.iter().skip(self.removed + without);
        MediaSpan(listed.map(|held| held.lines.segment().duration.0).sum())
    }

    fn removed_span(&self) -> MediaSpan {
        let removed = self.segments.iter().take(self.removed);
        MediaSpan(removed.map(|held| held.lines.segment().duration.0).sum())
    }

    fn held(&self, msn: u64) -> Option<&Held> {
        let first = self.segments.front()?.lines.segment().msn;
        self.segments.get(usize::try_from(msn.checked_sub(first)?).ok()?)
    }

    fn newest_part(&self) -> Option<&Part> {
        let open = self.open.as_ref().and_then(|open| open.lines.parts.last());
        open.or_else(|| self.segments.back().and_then(|held| held.lines.segment().parts.last()))
    }

    /// The part that comes next, as far as anybody knows.
    fn hint(&self) -> (u64, u64) {
        match &self.open {
            Some(open) if !open.full => (open.lines.msn, open.lines.parts.len() as u64),
            Some(open) => (open.lines.msn + 1, 0),
            None => (self.next_msn, 0),
        }
    }

    fn playlist(&self, rendition_reports: Vec<RenditionReport>) -> MediaPlaylist {
        let segments: Vec<_> =
            self.segments.iter().skip(self.removed).map(|held| Arc::clone(&held.lines)).collect();
        let open =
            self.open.as_ref().filter(|open| !open.lines.parts.is_empty()).map(|open| open.lines.clone());
        let first = segments.first().map(|lines| lines.segment().msn);
        // While the source is away, what comes next has most likely no bytes either: whoever waited for them would get 404.
        let in_gap = self.newest_part().is_some_and(|part| part.gap);
        let (msn, part) = self.hint();
        let mut playlist = MediaPlaylist {
            limits: self.limits,
            media_sequence: first.or(open.as_ref().map(|open| open.msn)).unwrap_or(self.next_msn),
            discontinuity_sequence: self.discontinuity_sequence(),
            segments,
            parts_from: 0,
            open,
            preload_hint: (!in_gap).then(|| format!("{msn}.{part}.m4s")),
            rendition_reports,
            ended: self.ended,
        };
        playlist.parts_from = playlist.recent_parts_from();
        playlist
    }

    /// Discontinuities of the stream before the first listed segment: the same in all renditions, whenever they began.
    fn discontinuity_sequence(&self) -> u64 {
        let listed =
            self.segments.get(self.removed).map(|held| (held.era, held.lines.segment().discontinuity));
        let first = listed.or(self.open.as_ref().map(|open| (open.era, open.lines.discontinuity)));
        first.map_or(0, |(era, itself)| era.saturating_sub(u64::from(itself)))
    }

    /// This version's text, if somebody asked for it before. Where a delta update saves nothing it is the full one.
    fn rendered(&self, delta: bool) -> Option<Text> {
        let full = self.full.as_ref()?;
        let text = if delta { self.delta.as_ref()?.as_ref().unwrap_or(full) } else { full };
        Some(text.clone())
    }

    fn position(&self) -> Position {
        let last = self.segments.back().map(|held| held.lines.segment());
        Position {
            last_complete: last.map(|last| last.msn),
            last_complete_parts: last.map_or(0, |last| last.parts.len() as u64),
            open_msn: self.open.as_ref().map_or(self.next_msn, |open| open.lines.msn),
            open_parts: self.open.as_ref().map_or(0, |open| open.lines.parts.len() as u64),
            part_target: self.limits.part_target,
            ended: self.ended,
        }
    }
}

#[cfg(test)]
mod tests;
