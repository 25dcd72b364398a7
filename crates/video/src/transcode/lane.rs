//! One rung's way from a child's pipe to its track. Outlives the children, so that the next one goes on where the last one
//! ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use media::codec::h264::H264Config;
use media::flv::{Tag, TagKind, VideoTag};
use media::frame::{CodecConfig, Frame};
use media::time::MediaTime;

use super::death::Death;
use super::ladder::PlannedRung;
use crate::live::{Broadcast, Rendition, Track};

/// A rung that is being made.
#[derive(Debug)]
pub(super) struct Lane {
    /// What the world sees of it.
    pub rendition: Arc<Rendition>,
    planned: PlannedRung,
    /// Ticks at which its newest frame is decoded. Written by the task of the child that runs now.
    last_dts: AtomicI64,
    frames_out: metrics::Counter,
    frames_dropped: metrics::Counter,
}

/// What a tag was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The rung's configuration, first or once more.
    Config,
    /// A frame.
    Frame,
    /// Metadata, end marks.
    Nothing,
}

impl Lane {
    fn new(planned: PlannedRung) -> Self {
        let rendition = Arc::new(Rendition { spec: planned.spec.clone(), track: Track::new() });
        Self {
            rendition,
            planned,
            last_dts: AtomicI64::new(i64::MIN),
            frames_out: metrics::counter!("footlight_transcode_frames_out_total"),
            frames_dropped: metrics::counter!("footlight_transcode_frames_dropped_total"),
        }
    }

    /// The lanes of another plan: those whose rung stays the same are kept.
    pub(super) fn for_plan(rungs: &[PlannedRung], old: Vec<Arc<Self>>) -> Vec<Arc<Self>> {
        let kept = |rung: &PlannedRung| old.iter().find(|lane| lane.planned == *rung).cloned();
        let lanes = rungs.iter().map(|rung| kept(rung).unwrap_or_else(|| Arc::new(Self::new(rung.clone()))));
        let lanes: Vec<_> = lanes.collect();
        for gone in old.iter().filter(|lane| !lanes.iter().any(|kept| Arc::ptr_eq(kept, lane))) {
            gone.rendition.track.end();
        }
        lanes
    }

    /// When its newest frame is decoded; `None` before the first.
    pub(super) fn last_dts(&self) -> Option<MediaTime> {
        let ticks = self.last_dts.load(Ordering::Relaxed);
        (ticks != i64::MIN).then_some(MediaTime(ticks))
    }

    /// Takes what the child sent; `restore` knows what its milliseconds mean.
    pub(super) fn take(&self, tag: Tag, restore: impl Fn(i64) -> MediaTime) -> Result<Taken, Death> {
        if tag.kind != TagKind::Video {
            return Ok(Taken::Nothing);
        }
        match VideoTag::parse(tag.data).map_err(Death::Flv)? {
            VideoTag::Config(record) => {
                let config = H264Config::parse(&record).map_err(Death::Config)?;
                self.rendition.track.configure(CodecConfig::H264(config));
                Ok(Taken::Config)
            }
            VideoTag::Frame { key, cts_ms, data } => {
                let dts_ms = i64::from(tag.timestamp_ms);
                let dts = restore(dts_ms);
                let cts = if cts_ms == 0 {
                    media::time::MediaSpan::ZERO
                } else {
                    restore(dts_ms + i64::from(cts_ms)) - dts
                };
                self.push(Frame { dts, cts, key, data });
                Ok(Taken::Frame)
            }
            VideoTag::EndOfSequence | VideoTag::Ignored | VideoTag::Unsupported { .. } => Ok(Taken::Nothing),
        }
    }

    fn push(&self, frame: Frame) {
        // A track rises; a child that gives a time twice loses the second.
        if frame.dts.0 <= self.last_dts.load(Ordering::Relaxed) {
            self.frames_dropped.increment(1);
            return;
        }
        self.last_dts.store(frame.dts.0, Ordering::Relaxed);
        self.frames_out.increment(1);
        let starts_group = frame.key;
        self.rendition.track.push(frame, starts_group);
    }
}

/// Shows the ladder once every rung of it can be played; until then the world sees what it saw before.
pub(super) fn publish(broadcast: &Broadcast, lanes: &[Arc<Lane>]) {
    if lanes.iter().any(|lane| lane.rendition.track.config().is_none()) {
        return;
    }
    let top = lanes.iter().find(|lane| lane.planned.is_top).map(|lane| &lane.rendition);
    let lanes: Vec<_> = lanes.iter().filter(|lane| !lane.planned.is_top).collect();
    show_top(broadcast, top);
    broadcast.ladder.send_if_modified(|ladder| {
        let same = ladder.len() == lanes.len()
            && ladder.iter().zip(&lanes).all(|(shown, lane)| Arc::ptr_eq(shown, &lane.rendition));
        if !same {
            *ladder = lanes.iter().map(|lane| Arc::clone(&lane.rendition)).collect();
        }
        !same
    });
}

fn show_top(broadcast: &Broadcast, top: Option<&Arc<Rendition>>) {
    broadcast.top.send_if_modified(|shown| {
        let same = shown.as_ref().map(Arc::as_ptr) == top.map(Arc::as_ptr);
        if !same {
            *shown = top.cloned();
        }
        !same
    });
}

/// Takes the ladder away.
pub(super) fn unpublish(broadcast: &Broadcast) {
    show_top(broadcast, None);
    broadcast.ladder.send_if_modified(|ladder| !std::mem::take(ladder).is_empty());
}
