//! One audio child's life: the source's frames in, listeners' frames out, until it ends or must be ended.
//!
//! All pipes are served by one task. The source is read by a cursor, so a slow child holds nobody up; what it is too slow for
//! is skipped.

use std::io;
use std::os::fd::RawFd;
use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use media::codec::aac::AacConfig;
use media::flv::{AudioTag, FlvError, Tag, TagKind, writer};
use media::frame::CodecConfig;
use media::time::MediaSpan;
use runtime::{Stop, clock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::process::ChildStdin;

use super::out::Out;
use super::{Job, rules};
use crate::live::{Broadcast, Read, Reader};
use crate::transcode::child::{self, Pipes};
use crate::transcode::complaints;
use crate::transcode::death::Death;
use crate::transcode::lag::Lag;
use crate::transcode::sides::Sides;

/// How often a child's pulse is felt.
const PULSE_EVERY: Duration = Duration::from_millis(100);
/// How long a child that gets no more input may take to hand over what it still holds.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
/// A longer hole than this is the next child's: this one would fill it with silence.
const HOLE_MAX: MediaSpan = MediaSpan::from_ms(500);
/// The longest tag a child may send; a frame at 160 kb/s has some 430 bytes.
const TAG_BYTES_MAX: usize = 64 * 1024;
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// Why a session is over.
pub(super) enum End {
    /// The broadcast has ended, or the process does.
    Over,
    /// The child has given all it had; the source goes on with this frame, or with the next one that comes.
    Resume(Option<Read>),
    /// The child is of no more use.
    Died(Death),
}

/// FFmpeg's arguments, with its output on `pipe`. Holes and overlaps of the source's timestamps beyond 30 ms become silence or
/// are cut, so that a count of samples tells the time; the encoder's delay is in the timestamps that FFmpeg writes.
fn arguments(pipe: RawFd) -> Vec<String> {
    let line = format!(
        "-nostdin -hide_banner -loglevel warning -nostats -probesize 32 -analyzeduration 0 -f flv -i pipe:0 -copyts -vn \
         -af aresample=async=1:min_hard_comp=0.03,aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo \
         -c:a aac -b:a 160k -flush_packets 1 -f flv pipe:{pipe}"
    );
    line.split(' ').map(str::to_owned).collect()
}

/// Codes `first` and what follows it in `reader` anew, into `out`, with one child.
pub(super) async fn run(job: &Job, reader: &mut Reader, first: Read, out: &mut Out, stop: &Stop) -> End {
    let spawned = child::spawn(&job.ffmpeg, 1, false, |outputs| arguments(outputs.rungs[0])).await;
    let (mut child, Pipes { stdin, stderr, mut rungs, .. }) = match spawned {
        Ok(spawned) => spawned,
        Err(error) => return End::Died(Death::Spawn(error)),
    };
    let Some(output) = rungs.pop() else { return End::Died(Death::Closed) };
    tracing::debug!(pid = child.id(), "audio encoder started");
    let sides = Sides::new(job.patience);
    let end = {
        let mut log = pin!(complaints::read(stderr));
        let mut feeding = pin!(feed(stdin, &job.broadcast, reader, first, &sides));
        let mut reading = pin!(read(output, out, &sides));
        let mut over = pin!(job.broadcast.ended());
        let mut beat = tokio::time::interval(PULSE_EVERY);
        let (mut fed, mut is_quiet) = (None, false);
        let mut drained = pin!(tokio::time::sleep(Duration::MAX));
        loop {
            tokio::select! {
                () = stop.stopped() => break End::Over,
                () = &mut over => break End::Over,
                () = &mut log, if !is_quiet => is_quiet = true,
                end = &mut feeding, if fed.is_none() => match end {
                    End::Resume(_) => {
                        // Its input is closed: what it still holds belongs to the listeners.
                        drained.set(tokio::time::sleep(DRAIN_LIMIT));
                        fed = Some(end);
                    }
                    end => break end,
                },
                death = &mut reading => break fed.unwrap_or(End::Died(death)),
                () = &mut drained, if fed.is_some() => break fed.unwrap_or(End::Over),
                _ = beat.tick(), if fed.is_none() => {
                    if sides.pulse().is_gone(clock::now()) {
                        break End::Died(Death::Hang);
                    }
                }
            }
        }
    };
    child.kill().await;
    end
}

/// Writes the source into the child, `first` first, until it is another child's turn.
async fn feed(
    mut stdin: ChildStdin,
    broadcast: &Broadcast,
    reader: &mut Reader,
    first: Read,
    sides: &Sides,
) -> End {
    let mut phase = broadcast.phase.subscribe();
    let CodecConfig::Aac(config) = &*first.config else { return End::Over };
    if let Err(error) = begin(&mut stdin, config).await {
        return End::Died(Death::Input(error));
    }
    let mut lag = Lag::default();
    let mut read = first.clone();
    loop {
        let Some(stamp) = sides.table().stamp(read.frame.dts, read.frame.dts) else {
            return End::Resume(Some(read));
        };
        sides.pulse().feeding(clock::now());
        if let Err(error) = write(&mut stdin, stamp.dts_ms, &read.frame.data).await {
            return End::Died(Death::Input(error));
        }
        sides.pulse().fed();
        let last = read.frame.dts;
        read = tokio::select! {
            biased;
            next = reader.next() => match next {
                Some(next) => next,
                None => return End::Over,
            },
            // Nothing may come for long: what the child holds is wanted now.
            () = Broadcast::interrupted(&mut phase) => return End::Resume(None),
        };
        if let Some(newest) = broadcast.audio.newest()
            && lag.is_too_slow(newest - read.frame.dts, clock::now())
        {
            tracing::warn!("audio encoder too slow, skipping to the newest sound");
            *reader = broadcast.audio.reader_from(newest);
            return End::Resume(None);
        }
        if read.config != first.config || read.discontinuity || read.frame.dts - last > HOLE_MAX {
            return End::Resume(Some(read));
        }
    }
}

async fn begin(stdin: &mut ChildStdin, config: &AacConfig) -> io::Result<()> {
    stdin.write_all(&writer::file_header(false, true)).await?;
    let framing = writer::audio_config(0, config.record.len()).map_err(io::Error::other)?;
    let mut tag = Buf::chain(&framing.head[..], config.record.clone()).chain(&framing.tail[..]);
    stdin.write_all_buf(&mut tag).await
}

async fn write(stdin: &mut ChildStdin, ms: u32, data: &Bytes) -> io::Result<()> {
    let framing = writer::audio_frame(ms, data.len()).map_err(io::Error::other)?;
    let mut tag = Buf::chain(&framing.head[..], data.clone()).chain(&framing.tail[..]);
    stdin.write_all_buf(&mut tag).await
}

/// Reads the child's frames into `out`. Returns when that can't go on.
async fn read(mut pipe: pipe::Receiver, out: &mut Out, sides: &Sides) -> Death {
    let mut flv = media::flv::Reader::new(TAG_BYTES_MAX);
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(READ_BYTES);
        if !pipe.read_buf(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {
            return Death::Closed;
        }
        flv.push(buffer.split().freeze());
        loop {
            match flv.next_tag().and_then(|tag| tag.map(|tag| take(tag, out, sides)).transpose()) {
                Ok(None) => break,
                Ok(Some(true)) => {}
                Ok(Some(false)) => return Death::Sound,
                Err(error) => return Death::Flv(error),
            }
        }
    }
}

/// Takes what the child sent; false if it is not what listeners get.
fn take(tag: Tag, out: &mut Out, sides: &Sides) -> Result<bool, FlvError> {
    if tag.kind != TagKind::Audio {
        return Ok(true);
    }
    match AudioTag::parse(tag.data)? {
        AudioTag::Config(record) => Ok(AacConfig::parse(&record).is_ok_and(|aac| rules::is_wanted(&aac))),
        AudioTag::Frame(data) => {
            let at = sides.table().restore(i64::from(tag.timestamp_ms));
            sides.pulse().came(clock::now());
            out.push(at, data);
            Ok(true)
        }
        AudioTag::Ignored | AudioTag::Unsupported { .. } => Ok(true),
    }
}
