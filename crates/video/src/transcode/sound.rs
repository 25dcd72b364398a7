//! A stream's sound as listeners get it, from the first frame to the last: always AAC-LC, 48 kHz, stereo, 1,024 samples a frame.
//!
//! One task a stream, the only writer of its `sound`. What already is of that kind passes untouched; anything else goes through
//! a small FFmpeg. Either way frames stand on one count of samples, so that a change of the encoder's settings or
//! another child is no break for listeners. A child that dies is replaced by one that begins a little before the place where
//! the last one ended: nothing is lost as long as that happens within the three quarters of a second without any sound after
//! which packaging puts silence in its place. No slot is
//! needed: it costs a fiftieth of a core.

mod rules;
mod out;
mod session;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use media::time::{MediaSpan, MediaTime};
use runtime::{Stop, clock};

use self::out::Out;
use self::rules::Treatment;
use self::session::End;
use super::backoff::{Backoff, Work};
use super::death::Death;
use super::pulse::Patience;
use crate::live::{Broadcast, Reader, Track};

/// What a new child hears again of what was already made: decoder and encoder both need a frame or two to warm up.
const WARM_UP: MediaSpan = MediaSpan::from_ms(100);
/// Sound older than this is not made any more: packaging has put silence there once its picture is 0.75 s ahead without any
/// sound, and waits 2.75 s for sound that is only late.
const RESUME_MAX: MediaSpan = MediaSpan::from_ms(1_500);

/// What a stream's sound is made of and with.
pub(super) struct Job {
    pub broadcast: Arc<Broadcast>,
    pub ffmpeg: PathBuf,
    pub patience: Patience,
}

/// Makes the stream's sound until the broadcast ends or the process does.
pub(super) async fn run(job: Job, stop: Stop) {
    let broadcast = Arc::clone(&job.broadcast);
    tokio::select! {
        // Listeners are promised sound as soon as the source promises it.
        _ = broadcast.audio.configured() => make(&job, &stop).await,
        () = broadcast.ended() => {}
        () = stop.stopped() => {}
    }
    broadcast.sound.end();
}

async fn make(job: &Job, stop: &Stop) {
    let audio = &job.broadcast.audio;
    let mut out = Out::new(job.broadcast.sound.clone());
    let mut backoff = Backoff::default();
    // From the very first frame: the task may have been slow to start.
    let mut reader = audio.reader_from(MediaTime(i64::MIN));
    let mut config = None;
    let mut next = None;
    loop {
        let read = match next.take() {
            Some(read) => read,
            None => tokio::select! {
                read = reader.next() => match read {
                    Some(read) => read,
                    None => return,
                },
                () = job.broadcast.ended() => return,
                () = stop.stopped() => return,
            },
        };
        // Another config alone is a break of the source's, not of what is made of it.
        let is_same = config.replace(Arc::clone(&read.config)).is_some_and(|before| before == read.config);
        if read.discontinuity && is_same {
            out.mark_break();
        }
        if Treatment::of(&read.config) == Treatment::Pass {
            out.push(read.frame.dts, read.frame.data);
            continue;
        }
        let began = clock::now();
        match session::run(job, &mut reader, read, &mut out, stop).await {
            End::Over => return,
            End::Resume(read) => next = read,
            End::Died(death) => {
                let lived = clock::now().saturating_duration_since(began);
                tokio::select! {
                    () = recover(&mut backoff, &death, lived) => reader = resume(audio, &out),
                    () = job.broadcast.ended() => return,
                    () = stop.stopped() => return,
                }
            }
        }
    }
}

/// Where the next child begins.
fn resume(audio: &Track, out: &Out) -> Reader {
    let oldest = audio.newest().map(|newest| newest - RESUME_MAX);
    match out.next().map(|next| next - WARM_UP).max(oldest) {
        Some(from) => audio.reader_from(from),
        None => audio.reader(),
    }
}

/// Says what happened and waits as long as it should.
async fn recover(backoff: &mut Backoff, death: &Death, lived: Duration) {
    let pause = backoff.failed(lived);
    pause.tell(death, Work::Sound, lived);
    tokio::time::sleep(pause.wait).await;
}

#[cfg(test)]
mod tests;
