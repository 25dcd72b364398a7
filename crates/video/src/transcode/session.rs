//! One child's life: frames in, rungs and thumbnails out, until it ends or must be ended.
//!
//! Every pipe has a task of its own. Those that read wait for nobody, because one pipe left unread stops the child
//! altogether; the one that writes is a reader of the source's track, so a slow child makes it skip groups and holds nobody up.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use media::time::MediaSpan;
use runtime::{Scope, Stop, clock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::process::ChildStdin;
use tokio::sync::{mpsc, watch};

use super::arguments::Plan;
use super::child::{self, Child, Pipes};
use super::complaints;
use super::death::Death;
use super::job::{Job, Start};
use super::jpeg::Splitter;
use super::lag::Lag;
use super::lane::{self, Lane};
use super::sides::Sides;
use super::table::Table;
use crate::live::{Broadcast, Phase, Read, Reader, Track};

/// How often a child's pulse is felt.
const PULSE_EVERY: Duration = Duration::from_millis(100);
/// How long a child that gets no more input may take to hand over what it still holds.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);
/// How long its pipes may take to run dry once it is dead.
const EMPTY_LIMIT: Duration = Duration::from_millis(500);
/// Bytes read at once from a rung's pipe, of which frames are slices.
const READ_BYTES: usize = 64 * 1024;
/// Less room than this is not worth a read.
const READ_BYTES_MIN: usize = 8 * 1024;
/// The longest tag a child may send; a key frame of 4K in one second's bits is below it.
const TAG_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a session is over.
pub(super) enum End {
    /// The broadcast has ended.
    Over,
    /// The slot is taken back, or the process ends.
    Stopped,
    /// From this frame on, another plan is needed.
    Changed(Box<Start>),
    /// Another plan is needed and no key frame is near, or the encoder is gone: what comes next is another child's.
    Replanned,
    /// The child's time line is used up.
    Worn,
    /// The child is of no more use.
    Died(Death),
}

/// What a session's tasks share.
struct Shared {
    sides: Sides,
    /// Why it must end; the first one counts. Full: *refuse*.
    ends: mpsc::Sender<End>,
}

impl Shared {
    fn end(&self, end: End) {
        drop(self.ends.try_send(end));
    }
}

/// Makes `plan` from `start` on, into `lanes`, with one child.
pub(super) async fn run(
    job: &Arc<Job>,
    plan: &Plan,
    fps: f64,
    start: Start,
    lanes: &[Arc<Lane>],
    stop: &Stop,
) -> End {
    // Heard from now on: the encoder may go before the child is there.
    let phase = job.broadcast.phase.subscribe();
    let show_from_ms = start.show_from.map(|from| Table::ahead(start.first.frame.dts, from));
    let arguments =
        |outputs: &_| plan.arguments(job.encoder, &job.config.preset, (fps, show_from_ms), outputs);
    let spawned = child::spawn(&job.config.ffmpeg, plan.rungs.len(), plan.has_thumbnail(), arguments);
    let (mut child, pipes) = match spawned.await {
        Ok(spawned) => spawned,
        Err(error) => return End::Died(Death::Spawn(error)),
    };
    tracing::debug!(pid = child.id(), fps, rungs = plan.rungs.len(), "transcoder started");
    let (ends, mut ended) = mpsc::channel(1);
    let shared = Arc::new(Shared { sides: Sides::new(job.patience), ends });
    let scope = job.scope.child();
    let outputs_closed = spawn_tasks(&scope, job, plan, (start, phase), lanes, pipes, &shared);

    let end = watch(job, &mut child, &shared, &mut ended, stop).await;

    if matches!(end, End::Changed(_) | End::Replanned | End::Worn) {
        // Its input is closed: what it still holds belongs to the viewers.
        drop(tokio::time::timeout(DRAIN_LIMIT, child.exited()).await);
    }
    child.kill().await;
    drop(tokio::time::timeout(EMPTY_LIMIT, outputs_closed).await);
    scope.close(EMPTY_LIMIT).await;
    end
}

/// Waits for the first reason to end.
async fn watch(
    job: &Job,
    child: &mut Child,
    shared: &Shared,
    ended: &mut mpsc::Receiver<End>,
    stop: &Stop,
) -> End {
    let mut beat = tokio::time::interval(PULSE_EVERY);
    let over = job.broadcast.ended();
    tokio::pin!(over);
    loop {
        tokio::select! {
            // A child's exit comes after the reason for it.
            biased;
            () = stop.stopped() => return End::Stopped,
            () = &mut over => return End::Over,
            Some(end) = ended.recv() => return end,
            status = child.exited() => return End::Died(status.map_or_else(Death::Wait, Death::Exit)),
            _ = beat.tick() => {
                if shared.sides.pulse().is_gone(clock::now()) {
                    return End::Died(Death::Hang);
                }
            }
        }
    }
}

/// Starts a task for every pipe. What it returns resolves when all rungs' pipes have been read to their end.
fn spawn_tasks(
    scope: &Scope,
    job: &Arc<Job>,
    plan: &Plan,
    (start, phase): (Start, watch::Receiver<Phase>),
    lanes: &[Arc<Lane>],
    pipes: Pipes,
    shared: &Arc<Shared>,
) -> impl Future<Output = ()> + use<> {
    let Pipes { stdin, stderr, rungs, thumbnail } = pipes;
    let (open, mut closed) = mpsc::channel::<()>(1);
    for (pipe, lane) in rungs.into_iter().zip(lanes) {
        let (lane, lanes) = (Arc::clone(lane), lanes.to_vec());
        let (job, shared, open) = (Arc::clone(job), Arc::clone(shared), open.clone());
        scope.spawn("transcode rung", async move {
            let death = read_rung(pipe, &lane, &shared.sides, || lane::publish(&job.broadcast, &lanes)).await;
            shared.end(End::Died(death));
            drop(open);
        });
    }
    if let Some(pipe) = thumbnail {
        let job = Arc::clone(job);
        scope.spawn("transcode thumbnails", async move { read_thumbnails(pipe, &job).await });
    }
    scope.spawn("transcode log", complaints::read(stderr));
    let (job, plan, shared) = (Arc::clone(job), plan.clone(), Arc::clone(shared));
    scope.spawn("transcode input", async move {
        let mut stdin = stdin;
        let end = feed(&mut stdin, &job, &plan, start, phase, &shared.sides).await;
        // Before its input closes: a child that then ends by itself, as it should, has not died.
        shared.end(end);
        drop(stdin);
    });
    async move {
        // Nothing is sent: the channel closes with the last rung's task.
        let _ = closed.recv().await;
    }
}

/// Writes the source into the child, from `start` on.
async fn feed(
    stdin: &mut ChildStdin,
    job: &Job,
    plan: &Plan,
    start: Start,
    mut phase: watch::Receiver<Phase>,
    sides: &Sides,
) -> End {
    let Start { mut reader, first, show_from } = start;
    let header = media::flv::writer::file_header(true, false);
    if let Err(error) = stdin.write_all(&header).await {
        return End::Died(Death::Input(error));
    }
    let mut config = None;
    let mut is_shown = show_from.is_none();
    let mut lag = Lag::default();
    let mut reorders = false;
    let frames_in = metrics::counter!("footlight_transcode_frames_in_total");
    let mut next = Some(first);
    while let Some(read) = next {
        let is_new = config.as_ref().is_none_or(|config| !Arc::ptr_eq(config, &read.config));
        let repaced = job.wants_top() != plan.has_top();
        if (is_new || (repaced && read.frame.key))
            && !job.plan(&read.config).is_some_and(|wanted| wanted == *plan)
        {
            return End::Changed(Box::new(Start { reader, first: read, show_from: None }));
        }
        if repaced && !plan.has_top() {
            return End::Replanned;
        }
        let Some(stamp) = sides.table().stamp(read.frame.dts, read.frame.pts()) else { return End::Worn };
        sides.pulse().feeding(clock::now());
        if !is_shown && show_from.is_none_or(|from| read.frame.pts() >= from) {
            is_shown = true;
        }
        let written = async {
            if is_new {
                write_config(stdin, stamp.dts_ms, &read).await?;
            }
            let Read { frame, .. } = &read;
            let length = frame.data.len();
            let framing = media::flv::writer::video_frame(stamp.dts_ms, frame.key, stamp.cts_ms, length)
                .map_err(io::Error::other)?;
            // One vectored write; the payload is the one that ingest received.
            let mut tag = Buf::chain(&framing.head[..], frame.data.clone()).chain(&framing.tail[..]);
            stdin.write_all_buf(&mut tag).await
        };
        if let Err(error) = written.await {
            return End::Died(Death::Input(error));
        }
        match is_shown {
            true => sides.pulse().fed(),
            false => sides.pulse().swallowed(),
        }
        frames_in.increment(1);
        reorders |= read.frame.cts != MediaSpan::ZERO;
        config = Some(read.config);
        next = tokio::select! {
            biased;
            next = next_frame(&job.broadcast.video, &mut reader, &mut lag) => next,
            // Nothing may come for long, and what the decoder holds to put it in order belongs before the gap.
            () = Broadcast::interrupted(&mut phase), if reorders => return End::Replanned,
        };
    }
    End::Over
}

async fn write_config(stdin: &mut ChildStdin, dts_ms: u32, read: &Read) -> io::Result<()> {
    let media::frame::CodecConfig::H264(config) = &*read.config else { return Ok(()) };
    let framing = media::flv::writer::video_config(dts_ms, config.record.len()).map_err(io::Error::other)?;
    let mut tag = Buf::chain(&framing.head[..], config.record.clone()).chain(&framing.tail[..]);
    stdin.write_all_buf(&mut tag).await
}

/// The next frame a decoder can use: after a skip it is a key frame.
async fn next_frame(video: &Track, reader: &mut Reader, lag: &mut Lag) -> Option<Read> {
    let mut needs_key = false;
    loop {
        let read = reader.next().await?;
        needs_key |= read.skipped;
        if read.starts_group && is_too_slow(video, &read, lag) {
            *reader = video.reader();
            metrics::counter!("footlight_transcode_skips_total").increment(1);
            tracing::warn!("transcoder too slow, skipping to the newest key frame");
            needs_key = true;
        } else if read.frame.key || !needs_key {
            return Some(read);
        }
    }
}

fn is_too_slow(video: &Track, read: &Read, lag: &mut Lag) -> bool {
    let newest = video.last_key_frame();
    newest.is_some_and(|(_, newest)| lag.is_too_slow(newest.dts - read.frame.dts, clock::now()))
}

/// Reads a rung's frames into its track. Returns when that can't go on.
async fn read_rung(mut pipe: pipe::Receiver, lane: &Lane, sides: &Sides, configured: impl Fn()) -> Death {
    let mut flv = media::flv::Reader::new(TAG_BYTES_MAX);
    let mut buffer = BytesMut::new();
    loop {
        if buffer.capacity() < READ_BYTES_MIN {
            buffer.reserve(READ_BYTES);
        }
        if !pipe.read_buf(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {
            return Death::Closed;
        }
        flv.push(buffer.split().freeze());
        loop {
            match flv.next_tag() {
                Ok(None) => break,
                Err(error) => return Death::Flv(error),
                Ok(Some(tag)) => match lane.take(tag, |ms| sides.table().restore(ms)) {
                    Ok(lane::Taken::Config) => configured(),
                    Ok(lane::Taken::Frame) => sides.pulse().came(clock::now()),
                    Ok(lane::Taken::Nothing) => {}
                    Err(death) => return death,
                },
            }
        }
    }
}

/// Reads pictures until the pipe is closed.
async fn read_thumbnails(mut pipe: pipe::Receiver, job: &Job) {
    let mut pictures = Splitter::default();
    while pipe.read_buf(pictures.buffer()).await.is_ok_and(|bytes| bytes > 0) {
        while let Some(picture) = pictures.next_picture() {
            job.broadcast.thumbnail.send_replace(Some(picture));
        }
    }
}
