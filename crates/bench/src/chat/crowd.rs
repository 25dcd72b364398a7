//! A crowd: 50,000 readers of one room, held by several load processes with addresses of their own. What they cost at rest, whether a
//! message reaches all of them, and whether all of them follow when the node asks them to connect anew.
//!
//! One server process holds them all where the hard limit of open files lets it. Where it does not, as many processes as that needs hold
//! them: one that owns the room, the others linked to it, as a site of several nodes is.

pub(crate) mod readers;

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use runtime::clock;

use super::dialect::Dialect;
use super::load::{Heard, Load, Plan, now_us};
use super::process::Used;
use super::servers::footlight::{Node, Site};
use super::{cells, settle};
use crate::figures::percentile;
use readers::{Followed, Told, Word};

/// Files of a process that are no readers', with room for those that are on their way from one connection to the next.
const FILES_SPARED: usize = 7_000;
/// Readers of each process that are there before memory is measured.
const FIRST: usize = 2_000;
/// Messages that go to everybody, one each half second.
const MESSAGES: u32 = 20;

/// Measures it and prints three tables.
///
/// # Errors
/// When servers or readers can't be had.
pub(crate) fn measure(footlight: &Path, readers: usize, over: Duration) -> io::Result<()> {
    let files = hard_file_limit();
    let each = files.saturating_sub(FILES_SPARED).max(1);
    let nodes = readers.div_ceil(each);
    println!(
        "\n**{readers} readers of one room in {nodes} server process{}**\n",
        if nodes > 1 { "es" } else { "" }
    );
    println!(
        "The hard limit of open files is {files}: {nodes} server and {} load processes.",
        readers.div_ceil(each)
    );
    let site = Site::start(footlight, nodes)?;
    for node in &site.nodes {
        println!("{} says: {}", node.name, node.files_line().unwrap_or_default());
    }
    let loads = readers.div_ceil(each);
    let mut crowd = Vec::new();
    for n in 0..loads {
        let share = readers / loads + usize::from(n < readers % loads);
        let from = n * each;
        crowd.push(Process::start(&site.nodes[n % nodes], FIRST.min(share), share - FIRST.min(share), from)?);
    }
    let first: usize = joined(&mut crowd)?;
    std::thread::sleep(Duration::from_secs(2));

    let (memory, used, began) = (site.resident_kib(), site.used(), clock::now());
    say(&mut crowd, Word::Rest)?;
    let rest = joined(&mut crowd)?;
    let took = (clock::now() - began).as_secs_f64();
    let connected = site.used();
    std::thread::sleep(Duration::from_secs(3));
    let grown = site.resident_kib() - memory;
    let quiet = site.used();
    std::thread::sleep(Duration::from_secs(5));
    let idle = site.used().cpu_s - quiet.cpu_s;
    println!("\n{HOLD_HEAD}");
    let connect_us = (connected.cpu_s - used.cpu_s) / rest.max(1) as f64 * 1e6;
    println!(
        "{}",
        cells(&[
            &(first + rest),
            &format!("{:.2}", grown / rest.max(1) as f64),
            &format!("{:.0}", site.resident_kib() / 1024.0),
            &format!("{:.1}", idle / 5.0 * 100.0),
            &format!("{connect_us:.0}"),
            &format!("{:.0}", rest as f64 / took),
        ])
    );

    let (heard, cost) = message(&site, &mut crowd)?;
    let expected = u64::from(MESSAGES) * (first + rest) as u64;
    let at = |share| percentile(&heard.latencies, share).unwrap_or(f64::NAN);
    println!("\n{REACH_HEAD}");
    println!(
        "{}",
        cells(&[
            &MESSAGES,
            &heard.delivered,
            &expected.saturating_sub(heard.delivered),
            &heard.disordered,
            &format!("{:.0} / {:.0}", at(0.5), at(0.99)),
            &format!("{:.2}", cost / heard.delivered.max(1) as f64 * 1e6),
        ])
    );

    let (asked_at, followed) = drain(&site, &mut crowd, first + rest, over)?;
    println!("\n{DRAIN_HEAD}");
    println!(
        "{}",
        cells(&[
            &format!("{:.0} s", over.as_secs_f64()),
            &followed.asked_us.len(),
            &(first + rest).saturating_sub(followed.asked_us.len()),
            &followed.again,
            &tenths(&followed.asked_us, asked_at, over),
            &followed.here,
            &followed.closed,
        ])
    );
    Ok(())
}

const HOLD_HEAD: &str = "| readers joined | RSS KiB each (slope) | RSS MiB of all servers | idle CPU, % of a core | CPU µs per connect with join | connects/s |\n\
    |---|---|---|---|---|---|";
const REACH_HEAD: &str = "| messages to all | delivered | lost | disordered | p50 / p99 ms | CPU-s per 1M deliveries |\n|---|---|---|---|---|---|";
const DRAIN_HEAD: &str = "| drain over | asked | not asked | asked twice | asked in each tenth of it, % | back in the room | closed by the server |\n\
    |---|---|---|---|---|---|---|";

/// Somebody says messages; what all heard, and the servers' processor time for it.
fn message(site: &Site, crowd: &mut [Process]) -> io::Result<(Heard, f64)> {
    let dialect = Dialect::Native { channel: super::servers::CHANNEL.to_owned(), full: true, deflate: false };
    let senders = vec![site.token.clone()];
    let at = site.nodes[0].http;
    let mut sender =
        Load::connect(Plan { at, dialect, readers: 0, first: 0, senders, absent: 0, job: None })?;
    settle(&mut sender, Duration::from_secs(1))?;
    say(crowd, Word::Begin)?;
    std::thread::sleep(Duration::from_millis(500));
    let before = site.used();
    for _ in 0..MESSAGES {
        sender.say()?;
        settle(&mut sender, Duration::from_millis(500))?;
    }
    settle(&mut sender, Duration::from_secs(3))?;
    let cost = site.used().cpu_s - before.cpu_s;
    say(crowd, Word::End)?;
    let mut all = Heard::default();
    for process in crowd {
        match process.hear()? {
            Told::Heard(heard) => all = all.and(heard),
            other => return Err(io::Error::other(format!("{other:?}"))),
        }
    }
    Ok((all, cost))
}

/// Every node asks its clients to connect anew; when that began, and how they followed.
fn drain(site: &Site, crowd: &mut [Process], readers: usize, over: Duration) -> io::Result<(u64, Followed)> {
    say(crowd, Word::Follow)?;
    std::thread::sleep(Duration::from_millis(200));
    let began = now_us();
    for node in &site.nodes {
        println!("{} is asked: {}", node.name, node.reconnect(over)?);
    }
    std::thread::sleep(over + Duration::from_secs(2));
    // The last ones may still be on their way; those who were closed never come.
    let patience = clock::now() + Duration::from_secs(60);
    let mut all = Followed::default();
    loop {
        say(crowd, Word::Followed)?;
        let mut here = 0;
        for process in crowd.iter_mut() {
            match process.hear()? {
                Told::Followed(followed) => {
                    here += followed.here;
                    all = all.and(followed);
                }
                other => return Err(io::Error::other(format!("{other:?}"))),
            }
        }
        all.here = here;
        if (here == readers && all.asked_us.len() == readers) || clock::now() > patience {
            return Ok((began, all));
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// How many of these moments lie in each tenth of the window, in percent.
fn tenths(moments: &[u64], began: u64, over: Duration) -> String {
    let mut counts = [0usize; 10];
    for moment in moments {
        let tenth = moment.saturating_sub(began) * 10 / (over.as_micros() as u64).max(1);
        counts[(tenth as usize).min(9)] += 1;
    }
    let share = |count: usize| format!("{:.1}", count as f64 * 100.0 / moments.len().max(1) as f64);
    counts.map(share).join(" ")
}

fn say(crowd: &mut [Process], word: Word) -> io::Result<()> {
    crowd.iter_mut().try_for_each(|process| process.say(word))
}

fn joined(crowd: &mut [Process]) -> io::Result<usize> {
    let mut all = 0;
    for process in crowd {
        match process.hear()? {
            Told::Joined(count) => all += count,
            other => return Err(io::Error::other(format!("{other:?}"))),
        }
    }
    Ok(all)
}

/// A load process.
struct Process {
    child: Child,
    words: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
}

impl Process {
    fn start(node: &Node, first: usize, rest: usize, from: usize) -> io::Result<Self> {
        let own: PathBuf = std::env::current_exe()?;
        let mut command = Command::new(own);
        command.args(["chat-readers", "--at", &node.http.to_string()]);
        for (flag, value) in [("--first", first), ("--rest", rest), ("--from", from)] {
            command.args([flag, &value.to_string()]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let words = child.stdin.take();
        let told = child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        Ok(Self { child, words, told: BufReader::new(told) })
    }

    fn say(&mut self, word: Word) -> io::Result<()> {
        let words = self.words.as_mut().ok_or_else(|| io::Error::other("no pipe"))?;
        let line = serde_json::to_string(&word)? + "\n";
        words.write_all(line.as_bytes())
    }

    fn hear(&mut self) -> io::Result<Told> {
        let mut line = String::new();
        if self.told.read_line(&mut line)? == 0 {
            return Err(io::Error::other("a load process ended"));
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.words.take());
        drop(self.child.wait());
    }
}

fn hard_file_limit() -> usize {
    use nix::sys::resource::{Resource, getrlimit};
    getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(_, hard)| hard as usize)
}

impl Site {
    fn resident_kib(&self) -> f64 {
        self.nodes.iter().map(|node| node.process.resident_kib()).sum()
    }

    fn used(&self) -> Used {
        self.nodes.iter().map(|node| node.process.used()).fold(Used::default(), |all, one| Used {
            cpu_s: all.cpu_s + one.cpu_s,
            waited_s: all.waited_s + one.waited_s,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_by_tenths_of_the_window() {
        let moments: Vec<u64> = (0..100).map(|n| 1_000 + n * 10_000).collect();
        assert_eq!(tenths(&moments, 1_000, Duration::from_secs(1)), ["10.0"; 10].join(" "));
        assert_eq!(
            tenths(&[5_000_000], 0, Duration::from_secs(1)),
            "0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 100.0"
        );
    }
}
