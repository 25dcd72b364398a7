//! The simulated world. Everything in it is the product's own pure code: the room, the root's core, a link's two ends, a node's ring.

use std::collections::BTreeMap;
use std::iter::successors;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chat::edge::ring::{Ring, RingConfig};
use chat::event::Event;
use chat::link::codec;
use chat::link::end::{End, EndConfig};
use chat::link::passes::Passes;
use chat::tree::encode::{Encoder, RoomName, Speech};
use chat::tree::language::{Language, Want, Wants};
use chat::tree::node::{Node, NodeConfig};
use chat::tree::shell::Pass;
use domain::ids::ChannelId;
use domain::names::Name;
use domain::time::WallTime;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::Notify;

use super::reader::{Reader, drain};
use super::room::Talk;

/// When the simulation begins, by the wall.
const WALL_MS: i64 = 1_800_000_000_000;
/// How long something may be due before it is passed on, whatever some node does.
const LATE: Duration = Duration::from_millis(500);

/// Frames that a node takes at once: it reads no more before its readers have had those.
const AT_ONCE: usize = 8;

/// What must not happen.
#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug, when a seed fails")]
pub enum Fault {
    /// A reader was given these numbers, of which the second should have come later or not at all.
    Order(usize, u64, u64),
    /// A reader that was always healthy was not given this message, whose sender was told that it was said, and which was not deleted
    /// before the reader came to it.
    Lost(usize, u64),
    /// A reader was not given this deletion.
    Deletion(usize, u64),
    /// A healthy reader was told that it missed something.
    Told(usize),
    /// The room stood still for so long, for everybody.
    Stood(Duration),
}

/// Numbers only: what is said does not matter here.
struct Numbers;

impl Speech for Numbers {
    fn event(&self, _: Language, event: &Event, _: bool, _: &Name, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("[{}]", event.seq).as_bytes());
    }
}

struct Below {
    end: End,
    ring: Ring,
    readers: Vec<Reader>,
    /// The node that feeds it; `None`: the root.
    fed_by: Option<usize>,
    /// On the wire, from who feeds it.
    wire: Vec<(u64, Bytes)>,
    /// The connection is down for so many steps.
    down: u32,
    /// It is up, but the node takes nothing for so many steps.
    deaf: u32,
    /// Of frames that the feeder has not written to the connection.
    passes: Passes,
    /// What the feeder was last told that it need not send again.
    known: u64,
    /// Its readers came again once, because its ring has a hole.
    holed: bool,
}

impl Below {
    fn new(fed_by: Option<usize>) -> Self {
        let config = RingConfig { bytes_max: 20_000, ..RingConfig::default() };
        Self {
            end: End::new(EndConfig::default()),
            ring: Ring::new(config),
            readers: Vec::new(),
            fed_by,
            wire: Vec::new(),
            down: 0,
            deaf: 0,
            passes: Passes::default(),
            known: 0,
            holed: false,
        }
    }
}

/// A frame comes to a lower end's wire, unless that is cut.
fn pass_on(above: &mut End, below: &mut Below, bytes: &Bytes, now: Instant, pass: Option<&Pass>) {
    let number = above.send(bytes.clone());
    if below.down == 0 {
        below.wire.push((number, bytes.clone()));
        if let Some(pass) = pass {
            below.passes.keep(now, number, pass.clone());
        }
    }
}

pub struct World {
    rng: StdRng,
    now: Instant,
    node: Node,
    encoder: Encoder,
    talk: Talk,
    began: Instant,
    /// Each with the end that its feeder has of their link. A node comes before those that it feeds.
    nodes: Vec<(End, Below)>,
    /// On their way to another node, for so many more steps.
    away: Vec<(Reader, u32)>,
    finished: Vec<Reader>,
    /// Readers that went on elsewhere where they had been.
    pub resumed: u64,
    /// Frames that a node passed on to another.
    pub relayed: u64,
    /// Held by every pass that is out.
    done: Arc<Notify>,
    /// Since when something is due that is not passed on.
    due_since: Option<Instant>,
    /// The longest that something was due and not passed on.
    stood: Duration,
    /// Frames that were passed on while some node took nothing.
    pub past_the_deaf: u64,
}

fn wants() -> Wants {
    Wants::default().and(Want::new(Language::Native, false, true))
}

fn room() -> RoomName {
    RoomName { channel: ChannelId(7), login: "maya".parse().expect("a name") }
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let nodes = (0..rng.random_range(1..5)).map(|at| {
            let fed_by = (at > 0 && rng.random_bool(0.4)).then(|| rng.random_range(0..at));
            (End::new(EndConfig::default()), Below::new(fed_by))
        });
        let (nodes, now) = (nodes.collect(), runtime::clock::now());
        Self {
            rng,
            now,
            began: now,
            node: Node::new(room(), NodeConfig::default()),
            encoder: Encoder::default(),
            talk: Talk::new(WallTime::from_unix_ms(WALL_MS)),
            nodes,
            away: Vec::new(),
            finished: Vec::new(),
            resumed: 0,
            relayed: 0,
            done: Arc::default(),
            due_since: None,
            stood: Duration::ZERO,
            past_the_deaf: 0,
        }
    }

    /// A few milliseconds pass, and something happens.
    pub fn step(&mut self) {
        self.now += Duration::from_millis(self.rng.random_range(1..60));
        self.room_says();
        self.readers_come_and_stall();
        self.readers_break();
        self.links_break();
        self.readers_come_again();
        self.tick();
        self.links_carry(false);
        self.write();
    }

    /// Everything that is under way arrives.
    pub fn settle(&mut self) {
        self.nodes.iter_mut().for_each(|(_, below)| below.deaf = 0);
        for _ in 0..200 {
            self.links_carry(false);
            self.write();
        }
        for _ in 0..5 {
            self.now += Duration::from_secs(1);
            for (_, below) in &mut self.nodes {
                below.down = below.down.min(1);
                below.readers.iter_mut().for_each(|reader| reader.stalled = 0);
            }
            self.away.iter_mut().for_each(|(_, steps)| *steps = 0);
            self.readers_come_again();
            self.tick();
            self.links_carry(true);
            self.write();
        }
    }

    fn room_says(&mut self) {
        let asks = if self.rng.random_bool(0.1) {
            self.rng.random_range(0..40)
        } else {
            self.rng.random_range(0..3)
        };
        let wall = WallTime::from_unix_ms(WALL_MS + (self.now - self.began).as_millis() as i64);
        let batch = self.talk.turn(wall, asks, &mut self.rng);
        if batch.events.is_empty() {
            return;
        }
        // The bus may say a thing twice.
        if self.rng.random_bool(0.1) {
            self.node.batch(self.now, batch.clone());
        }
        self.node.batch(self.now, batch);
    }

    fn readers_come_and_stall(&mut self) {
        let seq = self.talk.seq();
        for at in 0..self.nodes.len() {
            let comes = self.nodes[at].1.readers.len() < 6 && self.rng.random_bool(0.1);
            let below = &mut self.nodes[at].1;
            if comes {
                let reader = Reader::new(&mut below.ring, seq);
                below.readers.push(reader);
            }
            for reader in &mut below.readers {
                if reader.stalled == 0 && self.rng.random_bool(0.01) {
                    reader.stalled = self.rng.random_range(1..300);
                    reader.healthy = false;
                }
            }
        }
    }

    /// A reader's own connection breaks, with the last frames on it.
    fn readers_break(&mut self) {
        for at in 0..self.nodes.len() {
            if self.nodes[at].1.readers.is_empty() || !self.rng.random_bool(0.02) {
                continue;
            }
            let which = self.rng.random_range(0..self.nodes[at].1.readers.len());
            let reader = self.nodes[at].1.readers.swap_remove(which);
            self.leaves(reader);
        }
    }

    /// Links break with what is on them; a node dies, and its readers come again, there or elsewhere.
    fn links_break(&mut self) {
        for at in 0..self.nodes.len() {
            if self.rng.random_bool(0.03) {
                let below = &mut self.nodes[at].1;
                let arrived = self.rng.random_range(0..=below.wire.len());
                below.wire.truncate(arrived);
                below.down = self.rng.random_range(1..30);
                below.passes.broke();
            }
            if self.rng.random_bool(0.004) {
                self.nodes[at].1.deaf = self.rng.random_range(1..200);
            }
            if self.rng.random_bool(0.003) {
                self.dies(at);
            }
        }
    }

    /// A node begins anew, and those that it fed go to the root: what their readers have has a hole, so they come again.
    fn dies(&mut self, at: usize) {
        let new = |fed_by| (End::new(EndConfig::default()), Below::new(fed_by));
        let fed_by = self.nodes[at].1.fed_by;
        let (_, dead) = std::mem::replace(&mut self.nodes[at], new(fed_by));
        dead.readers.into_iter().for_each(|reader| self.leaves(reader));
        for orphan in at + 1..self.nodes.len() {
            if self.nodes[orphan].1.fed_by == Some(at) {
                let (_, below) = std::mem::replace(&mut self.nodes[orphan], new(None));
                (self.nodes[orphan].1.ring, self.nodes[orphan].1.readers) = (below.ring, below.readers);
                self.come_again(orphan);
            }
        }
    }

    /// All readers of a node and of those that it feeds.
    fn come_again(&mut self, at: usize) {
        self.nodes[at].1.ring.lose();
        self.nodes[at].1.holed = true;
        let readers = std::mem::take(&mut self.nodes[at].1.readers);
        readers.into_iter().for_each(|reader| self.leaves(reader));
        for fed in at + 1..self.nodes.len() {
            if self.nodes[fed].1.fed_by == Some(at) {
                self.come_again(fed);
            }
        }
    }

    /// Most readers are back at once, some are away for seconds.
    fn leaves(&mut self, mut reader: Reader) {
        reader.loses(self.rng.random_range(0..3));
        let steps = if self.rng.random_bool(0.2) { 300 } else { 10 };
        self.away.push((reader, self.rng.random_range(0..steps)));
    }

    fn readers_come_again(&mut self) {
        let seq = self.talk.seq();
        for (mut reader, steps) in std::mem::take(&mut self.away) {
            if steps > 0 {
                self.away.push((reader, steps - 1));
                continue;
            }
            let to = self.rng.random_range(0..self.nodes.len());
            let below = &mut self.nodes[to].1;
            if reader.resumes(&mut below.ring) {
                self.resumed += 1;
                // At once, as the edge does: a later frame may push the oldest off a ring as small as these.
                assert!(drain(&below.ring, self.now, &mut reader), "the ring remembers it all");
                below.readers.push(reader);
            } else {
                self.finished.push(reader);
                let reader = Reader::new(&mut below.ring, seq);
                below.readers.push(reader);
            }
        }
    }

    fn tick(&mut self) {
        let readers: usize = self.nodes.iter().map(|(_, below)| below.readers.len() * 500).sum();
        self.nodes.iter_mut().for_each(|(_, below)| below.passes.tick(self.now));
        if self.node.due(self.now, readers).is_none_or(|due| due > self.now) {
            return;
        }
        let since = *self.due_since.get_or_insert(self.now);
        // As the root does: nothing new while somebody holds what was passed on last.
        if Arc::strong_count(&self.done) > 1 {
            self.stood = self.stood.max(self.now - since);
            return;
        }
        self.due_since = None;
        self.past_the_deaf += u64::from(self.nodes.iter().any(|(_, below)| below.deaf > 0));
        let pass = Pass::new(Arc::clone(&self.done));
        for frame in self.node.flush(self.now, wants(), &mut self.encoder, &Numbers) {
            let bytes = codec::write(&frame);
            for (above, below) in self.nodes.iter_mut().filter(|(_, below)| below.fed_by.is_none()) {
                pass_on(above, below, &bytes, self.now, Some(&pass));
            }
        }
    }

    fn links_carry(&mut self, all: bool) {
        let now = self.now;
        for at in 0..self.nodes.len() {
            let (nodes, further) = self.nodes.split_at_mut(at + 1);
            let (above, below) = &mut nodes[at];
            if below.down > 0 || (all && below.wire.is_empty()) {
                below.down = below.down.saturating_sub(1);
                if below.down == 0 {
                    // The root may know less than what has arrived: it sends some of it again.
                    let late = self.rng.random_range(0..4);
                    below.known = below.end.received().saturating_sub(late).max(below.known);
                    above.resume(below.known).expect("kept");
                    let kept = successors(above.after(below.known), |(last, _)| above.after(*last));
                    below.wire = kept.collect();
                }
            }
            let deaf = below.deaf > 0;
            below.deaf = below.deaf.saturating_sub(1);
            let arrives = match (deaf, all) {
                (true, _) => 0,
                (_, true) => below.wire.len(),
                _ => self.rng.random_range(0..=below.wire.len().min(AT_ONCE)),
            };
            for (number, bytes) in below.wire.drain(..arrives) {
                below.passes.written(number);
                if below.end.receive(number).expect("in order") {
                    for (above, fed) in further.iter_mut().filter(|(_, fed)| fed.fed_by == Some(at)) {
                        pass_on(above, fed, &bytes, now, None);
                        self.relayed += 1;
                    }
                    below.ring.push(now, Arc::new(codec::read(bytes).expect("a frame")));
                }
            }
        }
    }

    fn write(&mut self) {
        let mut lost = Vec::new();
        for (_, below) in &mut self.nodes {
            for mut reader in std::mem::take(&mut below.readers) {
                let stalls = reader.stalled > 0;
                reader.stalled = reader.stalled.saturating_sub(1);
                if stalls || drain(&below.ring, self.now, &mut reader) {
                    below.readers.push(reader);
                } else {
                    assert!(
                        below.holed,
                        "only behind a hole does a reader that stays connected have to come again"
                    );
                    lost.push(reader);
                }
            }
            below.ring.trim(self.now);
        }
        lost.into_iter().for_each(|reader| self.leaves(reader));
    }

    /// Whether every reader was given what it should; how much that was.
    pub fn judge(self) -> Result<u64, Fault> {
        if self.stood > LATE {
            return Err(Fault::Stood(self.stood));
        }
        let alive = self.nodes.into_iter().flat_map(|(_, below)| below.readers).map(|reader| (reader, true));
        let gone = self.finished.into_iter().map(|reader| (reader, false));
        let mut total = 0;
        for (index, (reader, alive)) in alive.chain(gone).enumerate() {
            total += reader.given.len() as u64;
            if let Some(pair) = reader.given.windows(2).find(|pair| pair[0] >= pair[1]) {
                return Err(Fault::Order(index, pair[0], pair[1]));
            }
            let end =
                if alive { self.talk.seq() } else { reader.given.last().copied().unwrap_or(reader.since) };
            if reader.healthy && reader.told_gap {
                return Err(Fault::Told(index));
            }
            let given: BTreeMap<u64, ()> = reader.given.iter().map(|seq| (*seq, ())).collect();
            let missing = |seq: &u64| !given.contains_key(seq);
            let due = |seqs: &[u64]| -> Vec<u64> {
                seqs.iter().copied().filter(|seq| *seq > reader.since && *seq <= end).collect()
            };
            // What was deleted before the reader came to it is not given any more: that is the end of what came before the deletion.
            let said = due(&self.talk.acknowledged);
            let is_deleted = |seq: u64| {
                let deletion = self.talk.deletions.iter().copied().find(|deletion| *deletion > seq);
                deletion
                    .is_some_and(|deletion| (seq..deletion).filter(|s| said.contains(s)).all(|s| missing(&s)))
            };
            if let Some(lost) = said.iter().find(|seq| reader.healthy && missing(seq) && !is_deleted(**seq)) {
                return Err(Fault::Lost(index, *lost));
            }
            if let Some(lost) = due(&self.talk.deletions).into_iter().find(missing) {
                return Err(Fault::Deletion(index, lost));
            }
        }
        Ok(total)
    }
}
