//! One load process of the crowd: its readers, told by lines on standard input what to do, and telling by lines on standard output what
//! came of it. Several of them hold more connections than one process may have files.

use std::collections::HashMap;
use std::io::{self, BufRead as _, Write as _};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::chat::dialect::Dialect;
use crate::chat::load::{Heard, Load, Plan, now_us};
use crate::chat::servers::CHANNEL;

/// What a load process is told when it starts.
#[derive(Args, Debug)]
pub(crate) struct Readers {
    /// Where the server listens.
    #[arg(long)]
    at: SocketAddr,
    /// Readers that connect at once.
    #[arg(long)]
    first: usize,
    /// Readers that connect when they are told to.
    #[arg(long)]
    rest: usize,
    /// Number of the first of them.
    #[arg(long)]
    from: usize,
}

/// What it is told then, one on a line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Word {
    /// The rest connects.
    Rest,
    /// What is heard counts from now on.
    Begin,
    /// Tells what was heard.
    End,
    /// Whoever is asked to come anew does.
    Follow,
    /// Tells what came of that.
    Followed,
}

/// What it tells, one on a line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// So many have joined.
    Joined(usize),
    /// What they heard.
    Heard(Heard),
    /// How they followed.
    Followed(Followed),
}

/// How readers followed when they were asked to connect anew.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Followed {
    /// When each was asked for the first time, in µs on the monotonic clock.
    pub(super) asked_us: Vec<u64>,
    /// Connections that were asked again, new ones that were asked at all.
    pub(super) again: usize,
    /// Readers that are in the room now.
    pub(super) here: usize,
    /// Connections that the server closed.
    pub(super) closed: u64,
}

/// Readers of one poll, and those of them who are on their way to a new connection.
struct Crowd {
    load: Load,
    /// By the new connection's number, the old one's.
    moving: HashMap<usize, usize>,
    /// Old connections that are to move, and when.
    due: Vec<(u64, usize)>,
    followed: Followed,
    /// Of the original readers; later connections are their second ones.
    asked: Vec<bool>,
}

impl Crowd {
    fn connect(at: SocketAddr, from: usize, readers: usize) -> io::Result<Self> {
        let dialect = Dialect::Native { channel: CHANNEL.to_owned(), full: true, deflate: false };
        let plan = Plan { at, dialect, readers, first: from, senders: Vec::new(), absent: 1, job: None };
        let load = Load::connect(plan)?;
        Ok(Self {
            load,
            moving: HashMap::new(),
            due: Vec::new(),
            followed: Followed::default(),
            asked: vec![false; readers],
        })
    }

    /// Lets things happen, for a moment.
    fn turn(&mut self) -> io::Result<()> {
        self.load.turn(Duration::from_millis(2))?;
        for asked in self.load.asked() {
            match self.asked.get_mut(asked.number) {
                Some(before) if !*before => {
                    *before = true;
                    self.followed.asked_us.push(asked.at_us);
                    self.due.push((asked.at_us + asked.after_ms * 1000, asked.number));
                }
                _ => self.followed.again += 1,
            }
        }
        let now = now_us();
        let mut later = Vec::new();
        for (at, old) in std::mem::take(&mut self.due) {
            if at > now {
                later.push((at, old));
            } else {
                self.moving.insert(self.load.opened(), old);
                self.load.open()?;
            }
        }
        self.due = later;
        // A client keeps its old connection until the new one is in the room.
        let load = &mut self.load;
        self.moving.retain(|new, old| {
            let joined = load.has_joined(*new);
            if joined {
                load.close(*old);
            }
            !joined
        });
        Ok(())
    }

    fn followed(&mut self) -> Followed {
        let mut followed = std::mem::take(&mut self.followed);
        followed.here = self.load.here();
        followed.closed = self.load.end().closed;
        followed
    }
}

/// Runs until standard input ends.
///
/// # Errors
/// When readers can't connect.
pub(crate) fn run(plan: &Readers) -> io::Result<()> {
    crate::chat::on_load_core()?;
    let words = listen()?;
    let mut crowds = vec![Crowd::connect(plan.at, plan.from, plan.first)?];
    tell(&Told::Joined(plan.first))?;
    loop {
        for crowd in &mut crowds {
            crowd.turn()?;
        }
        match words.try_recv() {
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok(()),
            Ok(Word::Rest) => {
                crowds.push(Crowd::connect(plan.at, plan.from + plan.first, plan.rest)?);
                tell(&Told::Joined(plan.rest))?;
            }
            Ok(Word::Begin) => crowds.iter_mut().for_each(|crowd| crowd.load.begin()),
            Ok(Word::End) => {
                let heard =
                    crowds.iter_mut().map(|crowd| crowd.load.end()).fold(Heard::default(), Heard::and);
                tell(&Told::Heard(heard))?;
            }
            Ok(Word::Follow) => crowds.iter_mut().for_each(|crowd| crowd.load.watch()),
            Ok(Word::Followed) => {
                let all = crowds.iter_mut().map(Crowd::followed).fold(Followed::default(), Followed::and);
                tell(&Told::Followed(all))?;
            }
        }
    }
}

impl Followed {
    /// Both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.asked_us.extend(other.asked_us);
        self.again += other.again;
        self.here += other.here;
        self.closed += other.closed;
        self
    }
}

/// A thread that reads words, so that the readers never wait for them.
fn listen() -> io::Result<Receiver<Word>> {
    let (say, hear) = sync_channel(8);
    std::thread::Builder::new().name("words".to_owned()).spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(word) = serde_json::from_str(&line) else { return };
            if say.send(word).is_err() {
                return;
            }
        }
    })?;
    Ok(hear)
}

fn tell(told: &Told) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, told)?;
    out.write_all(b"\n")?;
    out.flush()
}
