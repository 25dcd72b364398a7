//! A stream's children, one after the other, for as long as it has a slot.
//!
//! A dead child is replaced at the source's next key frame. The rungs keep their tracks meanwhile, so viewers see a gap and
//! not an end; only when trying does not help is the ladder taken away until it is back.

use std::sync::Arc;
use std::time::Duration;

use media::frame::CodecConfig;
use media::time::{MediaSpan, MediaTime};
use runtime::{Stop, clock};

use super::backoff::{Backoff, Work};
use super::death::Death;
use super::fps;
use super::job::{Job, Start};
use super::lane::{self, Lane};
use super::session::{self, End};
use crate::live::Broadcast;

/// How much of what nobody has encoded yet a new child catches up on: less than `package` waits for a rung.
const LATE_MAX: MediaSpan = MediaSpan::from_ms(1_000);

/// Makes the ladder until the broadcast ends or the slot is taken back.
pub(super) async fn run(job: Arc<Job>, stop: Stop) {
    let mut lanes = Vec::new();
    make(&job, &mut lanes, &stop).await;
    if !job.is_over() {
        lane::unpublish(&job.broadcast);
    }
    // A ladder that ends with its stream stays in view: viewers play it to the end.
    lanes.iter().for_each(|lane| lane.rendition.track.end());
}

async fn make(job: &Arc<Job>, lanes: &mut Vec<Arc<Lane>>, stop: &Stop) {
    let mut backoff = Backoff::default();
    let mut rate = fps::Steady::default();
    let mut start = None;
    while !job.is_over() && !stop.is_stopped() {
        let from = match start.take() {
            Some(start) => Some(start),
            None => job.unless_over(stop, next_start(job, lanes)).await.flatten(),
        };
        let Some(from) = from else { return };
        let Some(plan) = job.plan(&from.first.config).filter(|plan| !plan.rungs.is_empty()) else {
            lane::unpublish(&job.broadcast);
            start = job.unless_over(stop, another_plan(&job.broadcast, from)).await.flatten();
            continue;
        };
        *lanes = Lane::for_plan(&plan.rungs, std::mem::take(lanes));
        let declared = match &*from.first.config {
            CodecConfig::H264(config) => config.fps,
            CodecConfig::Aac(_) => None,
        };
        let measured = job.unless_over(stop, fps::measure(&job.broadcast.video, declared)).await;
        let Some(measured) = measured else { return };
        let fps = rate.take(measured);
        let began = clock::now();
        match session::run(job, &plan, fps, from, lanes, stop).await {
            End::Over | End::Stopped => return,
            End::Changed(at) => start = Some(*at),
            End::Replanned | End::Worn => {}
            End::Died(death) => {
                let lived = clock::now().saturating_duration_since(began);
                let recovery = recover(job, &mut backoff, &death, lived);
                job.unless_over(stop, recovery).await;
            }
        }
    }
}

/// Says what happened and waits as long as it should.
async fn recover(job: &Job, backoff: &mut Backoff, death: &Death, lived: Duration) {
    let pause = backoff.failed(lived);
    pause.tell(death, Work::Ladder, lived);
    if pause.gives_up {
        lane::unpublish(&job.broadcast);
    }
    tokio::time::sleep(pause.wait).await;
}

/// The newest key frame that no rung has got to yet, or the next one; `None` if the source has ended.
///
/// Where the next one may be far, the newest is good enough: what came since is decoded again, not shown.
async fn next_start(job: &Job, lanes: &[Arc<Lane>]) -> Option<Start> {
    let after: Option<MediaTime> = lanes.iter().filter_map(|lane| lane.last_dts()).max();
    let mut reader = job.broadcast.video.reader();
    loop {
        let read = reader.next().await?;
        if read.frame.key && job.wants_top() {
            let newest = job.broadcast.video.newest();
            return Some(Start { reader, first: read, show_from: show_from(after, newest) });
        }
        // Rung frames are decoded when they are shown.
        if read.frame.key && after.is_none_or(|after| read.frame.pts() > after) {
            return Some(Start { reader, first: read, show_from: None });
        }
    }
}

/// From where on a child is to show what it decodes, if rungs end at `after` and the source at `newest`: nothing is left
/// out, unless it would come too late for viewers.
fn show_from(after: Option<MediaTime>, newest: Option<MediaTime>) -> Option<MediaTime> {
    // No rung gets a key frame for a moment that it has: it would be dropped, and what follows can't be decoded without.
    let next = after.map(|after| after + MediaSpan::from_ms(1));
    let latest = newest.map(|newest| if next.is_some() { newest - LATE_MAX } else { newest });
    next.max(latest)
}

/// Where another plan than at `from` may begin, if that is known: at a key frame with another config, or anywhere once the
/// top is wanted too. `None` otherwise, and if the source has ended.
async fn another_plan(broadcast: &Broadcast, from: Start) -> Option<Start> {
    let mut unfit = broadcast.unfit.subscribe();
    let before = unfit.borrow_and_update().any();
    tokio::select! {
        start = next_config(from) => start,
        _ = unfit.wait_for(|now| now.any() != before) => None,
    }
}

/// The first key frame with another config than at `from`; `None` if the source ends before that.
async fn next_config(from: Start) -> Option<Start> {
    let Start { mut reader, first, .. } = from;
    loop {
        let read = reader.next().await?;
        if read.frame.key && read.config != first.config {
            return Some(Start { reader, first: read, show_from: None });
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
