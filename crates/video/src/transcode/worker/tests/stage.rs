//! A broadcast with a worker on it, and clips to feed it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::ids::{ChannelId, StreamId};
use domain::names::Name;
use domain::time::WallTime;
use domain::users::LatencyMode;
use media::codec::h264::H264Config;
use media::flv::VideoTag;
use media::frame::{CodecConfig, Frame};
use media::time::{MediaSpan, MediaTime};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use runtime::Scope;

use crate::live::{Broadcast, Read, Reader};
use crate::transcode::job::Job;
use crate::transcode::pulse::Patience;
use crate::transcode::{Encoder, Rung, TranscodeConfig, worker};

/// Longer than anything here takes on a busy machine: a failure bound, not a measurement.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// Ticks of a frame: 29.97 frames a second, so no tick is a whole millisecond.
const FRAME: i64 = 3_003;

/// Three seconds of a moving picture, coded.
pub(crate) struct Clip {
    pub config: H264Config,
    pub frames: Vec<Frame>,
}

impl Clip {
    /// 256x144, coded with these x264 options.
    pub(crate) fn new(options: &str) -> Self {
        Self::sized("256x144", options)
    }

    pub(crate) fn sized(size: &str, options: &str) -> Self {
        let line = format!(
            "-v error -f lavfi -i testsrc2=s={size}:r=30000/1001:d=3 -c:v libx264 -preset ultrafast -sc_threshold 0 \
             {options} -f flv pipe:1"
        );
        let output = Command::new("ffmpeg").args(line.split(' ').filter(|word| !word.is_empty())).output();
        let output = output.expect("FFmpeg runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut flv = media::flv::Reader::new(1 << 24);
        flv.push(Bytes::from(output.stdout));
        let (mut config, mut frames) = (None, Vec::new());
        while let Some(tag) = flv.next_tag().expect("good FLV") {
            match VideoTag::parse(tag.data) {
                Ok(VideoTag::Config(record)) => config = H264Config::parse(&record).ok(),
                Ok(VideoTag::Frame { key, cts_ms, data }) => {
                    let dts = MediaTime(1_234_567 + frames.len() as i64 * FRAME);
                    let frames_ahead = (f64::from(cts_ms) * 30.0 / 1001.0).round() as i64;
                    frames.push(Frame { dts, cts: MediaSpan(frames_ahead * FRAME), key, data });
                }
                _ => {}
            }
        }
        Self { config: config.expect("has parameter sets"), frames }
    }

    /// The clip's frames as if they came after `last`, over and over.
    pub(crate) fn later_than(&self, last: &Frame) -> impl Iterator<Item = Frame> + use<'_> {
        let shift = last.dts - self.frames[0].dts + MediaSpan(FRAME);
        self.endless().map(move |frame| Frame { dts: frame.dts + shift, ..frame })
    }

    /// The clip over and over.
    pub(crate) fn endless(&self) -> impl Iterator<Item = Frame> + use<'_> {
        let length = self.frames.len() as i64 * FRAME;
        (0..).flat_map(move |round: i64| {
            let shift = MediaSpan(round * length);
            self.frames.iter().map(move |frame| Frame { dts: frame.dts + shift, ..frame.clone() })
        })
    }

    /// Spoils the coded picture of frame `n`, but not its NAL lengths and headers.
    pub(crate) fn damage(&mut self, n: usize) {
        let mut data = self.frames[n].data.to_vec();
        for byte in data.iter_mut().skip(8).step_by(3) {
            *byte ^= 0x5a;
        }
        self.frames[n].data = data.into();
    }
}

/// A broadcast, a worker, and a reader for each rung.
pub(crate) struct Stage {
    pub broadcast: Arc<Broadcast>,
    scope: Scope,
    ffmpeg: PathBuf,
    readers: Vec<Reader>,
    _folder: Option<tempfile::TempDir>,
}

pub(crate) fn rung(name: &str, short_side: u32) -> Rung {
    Rung { name: name.to_owned(), short_side, bitrate_bps: 200_000, fps_max: None, partners_only: false }
}

pub(crate) fn broadcast(stream: u64, partner: bool) -> Arc<Broadcast> {
    let name = "tester".parse::<Name>().expect("a name");
    let started = WallTime::from_unix_ms(0);
    Arc::new(Broadcast::new(StreamId(stream), ChannelId(1), name, partner, LatencyMode::Low, started))
}

/// Never impatient: what is slow here is the machine.
const PATIENT: Patience = Patience { start: LIMIT, silence: LIMIT };

impl Stage {
    pub(crate) async fn new(rungs: Vec<Rung>) -> Self {
        Self::with(rungs, PATIENT).await
    }

    pub(crate) async fn with(rungs: Vec<Rung>, patience: Patience) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        link_ffmpeg(folder.path());
        let mut stage = Self::start(rungs, folder.path(), patience);
        stage._folder = Some(folder);
        stage
    }

    /// FFmpeg is a shell script.
    pub(crate) async fn scripted(rungs: Vec<Rung>, script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        script_ffmpeg(folder.path(), script);
        let mut stage = Self::start(rungs, folder.path(), PATIENT);
        stage._folder = Some(folder);
        stage
    }

    /// With the child under `folder/ffmpeg`; the folder is the caller's.
    pub(crate) async fn in_folder(rungs: Vec<Rung>, folder: &Path) -> Self {
        link_ffmpeg(folder);
        Self::start(rungs, folder, PATIENT)
    }

    fn start(rungs: Vec<Rung>, folder: &Path, patience: Patience) -> Self {
        let (scope, broadcast) = (Scope::root(), broadcast(1, false));
        let ffmpeg = folder.join("ffmpeg");
        let config =
            TranscodeConfig { ffmpeg: ffmpeg.clone(), preset: "ultrafast".to_owned(), ..Default::default() };
        let job = Arc::new(Job {
            broadcast: Arc::clone(&broadcast),
            rungs: rungs.into(),
            encoder: Encoder::X264,
            config: Arc::new(config),
            patience,
            scope: scope.clone(),
        });
        scope.spawn_until_stop("worker", |stop| worker::run(job, stop));
        Self { broadcast, scope, ffmpeg, readers: Vec::new(), _folder: None }
    }

    pub(crate) fn push(&self, clip: &Clip, frame: &Frame) {
        self.broadcast.video.configure(CodecConfig::H264(clip.config.clone()));
        self.broadcast.video.push(frame.clone(), frame.key);
    }

    /// Waits until the ladder has `count` rungs.
    pub(crate) async fn see(&mut self, count: usize) {
        let mut ladder = self.broadcast.ladder.subscribe();
        let seen = tokio::time::timeout(LIMIT, ladder.wait_for(|rungs| rungs.len() == count)).await;
        drop(seen.expect("the ladder is there in time").expect("the broadcast lives"));
    }

    /// The next frame of rung `at`, counted from the ladder that was seen first.
    pub(crate) async fn next(&mut self, at: usize) -> Read {
        self.open().await;
        let read = tokio::time::timeout(LIMIT, self.readers[at].next()).await;
        read.expect("a frame in time").expect("the rung goes on")
    }

    pub(crate) fn try_next(&mut self, at: usize) -> Option<Read> {
        self.readers[at].try_next()
    }

    /// Whether rung `at` ends, after what is left of it.
    pub(crate) async fn end(&mut self, at: usize) -> bool {
        let all = async { while self.readers[at].next().await.is_some() {} };
        tokio::time::timeout(LIMIT, all).await.is_ok()
    }

    async fn open(&mut self) {
        if self.readers.is_empty() {
            let mut ladder = self.broadcast.ladder.subscribe();
            let seen = tokio::time::timeout(LIMIT, ladder.wait_for(|rungs| !rungs.is_empty())).await;
            let seen = seen.expect("a ladder in time").expect("the broadcast lives").clone();
            self.readers = seen.iter().map(|rendition| rendition.track.reader()).collect();
        }
    }

    pub(crate) fn sizes(&self) -> Vec<String> {
        let ladder = self.broadcast.ladder.borrow();
        ladder.iter().map(|r| format!("{}x{}", r.spec.width, r.spec.height)).collect()
    }

    pub(crate) fn pids(&self) -> Vec<i32> {
        pids_of(&self.ffmpeg)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pids = self.pids();
        assert_eq!(pids.len(), 1, "one child");
        kill(Pid::from_raw(pids[0]), signal).expect("alive");
    }

    /// Ends the worker; nothing may be left of it.
    pub(crate) async fn close(self) {
        assert_eq!(self.scope.close(LIMIT).await, Vec::<&str>::new());
        assert_eq!(self.pids(), Vec::<i32>::new());
    }
}

/// Makes `folder/ffmpeg` a shell script. Another process writes it: a file that a fork of ours has open for writing, if only for
/// a moment, can't be run.
pub(crate) fn script_ffmpeg(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("ffmpeg");
    let mut write = Command::new("sh");
    write
        .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod +x \"$2\"", "sh", script])
        .arg(&path);
    assert!(write.status().expect("a shell").success());
    path
}

pub(crate) fn link_ffmpeg(folder: &Path) {
    let which = Command::new("sh").args(["-c", "command -v ffmpeg"]).stderr(Stdio::null()).output();
    let path = String::from_utf8(which.expect("a shell").stdout).expect("a path");
    std::os::unix::fs::symlink(path.trim(), folder.join("ffmpeg")).expect("linked");
}

/// Processes, zombies too, that were started as `program`: each stage has a name of its own for FFmpeg.
pub(crate) fn pids_of(program: &Path) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let runs = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).take(2).any(|word| word == program.as_os_str().as_encoded_bytes())
    };
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut pids: Vec<i32> = pids.filter(runs).collect();
    pids.sort_unstable();
    pids
}

/// Waits for something that another process does.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(20));
    let waiting = async {
        while !is_so() {
            look.tick().await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("in time: {what}"));
}
