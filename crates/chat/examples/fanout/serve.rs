//! The edge, a root and a room without rules.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chat::command::{Account, Caller, Outcome, Said};
use chat::edge::{
    Adopted, Asker, EdgeConfig, EdgeHandle, EdgeThreads, Reply, Request, Socket, TokenMark, Tongue, Upstream,
};
use chat::event::{Audience, Author, Badges, Batch, ConnectionId, Event, Happening, Line};
use chat::tree::encode::{RoomName, Wire};
use chat::tree::node::NodeConfig;
use chat::tree::shell::Roots;
use chat::websocket::handshake::{Answer, Subprotocol};
use domain::ids::{ChannelId, MessageId, UserId};
use domain::ports::{BUS_DEPTH, ChatBus, StoreError};
use domain::time::WallTime;
use tokio::sync::mpsc;

const CHANNEL: ChannelId = ChannelId(1);

type Error = Box<dyn std::error::Error>;

/// Serves until it is killed; prints its own CPU time every five seconds.
pub fn run(address: SocketAddr, threads: usize) -> Result<(), Error> {
    let mut config = EdgeConfig { threads, ..EdgeConfig::default() };
    config.rates.messages_per_s = 12_000;
    config.rates.bytes_per_s = 1 << 24;
    let edge = EdgeThreads::new(config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let bus = Arc::new(Bus::default());
    let roots = Roots::new(
        bus.clone(),
        Arc::new(edge.handle()),
        Arc::new(Wire::default()),
        NodeConfig::default(),
        runtime::Scope::root(),
    );
    let (said, heard) = mpsc::channel(65_536);
    runtime.spawn(publish(bus, heard));
    let upstream =
        Room { edge: edge.handle(), roots, said, seq: Mutex::new(0), tokio: runtime.handle().clone() };
    let handle = edge.handle();
    let _running = edge.start(&(Arc::new(upstream) as Arc<dyn Upstream>))?;
    let listener = TcpListener::bind(address)?;
    println!("serving {address}");
    for socket in listener.incoming() {
        if let Err(error) = welcome(socket?, &handle) {
            eprintln!("handshake: {error}");
        }
    }
    Ok(())
}

/// Answers a handshake and hands the socket over.
fn welcome(mut socket: TcpStream, edge: &EdgeHandle) -> Result<(), Error> {
    let mut bytes = [0; 1024];
    let mut len = 0;
    let end = loop {
        if let Some(end) = bytes[..len].windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        match socket.read(&mut bytes[len..])? {
            0 => return Err("no request".into()),
            count => len += count,
        }
    };
    let head = std::str::from_utf8(&bytes[..end])?;
    let header = |name: &str| {
        head.lines().find_map(|line| line.split_once(": ").filter(|(n, _)| *n == name).map(|(_, v)| v))
    };
    let key = header("sec-websocket-key").ok_or("no key")?;
    let answer = Answer::to(key, header("sec-websocket-protocol"), header("sec-websocket-extensions"))
        .ok_or("bad key")?;
    socket.write_all(&answer.bytes())?;
    let account = header("x-account").and_then(|n| n.parse().ok()).map(account);
    edge.adopt(Adopted {
        address: socket.peer_addr()?.ip(),
        socket: Socket::Plain(socket),
        leftover: bytes[end..len].to_vec(),
        tongue: if answer.subprotocol == Subprotocol::Native { Tongue::Native } else { Tongue::IrcWebSocket },
        deflate: answer.extensions.is_some(),
        room: Some(room()),
        account,
        full: !head.contains("/sampled"),
        after: None,
        token: None,
        refused: false,
        pass: None,
    });
    Ok(())
}

fn room() -> RoomName {
    RoomName { channel: CHANNEL, login: "maya".parse().expect("a name") }
}

fn account(number: u64) -> Arc<Account> {
    Arc::new(Account {
        id: UserId(number),
        login: format!("writer_{number}").parse().expect("a name"),
        display: format!("Writer_{number}").into(),
        admin: false,
        partner: false,
        bot: false,
        verified: true,
        created_at: WallTime::from_unix_ms(0),
        colour: 0x33_66_99,
    })
}

/// A room that lets everybody in and everything pass.
struct Room {
    edge: EdgeHandle,
    roots: Arc<Roots>,
    said: mpsc::Sender<Batch>,
    seq: Mutex<u64>,
    tokio: tokio::runtime::Handle,
}

impl Upstream for Room {
    fn find_channel(&self, connection: ConnectionId, name: &str) {
        self.edge.reply(connection, Reply::Channel { name: name.into(), found: Some(CHANNEL) });
    }
    fn join(&self, asker: Asker, room: &RoomName) {
        let (edge, roots, room) = (self.edge.clone(), Arc::clone(&self.roots), room.clone());
        let seq = *self.seq.lock().unwrap_or_else(PoisonError::into_inner);
        self.tokio.spawn(async move {
            if roots.watch(room).await.is_ok() {
                let greeting = Vec::new();
                let reply = Reply::Joined {
                    channel: CHANNEL,
                    epoch: 1,
                    seq,
                    greeting,
                    moderates: false,
                    given: None,
                };
                edge.reply(asker.connection, reply);
            }
        });
    }
    fn part(&self, _: Asker, _: ChannelId) {}
    fn authenticate(&self, connection: ConnectionId, _: &str) {
        self.edge.reply(connection, Reply::Account(None));
    }
    fn command(
        &self,
        caller: Caller,
        _: Option<TokenMark>,
        channel: ChannelId,
        request: Request,
        nonce: Option<Box<str>>,
    ) {
        let Request::Say { text, .. } = request else { return };
        let mut seq = self.seq.lock().unwrap_or_else(PoisonError::into_inner);
        *seq += 1;
        let event = line(*seq, &caller, text);
        // Under the lock, so that the order of numbers is the order in the queue.
        if self.said.try_send(Batch { epoch: 1, events: vec![event] }).is_err() {
            *seq -= 1;
            return;
        }
        let said = Said { id: MessageId(*seq), badges: Badges::default(), nonce: nonce.clone() };
        let result = Ok(Outcome { said: Some(said), ..Outcome::default() });
        if let Some(connection) = caller.connection {
            self.edge.reply(connection, Reply::Answer { channel, nonce, result });
        }
    }
}

fn line(seq: u64, caller: &Caller, text: String) -> Event {
    let account = &caller.account;
    let author = Author {
        id: account.id,
        login: account.login.clone(),
        display: Arc::clone(&account.display),
        colour: account.colour,
        badges: Badges::default(),
    };
    let at = WallTime::from_unix_ms(runtime::clock::wall_ms());
    let line = Line {
        id: MessageId(seq),
        author: Arc::new(author),
        text: text.into(),
        action: false,
        emotes: Vec::new(),
        parent: None,
        nonce: None,
        at,
        first: false,
        suspicion: None,
        origin: caller.connection,
        mentions: Vec::new(),
    };
    Event { seq, channel: CHANNEL, audience: Audience::Everyone, what: Happening::Line(line), at }
}

/// Says what was said to the bus, several at a time where several wait.
async fn publish(bus: Arc<Bus>, mut heard: mpsc::Receiver<Batch>) {
    let mut waiting = Vec::new();
    while heard.recv_many(&mut waiting, 256).await > 0 {
        let events = waiting.drain(..).flat_map(|batch| batch.events).collect();
        let batch = serde_json::to_vec(&Batch { epoch: 1, events }).expect("serialises");
        if bus.publish(CHANNEL, batch.into()).await.is_err() {
            return;
        }
    }
}

/// A bus within one process.
#[derive(Default)]
struct Bus(Mutex<HashMap<ChannelId, Subscribers>>);

type Subscribers = Vec<mpsc::Sender<Arc<[u8]>>>;

#[async_trait]
impl ChatBus for Bus {
    async fn publish(&self, channel: ChannelId, batch: Arc<[u8]>) -> Result<(), StoreError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(channel).or_default().retain(|to| to.try_send(Arc::clone(&batch)).is_ok());
        Ok(())
    }
    async fn subscribe(&self, channel: ChannelId) -> Result<mpsc::Receiver<Arc<[u8]>>, StoreError> {
        let (to, from) = mpsc::channel(BUS_DEPTH);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(channel).or_default().push(to);
        Ok(from)
    }
}
