//! Slots over the embedded queue, with children that only wait: what they make is `worker`'s to test.

use std::path::PathBuf;

use domain::ids::ChannelId;
use domain::names::Name;
use domain::streams::LEASE_TTL;
use domain::users::LatencyMode;
use media::codec::h264::H264Config;
use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};

use super::*;
use crate::transcode::worker::tests::stage::{pids_of, script_ffmpeg, until};

/// A failure bound, not a measurement.
const LIMIT: Duration = Duration::from_secs(60);

/// SPS and PPS of 1280x720.
const SPS: &[u8] = &[
    0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xec, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00,
    0x00, 0x0f, 0x03, 0xc6, 0x0c, 0xa8,
];
const PPS: &[u8] = &[0x68, 0xce, 0x0f, 0xc8];

struct Stage {
    transcoding: Transcoding,
    jobs: Arc<dyn Jobs>,
    scope: Scope,
    ffmpeg: PathBuf,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn new(slots: u32) -> Self {
        Self::scripted(slots, PATIENT_FFMPEG).await
    }

    async fn scripted(slots: u32, script: &str) -> Self {
        Self::with(slots, script, Transcoding::start).await
    }

    /// With a scheduler that the test runs itself, round by round.
    async fn by_hand(slots: usize) -> (Self, Scheduler) {
        let start = |config, jobs, scope: &Scope| Transcoding {
            inner: Arc::new(Inner::new(config, jobs, scope, PATIENCE)),
        };
        // Without `exec`, so that it is still found by its name.
        let stage = Self::with(0, "while read -r _; do :; done", start).await;
        let inner = Arc::clone(&stage.transcoding.inner);
        let encoder = Some(Encoder::X264);
        (stage, Scheduler { inner, encoder, slots_max: slots, running: HashMap::new() })
    }

    async fn with(
        slots: u32,
        script: &str,
        start: impl FnOnce(TranscodeConfig, Arc<dyn Jobs>, &Scope) -> Transcoding,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stores = stores::open(&stores::Places::embedded(folder.path())).await.expect("stores");
        let ffmpeg = script_ffmpeg(folder.path(), script);
        let config = TranscodeConfig {
            ffmpeg: ffmpeg.clone(),
            slots: Some(slots),
            thumbnail_every_s: 0,
            ..TranscodeConfig::default()
        };
        let scope = Scope::root();
        let transcoding = start(config, Arc::clone(&stores.jobs), &scope);
        Self { transcoding, jobs: stores.jobs, scope, ffmpeg, _folder: folder }
    }

    /// A stream that has begun, with its picture.
    fn offer(&self, stream: u64, partner: bool) -> Arc<Broadcast> {
        let name = "tester".parse::<Name>().expect("a name");
        let started = WallTime::from_unix_ms(0);
        let broadcast =
            Broadcast::new(StreamId(stream), ChannelId(stream), name, partner, LatencyMode::Low, started);
        let broadcast = Arc::new(broadcast);
        let config = H264Config::from_parameter_sets(&[SPS], &[PPS]).expect("good");
        broadcast.video.configure(CodecConfig::H264(config));
        let frame = Frame { dts: MediaTime(0), cts: MediaSpan::ZERO, key: true, data: vec![0; 9].into() };
        broadcast.video.push(frame, true);
        self.transcoding.offer(Arc::clone(&broadcast), None);
        broadcast
    }

    /// Waits until these streams run and those wait.
    async fn until(&self, running: &[u64], queued: &[u64]) {
        let is = |stream: &u64, want: &str| {
            let state = self.transcoding.state(StreamId(*stream));
            match state {
                TranscodeState::None => want == "none",
                TranscodeState::Queued => want == "queued",
                TranscodeState::Running { encoder, .. } => want == "running" && encoder == "libx264",
            }
        };
        let so = || running.iter().all(|s| is(s, "running")) && queued.iter().all(|s| is(s, "queued"));
        let mut look = tokio::time::interval(Duration::from_millis(10));
        let waiting = async {
            while !so() {
                look.tick().await;
            }
        };
        let states = || running.iter().chain(queued).map(|s| (*s, self.transcoding.state(StreamId(*s))));
        if tokio::time::timeout(LIMIT, waiting).await.is_err() {
            panic!("{:?}", states().collect::<Vec<_>>());
        }
    }
}

/// An FFmpeg that can x264 and nothing else, and takes its time over it.
const PATIENT_FFMPEG: &str = "case \"$*\" in
    *pipe:0*) exec sleep 1000 ;;
    *lavfi*libx264*) exit 0 ;;
    *) exit 1 ;;
esac";

#[tokio::test]
async fn slots_go_to_the_oldest_and_a_freed_one_to_the_next() {
    let stage = Stage::new(2).await;
    let first = stage.offer(1, false);
    stage.until(&[1], &[]).await;
    stage.offer(2, false);
    stage.until(&[1, 2], &[]).await;
    stage.offer(3, false);
    stage.until(&[1, 2], &[3]).await;
    first.phase.send_replace(Phase::Ended);
    stage.until(&[2, 3], &[]).await;
    assert_eq!(stage.transcoding.state(StreamId(1)), TranscodeState::None);
    assert!(stage.scope.close(LIMIT).await.is_empty());
}

#[tokio::test]
async fn a_partner_takes_the_slot_of_the_newest_other_who_gets_it_back_later() {
    let stage = Stage::new(2).await;
    stage.offer(1, false);
    stage.until(&[1], &[]).await;
    stage.offer(2, false);
    stage.until(&[1, 2], &[]).await;
    let partner = stage.offer(3, true);
    stage.until(&[1, 3], &[2]).await;
    let other_partner = stage.offer(4, true);
    stage.until(&[3, 4], &[1, 2]).await;
    stage.offer(5, true);
    stage.until(&[3, 4], &[1, 2, 5]).await;
    partner.phase.send_replace(Phase::Ended);
    stage.until(&[4, 5], &[1, 2]).await;
    other_partner.phase.send_replace(Phase::Ended);
    stage.until(&[1, 5], &[2]).await;
    assert!(stage.scope.close(LIMIT).await.is_empty());
}

#[tokio::test]
async fn a_live_stream_takes_the_slot_of_an_interrupted_one_at_once() {
    let stage = Stage::new(1).await;
    let first = stage.offer(1, false);
    stage.until(&[1], &[]).await;
    first.phase.send_replace(Phase::Interrupted);
    stage.until(&[1], &[]).await;
    let second = stage.offer(2, false);
    stage.until(&[2], &[1]).await;
    first.phase.send_replace(Phase::Live);
    let third = stage.offer(3, false);
    stage.until(&[2], &[1, 3]).await;
    second.phase.send_replace(Phase::Interrupted);
    stage.until(&[1], &[2, 3]).await;
    first.phase.send_replace(Phase::Ended);
    stage.until(&[3], &[2]).await;
    third.phase.send_replace(Phase::Interrupted);
    second.phase.send_replace(Phase::Live);
    stage.until(&[2], &[3]).await;
    assert!(stage.scope.close(LIMIT).await.is_empty());
}

#[tokio::test]
async fn an_interrupted_partner_makes_room_and_takes_its_slot_back() {
    let stage = Stage::new(1).await;
    let partner = stage.offer(1, true);
    stage.until(&[1], &[]).await;
    stage.offer(2, false);
    stage.until(&[1], &[2]).await;
    partner.phase.send_replace(Phase::Interrupted);
    stage.until(&[2], &[1]).await;
    partner.phase.send_replace(Phase::Live);
    stage.until(&[1], &[2]).await;
    assert!(stage.scope.close(LIMIT).await.is_empty());
}

#[tokio::test]
async fn nothing_is_left_in_the_queue() {
    let stage = Stage::new(1).await;
    stage.offer(1, false);
    stage.offer(2, false);
    stage.until(&[1], &[2]).await;
    assert!(stage.scope.close(LIMIT).await.is_empty());
    let later = wall_now() + Duration::from_secs(3_600);
    assert_eq!(stage.jobs.waiting(later).await.expect("answers"), None);
}

#[tokio::test]
async fn without_slots_everybody_waits() {
    let stage = Stage::new(0).await;
    stage.offer(1, true);
    stage.until(&[], &[1]).await;
    let tried = stage.transcoding.encoders().expect("probed").tried.clone();
    assert_eq!(tried.iter().filter(|probe| probe.ok).count(), 1);
    assert!(stage.scope.close(LIMIT).await.is_empty());
}

#[tokio::test]
async fn where_nothing_can_encode_a_stream_has_no_ladder_and_is_let_go_when_it_ends() {
    let stage = Stage::scripted(2, "exit 1").await;
    let broadcast = stage.offer(1, false);
    assert_eq!(stage.transcoding.state(StreamId(1)), TranscodeState::None);
    broadcast.phase.send_replace(Phase::Ended);
    let held = Arc::downgrade(&broadcast);
    drop(broadcast);
    until("nobody holds it", || held.upgrade().is_none()).await;
    assert!(stage.scope.close(LIMIT).await.is_empty());
}

/// A scheduler with two streams running, one a partner's, and one that waits; with the time at which it leased them.
async fn two_running() -> (Stage, Scheduler, WallTime) {
    let (stage, mut scheduler) = Stage::by_hand(2).await;
    for (stream, partner) in [(1, true), (2, false), (3, false)] {
        stage.offer(stream, partner);
        let inner = &stage.transcoding.inner;
        while inner.entries()[&StreamId(stream)].place == Place::Outside {
            inner.changed.notified().await;
        }
        scheduler.round(WallTime::from_unix_ms(stream as i64)).await.expect("the queue answers");
    }
    until("two children run", || pids_of(&stage.ffmpeg).len() == 2).await;
    (stage, scheduler, WallTime::from_unix_ms(3))
}

fn leases(scheduler: &Scheduler) -> Vec<(StreamId, u64)> {
    let mut leases: Vec<_> = scheduler.running.iter().map(|(id, slot)| (*id, slot.lease.fence)).collect();
    leases.sort_unstable();
    leases
}

#[tokio::test]
async fn a_clock_that_jumps_over_the_end_of_all_leases_changes_nothing() {
    let (stage, mut scheduler, now) = two_running().await;
    let (before, children) = (leases(&scheduler), pids_of(&stage.ffmpeg));
    assert_eq!(before.iter().map(|(stream, _)| stream.0).collect::<Vec<_>>(), [1, 2]);
    scheduler.round(now + LEASE_TTL * 3).await.expect("the queue answers");
    assert_eq!(leases(&scheduler), before);
    assert_eq!(pids_of(&stage.ffmpeg), children);
    scheduler.end_all().await;
    assert!(stage.scope.close(LIMIT).await.is_empty());
}

#[tokio::test]
async fn a_job_that_is_leased_while_it_runs_goes_on_with_its_one_worker() {
    let (stage, mut scheduler, now) = two_running().await;
    let before = leases(&scheduler);
    let again = stage.jobs.lease(now + LEASE_TTL * 3).await.expect("answers").expect("all have run out");
    assert_eq!((again.job.stream, again.fence > before[0].1), (StreamId(1), true));
    let fence = again.fence;
    scheduler.start(again).await.expect("is known");
    assert_eq!(leases(&scheduler), [(StreamId(1), fence), before[1]]);
    scheduler.end_all().await;
    assert_eq!(pids_of(&stage.ffmpeg), Vec::<i32>::new(), "none runs without an owner");
    assert!(stage.scope.close(LIMIT).await.is_empty());
}
