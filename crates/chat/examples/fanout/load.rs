//! Readers on raw sockets: all count bytes, every twentieth reads what it got, for latency, losses, doubles and order.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chat::websocket::deflate::Inflater;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

type Error = Box<dyn std::error::Error>;

/// What is to be measured.
pub struct Case {
    pub address: SocketAddr,
    pub readers: usize,
    pub rate: u64,
    pub seconds: u64,
    pub tongue: String,
}

/// Every so many connections one is read in full; fewer where reading them would take the generator's core.
fn sample(case: &Case) -> usize {
    if case.readers as u64 * case.rate > 5_000_000 { 200 } else { 20 }
}

const TEXT_BYTES: usize = 150;
/// One writer, so that there is one order.
const WRITERS: usize = 1;

struct Reader {
    socket: TcpStream,
    bytes: u64,
    /// Bytes after the handshake; only for those that are read in full, and for the handshake.
    input: Vec<u8>,
    open: bool,
    full: bool,
    /// What the server was too busy to take.
    unsent: Vec<u8>,
    next: u64,
    seen: u64,
    wrong: u64,
}

/// What all sampled readers found.
#[derive(Default)]
struct Found {
    latencies_us: Vec<u32>,
    frames: u64,
}

/// Connects, sends for the given time, waits a little, prints one line.
pub fn run(case: Case) -> Result<(), Error> {
    let mut poll = Poll::new()?;
    let start = runtime::clock::now();
    let mut readers: Vec<Reader> = Vec::with_capacity(case.readers);
    let mut events = Events::with_capacity(4096);
    let mut buffer = vec![0; 1 << 18];
    let mut found = Found::default();
    let mut inflater = Inflater::default();
    while readers.len() < case.readers {
        let begin = readers.len();
        for at in begin..(begin + 200).min(case.readers) {
            readers.push(connect(&case, at, &poll)?);
        }
        while readers[begin..].iter().any(|reader| !reader.open) {
            poll.poll(&mut events, Some(Duration::from_secs(5)))?;
            for event in &events {
                read(&mut readers[event.token().0], &mut buffer, start, &mut found, &mut inflater);
            }
        }
    }
    let each_us = server_cpu() * 1e6 / readers.len() as f64;
    println!(
        "{} connected after {:?}, {each_us:.0} µs of the server each",
        readers.len(),
        runtime::clock::now() - start
    );
    settle(&mut poll, &mut events, &mut readers, &mut buffer, start, Duration::from_secs(2));
    found = Found::default();
    let begin = runtime::clock::now();
    let cpu_before = server_cpu();
    let total = case.rate * case.seconds;
    let mut sent = 0;
    while sent < total {
        let now = runtime::clock::now();
        let due = (now - begin).as_micros() as u64 * case.rate / 1_000_000 + 1;
        while sent < due.min(total) {
            say(&mut readers, sent, start)?;
            sent += 1;
        }
        flush(&mut readers[0])?;
        let next = begin + Duration::from_micros(sent * 1_000_000 / case.rate);
        let wait = next.saturating_duration_since(runtime::clock::now());
        poll.poll(&mut events, Some(wait.max(Duration::from_micros(200))))?;
        for event in &events {
            read(&mut readers[event.token().0], &mut buffer, start, &mut found, &mut inflater);
        }
    }
    let cpu = server_cpu() - cpu_before;
    let took = (runtime::clock::now() - begin).as_secs_f64();
    let end = runtime::clock::now() + Duration::from_secs(3);
    while runtime::clock::now() < end {
        flush(&mut readers[0])?;
        poll.poll(&mut events, Some(Duration::from_millis(20)))?;
        for event in &events {
            read(&mut readers[event.token().0], &mut buffer, start, &mut found, &mut inflater);
        }
    }
    report(&case, &readers, &mut found, total, took, cpu);
    Ok(())
}

fn report(case: &Case, readers: &[Reader], found: &mut Found, total: u64, took: f64, cpu: f64) {
    let sampled: Vec<&Reader> = readers.iter().filter(|reader| reader.full).collect();
    let seen: u64 = sampled.iter().map(|reader| reader.seen).sum();
    let wrong: u64 = sampled.iter().map(|reader| reader.wrong).sum();
    let bytes: u64 = readers.iter().map(|reader| reader.bytes).sum();
    let deliveries = (total * readers.len() as u64) as f64;
    found.latencies_us.sort_unstable();
    let percentile = |p: usize| {
        let at = found.latencies_us.len().saturating_sub(1) * p / 100;
        found.latencies_us.get(at).map_or(0.0, |us| f64::from(*us) / 1000.0)
    };
    println!(
        "{} × {} {}: {:.3} CPU-s per 1M deliveries, server {:.0} % of a core, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms, \
         {:.3} % delivered, {wrong} lost, doubled or out of order, {:.1} messages a frame, {:.0} B a delivery, took {took:.1} s",
        case.readers,
        case.rate,
        case.tongue,
        cpu * 1e6 / deliveries,
        cpu * 100.0 / took,
        percentile(50),
        percentile(99),
        percentile(100),
        seen as f64 * 100.0 / (total * sampled.len() as u64) as f64,
        seen as f64 / found.frames.max(1) as f64,
        bytes as f64 / deliveries,
    );
}

/// CPU seconds of the process whose number is in `SERVER_PID`.
fn server_cpu() -> f64 {
    let pid = std::env::var("SERVER_PID").unwrap_or_default();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn connect(case: &Case, at: usize, poll: &Poll) -> Result<Reader, Error> {
    let socket = std::net::TcpStream::connect(case.address)?;
    let path = if case.tongue == "sampled" { "/sampled" } else { "/" };
    let mut request =
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    if case.tongue.starts_with("native") || case.tongue == "sampled" || at < WRITERS {
        request.push_str("sec-websocket-protocol: footlight.json.v1\r\n");
    }
    if case.tongue == "native-deflate" {
        request.push_str("sec-websocket-extensions: permessage-deflate\r\n");
    }
    if at < WRITERS {
        request.push_str(&format!("x-account: {}\r\n", at + 1));
    }
    request.push_str("\r\n");
    (&socket).write_all(request.as_bytes())?;
    if case.tongue.starts_with("irc") && at >= WRITERS {
        let caps =
            if case.tongue == "irc-tags" { "CAP REQ :twitch.tv/tags twitch.tv/commands\r\n" } else { "" };
        (&socket).write_all(&frame(format!("{caps}NICK justinfan1{at}\r\n").as_bytes()))?;
    }
    socket.set_nonblocking(true)?;
    let mut socket = TcpStream::from_std(socket);
    poll.registry().register(&mut socket, Token(at), Interest::READABLE)?;
    Ok(Reader {
        socket,
        bytes: 0,
        input: Vec::new(),
        open: false,
        full: at % sample(case) == sample(case) - 1,
        unsent: Vec::new(),
        next: 0,
        seen: 0,
        wrong: 0,
    })
}

/// A client's text frame, masked with zeros.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x81];
    if payload.len() < 126 {
        out.push(0x80 | payload.len() as u8);
    } else {
        out.push(0xfe);
        out.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
    out
}

fn say(readers: &mut [Reader], number: u64, start: Instant) -> Result<(), Error> {
    let us = (runtime::clock::now() - start).as_micros();
    let mut text = format!("~{us}~{number}~");
    let words = ["hello ", "there ", "chat ", "LUL ", "what a play ", "gg "];
    let mut pick = number;
    while text.len() < TEXT_BYTES {
        pick = pick.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(words[(pick >> 33) as usize % words.len()]);
    }
    text.truncate(TEXT_BYTES);
    let message = frame(format!("{{\"t\":\"say\",\"text\":\"{text}\"}}").as_bytes());
    let writer = &mut readers[(number % WRITERS as u64) as usize];
    // One connection keeps the order: the number says what a reader expects next.
    writer.unsent.extend_from_slice(&message);
    flush(writer)
}

fn flush(writer: &mut Reader) -> Result<(), Error> {
    while !writer.unsent.is_empty() {
        match writer.socket.write(&writer.unsent) {
            Ok(written) => drop(writer.unsent.drain(..written)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn settle(
    poll: &mut Poll,
    events: &mut Events,
    readers: &mut [Reader],
    buffer: &mut [u8],
    start: Instant,
    time: Duration,
) {
    let end = runtime::clock::now() + time;
    let (mut found, mut inflater) = (Found::default(), Inflater::default());
    while runtime::clock::now() < end {
        if poll.poll(events, Some(Duration::from_millis(50))).is_ok() {
            for event in events.iter() {
                read(&mut readers[event.token().0], buffer, start, &mut found, &mut inflater);
            }
        }
    }
    for reader in readers {
        reader.bytes = 0;
    }
}

fn read(reader: &mut Reader, buffer: &mut [u8], start: Instant, found: &mut Found, inflater: &mut Inflater) {
    loop {
        let count = match reader.socket.read(buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        if reader.open {
            reader.bytes += count as u64;
        }
        if !reader.open || reader.full {
            reader.input.extend_from_slice(&buffer[..count]);
        }
        if !reader.open {
            let Some(end) = reader.input.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            reader.open = true;
            reader.input.drain(..end + 4);
        }
        if count < buffer.len() {
            break;
        }
    }
    if reader.full {
        understand(reader, start, found, inflater);
    } else {
        reader.input = Vec::new();
    }
}

/// Takes whole frames off the input and looks at each message in them.
fn understand(reader: &mut Reader, start: Instant, found: &mut Found, inflater: &mut Inflater) {
    let now_us = (runtime::clock::now() - start).as_micros() as u64;
    let mut used = 0;
    let input = std::mem::take(&mut reader.input);
    while let Some((compressed, from, to)) = whole_frame(&input[used..]) {
        let payload = &input[used + from..used + to];
        let plain =
            if compressed { inflater.inflate(payload, 1 << 24).unwrap_or_default() } else { Vec::new() };
        let payload = if compressed { &plain[..] } else { payload };
        let mut parts = payload.split(|byte| *byte == b'~').skip(1);
        let mut any = false;
        while let (Some(us), Some(number), Some(_)) =
            (parts.next().map(digits), parts.next().map(digits), parts.next())
        {
            any = true;
            reader.seen += 1;
            reader.wrong += u64::from(number != reader.next);
            reader.next = number + 1;
            found.latencies_us.push(now_us.saturating_sub(us) as u32);
        }
        found.frames += u64::from(any);
        used += to;
    }
    reader.input = input[used..].to_vec();
}

fn digits(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, byte| n * 10 + u64::from(byte.wrapping_sub(b'0')))
}

fn whole_frame(bytes: &[u8]) -> Option<(bool, usize, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (head, len) = match second {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..4)?.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*bytes.get(2..10)?.first_chunk()?) as usize),
        len => (2, usize::from(len)),
    };
    (bytes.len() >= head + len).then_some((first & 0x40 != 0, head, head + len))
}
