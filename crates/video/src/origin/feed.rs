//! The tasks that carry a stream's frames into its windows.
//!
//! One task drives: it cuts the source and writes the plan. One follows for the audio, and one for each rung. They only
//! wait, call the rules in `package` and hand what those say to the windows.

mod standstill;

use std::sync::Arc;
use std::time::{Duration, Instant};

use media::time::{MediaSpan, MediaTime};
use runtime::{Scope, clock};
use tokio::sync::watch;

use self::standstill::Standstill;
use super::lead::Lead;
use super::stream::{AUDIO, LiveStream, SOURCE};
use super::window::Window;
use crate::live::{Broadcast, Phase, Reader, Rendition, Track};
use crate::package::{Fill, Follower, RUNG_LATE_MAX, Role};
use crate::wall_now;

/// How long a stream may send sound before it counts as one without a picture (A2).
const VIDEO_WAIT: Duration = Duration::from_secs(3);

/// How long the last frames of an encoder that is no longer wanted may take.
const TURN_WAIT: Duration = Duration::from_secs(1);

/// How long the source is taken to be still sending, once it is said to be away: a returning encoder's first frame comes a
/// moment before that is said of it.
const CLOSE_WAIT: Duration = Duration::from_millis(20);
/// How long after the source has gone its last frames may take through a transcoder. All renditions become gaps together, a
/// part later, and none of them may be without a new part for longer than that.
const DRAIN_WAIT: Duration = Duration::from_millis(100);

/// Starts a stream's tasks. They end by themselves when the broadcast does.
pub fn start(stream: &Arc<LiveStream>, scope: &Scope) {
    let driving = Arc::clone(stream);
    let inner = scope.clone();
    scope.spawn("stream driver", async move {
        let broadcast = Arc::clone(&driving.broadcast);
        let with_video = tokio::select! {
            biased;
            _ = broadcast.video.configured() => true,
            () = audio_alone(&broadcast) => false,
            () = broadcast.ended() => return,
        };
        if with_video || !broadcast.begin_with_sound_alone() {
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
    let mut absence: Option<Absence> = None;
    loop {
        stream.plan.pace(wall_now());
        match *phase.borrow_and_update() {
            Phase::Ended => break,
            Phase::Live => absence = None,
            Phase::Interrupted => {
                absence.get_or_insert_with(|| Absence { since: clock::now(), is_settled: false });
            }
        }
        let pause = match &absence {
            Some(absence) => absence.pause(&lead, media_now(&stream.broadcast, newest)),
            None => Duration::from_millis(stream.timing.part.to_ms().unsigned_abs()),
        };
        tokio::select! {
            biased;
            read = reader.next(), if !lead.is_turning_back() => {
                let Some(read) = read else { break };
                newest = clock::now();
                stream.put(&window, lead.source(read, wall_now()));
                if lead.is_cutting() {
                    standstill.moves(stream.broadcast.video.newest(), stream.broadcast.audio.newest());
                }
                if window.has_media() {
                    stream.broadcast.watchable.send_if_modified(|ready| !std::mem::replace(ready, true));
                }
            }
            read = lead.next_encoded() => stream.put(&window, lead.encoded(read, wall_now())),
            changed = phase.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(pause), if !lead.is_turning_back() => {
                let (fill, until) = match &mut absence {
                    Some(absence) => {
                        absence.settle(&lead);
                        (Fill::Gap, media_now(&stream.broadcast, newest))
                    }
                    None => (Fill::Still, standstill.still_until(stream.broadcast.audio.newest())),
                };
                if let Some(until) = until {
                    stream.put(&window, lead.fill(fill, until, wall_now()));
                }
            }
            () = tokio::time::sleep(TURN_WAIT), if lead.is_turning_back() => {
                stream.put(&window, lead.turn_back(wall_now()));
            }
        }
    }
    // What was read before the end still counts.
    while let Some(read) = reader.try_next() {
        stream.put(&window, lead.source(read, wall_now()));
    }
    stream.put(&window, lead.end(wall_now()));
    window.end();
}

/// The source is away.
struct Absence {
    since: Instant,
    /// What it sent is not waited for any more.
    is_settled: bool,
}

impl Absence {
    /// How long there is nothing to do if the source, had it gone on, were at `media_now`.
    fn pause(&self, lead: &Lead, media_now: Option<MediaTime>) -> Duration {
        if lead.is_cutting() {
            return CLOSE_WAIT;
        }
        let gap_due = media_now.and_then(|at| lead.fill_due_after(at));
        let gap_due =
            gap_due.map_or(DRAIN_WAIT, |rest| Duration::from_millis(rest.to_ms().max(0).unsigned_abs()));
        match self.is_settled {
            true => gap_due,
            false => {
                gap_due.min(DRAIN_WAIT.saturating_sub(clock::now().saturating_duration_since(self.since)))
            }
        }
    }

    /// Says so, once it is time, that what the source sent is not waited for any more.
    fn settle(&mut self, lead: &Lead) {
        if !self.is_settled && clock::now().saturating_duration_since(self.since) >= DRAIN_WAIT {
            self.is_settled = true;
            lead.settle();
        }
    }
}

/// Where the source would be now if it had gone on.
fn media_now(broadcast: &Broadcast, newest: Instant) -> Option<MediaTime> {
    let end = broadcast.newest()?;
    let passed = clock::now().saturating_duration_since(newest);
    Some(end + MediaSpan::from_ms(i64::try_from(passed.as_millis()).unwrap_or(0)))
}

/// A stream with a picture has sound from the beginning, be it silence.
async fn follow_audio(stream: &LiveStream) {
    let window = stream.window(AUDIO);
    let mut follower = Follower::new(Role::Audio, stream.plan.segment_before_newest());
    let source = Some(&stream.broadcast.audio);
    follow(stream, &window, &mut follower, stream.broadcast.sound.reader(), source).await;
    window.end();
}

/// Feeds `reader`'s frames through `follower` until the track or the broadcast ends. What is made of `sound` is announced by it.
async fn follow(
    stream: &LiveStream,
    window: &Window,
    follower: &mut Follower,
    mut reader: Reader,
    mut sound: Option<&Track>,
) {
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
        if sound.take_if(|sound| sound.newest().is_some()).is_some() {
            follower.expect_sound();
        }
        stream.put(window, follower.advance(&stream.plan.since(follower.at())));
    }
    stream.put(window, follower.advance(&stream.plan.since(follower.at())));
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

/// Follows a rung's track; when the transcoder is gone, goes on with gaps until the broadcast ends. Without a `reader` nobody
/// makes the rung, and the gaps come at once.
async fn follow_or_wait(
    stream: &LiveStream,
    window: &Window,
    follower: &mut Follower,
    reader: Option<Reader>,
) {
    match reader {
        Some(reader) => follow(stream, window, follower, reader, None).await,
        None => follower.abandon(),
    }
    let mut plan = stream.plan.changes();
    loop {
        stream.put(window, follower.advance(&stream.plan.since(follower.at())));
        tokio::select! {
            changed = plan.changed() => if changed.is_err() { return },
            () = stream.broadcast.ended() => return,
        }
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

#[cfg(test)]
mod tests;
