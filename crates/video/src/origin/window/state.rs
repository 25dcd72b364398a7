//! What a window holds, without its lock: segments, parts, initialisation sections, and the playlist that lists them.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

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

use super::Pieces;
use crate::limits::{WINDOW_BYTES_MAX, WINDOW_INITS_MAX, WINDOW_SEGMENTS_MAX};
use crate::origin::measure::Bandwidth;
use crate::origin::text::Text;
use crate::package::{Emit, PartFrames};

#[derive(Debug)]
pub(super) struct State {
    limits: Limits,
    span: MediaSpan,
    /// Finished segments, oldest first; the first `removed` of them have left the playlist.
    pub(super) segments: VecDeque<Held>,
    removed: usize,
    bytes: usize,
    pub(super) open: Option<Open>,
    /// The next segment's number, once one was seen.
    next_msn: u64,
    pub(super) inits: VecDeque<Init>,
    inits_made: u64,
    sequence: u32,
    pub(super) ended: bool,
    pub(super) has_media: bool,
    /// This version's playlists, rendered when first asked for.
    pub(super) full: Option<Text>,
    pub(super) delta: Option<Option<Text>>,
    pub(super) bandwidth: Bandwidth,
}

#[derive(Debug)]
pub(super) struct Held {
    lines: Arc<FinishedSegment>,
    pub(super) parts: Vec<Pieces>,
    /// All of them, once somebody has asked: players that take parts never do.
    whole: OnceLock<Pieces>,
    pub(super) bytes: usize,
    /// Discontinuities of the stream up to it, its own included.
    era: u64,
}

impl Held {
    /// The pieces of all parts.
    pub(super) fn whole(&self) -> Pieces {
        let collect = || self.parts.iter().flat_map(|part| part.iter().cloned()).collect();
        Arc::clone(self.whole.get_or_init(collect))
    }
}

#[derive(Debug)]
pub(super) struct Open {
    pub(super) lines: OpenSegment,
    pub(super) parts: Vec<Pieces>,
    bytes: usize,
    era: u64,
    pub(super) config: Option<Arc<CodecConfig>>,
    /// No further part is expected.
    full: bool,
}

#[derive(Debug)]
pub(super) struct Init {
    pub(super) uri: Arc<str>,
    pub(super) config: Arc<CodecConfig>,
    pub(super) bytes: Pieces,
}

impl State {
    /// Nothing yet; lists about `span` of media.
    pub(super) fn new(limits: Limits, span: MediaSpan) -> Self {
        Self {
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
        }
    }

    pub(super) fn apply(&mut self, emit: Emit) {
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

    /// Nothing follows.
    pub(super) fn end(&mut self) {
        if self.open.as_ref().is_some_and(|open| !open.lines.parts.is_empty()) {
            self.end_segment();
        }
        self.open = None;
        self.ended = true;
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
                let lead = Lead { sequence, segment_start: open.parts.is_empty() };
                fragment(lead, TrackParams::of(config), &samples).into()
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
        // Where a part is missing, the rest is no segment: what it lasts would not be in it (RFC 8216 §4.4.4.7).
        let gap = parts.iter().any(|part| part.gap);
        if !gap {
            self.has_media = true;
            self.bandwidth.add(open.bytes, duration);
        }
        let uri = format!("{msn}.m4s");
        let lines =
            Segment { msn, duration, uri, parts, discontinuity, map, program_date_time, gap }.finish();
        let Open { parts, bytes, era, .. } = open;
        self.segments.push_back(Held { lines, parts, whole: OnceLock::new(), bytes, era });
        self.trim();
    }

    /// Segments leave the playlist by age, and memory once no player may ask for them any more (RFC 8216 §6.2.2): after their own
    /// length and that of the longest playlist, which lists up to a segment more than the span, and the open one.
    fn trim(&mut self) {
        let listed_max = WINDOW_SEGMENTS_MAX / 2;
        while self.listed_span(1) >= self.span || self.segments.len() - self.removed > listed_max {
            self.removed += 1;
        }
        let longest =
            self.segments.iter().map(|held| held.lines.segment().duration).max().unwrap_or_default();
        let kept = self.span + longest + longest + longest;
        while self.removed > 0
            && (self.removed_span(1) > kept
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

    /// Media that has left the playlist, without the oldest `without` segments.
    fn removed_span(&self, without: usize) -> MediaSpan {
        let removed = self.segments.iter().take(self.removed).skip(without);
        MediaSpan(removed.map(|held| held.lines.segment().duration.0).sum())
    }

    pub(super) fn held(&self, msn: u64) -> Option<&Held> {
        let first = self.segments.front()?.lines.segment().msn;
        self.segments.get(usize::try_from(msn.checked_sub(first)?).ok()?)
    }

    pub(super) fn newest_part(&self) -> Option<&Part> {
        let open = self.open.as_ref().and_then(|open| open.lines.parts.last());
        open.or_else(|| self.segments.back().and_then(|held| held.lines.segment().parts.last()))
    }

    /// The part that comes next, as far as anybody knows.
    pub(super) fn hint(&self) -> (u64, u64) {
        match &self.open {
            Some(open) if !open.full => (open.lines.msn, open.lines.parts.len() as u64),
            Some(open) => (open.lines.msn + 1, 0),
            None => (self.next_msn, 0),
        }
    }

    /// Whether anything more may come of segment `msn`. What is hinted at is a guess, and the next one may be another.
    pub(super) fn may_come(&self, msn: u64) -> bool {
        !self.ended && msn >= self.position().open_msn
    }

    pub(super) fn playlist(&self, rendition_reports: Vec<RenditionReport>) -> MediaPlaylist {
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
    pub(super) fn rendered(&self, delta: bool) -> Option<Text> {
        match &self.delta {
            _ if !delta => self.full.clone(),
            Some(Some(short)) => Some(short.clone()),
            Some(None) => self.full.clone(),
            None => None,
        }
    }

    /// This version's text. Many who wait are woken by a part at once, and the first to come here renders it for all.
    pub(super) fn render(&mut self, delta: bool, reports: Vec<RenditionReport>) -> Text {
        if let Some(text) = self.rendered(delta) {
            return text;
        }
        let playlist = self.playlist(reports);
        if delta {
            let short = self.delta.insert(render_delta(&playlist).map(Text::new));
            if let Some(short) = short {
                return short.clone();
            }
        }
        self.full.get_or_insert_with(|| Text::new(render_full(&playlist))).clone()
    }

    pub(super) fn position(&self) -> Position {
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
