//! `bench chat`: what a delivered message costs, beside other servers, in one run on one machine.
//!
//! The server has core 0 to itself, the load generator core 1. A fresh server for each case. Compare processor time per
//! million deliveries; read latencies as ±50 % on a shared machine, and only within one run.

mod text;
mod inflate;
mod dialect;
mod process;
mod load;
mod servers;
pub(crate) mod crowd;

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use runtime::clock;

use crate::figures::percentile;
use dialect::Dialect;
use load::{Heard, Load, Plan};
use servers::{Row, Running, Server};

/// What `bench chat` is told.
#[derive(Args, Debug)]
pub(crate) struct Measure {
    /// This repository's binary.
    #[arg(long, default_value = "target/release/footlight")]
    footlight: PathBuf,
    /// InspIRCd (Debian's package `inspircd`).
    #[arg(long, default_value = "/usr/sbin/inspircd")]
    inspircd: PathBuf,
    /// A Centrifugo binary (5 or 6), to be measured too.
    #[arg(long)]
    centrifugo: Option<PathBuf>,
    /// A binary of goim's `comet`, to be measured too.
    #[arg(long)]
    goim: Option<PathBuf>,
    /// Only cases whose name contains this text (repeatable).
    #[arg(long)]
    case: Vec<String>,
    /// Only rows whose name contains this text (repeatable).
    #[arg(long)]
    row: Vec<String>,
    /// Length of each window in seconds.
    #[arg(long, default_value_t = 5)]
    window: u64,
    /// Rounds: each case is measured so often, servers in turn.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Connections of the case "idle".
    #[arg(long, default_value_t = 19_500)]
    idle: usize,
    /// Readers of the case "crowd", which is ours alone.
    #[arg(long, default_value_t = 50_000)]
    crowd: usize,
    /// Seconds over which the crowd is asked to connect anew.
    #[arg(long, default_value_t = 20)]
    over: u64,
}

/// Readers and messages a second.
struct Case {
    name: &'static str,
    readers: usize,
    rate: u32,
    senders: usize,
}

const CASES: &[Case] = &[
    Case { name: "1000 x 10", readers: 1_000, rate: 10, senders: 1 },
    Case { name: "5000 x 20", readers: 5_000, rate: 20, senders: 1 },
    Case { name: "1000 x 500", readers: 1_000, rate: 500, senders: 10 },
    Case { name: "5000 x 100", readers: 5_000, rate: 100, senders: 2 },
    Case { name: "5000 x 8300", readers: 5_000, rate: 8_300, senders: 200 },
];

/// Idle connections that are there before memory is measured.
const IDLE_FIRST: usize = 3_000;

/// Rate above which only our own native rows are run: nobody else holds it (docs/benchmarks.md).
const FEASIBLE_RATE: u32 = 1_000;

/// Runs it and prints the tables.
///
/// # Errors
/// When no server can be had, or the kernel refuses.
pub(crate) fn measure(measure: &Measure) -> io::Result<()> {
    on_load_core()?;
    let mut servers = vec![Server::Footlight(measure.footlight.clone())];
    if measure.inspircd.exists() {
        servers.push(Server::InspIrcd(measure.inspircd.clone()));
    } else {
        eprintln!("bench: no InspIRCd at {}; apt-get install inspircd", measure.inspircd.display());
    }
    servers.extend(measure.centrifugo.clone().map(Server::Centrifugo));
    servers.extend(measure.goim.clone().map(Server::Goim));
    let wanted =
        |names: &[String], name: &str| names.is_empty() || names.iter().any(|n| name.contains(n.as_str()));
    for case in CASES.iter().filter(|case| wanted(&measure.case, case.name)) {
        println!("\n**{}**\n\n{DELIVERY_HEAD}", case.name);
        for _ in 0..measure.rounds {
            for server in &servers {
                for row in server.rows().iter().filter(|row| wanted(&measure.row, row.0)) {
                    if case.rate > FEASIBLE_RATE && !matches!(row.1, Dialect::Native { .. }) {
                        continue;
                    }
                    told(server, row, deliver(server, row, case, measure.window));
                }
            }
        }
    }
    if wanted(&measure.case, "idle") {
        println!("\n**{} idle connections, joined**\n\n{IDLE_HEAD}", measure.idle);
        for _ in 0..measure.rounds {
            for server in &servers {
                for row in server.idle_rows().iter().filter(|row| wanted(&measure.row, row.0)) {
                    told(server, row, idle(server, row, measure.idle));
                }
            }
        }
    }
    if wanted(&measure.case, "crowd") {
        crowd::measure(&measure.footlight, measure.crowd, Duration::from_secs(measure.over))?;
    }
    Ok(())
}

/// The load's place: core 1, with as many files as the system lets it have.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn on_load_core() -> io::Result<()> {
    raise_file_limit();
    let mut own_core = CpuSet::new();
    own_core.set(1)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &own_core)?)
}

const DELIVERY_HEAD: &str = "| server | CPU-s per 1M deliveries | = deliveries/s per core | delivered | p50 / p99 ms | lost | disordered | \
    msgs per read | B per delivery | core 0 used | waited for it |\n|---|---|---|---|---|---|---|---|---|---|---|";
const IDLE_HEAD: &str = "| server | RSS KiB each | idle CPU, % of a core | CPU µs per connect with join | connects/s |\n|---|---|---|---|---|";

/// Prints a line, or why there is none.
fn told(server: &Server, row: &Row, line: io::Result<String>) {
    match line {
        Ok(line) => println!("| {}, {} {line}", server.name(), row.0),
        Err(e) => println!("| {}, {} | failed: {e} |", server.name(), row.0),
    }
}

fn deliver(server: &Server, (_, dialect): &Row, case: &Case, window: u64) -> io::Result<String> {
    let running = server.start(dialect, case.senders)?;
    let mut load = Load::connect(plan(&running, dialect, 0, case.readers))?;
    settle(&mut load, Duration::from_secs(1))?;
    let before = running.process.used();
    let heard = load.talk(case.rate, Duration::from_secs(window), Duration::from_secs(5))?;
    let after = running.process.used();
    if heard.lost > 0 {
        eprintln!("bench: {} of {} lost: {}", case.name, server.name(), running.why());
    }
    Ok(delivery_line(&heard, after.cpu_s - before.cpu_s, after.waited_s - before.waited_s))
}

fn delivery_line(heard: &Heard, cpu_s: f64, waited_s: f64) -> String {
    let delivered = heard.delivered.max(1) as f64;
    let expected = heard.delivered + heard.lost;
    let at = |share| percentile(&heard.latencies, share).unwrap_or(f64::NAN);
    let closed = if heard.closed > 0 { format!(" ({} closed)", heard.closed) } else { String::new() };
    cells(&[
        &format!("{:.3}", cpu_s / delivered * 1e6),
        &format!("{:.0} K", delivered / cpu_s / 1000.0),
        &format!("{:.1} %{closed}", 100.0 * heard.delivered as f64 / expected.max(1) as f64),
        &format!("{:.0} / {:.0}", at(0.5), at(0.99)),
        &heard.lost,
        &heard.disordered,
        &format!("{:.1}", delivered / heard.reads.max(1) as f64),
        &format!("{:.0}", heard.bytes as f64 / delivered),
        &format!("{:.0} %", 100.0 * cpu_s / heard.took_s.max(0.001)),
        &format!("{:.0} %", 100.0 * waited_s / heard.took_s.max(0.001)),
    ])
}

fn idle(server: &Server, (_, dialect): &Row, count: usize) -> io::Result<String> {
    let running = server.start(dialect, 0)?;
    // What a server takes with its first clients is not theirs: memory is the slope from here on.
    let mut first = Load::connect(plan(&running, dialect, 0, IDLE_FIRST))?;
    settle(&mut first, Duration::from_secs(1))?;
    let (memory, used, began) = (running.process.resident_kib(), running.process.used(), clock::now());
    let count = count.saturating_sub(IDLE_FIRST);
    let mut load = Load::connect(plan(&running, dialect, IDLE_FIRST, count))?;
    let took = (clock::now() - began).as_secs_f64();
    let connected = running.process.used();
    settle(&mut load, Duration::from_secs(2))?;
    let grown = running.process.resident_kib() - memory;
    let quiet = running.process.used();
    settle(&mut load, Duration::from_secs(5))?;
    let rest = running.process.used().cpu_s - quiet.cpu_s;
    Ok(cells(&[
        &format!("{:.2}", grown / count as f64),
        &format!("{:.1}", rest / 5.0 * 100.0),
        &format!("{:.0}", (connected.cpu_s - used.cpu_s) / count as f64 * 1e6),
        &format!("{:.0}", count as f64 / took),
    ]))
}

fn plan(running: &Running, dialect: &Dialect, first: usize, readers: usize) -> Plan {
    let (dialect, senders, job) = (dialect.clone(), running.senders.clone(), running.job.clone());
    Plan { at: running.at, dialect, readers, first, senders, absent: 0, job }
}

/// Lets a server finish what it does about newcomers.
fn settle(load: &mut Load, length: Duration) -> io::Result<()> {
    let end = clock::now() + length;
    while clock::now() < end {
        load.turn(Duration::from_millis(20))?;
    }
    Ok(())
}

fn cells(values: &[&dyn Display]) -> String {
    values.iter().map(|value| format!("| {value} ")).collect::<String>() + "|"
}

fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Without it, a case with more connections than the limit says so by failing.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
