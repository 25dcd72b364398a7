//! A thread that does not run: notes and clients' bytes are given to it by hand, so that what comes before what is the test's to say.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};

use domain::ids::{ChannelId, UserId};
use mio::Waker;

use super::*;
use crate::command::{Account, Caller};
use crate::edge::handle::EdgeConfig;
use crate::edge::upstream::{Asker, Credential, Presented, Reply, Request, TokenMark};
use crate::event::Event;
use crate::tree::encode::{Encoder, Wire};
use crate::tree::frame::Frame;
use crate::tree::language::{Language, Want, Wants};
use crate::tree::shell::Pass;
use crate::tree::testing::{self, room};
use crate::wire::irc::render::Caps;

mod closing;
mod coming;
mod ended;
mod limits;
mod rooms;

/// The SHA-256 of the token with which clients come that have an account.
const TOKEN: [u8; 32] = [7; 32];

/// Whatever the edge asks, in words. The test answers.
#[derive(Default)]
struct Asked(Mutex<Vec<String>>);

impl Asked {
    fn note(&self, words: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }

    /// What was asked since this was looked at last.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Who asks.
fn who(asker: &Asker) -> String {
    asker.account.as_ref().map_or("nobody".to_owned(), |account| account.login.to_string())
}

impl Upstream for Asked {
    fn find_channel(&self, _: ConnectionId, name: &str) {
        self.note(format!("find {name}"));
    }
    fn join(&self, asker: Asker, room: &RoomName) {
        let how = match asker.resume {
            _ if asker.again => " again".to_owned(),
            Some((epoch, seq)) => format!(" after {epoch}.{seq}"),
            None => String::new(),
        };
        self.note(format!("join {}{how} as {}", room.login, who(&asker)));
    }
    fn part(&self, asker: Asker, channel: ChannelId) {
        self.note(format!("part {channel} as {}", who(&asker)));
    }
    fn command(
        &self,
        caller: Caller,
        _: Option<TokenMark>,
        channel: ChannelId,
        _: Request,
        _: Option<Box<str>>,
    ) {
        self.note(format!("command of {} in {channel}", caller.account.login));
    }
    fn authenticate(&self, _: ConnectionId, token: &str) {
        self.note(format!("authenticate {token}"));
    }
}

/// A thread with a listener for its clients.
struct Stage {
    thread: EdgeThread,
    asked: Arc<Asked>,
    listener: TcpListener,
}

impl Stage {
    fn new() -> Self {
        Self::with(EdgeConfig::default())
    }

    fn with(config: EdgeConfig) -> Self {
        let poll = Poll::new().expect("a poll");
        let inbox = Arc::new(Inbox::new(Waker::new(poll.registry(), WAKE).expect("a waker")));
        let shared = Shared {
            config,
            interests: Default::default(),
            joins: Mutex::default(),
            people: Default::default(),
            inboxes: vec![inbox],
            endings: Default::default(),
        };
        let asked = Arc::new(Asked::default());
        let upstream: Arc<dyn Upstream> = asked.clone();
        let thread = EdgeThread::new(0, poll, Arc::new(shared), upstream);
        Self { thread, asked, listener: TcpListener::bind("127.0.0.1:0").expect("a port") }
    }

    /// A connection that is handed over, with the client's end of it. Its account was looked up when the thread began.
    fn client(&mut self, tongue: Tongue, account: Option<Arc<Account>>) -> (u32, TcpStream) {
        self.client_after(tongue, account, None)
    }

    /// The same, of a client that has everything up to an event.
    fn client_after(
        &mut self,
        tongue: Tongue,
        account: Option<Arc<Account>>,
        after: Option<(u64, u64)>,
    ) -> (u32, TcpStream) {
        let asked = self.thread.started;
        let token = account.is_some().then_some(Presented { hash: TOKEN, asked });
        let client = TcpStream::connect(self.listener.local_addr().expect("bound")).expect("connects");
        let (server, _) = self.listener.accept().expect("accepted");
        client.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        self.thread.inbox.connections.fetch_add(1, Ordering::Relaxed);
        self.thread.note(Note::Adopt(Box::new(Adopted {
            socket: Socket::Plain(server),
            leftover: Vec::new(),
            tongue,
            deflate: false,
            room: (tongue == Tongue::Native).then(room),
            account,
            token,
            refused: false,
            address: [127, 0, 0, 1].into(),
            full: true,
            after,
            pass: None,
        })));
        let newest = self.thread.slots.iter().rposition(|slot| slot.connection.is_some());
        (newest.expect("adopted") as u32, client)
    }

    /// A client's bytes come.
    fn comes(&mut self, slot: u32, bytes: &[u8]) {
        self.thread.at(slot).expect("is here").input.extend_from_slice(bytes);
        self.thread.parse(slot);
        self.thread.pump(slot);
    }

    /// A client's text frame comes, masked with zeros.
    fn says(&mut self, slot: u32, text: &str) {
        let mut bytes = vec![0x81, 0x80 | 126];
        bytes.extend_from_slice(&u16::try_from(text.len()).expect("short").to_be_bytes());
        if text.len() < 126 {
            bytes = vec![0x81, 0x80 | text.len() as u8];
        }
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(text.as_bytes());
        self.comes(slot, &bytes);
    }

    /// An answer comes for a connection.
    fn answers(&mut self, slot: u32, reply: Reply) {
        let id = self.thread.at(slot).expect("is here").id;
        self.thread.note(Note::Reply(id, reply));
    }

    /// An event of a room comes.
    fn happens(&mut self, room: &RoomName, event: Event) {
        let frames = self.frames(room, event);
        self.thread.note(frames);
    }

    /// A note of an event of a room.
    fn frames(&self, room: &RoomName, event: Event) -> Note {
        let wants = Wants::default().and(Want::new(Language::Native, false, true)).and(Want::new(
            Language::Irc(commands()),
            false,
            true,
        ));
        let event = Event { channel: room.channel, ..event };
        let frames = Encoder::default().frames(room, 1, &[(event, true)], wants, &Wire::default());
        let frames: Arc<[Arc<Frame>]> = frames.into_iter().map(Arc::new).collect();
        Note::Frames(room.channel, frames, Pass::new(Arc::default()))
    }

    /// The room lets a connection in: it asked as nobody, or as somebody.
    fn lets_in(&mut self, slot: u32, greeting: &str, given: Option<u64>) {
        let (channel, greeting) = (room().channel, greeting.as_bytes().to_vec());
        let reply = Reply::Joined { channel, epoch: 1, seq: 0, greeting, moderates: given.is_some(), given };
        self.answers(slot, reply);
    }
}

/// What clients of IRC that read rooms ask to be told.
fn commands() -> Caps {
    Caps::default().with("twitch.tv/commands").expect("there is such a thing")
}

fn maya() -> Arc<Account> {
    Arc::new(Account { id: UserId(7), ..testing::account("maya") })
}

/// Reads until `mark` has come; all that came.
fn until(client: &mut TcpStream, mark: &str) -> String {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    while !all.windows(mark.len()).any(|window| window == mark.as_bytes()) {
        let count = client.read(&mut buffer).expect("comes in time");
        assert!(count > 0, "ended before {mark:?}: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&all).into_owned()
}
