//! Who gets a transcode slot, and for how long.
//!
//! A stream is offered to the queue once its picture is known to have rungs below it; a free slot takes the most urgent
//! job, and a partner that waits takes the slot of the newest non-partner. One task owns the leases and the workers;
//! a lease that is lost ends its worker, so that no stream is transcoded twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use domain::ids::StreamId;
use domain::ports::{Jobs, LeaseLost, StoreError};
use domain::streams::{Job, JobLease, LEASE_RENEW_EVERY, Priority};
use domain::time::WallTime;
use media::frame::CodecConfig;
use runtime::{Scope, Stop};
use tokio::sync::{Notify, Semaphore};

use super::pulse::{PATIENCE, Patience};
use super::{Encoder, Encoders, Rung, TranscodeConfig, job, ladder, preempt, sound, still, worker};
use crate::live::{Broadcast, Phase};
use crate::wall_now;

/// How long a worker may take to end its child.
const WORKER_GRACE: Duration = Duration::from_secs(3);

/// How a stream's ladder is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscodeState {
    /// It has none and waits for none: no rung is below its source, or nothing here can encode.
    None,
    /// It waits for a slot.
    Queued,
    /// It is being made.
    Running {
        /// FFmpeg's name of the encoder.
        encoder: &'static str,
        /// Names of the rungs that can be watched, best first.
        rungs: Vec<String>,
    },
}

/// The transcoder of this node. Clones are handles to the same one.
#[derive(Clone)]
pub struct Transcoding {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<TranscodeConfig>,
    jobs: Arc<dyn Jobs>,
    patience: Patience,
    scope: Scope,
    encoders: OnceLock<Arc<Encoders>>,
    /// Held for a few lines, never over an `await`.
    entries: Mutex<HashMap<StreamId, Entry>>,
    /// An entry has changed.
    changed: Notify,
    /// Held by the stream whose thumbnail is being made without a slot.
    thumbnail_turn: Semaphore,
}

/// A stream that may want a ladder.
struct Entry {
    broadcast: Arc<Broadcast>,
    rungs: Arc<[Rung]>,
    place: Place,
    /// As the queue knows it; what it is before it has been offered does not matter.
    offered_as: Priority,
}

impl Entry {
    /// How urgently it wants a slot now: a stream without an encoder makes room for every other one.
    fn priority(&self) -> Priority {
        match (*self.broadcast.phase.borrow(), self.broadcast.partner) {
            (Phase::Interrupted, _) => Priority::Interrupted,
            (_, true) => Priority::Partner,
            (_, false) => Priority::Standard,
        }
    }

    /// Names of what is made, best first.
    fn made(&self) -> Vec<String> {
        let (top, ladder) = (self.broadcast.top.borrow(), self.broadcast.ladder.borrow());
        top.iter().chain(ladder.iter()).map(|rung| rung.spec.name.clone()).collect()
    }
}

/// How far a stream has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Its picture is not known, or has no rungs below it.
    Outside,
    /// It wants a slot and the queue does not know.
    Wanting,
    /// In the queue.
    Queued,
    /// It has a slot.
    Running,
}

impl Transcoding {
    /// Starts scheduling within `scope`; the encoders are probed first, streams may be offered at once.
    pub fn start(config: TranscodeConfig, jobs: Arc<dyn Jobs>, scope: &Scope) -> Self {
        Self::start_with(config, jobs, scope, PATIENCE)
    }

    fn start_with(config: TranscodeConfig, jobs: Arc<dyn Jobs>, scope: &Scope, patience: Patience) -> Self {
        let inner = Arc::new(Inner::new(config, jobs, scope, patience));
        let owner = Arc::clone(&inner);
        scope.spawn_until_stop("transcode scheduler", |stop| async move { schedule(owner, stop).await });
        Self { inner }
    }

    /// Wants a ladder for `broadcast`, from now to its end: the rungs that its channel has `chosen` by name, or else those
    /// that it gets unasked. Offering it again changes nothing.
    pub fn offer(&self, broadcast: Arc<Broadcast>, chosen: Option<&[String]>) {
        let stream = broadcast.stream;
        let rungs: Arc<[Rung]> = self.inner.config.rungs_for(chosen, broadcast.partner).into();
        let entry = Entry {
            broadcast: Arc::clone(&broadcast),
            rungs: Arc::clone(&rungs),
            place: Place::Outside,
            offered_as: Priority::Standard,
        };
        if self.inner.entries().try_insert_new(stream, entry) {
            self.inner.serve_without_slot(&broadcast);
            let inner = Arc::clone(&self.inner);
            self.inner.scope.spawn("transcode offer", async move { inner.follow(&broadcast, &rungs).await });
        }
    }

    /// How the stream's ladder is doing.
    pub fn state(&self, stream: StreamId) -> TranscodeState {
        let Some(encoder) = self.encoders().and_then(|found| found.best) else { return TranscodeState::None };
        match self.inner.entries().get(&stream) {
            None => TranscodeState::None,
            Some(entry) => match entry.place {
                Place::Outside => TranscodeState::None,
                Place::Wanting | Place::Queued => TranscodeState::Queued,
                Place::Running => TranscodeState::Running { encoder: encoder.name(), rungs: entry.made() },
            },
        }
    }

    /// What the probe found; `None` while it is under way.
    pub fn encoders(&self) -> Option<Arc<Encoders>> {
        self.inner.encoders.get().cloned()
    }
}

/// `HashMap::try_insert`, which is not stable.
trait TryInsert {
    /// Whether there was none.
    fn try_insert_new(&mut self, stream: StreamId, entry: Entry) -> bool;
}

impl TryInsert for HashMap<StreamId, Entry> {
    fn try_insert_new(&mut self, stream: StreamId, entry: Entry) -> bool {
        match self.entry(stream) {
            std::collections::hash_map::Entry::Occupied(_) => false,
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(entry);
                true
            }
        }
    }
}

impl Inner {
    fn new(config: TranscodeConfig, jobs: Arc<dyn Jobs>, scope: &Scope, patience: Patience) -> Self {
        Self {
            config: Arc::new(config),
            jobs,
            patience,
            scope: scope.child(),
            encoders: OnceLock::new(),
            entries: Mutex::default(),
            changed: Notify::new(),
            thumbnail_turn: Semaphore::new(1),
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<StreamId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_place(&self, stream: StreamId, place: Place) {
        if let Some(entry) = self.entries().get_mut(&stream) {
            entry.place = place;
        }
    }

    /// Starts what every stream gets: the sound that listeners hear, and thumbnails while there is no ladder.
    fn serve_without_slot(self: &Arc<Self>, broadcast: &Arc<Broadcast>) {
        let (broadcast, ffmpeg) = (Arc::clone(broadcast), self.config.ffmpeg.clone());
        let job = sound::Job { broadcast: Arc::clone(&broadcast), ffmpeg, patience: self.patience };
        self.scope.spawn_until_stop("sound", |stop| sound::run(job, stop));
        if self.config.thumbnail_every_s > 0 {
            let inner = Arc::clone(self);
            self.scope.spawn("thumbnails", async move {
                still::run(&broadcast, &inner.config.ffmpeg, &inner.thumbnail_turn).await;
            });
        }
    }

    /// Wants a slot once there is something to make; tells the scheduler of interruptions and of the end.
    async fn follow(&self, broadcast: &Broadcast, rungs: &[Rung]) {
        tokio::select! {
            () = wants_slot(broadcast, rungs) => {
                self.set_place(broadcast.stream, Place::Wanting);
                self.changed.notify_one();
            }
            () = broadcast.ended() => {}
        }
        let mut phase = broadcast.phase.subscribe();
        while *phase.borrow_and_update() != Phase::Ended && phase.changed().await.is_ok() {
            self.changed.notify_one();
        }
        self.changed.notify_one();
    }
}

/// Resolves when a stream has rungs below its picture, or needs its picture encoded again.
async fn wants_slot(broadcast: &Broadcast, rungs: &[Rung]) {
    let config = broadcast.video.configured().await;
    let has_rungs = match &*config {
        CodecConfig::H264(h264) => !ladder::rungs(h264.display_width(), h264.height, rungs).is_empty(),
        CodecConfig::Aac(_) => false,
    };
    if !has_rungs {
        let mut unfit = broadcast.unfit.subscribe();
        // Fails only if the broadcast is gone, and then nobody waits.
        drop(unfit.wait_for(|unfit| unfit.any()).await);
    }
}

/// A slot in use.
struct Slot {
    lease: JobLease,
    scope: Scope,
}

/// The task that owns the slots.
struct Scheduler {
    inner: Arc<Inner>,
    /// Without one there are no slots.
    encoder: Option<Encoder>,
    slots_max: usize,
    running: HashMap<StreamId, Slot>,
}

async fn schedule(inner: Arc<Inner>, stop: Stop) {
    let probe = Encoders::probe(&inner.config.ffmpeg, &inner.config.encoder);
    let found = tokio::select! {
        found = probe => Arc::new(found),
        () = stop.stopped() => return,
    };
    report(&found);
    let encoder = found.best;
    inner.encoders.get_or_init(|| found);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    // Where nothing encodes the streams are still to be let go when they end.
    let slots_max = encoder.map_or(0, |_| inner.config.slots(cores));
    Scheduler { inner, encoder, slots_max, running: HashMap::new() }.run(stop).await;
}

fn report(found: &Encoders) {
    for probe in found.tried.iter().filter(|probe| !probe.ok) {
        tracing::debug!(encoder = probe.name, reason = probe.reason, "encoder does not work here");
    }
    let version = found.ffmpeg_version.as_deref().unwrap_or("none");
    match found.best {
        Some(best) => {
            metrics::gauge!("footlight_transcode_encoder_info", "encoder" => best.name()).set(1.0);
            tracing::info!(encoder = best.name(), ffmpeg = version, "encoder chosen");
        }
        None => tracing::error!(ffmpeg = version, "no encoder works, streams have no ladder"),
    }
}

impl Scheduler {
    async fn run(mut self, stop: Stop) {
        let inner = Arc::clone(&self.inner);
        let mut changes = inner.jobs.changes();
        let mut renewal = tokio::time::interval(LEASE_RENEW_EVERY);
        while !stop.is_stopped() {
            if let Err(error) = self.round(wall_now()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "transcode queue did not answer");
            }
            self.measure();
            tokio::select! {
                () = stop.stopped() => {}
                () = inner.changed.notified() => {}
                Ok(()) = changes.changed() => {}
                _ = renewal.tick() => self.renew(wall_now()).await,
            }
        }
        self.end_all().await;
    }

    /// Brings queue and slots up to date. What a store error leaves undone is done in the next round.
    async fn round(&mut self, now: WallTime) -> Result<(), StoreError> {
        self.renew_ended(now).await;
        self.withdraw_ended().await?;
        self.offer_wanting(now).await?;
        while self.running.len() < self.slots_max {
            let Some(lease) = self.inner.jobs.lease(now).await? else { return Ok(()) };
            self.start(lease).await?;
        }
        while let Some(waiting) = self.inner.jobs.waiting(now).await? {
            let running = self.running.values().map(|slot| &slot.lease.job);
            let Some(victim) = preempt::victim(&waiting, running) else { break };
            tracing::info!(stream = %victim, to = %waiting.stream, "slot goes to a more urgent stream");
            metrics::counter!("footlight_transcode_preemptions_total").increment(1);
            if let Some(lease) = self.stop_worker(victim).await {
                // Lost or given back: either way it is not ours any more.
                drop(self.inner.jobs.give_back(&lease).await);
            }
            let Some(lease) = self.inner.jobs.lease(now).await? else { break };
            self.start(lease).await?;
        }
        Ok(())
    }

    async fn withdraw_ended(&mut self) -> Result<(), StoreError> {
        let ended = |entry: &Entry| *entry.broadcast.phase.borrow() == Phase::Ended;
        let gone: Vec<_> = self.inner.entries().iter().filter(|(_, e)| ended(e)).map(|(id, _)| *id).collect();
        for stream in gone {
            self.stop_worker(stream).await;
            self.inner.jobs.withdraw(stream).await?;
            self.inner.entries().remove(&stream);
        }
        Ok(())
    }

    /// Offers what wants a slot, and again what has become more or less urgent: it keeps its place.
    async fn offer_wanting(&mut self, now: WallTime) -> Result<(), StoreError> {
        let wants = |entry: &Entry| match entry.place {
            Place::Outside => false,
            Place::Wanting => true,
            Place::Queued | Place::Running => entry.offered_as != entry.priority(),
        };
        let wanting: Vec<_> = self
            .inner
            .entries()
            .iter()
            .filter(|(_, e)| wants(e))
            .map(|(id, e)| (*id, e.priority()))
            .collect();
        for (stream, priority) in wanting {
            self.inner.jobs.offer(Job { stream, priority, offered_at: now }).await?;
            if let Some(slot) = self.running.get_mut(&stream) {
                slot.lease.job.priority = priority;
            }
            if let Some(entry) = self.inner.entries().get_mut(&stream) {
                entry.offered_as = priority;
                if entry.place == Place::Wanting {
                    entry.place = Place::Queued;
                }
            }
        }
        Ok(())
    }

    /// Starts a worker under `lease`. One that runs here already goes on under it.
    async fn start(&mut self, lease: JobLease) -> Result<(), StoreError> {
        let stream = lease.job.stream;
        if let Some(slot) = self.running.get_mut(&stream) {
            slot.lease = lease;
            return Ok(());
        }
        let known =
            self.inner.entries().get(&stream).map(|e| (Arc::clone(&e.broadcast), Arc::clone(&e.rungs)));
        let Some((broadcast, rungs)) = known else {
            // Left by an earlier run of this node, which is the only one that offers.
            return self.inner.jobs.withdraw(stream).await;
        };
        let Some(encoder) = self.encoder else { return Ok(()) };
        let scope = self.inner.scope.child();
        let job = Arc::new(job::Job {
            broadcast,
            rungs,
            encoder,
            config: Arc::clone(&self.inner.config),
            patience: self.inner.patience,
            scope: scope.clone(),
        });
        let span = tracing::info_span!("transcode", %stream);
        span.in_scope(|| {
            tracing::info!(encoder = encoder.name(), "slot taken");
            scope.spawn_until_stop("transcode worker", |stop| worker::run(job, stop));
        });
        self.running.insert(stream, Slot { lease, scope });
        self.inner.set_place(stream, Place::Running);
        Ok(())
    }

    /// Ends a stream's worker and its child, if it has a slot; the lease is the caller's to give back.
    async fn stop_worker(&mut self, stream: StreamId) -> Option<JobLease> {
        let slot = self.running.remove(&stream)?;
        slot.scope.close(WORKER_GRACE).await;
        self.inner.set_place(stream, Place::Queued);
        Some(slot.lease)
    }

    /// Holds on to what has run out while nobody looked, before it looks free: a clock was set, or the machine has slept.
    async fn renew_ended(&mut self, now: WallTime) {
        if self.running.values().any(|slot| slot.lease.until < now) {
            self.renew(now).await;
        }
    }

    /// Holds on to all leases; a worker whose lease is gone is ended.
    async fn renew(&mut self, now: WallTime) {
        let leases: Vec<_> = self.running.values().map(|slot| slot.lease.clone()).collect();
        for lease in leases {
            let stream = lease.job.stream;
            match self.inner.jobs.renew(&lease, now).await {
                Ok(renewed) => {
                    if let Some(slot) = self.running.get_mut(&stream) {
                        slot.lease = renewed;
                    }
                }
                // A live stream outlives its stores: where none answers, nobody else can lease the job either.
                Err(LeaseLost::Store(error)) => {
                    tracing::warn!(%stream, error = &error as &dyn std::error::Error, "transcode lease not renewed");
                }
                Err(lost) => {
                    tracing::warn!(%stream, error = &lost as &dyn std::error::Error, "transcode lease lost");
                    self.stop_worker(stream).await;
                }
            }
        }
    }

    fn measure(&self) {
        let busy = self.running.len();
        metrics::gauge!("footlight_transcode_slots", "state" => "busy").set(busy as f64);
        let free = self.slots_max.saturating_sub(busy);
        metrics::gauge!("footlight_transcode_slots", "state" => "free").set(free as f64);
        let queued = |entry: &&Entry| matches!(entry.place, Place::Wanting | Place::Queued);
        let queued = self.inner.entries().values().filter(queued).count();
        metrics::gauge!("footlight_transcode_queued").set(queued as f64);
    }

    /// Leaves nothing behind: no child, no job.
    async fn end_all(&mut self) {
        let streams: Vec<_> = self.running.keys().copied().collect();
        for stream in &streams {
            // All at once; the waiting comes after.
            self.running[stream].scope.cancel();
        }
        for stream in streams {
            self.stop_worker(stream).await;
        }
        let offered: Vec<_> = self.inner.entries().keys().copied().collect();
        for stream in offered {
            drop(self.inner.jobs.withdraw(stream).await);
        }
    }
}

#[cfg(test)]
mod tests;
