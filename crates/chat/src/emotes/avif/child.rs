//! AV1 decoded by FFmpeg in a child process that may do little else.
//!
//! The child gets bytes on its standard input and answers with pixels on its standard output: no other protocol, no file, no
//! argument that came from outside but two sizes that were checked. It is given nothing to decode before the kernel has been told how much
//! memory and processor time it may take; it is killed when this value is dropped. Its container is one that we write (IVF: a
//! head and lengths), so that FFmpeg's many readers of containers never see what somebody uploaded.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::emotes::SIDE_MAX;

/// Address space of a child. Beyond it: its allocation fails. FFmpeg's libraries alone take 300 MiB of it.
pub const ADDRESS_SPACE_BYTES_MAX: u64 = 1 << 30;
/// Processor time of a child. Beyond it: killed by the kernel. The largest animation that is taken needs about a second.
pub const CPU_SECONDS_MAX: u64 = 10;
/// Open files of a child: its pipes, and what the loader opens one after another.
const OPEN_FILES_MAX: u64 = 32;
/// Ticks of our IVF a second; times are kept beside it.
const RATE: u32 = 25;

/// Which samples of a pixel come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// Red, green, blue.
    Rgb,
    /// One, from none to full.
    Grey,
}

impl Pixels {
    /// Bytes of a pixel.
    pub fn bytes(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Grey => 1,
        }
    }

    /// As FFmpeg names it.
    fn name(self) -> &'static str {
        match self {
            Self::Rgb => "rgb24",
            Self::Grey => "gray",
        }
    }
}

/// A decoder at work on one sequence of frames.
#[derive(Debug)]
pub struct Decoder {
    process: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
}

/// How a decoder ended before it had given all frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself: it could not decode them.
    Gave,
    /// By the kernel, because it took too much.
    Killed,
}

impl Decoder {
    /// Starts FFmpeg, to decode `frames` pictures into `width` × `height` pixels each.
    ///
    /// # Errors
    /// If there is no such program, or it can't be held to its limits.
    pub fn start(
        ffmpeg: &Path,
        pixels: Pixels,
        (width, height): (u32, u32),
        frames: usize,
    ) -> io::Result<Self> {
        let line = format!(
            "-nostdin -hide_banner -loglevel quiet -threads 1 -filter_threads 1 -max_pixels {} -protocol_whitelist pipe -f ivf -i pipe:0 \
             -map 0:v:0 -fps_mode passthrough -frames:v {frames} -vf scale={width}:{height} -pix_fmt {} -f rawvideo pipe:1",
            SIDE_MAX * SIDE_MAX,
            pixels.name(),
        );
        let mut command = Command::new(ffmpeg);
        command.args(line.split(' ').filter(|word| !word.is_empty())).current_dir("/");
        command.env_clear().envs(runtime::child::environment());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn()?;
        limit(&process)?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or_else(|| io::Error::other("the child has no output"))?;
        Ok(Self { process, input, output })
    }

    /// What the frames are to be written to; once.
    pub fn input(&mut self) -> Option<ChildStdin> {
        self.input.take()
    }

    /// The next frame, into `pixels`; whether there was one.
    pub async fn next(&mut self, pixels: &mut [u8]) -> io::Result<bool> {
        match self.output.read_exact(pixels).await {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Ends it, and says how it ended if it had done so by itself.
    pub async fn end(mut self) -> io::Result<Ended> {
        drop(self.output);
        let signal = self.process.wait().await?.signal();
        let spent = [Signal::XCPU, Signal::KILL].iter().any(|killer| signal == Some(killer.as_raw()));
        Ok(if spent { Ended::Killed } else { Ended::Gave })
    }
}

/// Tells the kernel what the child may take. It has read nothing yet: all that it will read comes from us, later.
fn limit(process: &Child) -> io::Result<()> {
    let id = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let id = id.ok_or_else(|| io::Error::other("the child is gone"))?;
    for (resource, most) in [
        (Resource::As, ADDRESS_SPACE_BYTES_MAX),
        (Resource::Cpu, CPU_SECONDS_MAX),
        (Resource::Nofile, OPEN_FILES_MAX),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ] {
        prlimit(Some(id), resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Frames of AV1 as an IVF file.
pub fn ivf((width, height): (u32, u32), frames: &[Vec<u8>]) -> Vec<u8> {
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX).to_le_bytes();
    let mut file = b"DKIF\0\0\x20\0AV01".to_vec();
    file.extend(side(width).into_iter().chain(side(height)));
    for number in [RATE, 1, u32::try_from(frames.len()).unwrap_or(u32::MAX), 0] {
        file.extend(number.to_le_bytes());
    }
    for (frame, time) in frames.iter().zip(0_u64..) {
        file.extend(u32::try_from(frame.len()).unwrap_or(u32::MAX).to_le_bytes());
        file.extend(time.to_le_bytes());
        file.extend(frame);
    }
    file
}

/// Writes all of it and closes. A child that ended has no use for more: what it made of it says its output.
pub async fn feed(input: Option<ChildStdin>, file: &[u8]) {
    if let Some(mut input) = input {
        drop(input.write_all(file).await);
    }
}
