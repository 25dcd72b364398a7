//! An encoder on air: draws frames in real time, stamps each at the moment it is written, and lets FFmpeg publish them.
//!
//! It says on standard output, one JSON line each, which process FFmpeg is (so that a test can kill it as a crash
//! would) and when the first frame was written. It ends when FFmpeg does, and FFmpeg when it does.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use runtime::clock;

use crate::picture::Picture;

/// A pause so long means that the encoder was not ready yet, or the machine stood still: the pace begins anew.
const LATE_MAX: Duration = Duration::from_millis(250);

/// What to publish and where.
#[derive(Args, Debug)]
pub(crate) struct Plan {
    /// RTMP address, key included.
    #[arg(long)]
    url: String,
    /// Width and height, both even.
    #[arg(long, default_value = "1280x720")]
    size: String,
    /// Frames a second.
    #[arg(long, default_value_t = 30)]
    fps: u32,
    /// Video bit rate in kb/s, constant.
    #[arg(long, default_value_t = 2500)]
    kbps: u32,
}

/// Publishes until FFmpeg ends. `Err` if it cannot be started or the size makes no sense.
pub(crate) fn run(plan: &Plan) -> Result<(), String> {
    let sides = plan.size.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let (width, height): (usize, usize) = sides
        .filter(|(w, h)| w % 2 == 0 && h % 2 == 0 && *w >= 160 && *h >= 90)
        .ok_or_else(|| format!("{:?} is no size: write it like 1280x720", plan.size))?;
    // The tone has no end of its own: FFmpeg must go when this process does, however it goes. `setpriv` becomes FFmpeg.
    let mut ffmpeg = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "ffmpeg"])
        .args(arguments(plan))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|fault| format!("cannot start ffmpeg: {fault}"))?;
    println!("{}", serde_json::json!({ "ffmpeg": ffmpeg.id(), "at": clock::wall_ms() }));
    let mut pipe = ffmpeg.stdin.take().ok_or("ffmpeg has no standard input")?;
    let mut picture = Picture::new(width, height);
    let frame = Duration::from_secs(1) / plan.fps.max(1);
    let mut due = clock::now();
    for index in 0.. {
        let now = clock::now();
        if now < due {
            std::thread::sleep(due - now);
        } else if now - due > LATE_MAX {
            due = now;
        }
        due += frame;
        // A broken pipe is FFmpeg's end, which is told below.
        if pipe.write_all(picture.draw(index, clock::wall_ms())).is_err() {
            break;
        }
        if index == 1 {
            // The first was taken while FFmpeg still looked at its inputs; from the second on it encodes.
            println!("{}", serde_json::json!({ "first_frame": true, "at": clock::wall_ms() }));
        }
    }
    drop(pipe);
    let end = ffmpeg.wait().map_err(|fault| format!("cannot wait for ffmpeg: {fault}"))?;
    Err(format!("ffmpeg ended: {end}"))
}

fn arguments(plan: &Plan) -> Vec<String> {
    let rate = format!("{}k", plan.kbps);
    let (fps, half) = (plan.fps.to_string(), format!("{}k", plan.kbps / 2));
    let words = [
        "-hide_banner -loglevel warning -re -f lavfi -i sine=frequency=440:sample_rate=48000",
        "-probesize 32 -analyzeduration 0 -fflags nobuffer -f rawvideo -pix_fmt yuv420p",
        &format!("-video_size {} -framerate {fps} -i pipe:0 -map 1:v -map 0:a", plan.size),
        &format!(
            "-c:v libx264 -preset superfast -tune zerolatency -g {fps} -keyint_min {fps} -sc_threshold 0"
        ),
        &format!("-b:v {rate} -maxrate {rate} -bufsize {half} -x264-params nal-hrd=cbr"),
        "-c:a aac -b:a 128k -ac 2 -flush_packets 1 -flvflags no_duration_filesize -f flv",
    ];
    let mut all: Vec<String> = words.iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect();
    all.push(plan.url.clone());
    all
}
