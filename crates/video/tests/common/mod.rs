//! A node of the video pipeline for tests: real sockets, real FFmpeg, a store in memory and one known stream key.
#![allow(dead_code, reason = "every test file is a crate of its own and uses its share")]

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::ids::{ChannelId, StreamKeyId};
use domain::names::Name;
use domain::ports::{KeyError, StoreError, StreamKeys};
use domain::secrets::{Secret, SecretHash};
use domain::time::WallTime;
use domain::users::{Channel, LatencyMode, StreamKey};
use http::{HeaderMap, Method};
use http_body::Body as _;
use runtime::Scope;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use video::origin::MediaRequest;
use video::{Ports, Video, VideoConfig};

/// The key that opens the test channel.
pub const KEY: &str = "live_test";
/// How long anything may take before a test gives up; nothing is asserted about time.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long a publisher that was asked to end may take to say so.
const GOODBYE: Duration = Duration::from_secs(5);

/// One channel, one key, until the channel is gone.
#[derive(Default)]
pub struct OneKey {
    pub is_gone: Arc<AtomicBool>,
}

#[async_trait]
impl StreamKeys for OneKey {
    async fn add(&self, _: StreamKey, _: SecretHash) -> Result<(), KeyError> {
        Ok(())
    }
    async fn list(&self, _: ChannelId) -> Result<Vec<StreamKey>, StoreError> {
        Ok(if self.is_gone.load(Ordering::Relaxed) { Vec::new() } else { vec![key()] })
    }
    async fn remove(&self, _: ChannelId, _: StreamKeyId) -> Result<bool, StoreError> {
        Ok(false)
    }
    async fn find(&self, secret: SecretHash) -> Result<Option<(StreamKey, Channel)>, StoreError> {
        let channel = Channel {
            id: ChannelId(7),
            name: name(),
            title: String::new(),
            category: String::new(),
            tags: Vec::new(),
            language: String::new(),
            latency: LatencyMode::Low,
            ladder: None,
            partner: false,
            followers: 0,
        };
        Ok((secret == Secret::presented(KEY).hash()).then_some((key(), channel)))
    }
    async fn touch(&self, _: StreamKeyId, _: WallTime) -> Result<(), StoreError> {
        Ok(())
    }
}

fn key() -> StreamKey {
    let created_at = WallTime::from_unix_ms(0);
    let label = "test".to_owned();
    StreamKey { id: StreamKeyId(1), channel: ChannelId(7), label, created_at, last_used_at: None }
}

fn name() -> Name {
    "tester".parse().expect("a valid name")
}

/// A running pipeline.
pub struct Node {
    pub video: Video,
    pub rtmp: SocketAddr,
    scope: Scope,
    _folder: tempfile::TempDir,
}

/// What FFmpeg publishes.
#[derive(Clone, Debug)]
pub struct Source {
    pub key: &'static str,
    pub fps: u32,
    pub gop: u32,
    pub video: &'static [&'static str],
    pub audio: &'static [&'static str],
}

impl Default for Source {
    fn default() -> Self {
        Self {
            key: KEY,
            fps: 30,
            gop: 30,
            video: &["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
            audio: &["-c:a", "aac", "-ac", "2"],
        }
    }
}

/// A publishing FFmpeg.
pub struct Publisher(Child);

impl Publisher {
    /// Kills it, as a pulled cable would.
    pub async fn kill(mut self) {
        self.0.kill().await.expect("was running");
    }
    /// Sends it a signal by name.
    pub async fn signal(&self, name: &str) {
        let pid = self.0.id().expect("is running");
        drop(Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().await);
    }
    /// Ends it with a goodbye; FFmpeg 7.0, which heeds no signal while it paces a generated picture, without one.
    pub async fn stop(mut self) {
        self.signal("INT").await;
        drop(tokio::time::timeout(GOODBYE, self.0.wait()).await);
    }
    /// Waits for it to end and says what it printed.
    pub async fn output(self) -> String {
        let output =
            tokio::time::timeout(PATIENCE, self.0.wait_with_output()).await.expect("ends").expect("ran");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

impl Node {
    pub async fn start() -> Self {
        Self::start_with(VideoConfig::default()).await
    }

    pub async fn start_with(config: VideoConfig) -> Self {
        Self::start_over(config, |ports| ports).await
    }

    /// With stores that `wrap` makes of the usual ones.
    pub async fn start_over(config: VideoConfig, wrap: impl FnOnce(Ports) -> Ports) -> Self {
        let scope = Scope::root();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let stores = stores::open(&stores::Places::embedded(folder.path())).await.expect("opens");
        let ports =
            wrap(Ports { keys: Arc::<OneKey>::default(), registry: stores.registry, jobs: stores.jobs });
        let video = Video::start(config, ports, "test".to_owned(), &scope);
        let listener = runtime::listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let rtmp = listener.local_addr().expect("bound");
        video.serve_rtmp(listener, None, &scope);
        Self { video, rtmp, scope, _folder: folder }
    }

    pub fn publish(&self, source: Source) -> Publisher {
        let size = format!("testsrc2=size=640x360:rate={}", source.fps);
        let url = format!("rtmp://{}/live/{}", self.rtmp, source.key);
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "warning", "-nostdin", "-re", "-f", "lavfi", "-i", &size])
            .args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
            .args(source.video)
            .args(["-g", &source.gop.to_string(), "-b:v", "1000k", "-pix_fmt", "yuv420p"])
            .args(source.audio)
            .args(["-t", "120", "-f", "flv", &url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("ffmpeg is installed");
        Publisher(child)
    }

    /// The multivariant playlist, as soon as there is one.
    pub async fn multivariant(&self) -> String {
        let headers = HeaderMap::new();
        let wait = async {
            loop {
                let request = MediaRequest { method: &Method::GET, path: "", query: None, headers: &headers };
                if let Some(answer) = self.video.origin().multivariant(&name(), request).await
                    && answer.status() == 200
                {
                    return text(answer.into_body()).await;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("goes live")
    }

    /// A rendition's playlist once segment `msn` is complete.
    pub async fn complete(&self, rendition: &str, msn: u64) -> String {
        let mut playlist = String::new();
        for n in 0..=msn {
            playlist = self.playlist(rendition, &format!("_HLS_msn={n}")).await;
        }
        playlist
    }

    /// A rendition's playlist once it has `text` in it, watched part by part.
    pub async fn playlist_with(&self, rendition: &str, text: &str) -> String {
        self.playlist_where(rendition, |playlist| playlist.contains(text)).await
    }

    /// The first playlist of `rendition` that is `wanted`.
    pub async fn playlist_where(&self, rendition: &str, wanted: impl Fn(&str) -> bool) -> String {
        let wait = async {
            loop {
                let playlist = self.playlist(rendition, "").await;
                if wanted(&playlist) {
                    return playlist;
                }
                let named = |line: &str| {
                    let name = line.split('"').nth(1)?.strip_suffix(".m4s")?;
                    let (msn, part) = name.split_once('.')?;
                    Some((msn.to_owned(), part.parse::<u32>().ok()?))
                };
                // While the source is away there is no hint: the part after the newest one comes next.
                let (msn, part) = match lines(&playlist, "#EXT-X-PRELOAD-HINT").first() {
                    Some(hint) => named(hint).expect("a part"),
                    None => {
                        let newest = lines(&playlist, "#EXT-X-PART:").last().and_then(|line| named(line));
                        newest.map(|(msn, part)| (msn, part + 1)).expect("a part")
                    }
                };
                self.playlist(rendition, &format!("_HLS_msn={msn}&_HLS_part={part}")).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("comes")
    }

    /// The stream's first thumbnail.
    pub async fn thumbnail(&self) -> Bytes {
        let stream = self.video.origin().on_channel(&name()).expect("is live");
        let mut thumbnail = stream.broadcast.thumbnail.subscribe();
        let seen = tokio::time::timeout(PATIENCE, thumbnail.wait_for(Option::is_some)).await;
        seen.expect("comes").expect("is live").clone().expect("is there")
    }

    /// Returns when nothing is on air any more.
    pub async fn off_air(&self) {
        let wait = async {
            while self.video.origin().on_channel(&name()).is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("ends");
    }

    /// The stream on air.
    pub fn stream(&self) -> domain::ids::StreamId {
        self.video.origin().on_channel(&name()).expect("is live").broadcast.stream
    }

    /// A rendition's playlist by query.
    pub async fn playlist(&self, rendition: &str, query: &str) -> String {
        let body = self.get(rendition, "index.m3u8", query).await;
        String::from_utf8(body.to_vec()).expect("text")
    }

    /// A file of a rendition.
    pub async fn get(&self, rendition: &str, file: &str, query: &str) -> Bytes {
        let stream = self.video.origin().on_channel(&name()).expect("is live");
        let path = format!("{}/{rendition}/{file}", stream.broadcast.stream);
        let headers = HeaderMap::new();
        let request =
            MediaRequest { method: &Method::GET, path: &path, query: Some(query), headers: &headers };
        let answer =
            tokio::time::timeout(PATIENCE, self.video.origin().respond(request)).await.expect("answers");
        assert!(answer.status().is_success(), "{path}?{query}: {}", answer.status());
        collect(answer.into_body()).await
    }

    pub async fn stop(self) {
        self.video.end_streams();
        assert_eq!(self.scope.close(PATIENCE).await, Vec::<&str>::new(), "nothing outlives its scope");
    }
}

/// What ffprobe says of the first stream in `media`: these of its `entries`, with commas.
pub async fn probe(entries: &str, media: &[u8]) -> String {
    let mut child = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            &format!("stream={entries}"),
            "-of",
            "csv=p=0",
            "-i",
            "pipe:0",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ffprobe is installed");
    // It reads no further than it needs to.
    drop(child.stdin.take().expect("piped").write_all(media).await);
    let output = child.wait_with_output().await.expect("ends");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Gap segments of a playlist, beside the one that every rendition begins with.
pub fn holes(playlist: &str) -> usize {
    let gaps = playlist.split("#EXT-X-GAP\n").skip(1);
    let is_hole = |gap: &&str| gap.lines().find(|line| !line.starts_with('#')) != Some("0.m4s");
    gaps.filter(is_hole).count()
}

/// The lines of a playlist that begin with `tag`.
pub fn lines<'a>(playlist: &'a str, tag: &str) -> Vec<&'a str> {
    playlist.lines().filter(|line| line.starts_with(tag)).collect()
}

async fn text(body: video::origin::MediaBody) -> String {
    String::from_utf8(collect(body).await.to_vec()).expect("text")
}

async fn collect(body: video::origin::MediaBody) -> Bytes {
    let mut body = std::pin::pin!(body);
    let mut out = Vec::new();
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        out.extend_from_slice(&frame.into_data().expect("only data"));
    }
    out.into()
}
