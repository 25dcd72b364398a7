//! Keeps a stream while it lives: renews its lease, tells the registry what changes, and ends it when nobody comes back.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{LeaseLost, Registry};
use domain::streams::{LEASE_RENEW_EVERY, Lease, SourceInfo, StreamRecord, StreamState};
use domain::time::WallTime;
use media::frame::CodecConfig;
use runtime::{Stop, clock};

use super::slot::{Cut, Slot};
use crate::live::Phase;
use crate::origin::LiveStream;

/// How often the stream is looked at.
const TICK: Duration = Duration::from_millis(200);

/// How long a keeper is patient.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// With a silent publisher.
    pub silent_after: Duration,
    /// With an absent one.
    pub grace: Duration,
}

/// Returns when the stream is over, its playlists ended and its lease released.
pub async fn keep(
    slot: &Arc<Slot>,
    live: &LiveStream,
    registry: &dyn Registry,
    lease: Lease,
    record: StreamRecord,
    waits: Waits,
    stop: Stop,
) {
    tracing::info!(
        stream = record.id.0,
        channel = record.channel.0,
        name = record.name.as_str(),
        "stream begins"
    );
    let stream = record.id;
    let mut told = Told { lease, record, renewed: clock::now() };
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.stopped() => break,
        }
        let now = clock::now();
        if slot.silence(now) >= waits.silent_after {
            slot.interrupt(now + waits.grace);
        }
        if slot.is_over() || slot.deadline().is_some_and(|deadline| now >= deadline) {
            break;
        }
        slot.meter(|meter| meter.roll(now, WallTime::from_unix_ms(clock::wall_ms())));
        if told.tell(slot, live, registry).await.is_err() {
            slot.unseat(Cut::LeaseLost);
            break;
        }
    }
    slot.broadcast.phase.send_replace(Phase::Ended);
    slot.unseat(Cut::Ended);
    slot.broadcast.video.end();
    slot.broadcast.audio.end();
    match registry.release(&told.lease).await {
        Ok(()) | Err(LeaseLost::Superseded) => {}
        Err(LeaseLost::Store(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "lease not released; it ends by itself");
        }
    }
    tracing::info!(stream = stream.0, "stream ended");
}

/// What the registry was told last.
struct Told {
    lease: Lease,
    record: StreamRecord,
    renewed: std::time::Instant,
}

impl Told {
    /// Tells the registry what is new, or just that the stream is still here. A store that is down is asked again later:
    /// the stream goes on without it.
    async fn tell(&mut self, slot: &Slot, live: &LiveStream, registry: &dyn Registry) -> Result<(), ()> {
        let now = clock::now();
        let record = current(&self.record, slot, live);
        let changed = record != self.record;
        if !changed && now.saturating_duration_since(self.renewed) < LEASE_RENEW_EVERY {
            return Ok(());
        }
        self.renewed = now;
        let wall = WallTime::from_unix_ms(clock::wall_ms());
        match registry.renew(&self.lease, Some(record.clone()), wall).await {
            Ok(lease) => {
                self.lease = lease;
                self.record = record;
                Ok(())
            }
            Err(LeaseLost::Superseded) => Err(()),
            Err(LeaseLost::Store(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "registry did not answer; the stream goes on"
                );
                Ok(())
            }
        }
    }
}

/// The record as the stream is now.
fn current(before: &StreamRecord, slot: &Slot, live: &LiveStream) -> StreamRecord {
    let broadcast = &slot.broadcast;
    let watchable = *broadcast.watchable.borrow() && live.is_watchable();
    let state = match *broadcast.phase.borrow() {
        _ if !watchable => StreamState::Starting,
        Phase::Interrupted => StreamState::Interrupted,
        Phase::Live | Phase::Ended => StreamState::Live,
    };
    let configs = [broadcast.video.config(), broadcast.audio.config()];
    let (width, height) = match configs[0].as_deref() {
        Some(CodecConfig::H264(h264)) => (h264.display_width(), h264.height),
        _ => (0, 0),
    };
    let codecs = configs.iter().flatten().map(|config| config.rfc6381()).collect();
    let source = SourceInfo { width, height, fps: broadcast.measured_fps().unwrap_or(0.0), codecs };
    StreamRecord { state, source, renditions: live.renditions(), ..before.clone() }
}
