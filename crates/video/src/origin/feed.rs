//! The tasks that carry a stream's frames into its windows.
//!
//! One task drives: it cuts the source and writes the plan. One follows for the audio, and one for each rung. They only
//! wait, call the rules in `package` and hand what those say to the windows.

mod standstill;

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::time::WallTime;
use media::time::{MediaSpan, MediaTime};
use runtime::{Scope, clock};
use tokio::sync::watch;

use self::standstill::Standstill;
use super::lead::Lead;
use super::stream::{AUDIO, LiveStream, SOURCE};
use super::window::Window;
use crate::live::{Broadcast, Phase, Reader, Rendition};
use crate::package::{Follower, RUNG_LATE_MAX, Role};

/// How long a stream may send sound before it counts as one without a picture (A2).
const VIDEO_WAIT: Duration = Duration::from_secs(3);

/// How long the last frames of an encoder that is no longer wanted may take.
const TURN_WAIT: Duration = Duration::from_secs(1);

/// Starts a stream's tasks. They end by themselves when the broadcast does.
pub fn start(stream: &Arc<LiveStream>, scope: &Scope) {
    let driving = Arc::clone(stream);
    let inner = scope.clone();
    scope.spawn("stream driver", async move {
        let broadcast = Arc::clone(&driving.broadcast);
        let with_video = tokio::select! {
            _ = broadcast.video.configured() => true,
            () = audio_alone(&broadcast) => false,
            () = broadcast.ended() => return,
        };
        if with_video {
            let audio = Arc::clone(&driving);
            inner.spawn("audio follower", async move { follow_audio(&audio).await });
            let ladder = Arc::clone(&driving);
            let rungs = inner.clone();
            inner.spawn("ladder", async move { follow_ladder(&ladder, &rungs).await });
            drive(&driving, SOURCE, broadcast.video.reader()).await;
        } else {
            drive(&driving, AUDIO, broadcast.sound.reader()).await;
        }
    });
}

async fn audio_alone(broadcast: &Broadcast) {
    broadcast.audio.configured().await;
    tokio::time::sleep(VIDEO_WAIT).await;
}

/// Cuts the source until the broadcast is over.
async fn drive(stream: &LiveStream, rendition: &str, mut reader: Reader) {
    let window = stream.window(rendition);
    let mut lead = Lead::new(stream);
    let mut phase = stream.broadcast.phase.subscribe();
    let mut newest = clock::now();
    let mut standstill = Standstill::default();
    let mut ticks = tokio::time::interval(Duration::from_millis(stream.timing.part.to_ms().unsigned_abs()));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let now = *phase.borrow_and_update();
        if now == Phase::Ended {
            break;
        }
        let interrupted = now == Phase::Interrupted;
        tokio::select! {
            biased;
            read = reader.next(), if !lead.is_turning_back() => {
                let Some(read) = read else { break };
                newest = clock::now();
                window.apply(lead.source(read, wall_now()));
                if lead.is_cutting() {
                    standstill.moves(stream.broadcast.video.newest(), stream.broadcast.audio.newest());
                }
                if window.has_media() {
                    stream.broadcast.watchable.send_if_modified(|ready| !std::mem::replace(ready, true));
                }
            }
            read = lead.next_encoded() => window.apply(lead.encoded(read, wall_now())),
            changed = phase.changed() => {
                if changed.is_err() || *phase.borrow() == Phase::Ended {
                    break;
                }
            }
            _ = ticks.tick(), if !lead.is_turning_back() => {
                let until = match interrupted {
                    true => media_now(&stream.broadcast, newest),
                    false => standstill.gap_until(stream.broadcast.audio.newest()),
                };
                if let Some(until) = until {
                    window.apply(lead.fill_gap(until, wall_now()));
                }
            }
            () = tokio::time::sleep(TURN_WAIT), if lead.is_turning_back() => {
                window.apply(lead.turn_back(wall_now()));
            }
        }
    }
    // What was read before the end still counts.
    while let Some(read) = reader.try_next() {
        window.apply(lead.source(read, wall_now()));
    }
    window.apply(lead.end(wall_now()));
    window.end();
}

/// Where the source would be now if it had gone on.
fn media_now(broadcast: &Broadcast, newest: Instant) -> Option<MediaTime> {
    let end = broadcast.newest()?;
    let passed = clock::now().saturating_duration_since(newest);
    Some(end + MediaSpan::from_ms(i64::try_from(passed.as_millis()).unwrap_or(0)))
}

async fn follow_audio(stream: &LiveStream) {
    let broadcast = &stream.broadcast;
    tokio::select! {
        _ = broadcast.sound.configured() => {}
        () = broadcast.ended() => return,
    }
    let window = stream.window(AUDIO);
    let mut follower = Follower::new(Role::Audio, stream.plan.segment_before_newest());
    follow(stream, &window, &mut follower, broadcast.sound.reader()).await;
    window.end();
}

/// Feeds `reader`'s frames through `follower` until the track or the broadcast ends.
async fn follow(stream: &LiveStream, window: &Window, follower: &mut Follower, mut reader: Reader) {
    let mut plan = stream.plan.changes();
    let mut phase = stream.broadcast.phase.subscribe();
    loop {
        tokio::select! {
            biased;
            read = reader.next() => match read {
                Some(read) => follower.push(read),
                None => break,
            },
            changed = plan.changed() => if changed.is_err() { break },
            over = phase.wait_for(|phase| *phase == Phase::Ended) => {
                drop(over);
                break;
            }
        }
        while let Some(read) = reader.try_next() {
            follower.push(read);
        }
        window.apply(follower.advance(&stream.plan.since(follower.at())));
    }
    window.apply(follower.advance(&stream.plan.since(follower.at())));
}

/// Keeps a follower for every rung that ever was: a rung without a transcoder goes on as gaps, in step with the others.
async fn follow_ladder(stream: &Arc<LiveStream>, scope: &Scope) {
    let mut ladder = stream.broadcast.ladder.subscribe();
    let mut known: Vec<String> = Vec::new();
    loop {
        let rungs: Vec<Arc<Rendition>> = ladder.borrow_and_update().clone();
        for rung in rungs {
            if !known.contains(&rung.spec.name) {
                known.push(rung.spec.name.clone());
                let stream = Arc::clone(stream);
                scope.spawn("rung follower", async move { follow_rung(&stream, rung).await });
            }
        }
        tokio::select! {
            changed = ladder.changed() => if changed.is_err() { return },
            () = stream.broadcast.ended() => return,
        }
    }
}

async fn follow_rung(stream: &LiveStream, first: Arc<Rendition>) {
    let name = first.spec.name.clone();
    let window = stream.window(&name);
    let mut follower = Follower::new(Role::Rung, stream.plan.segment_before(RUNG_LATE_MAX));
    let mut ladder = stream.broadcast.ladder.subscribe();
    let mut current = Some(first);
    loop {
        let reader = current.as_ref().map(|rung| rung.track.reader());
        tokio::select! {
            () = follow_or_wait(stream, &window, &mut follower, reader) => break,
            rung = another(&mut ladder, &name, current.as_ref()) => current = rung,
        }
    }
    window.end();
}

/// Follows a rung's track; when the transcoder is gone, goes on with gaps until the broadcast ends.
async fn follow_or_wait(
    stream: &LiveStream,
    window: &Window,
    follower: &mut Follower,
    reader: Option<Reader>,
) {
    if let Some(reader) = reader {
        follow(stream, window, follower, reader).await;
    }
    let mut plan = stream.plan.changes();
    loop {
        tokio::select! {
            changed = plan.changed() => if changed.is_err() { return },
            () = stream.broadcast.ended() => return,
        }
        window.apply(follower.advance(&stream.plan.since(follower.at())));
    }
}

/// Resolves when rung `name` is made by somebody else than `current`, or by nobody.
async fn another(
    ladder: &mut watch::Receiver<Vec<Arc<Rendition>>>,
    name: &str,
    current: Option<&Arc<Rendition>>,
) -> Option<Arc<Rendition>> {
    loop {
        let rung = ladder.borrow_and_update().iter().find(|rung| rung.spec.name == name).cloned();
        if rung.as_ref().map(Arc::as_ptr) != current.map(Arc::as_ptr) {
            return rung;
        }
        if ladder.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn wall_now() -> WallTime {
    WallTime::from_unix_ms(clock::wall_ms())
}

#[cfg(test)]
mod tests;
