//! The load: thousands of connections on one thread, which say and hear, and count what they hear.
//!
//! One edge-triggered poll, one read buffer, no task and no copy per connection: a generator must cost less than what it
//! measures. Each connection checks that each sender's numbers come one by one; every twentieth also reads the clock.

mod connection;

use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use nix::sys::socket::{setsockopt, sockopt};
use runtime::clock;
use serde::{Deserialize, Serialize};
use socket2::{Domain, Protocol, Socket, Type};

use super::dialect::{Dialect, Who};
use super::inflate::Inflating;
use super::servers::goim::Job;
use super::text::{self, Carry, Reader, Stamp};
use connection::{Connection, count, flush, is_summed};

/// Connections that are being made at once: more than a server's backlog would only be refused.
const CONNECTING_MAX: usize = 1_000;
/// Connections from one source address, below the ports that the kernel gives out for one.
const PER_ADDRESS: usize = 25_000;
const READ_BYTES: usize = 256 * 1024;

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) at: SocketAddr,
    pub(crate) dialect: Dialect,
    pub(crate) readers: usize,
    /// Number of the first reader: two loads of one server have no names in common.
    pub(crate) first: usize,
    /// One token (or name) for each sender.
    pub(crate) senders: Vec<String>,
    /// Senders that are heard but speak elsewhere.
    pub(crate) absent: usize,
    /// Takes messages instead of the senders' connections.
    pub(crate) job: Option<Job>,
}

/// What came of a window.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Messages said.
    pub(crate) said: u64,
    /// Deliveries to readers.
    pub(crate) delivered: u64,
    /// Numbers that were left out, over all readers.
    pub(crate) lost: u64,
    /// Numbers that came again or too late.
    pub(crate) disordered: u64,
    /// Bytes read by readers.
    pub(crate) bytes: u64,
    /// Reads by readers.
    pub(crate) reads: u64,
    /// Birth to reading, in ms, on timed connections.
    pub(crate) latencies: Vec<f64>,
    /// Readers that a server closed.
    pub(crate) closed: u64,
    /// From the first word to the last delivery, in s.
    pub(crate) took_s: f64,
}

/// A connection was asked to connect anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Which.
    pub(crate) number: usize,
    /// When, on the monotonic clock.
    pub(crate) at_us: u64,
    /// How long it is to wait.
    pub(crate) after_ms: u64,
}

/// The connections.
pub(crate) struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    plan: Plan,
    reader: Reader,
    buffer: Vec<u8>,
    numbers: Vec<u32>,
    heard: Heard,
    counting: bool,
    joined: usize,
    /// Why a server closed a connection that had not joined, in its own words.
    refused: Option<String>,
    /// Who was asked to connect anew, and when.
    asked: Vec<Asked>,
    watching: bool,
    /// Second byte of our addresses: ports of the load before still wait for stray segments.
    network: u8,
}

impl Heard {
    /// Both.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.said += other.said;
        self.delivered += other.delivered;
        self.lost += other.lost;
        self.disordered += other.disordered;
        self.bytes += other.bytes;
        self.reads += other.reads;
        self.latencies.extend(other.latencies);
        self.closed += other.closed;
        self.took_s = self.took_s.max(other.took_s);
        self
    }
}

impl Load {
    /// Connects and joins everybody.
    ///
    /// # Errors
    /// When connections are refused or do not join in time.
    pub(crate) fn connect(plan: Plan) -> io::Result<Self> {
        let count = plan.readers + plan.senders.len();
        let mut load = Self {
            poll: Poll::new()?,
            events: Events::with_capacity(4096),
            connections: Vec::with_capacity(count),
            reader: Reader::default(),
            buffer: vec![0; READ_BYTES],
            numbers: vec![0; plan.senders.len()],
            heard: Heard::default(),
            counting: false,
            joined: 0,
            refused: None,
            asked: Vec::new(),
            watching: false,
            network: next_network(),
            plan,
        };
        let patience = clock::now() + Duration::from_secs(60 + count as u64 / 200);
        while load.joined < count {
            let waiting = load.connections.len() - load.joined;
            for _ in waiting..CONNECTING_MAX.min(waiting + count - load.connections.len()) {
                load.open()?;
            }
            load.turn(Duration::from_millis(20))?;
            if clock::now() > patience {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("{waiting} of {count} connections did not join"),
                ));
            }
            if let Some(words) = load.refused.take() {
                let words = format!("the server closed a connection that had not joined; it said: {words}");
                return Err(io::Error::other(words));
            }
        }
        Ok(load)
    }

    /// One more connection.
    ///
    /// # Errors
    /// When the kernel gives none.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        let number = self.connections.len();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        // The kernel has about 28,000 ports for one pair of addresses; loopback has addresses enough.
        let source = Ipv4Addr::new(127, self.network, 1, 1 + (number / PER_ADDRESS) as u8);
        if self.plan.at.ip() == IpAddr::from(Ipv4Addr::LOCALHOST) {
            // Else the kernel looks at all connections for a free port, which takes milliseconds when there are thousands.
            setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        match socket.connect(&self.plan.at.into()) {
            Err(e) if e.raw_os_error() != Some(libc::EINPROGRESS) => return Err(e),
            _ => {}
        }
        let mut socket = TcpStream::from_std(socket.into());
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(number), interest)?;
        let senders = self.plan.senders.len();
        let who = match number.checked_sub(senders) {
            Some(n) => Who::Reader(self.plan.first + n),
            None => Who::Sender(self.plan.senders[number].clone()),
        };
        // Only one reader inflates; the others are compared with it, byte by byte.
        let inflates = self.plan.dialect.compressed() && number == senders;
        self.connections.push(Connection {
            socket: Some(socket),
            carry: Carry::default(),
            asked: false,
            joined: false,
            closed: false,
            tail: Vec::new(),
            expected: vec![0; senders + self.plan.absent],
            unsent: self.plan.dialect.hello(&self.plan.at.to_string(), &who),
            inflating: inflates.then(Inflating::default),
            bytes: 0,
            sum: 0,
        });
        Ok(())
    }

    /// Says `rate` messages a second for `length`, then listens until everything has come or `patience` is over.
    ///
    /// # Errors
    /// When the poll fails.
    pub(crate) fn talk(&mut self, rate: u32, length: Duration, patience: Duration) -> io::Result<Heard> {
        self.turn(Duration::from_millis(300))?;
        self.begin();
        let began = clock::now();
        let total = u64::from(rate) * length.as_millis() as u64 / 1000;
        let readers = self.plan.readers as u64;
        let mut end = began;
        loop {
            let since = clock::now() - began;
            let due = (since.as_micros() as u64 * u64::from(rate) / 1_000_000 + 1).min(total);
            while self.heard.said < due {
                self.say()?;
            }
            let before = self.delivered();
            self.turn(Duration::from_micros(if self.heard.said < total { 500 } else { 20_000 }))?;
            if self.delivered() > before {
                end = clock::now();
            }
            let all = self.heard.said == total && self.delivered() >= total * readers;
            if all || since > length + patience {
                break;
            }
        }
        if self.plan.dialect.compressed() {
            // The one that inflates has everything; the others, which are compared with it, may still have to read it.
            let end = clock::now() + Duration::from_secs(1);
            while clock::now() < end {
                self.turn(Duration::from_millis(20))?;
            }
        }
        self.counting = false;
        let mut heard = std::mem::take(&mut self.heard);
        heard.took_s = (end - began).as_secs_f64();
        if self.plan.dialect.compressed() {
            self.compare(&mut heard);
        }
        heard.lost = (total * readers).saturating_sub(heard.delivered);
        Ok(heard)
    }

    /// Deliveries so far. Compressed readers are counted by the one that inflates, until they are compared.
    fn delivered(&self) -> u64 {
        let times = if self.plan.dialect.compressed() { self.plan.readers as u64 } else { 1 };
        self.heard.delivered * times
    }

    /// Turns what the one that inflates has heard into what all have: those with the same bytes heard the same.
    fn compare(&self, heard: &mut Heard) {
        let readers = &self.connections[self.plan.senders.len()..];
        let model = &readers[0];
        let senders = self.plan.senders.len();
        let is_same = |(n, c): &(usize, &Connection)| {
            c.bytes == model.bytes && (c.sum == model.sum || !is_summed(n + senders))
        };
        let same = readers.iter().enumerate().filter(is_same).count();
        heard.delivered *= same as u64;
        heard.disordered += (readers.len() - same) as u64;
    }

    /// Counts from here on what is heard; numbers begin anew.
    pub(crate) fn begin(&mut self) {
        self.heard = Heard::default();
        self.counting = true;
        self.numbers.fill(0);
        for connection in &mut self.connections {
            connection.expected.fill(0);
            (connection.bytes, connection.sum) = (0, 0);
        }
    }

    /// What was heard since [`begin`](Self::begin), and nothing more is counted.
    pub(crate) fn end(&mut self) -> Heard {
        self.counting = false;
        std::mem::take(&mut self.heard)
    }

    /// Looks from here on for words that ask a connection to come anew.
    pub(crate) fn watch(&mut self) {
        self.watching = true;
    }

    /// Who was asked to connect anew since this was called last.
    pub(crate) fn asked(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.asked)
    }

    /// Connections that have joined and are open.
    pub(crate) fn here(&self) -> usize {
        self.connections.iter().filter(|connection| connection.joined && !connection.closed).count()
    }

    /// Connections ever.
    pub(crate) fn opened(&self) -> usize {
        self.connections.len()
    }

    /// Whether a connection has joined.
    pub(crate) fn has_joined(&self, number: usize) -> bool {
        self.connections[number].joined
    }

    /// Closes a connection of our own will.
    pub(crate) fn close(&mut self, number: usize) {
        let connection = &mut self.connections[number];
        // The socket goes, its place in the list stays.
        (connection.closed, connection.socket) = (true, None);
    }

    /// The next sender says its next number.
    pub(crate) fn say(&mut self) -> io::Result<()> {
        let sender = self.heard.said as usize % self.numbers.len();
        let stamp = Stamp { sender: sender as u8, number: self.numbers[sender], birth_us: now_us() };
        let mut text = Vec::with_capacity(text::TEXT_LEN);
        text::write(stamp, &mut text);
        let connection = &mut self.connections[sender];
        match &self.plan.job {
            Some(job) => job.say(&text),
            None => self.plan.dialect.say(&text, &mut connection.unsent),
        }
        flush(connection)?;
        self.numbers[sender] += 1;
        self.heard.said += 1;
        Ok(())
    }

    /// Waits at most `most` for something to happen and lets it happen.
    pub(crate) fn turn(&mut self, most: Duration) -> io::Result<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let polled = self.poll.poll(&mut events, Some(most));
        for event in &events {
            let number = event.token().0;
            if event.is_writable() {
                flush(&mut self.connections[number])?;
            }
            if event.is_readable() {
                self.listen(number)?;
            }
        }
        self.events = events;
        match polled {
            Err(e) if e.kind() != io::ErrorKind::Interrupted => Err(e),
            _ => Ok(()),
        }
    }

    /// Reads all that is there.
    fn listen(&mut self, number: usize) -> io::Result<()> {
        let reads = number >= self.plan.senders.len();
        loop {
            let connection = &mut self.connections[number];
            let Some(socket) = &mut connection.socket else { return Ok(()) };
            let read = match socket.read(&mut self.buffer) {
                Ok(0) => {
                    self.ended(number, "nothing");
                    return Ok(());
                }
                Ok(read) => read,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended(number, &error.to_string());
                    return Ok(());
                }
            };
            let piece = &self.buffer[..read];
            if let Some(answer) = self.plan.dialect.alive(piece) {
                connection.unsent.extend_from_slice(&answer);
                flush(connection)?;
            }
            if self.watching {
                let asked = self.plan.dialect.farewell(piece);
                self.asked.extend(asked.map(|after_ms| Asked { number, at_us: now_us(), after_ms }));
            }
            if !connection.joined {
                connection.tail.extend_from_slice(piece);
                if let Some((sign, join)) = self.plan.dialect.join().filter(|_| !connection.asked)
                    && memchr::memmem::find(&connection.tail, sign).is_some()
                {
                    connection.asked = true;
                    connection.unsent.extend_from_slice(&join);
                    flush(connection)?;
                }
                if memchr::memmem::find(&connection.tail, self.plan.dialect.joined(!reads)).is_some() {
                    connection.joined = true;
                    self.joined += 1;
                    if let Some(inflating) = connection.inflating.as_mut() {
                        inflating.skip_head(&connection.tail);
                    }
                    connection.tail = Vec::new();
                }
            } else if reads && self.counting {
                self.heard.bytes += read as u64;
                self.heard.reads += 1;
                count(
                    connection,
                    piece,
                    number,
                    &self.reader,
                    &mut self.heard,
                    self.plan.dialect.compressed(),
                );
            }
        }
    }
}

impl Load {
    /// A server closed a connection; `words`: what the kernel said of it.
    fn ended(&mut self, number: usize, words: &str) {
        let reads = number >= self.plan.senders.len();
        let connection = &mut self.connections[number];
        self.heard.closed += u64::from(reads && !connection.closed);
        if !connection.joined && !connection.closed {
            let said = String::from_utf8_lossy(&connection.tail);
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(words);
            self.refused = Some(last.chars().take(200).collect());
        }
        connection.closed = true;
    }
}

/// 1 to 250, another one for each load of this process and, most likely, of the one before.
fn next_network() -> u8 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    ((std::process::id() + NEXT.fetch_add(1, Ordering::Relaxed)) % 250 + 1) as u8
}

/// Microseconds on the monotonic clock, which is one for all processes of a machine.
pub(crate) fn now_us() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    now.map_or(0, |now| now.tv_sec() as u64 * 1_000_000 + now.tv_nsec() as u64 / 1_000)
}
