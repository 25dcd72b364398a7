//! The sound worker with a real FFmpeg.

use std::io::Write as _;
use std::process::{Command, Stdio};

use bytes::Bytes;
use media::codec::aac::AacConfig;
use media::flv::{AudioTag, writer};
use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use runtime::Scope;

use super::*;
use crate::live::{Phase, Read};
use crate::transcode::worker::tests::stage::{LIMIT, broadcast, link_ffmpeg, pids_of};

/// Ticks of a frame that listeners get: 1,024 samples of 48,000 a second.
const FRAME: i64 = 1_920;
/// Where clips begin: at no whole millisecond.
const BEGIN: MediaTime = MediaTime(1_234_567);

/// Two seconds of sound, coded: silence, and a tone in the second one.
struct Clip {
    config: AacConfig,
    frames: Vec<Frame>,
}

impl Clip {
    fn new(rate: u32, channels: u8, begin: MediaTime) -> Self {
        let line = format!(
            "-v error -f lavfi -i aevalsrc=gte(t\\,1)*sin(2*PI*440*t):s={rate}:d=2 -ac {channels} -c:a aac -f flv pipe:1"
        );
        let output = Command::new("ffmpeg").args(line.split(' ')).output().expect("FFmpeg runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut flv = media::flv::Reader::new(1 << 20);
        flv.push(Bytes::from(output.stdout));
        let (mut config, mut frames) = (None, Vec::new());
        while let Some(tag) = flv.next_tag().expect("good FLV") {
            match AudioTag::parse(tag.data) {
                Ok(AudioTag::Config(record)) => config = AacConfig::parse(&record).ok(),
                Ok(AudioTag::Frame(data)) => {
                    let dts = begin + MediaSpan::of_samples(frames.len() as u64 * 1024, rate);
                    frames.push(Frame { dts, cts: MediaSpan::ZERO, key: true, data });
                }
                _ => {}
            }
        }
        Self { config: config.expect("has a config"), frames }
    }

    fn end(&self) -> MediaTime {
        self.frames.last().expect("has frames").dts + MediaSpan::of_samples(1024, self.config.sample_rate)
    }
}

/// When the tone begins, if `frames` are what they say.
fn tone(config: &AacConfig, frames: &[Frame]) -> MediaTime {
    let mut file = writer::file_header(false, true).to_vec();
    let head = writer::audio_config(0, config.record.len()).expect("short");
    file.extend([&head.head, &config.record[..], &head.tail].concat());
    for frame in frames {
        let ms = u32::try_from((frame.dts - frames[0].dts).to_ms()).expect("later");
        let framing = writer::audio_frame(ms, frame.data.len()).expect("short");
        file.extend([&framing.head, &frame.data[..], &framing.tail].concat());
    }
    let line = "-v error -f flv -i pipe:0 -ac 1 -ar 48000 -f s16le pipe:1".split(' ');
    let mut child =
        Command::new("ffmpeg").args(line).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("runs");
    child.stdin.take().expect("piped").write_all(&file).expect("takes all");
    let samples = child.wait_with_output().expect("ends").stdout;
    let loud = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs() > 2_000;
    let at = samples.chunks_exact(2).position(loud).expect("there is a tone");
    frames[0].dts + MediaSpan::of_samples(at as u64, 48_000)
}

/// A broadcast with a sound worker.
struct Stage {
    broadcast: Arc<Broadcast>,
    reader: Reader,
    scope: Scope,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        link_ffmpeg(folder.path());
        let (scope, broadcast) = (Scope::root(), broadcast(1, false));
        let job = Job {
            broadcast: Arc::clone(&broadcast),
            ffmpeg: folder.path().join("ffmpeg"),
            patience: Patience { start: LIMIT, silence: LIMIT },
        };
        scope.spawn_until_stop("sound", |stop| run(job, stop));
        Self { reader: broadcast.sound.reader(), broadcast, scope, folder }
    }

    fn push(&self, config: &AacConfig, frames: &[Frame]) {
        self.broadcast.audio.configure(CodecConfig::Aac(config.clone()));
        for (n, frame) in frames.iter().enumerate() {
            self.broadcast.audio.push(frame.clone(), n % 40 == 0);
        }
    }

    /// The encoder goes: what is on its way is wanted now.
    fn interrupt(&self) {
        self.broadcast.phase.send_replace(Phase::Interrupted);
    }

    /// What listeners get of all that was pushed, up to `until`.
    async fn heard_to_the_end(&mut self, until: MediaTime) -> Vec<Read> {
        let mut heard = self.heard(BEGIN + MediaSpan::from_ms(500)).await;
        self.interrupt();
        // The last frame's end may stay in the resampler.
        heard.extend(self.heard(until - MediaSpan(FRAME)).await);
        heard
    }

    /// What listeners get up to `until`.
    async fn heard(&mut self, until: MediaTime) -> Vec<Read> {
        let mut heard: Vec<Read> = Vec::new();
        while heard.last().is_none_or(|read| read.frame.dts + MediaSpan(FRAME) < until) {
            let read = tokio::time::timeout(LIMIT, self.reader.next()).await;
            heard.push(read.expect("in time").expect("goes on"));
        }
        heard
    }

    fn pids(&self) -> Vec<i32> {
        pids_of(&self.folder.path().join("ffmpeg"))
    }

    async fn close(self) {
        assert_eq!(self.scope.close(LIMIT).await, Vec::<&str>::new());
        assert_eq!(self.pids(), Vec::<i32>::new(), "no child is left");
    }
}

/// One config, no break, and every frame begins where the one before ends.
fn assert_seamless(heard: &[Read]) {
    let want = CodecConfig::Aac(AacConfig::lc(48_000, 2).expect("a usual config"));
    for pair in heard.windows(2) {
        assert_eq!((pair[1].frame.dts - pair[0].frame.dts).0, FRAME, "at {:?}", pair[1].frame.dts);
    }
    assert!(heard.iter().all(|read| *read.config == want && !read.discontinuity));
}

#[tokio::test]
async fn any_sound_becomes_48_khz_stereo_and_stays_in_its_place() {
    for (rate, channels) in [(44_100, 1), (44_100, 2), (22_050, 2), (48_000, 1), (48_000, 6)] {
        let (clip, mut stage) = (Clip::new(rate, channels, BEGIN), Stage::new());
        stage.push(&clip.config, &clip.frames);
        let heard = stage.heard_to_the_end(clip.end()).await;
        assert_seamless(&heard);
        let frames: Vec<_> = heard.into_iter().map(|read| read.frame).collect();
        let lc = AacConfig::lc(48_000, 2).expect("a usual config");
        let moved = tone(&lc, &frames) - tone(&clip.config, &clip.frames);
        assert!(moved.0.abs() < FRAME, "{rate} Hz, {channels} channels: moved by {} ms", moved.to_ms());
        stage.close().await;
    }
}

#[tokio::test]
async fn he_aac_becomes_aac_lc() {
    // Explicit SBR over a core of 24 kHz; a decoder finds no SBR data in these frames and fills the upper half with nothing.
    let record = Bytes::from_static(&[0x2b, 0x11, 0x88, 0x00]);
    let (clip, mut stage) = (Clip::new(24_000, 2, BEGIN), Stage::new());
    let config = AacConfig::parse(&record).expect("HE-AAC");
    assert_eq!(
        (config.object_type, config.sample_rate, config.extension_sample_rate),
        (5, 24_000, Some(48_000))
    );
    stage.push(&config, &clip.frames);
    assert_seamless(&stage.heard_to_the_end(clip.end()).await);
    stage.close().await;
}

#[tokio::test]
async fn what_listeners_want_passes_untouched_and_without_a_child() {
    let (clip, mut stage) = (Clip::new(48_000, 2, BEGIN), Stage::new());
    stage.push(&clip.config, &clip.frames);
    let heard = stage.heard(clip.end()).await;
    assert_seamless(&heard);
    for (read, frame) in heard.iter().zip(&clip.frames) {
        assert_eq!(read.frame, *frame);
        assert_eq!(read.frame.data.as_ptr(), frame.data.as_ptr(), "the bytes are the source's");
    }
    assert_eq!(stage.pids(), Vec::<i32>::new());
    stage.close().await;
}

#[tokio::test]
async fn another_kind_of_sound_in_mid_stream_is_no_break_for_listeners() {
    let mut stage = Stage::new();
    let (mut begin, mut heard) = (BEGIN, Vec::new());
    for (rate, channels) in [(44_100, 2), (48_000, 2), (48_000, 1), (44_100, 2)] {
        let clip = Clip::new(rate, channels, begin);
        stage.push(&clip.config, &clip.frames);
        // All but what the child may still hold.
        heard.extend(stage.heard(clip.end() - MediaSpan::from_ms(200)).await);
        begin = clip.end();
    }
    assert_seamless(&heard);
    stage.close().await;
}

#[tokio::test]
async fn a_killed_child_is_replaced_and_no_frame_is_missing() {
    let (clip, mut stage) = (Clip::new(44_100, 2, BEGIN), Stage::new());
    let (first, second) = clip.frames.split_at(clip.frames.len() * 2 / 3);
    stage.push(&clip.config, first);
    let mut heard = stage.heard(BEGIN + MediaSpan::from_ms(500)).await;
    let pids = stage.pids();
    assert_eq!(pids.len(), 1, "one child");
    kill(Pid::from_raw(pids[0]), Signal::SIGKILL).expect("alive");
    stage.push(&clip.config, second);
    heard.extend(stage.heard(clip.end() - MediaSpan::from_ms(200)).await);
    assert_seamless(&heard);
    assert_ne!(stage.pids(), pids, "it is another child");
    stage.close().await;
}
