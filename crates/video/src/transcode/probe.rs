//! Which encoders really encode on this machine: FFmpeg lists all it was built with, GPU or not, so each is tried.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::process::Command;

use super::config::AUTO;
use super::encoder::{Encoder, Profile, Target};

/// One encoder has this long to encode three frames.
const LIMIT: Duration = Duration::from_secs(5);
/// Characters of FFmpeg's complaint that are kept.
const REASON_CHARS_MAX: usize = 200;

/// What the probe found.
#[derive(Clone, Debug)]
pub struct Encoders {
    /// The encoder to use; `None` if nothing works, and then no stream has a ladder.
    pub best: Option<Encoder>,
    /// Everything that was tried, best first.
    pub tried: Vec<Probe>,
    /// FFmpeg's version, `5.1.9-0+deb12u1`; `None` if it could not be run.
    pub ffmpeg_version: Option<String>,
}

/// One encoder's trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// FFmpeg's name of it.
    pub name: &'static str,
    /// It encoded.
    pub ok: bool,
    /// Why not, in FFmpeg's words; empty if it did.
    pub reason: String,
}

impl Encoders {
    /// Tries all encoders with `ffmpeg` in parallel, each for 5 s at most, and chooses: `wish` is `auto` or a name.
    ///
    /// A wish that does not work is not replaced by something else: a CPU that was to be spared is not spent unasked.
    pub async fn probe(ffmpeg: &Path, wish: &str) -> Self {
        let [nvenc, qsv, vaapi, x264] = Encoder::BEST_FIRST;
        let (version, nvenc, qsv, vaapi, x264) = tokio::join!(
            version(ffmpeg),
            try_out(ffmpeg, nvenc),
            try_out(ffmpeg, qsv),
            try_out(ffmpeg, vaapi),
            try_out(ffmpeg, x264),
        );
        let tried = vec![nvenc, qsv, vaapi, x264];
        Self { best: choose(&tried, wish), tried, ffmpeg_version: version }
    }
}

/// The best encoder that works and is wished for.
fn choose(tried: &[Probe], wish: &str) -> Option<Encoder> {
    let works = tried.iter().filter(|probe| probe.ok && (wish == AUTO || wish == probe.name));
    works.filter_map(|probe| Encoder::by_name(probe.name)).next()
}

/// The arguments that encode three frames as a stream's would be, to nowhere.
fn arguments(encoder: Encoder) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["-nostdin", "-hide_banner", "-loglevel", "error", "-nostats"].map(str::to_owned).to_vec();
    arguments.extend(encoder.global().iter().map(|&argument| argument.to_owned()));
    arguments
        .extend(["-f", "lavfi", "-i", "color=c=black:s=320x240:r=30", "-frames:v", "3"].map(str::to_owned));
    arguments.extend(["-vf".to_owned(), encoder.upload().to_owned()]);
    arguments.extend(encoder.output(Target {
        bitrate_bps: 300_000,
        fps: 30.0,
        preset: "superfast",
        profile: Profile::USUAL,
        keys: "source",
    }));
    arguments.extend(["-f", "null", "-"].map(str::to_owned));
    arguments
}

async fn try_out(ffmpeg: &Path, encoder: Encoder) -> Probe {
    let reason = match run(ffmpeg, &arguments(encoder)).await {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(complaint(&output.stderr)),
        Err(reason) => Some(reason),
    };
    Probe { name: encoder.name(), ok: reason.is_none(), reason: reason.unwrap_or_default() }
}

async fn version(ffmpeg: &Path) -> Option<String> {
    let output = run(ffmpeg, &["-version".to_owned()]).await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next()?.strip_prefix("ffmpeg version ")?.split(' ').next().map(str::to_owned)
}

async fn run(ffmpeg: &Path, arguments: &[String]) -> Result<std::process::Output, String> {
    let mut command = Command::new(ffmpeg);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command.env_clear().envs(runtime::child::environment());
    match tokio::time::timeout(LIMIT, command.output()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) => Err(format!("{} can't be run: {error}", ffmpeg.display())),
        Err(_) => Err(format!("no answer within {} s", LIMIT.as_secs())),
    }
}

/// The first line in which FFmpeg says what is wrong, without the module's address.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it says nothing");
    let line = line.split_once("] ").map_or(line, |(_, rest)| rest);
    line.chars().take(REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(works: &[&str]) -> Vec<Probe> {
        let probe =
            |e: Encoder| Probe { name: e.name(), ok: works.contains(&e.name()), reason: String::new() };
        Encoder::BEST_FIRST.map(probe).to_vec()
    }

    #[test]
    fn the_best_that_works_is_chosen_and_a_wish_is_not_replaced() {
        assert_eq!(choose(&tried(&["libx264", "h264_qsv"]), "auto"), Some(Encoder::Qsv));
        assert_eq!(choose(&tried(&["libx264", "h264_qsv"]), "libx264"), Some(Encoder::X264));
        assert_eq!(choose(&tried(&["libx264"]), "h264_nvenc"), None);
        assert_eq!(choose(&tried(&[]), "auto"), None);
    }

    #[test]
    fn a_complaint_is_one_line_without_addresses() {
        let stderr = b"\n[h264_nvenc @ 0x55e] Cannot load libcuda.so.1\nError initializing output stream\n";
        assert_eq!(complaint(stderr), "Cannot load libcuda.so.1");
    }

    #[tokio::test]
    async fn the_cpu_encodes_here_and_what_fails_says_why() {
        let found = Encoders::probe(Path::new("ffmpeg"), "auto").await;
        assert!(found.ffmpeg_version.is_some());
        assert!(found.best.is_some(), "{:?}", found.tried);
        assert!(found.tried.iter().all(|probe| probe.ok == probe.reason.is_empty()), "{:?}", found.tried);
    }

    #[tokio::test]
    async fn without_an_ffmpeg_nothing_works_and_every_reason_says_so() {
        let found = Encoders::probe(Path::new("/nowhere/ffmpeg"), "auto").await;
        assert_eq!(found.best, None);
        assert!(found.tried.iter().all(|probe| probe.reason.contains("can't be run")), "{:?}", found.tried);
    }
}
