//! `bench`: Footlight measured beside its peers, in one run on one machine.
//!
//! The picture carries its own birth time ([`timecode`]), so latency is read off the glass of a real browser and
//! nobody's word is taken for it. This crate makes the picture and the figures; `tests/bench/` starts the servers and
//! the browser, because that is where the end-to-end harness is.

mod timecode;

mod picture;

mod publish;

mod figures;

mod drive;

mod chat;

mod classify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Footlight beside its peers.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Glass to glass in Chromium: latency, drift, stalls.
    Glass(Measure),
    /// From the encoder's start to the first frame in a page that waits, each time with a fresh server.
    Startup(Measure),
    /// An encoder killed for five seconds, as a viewer sees it.
    Outage(Measure),
    /// CPU of a server and its FFmpeg against the same ladder in a bare FFmpeg.
    Pipeline(Measure),
    /// What a delivered chat message costs, beside InspIRCd.
    Chat(chat::Measure),
    /// Readers of one load process (used by chat).
    #[command(hide = true)]
    ChatReaders(chat::crowd::readers::Readers),
    /// How many messages a second one core judges, beside rustrict.
    Classify(classify::Plan),
    /// Publishes the picture that carries its birth time (used by the others).
    Publish(publish::Plan),
}

/// What a measurement is told.
#[derive(Args, Debug)]
struct Measure {
    /// Which servers: footlight, nginx-rtmp, mediamtx (repeatable; all that can be had if left out).
    #[arg(long)]
    server: Vec<String>,
    /// Length of each window in seconds.
    #[arg(long, default_value_t = 60)]
    window: u32,
    /// Watch for so many minutes instead, and tell the latency at the start and at the end (glass only).
    #[arg(long)]
    minutes: Option<u32>,
    /// How often each row is measured (startup only).
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Only rows whose name contains this text (repeatable).
    #[arg(long)]
    row: Vec<String>,
    /// Viewers are so far away: their round trip in milliseconds, over TLS (not pipeline).
    #[arg(long)]
    far: Option<u32>,
    /// Their line carries so many Mb/s (with --far).
    #[arg(long, requires = "far")]
    mbits: Option<f64>,
    /// Path to a MediaMTX binary.
    #[arg(long)]
    mediamtx: Option<PathBuf>,
    /// Size of the picture that is published.
    #[arg(long, default_value = "1280x720")]
    size: String,
    /// Print raw results as JSON lines instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().what {
        What::Glass(measure) => drive::measure("glass", &measure),
        What::Startup(measure) => drive::measure("startup", &measure),
        What::Outage(measure) => drive::measure("outage", &measure),
        What::Pipeline(measure) => drive::measure("pipeline", &measure),
        What::Chat(measure) => chat::measure(&measure).map_err(|e| e.to_string()),
        What::ChatReaders(plan) => chat::crowd::readers::run(&plan).map_err(|e| e.to_string()),
        What::Classify(plan) => classify::run(&plan),
        What::Publish(plan) => publish::run(&plan),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}
