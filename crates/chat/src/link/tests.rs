//! Two nodes over connections that break, on paused time.

mod asked;
mod secure;
mod slow;
mod tree;

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::ChannelId;
use runtime::Scope;
use rustls::ServerConfig;
use tokio::io::DuplexStream;
use tokio::sync::{Notify, mpsc};

use super::LinkError;
use super::above::{Links, LinksConfig};
use super::below::{Below, Lower, Uplink};
use super::end::EndConfig;
use super::pipe::Stream;
use super::proof::Secret;
use super::tls::{self, Binding, Opener, UNBOUND};
use super::wire::Offer;
use crate::command::Caller;
use crate::edge::handle::node_of;
use crate::edge::{Asker, Replies, Reply, Request, TokenMark, Upstream};
use crate::event::{ConnectionId, Event};
use crate::tree::encode::{Encoder, RoomName};
use crate::tree::frame::Frame;
use crate::tree::language::{Language, Want, Wants};
use crate::tree::shell::{Downstream, Pass};
use crate::tree::testing::{Plainly, line, room};

/// The node's number is in the upper bits.
const READER: ConnectionId = ConnectionId(3 << 52 | 1);

/// Everything that either side is told, in order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>, Arc<Notify>);

impl Notes {
    fn note(&self, text: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        self.1.notify_waiters();
    }
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Waits until so many notes are there.
    async fn until(&self, count: usize) -> Vec<String> {
        let enough = async {
            loop {
                let more = self.1.notified();
                if self.all().len() >= count {
                    return;
                }
                more.await;
            }
        };
        let within = tokio::time::timeout(PATIENCE, enough).await;
        within.unwrap_or_else(|_| panic!("{count} are awaited: {:?}", self.all()));
        self.all()
    }
}

impl Upstream for Notes {
    fn find_channel(&self, _: ConnectionId, name: &str) {
        self.note(format!("find {name}"));
    }
    fn join(&self, asker: Asker, room: &RoomName) {
        self.note(format!("join {} {}", node_of(asker.connection), room.channel));
    }
    fn part(&self, asker: Asker, channel: ChannelId) {
        self.note(format!("part {} {channel}", node_of(asker.connection)));
    }
    fn command(
        &self,
        caller: Caller,
        _: Option<TokenMark>,
        _: ChannelId,
        request: Request,
        _: Option<Box<str>>,
    ) {
        if let Request::Say { text, .. } = request {
            self.note(format!("{} says {text}", caller.account.login));
        }
    }
    fn authenticate(&self, _: ConnectionId, token: &str) {
        self.note(format!("token of {} letters", token.len()));
    }
}

impl Replies for Notes {
    fn reply(&self, _: ConnectionId, reply: Reply) {
        match reply {
            Reply::Channel { name, .. } => self.note(format!("found {name}")),
            other => self.note(format!("{other:?}")),
        }
    }
}

impl Downstream for Notes {
    fn interest(&self, _: ChannelId) -> (Wants, usize) {
        (Wants::default().and(Want::new(Language::Native, false, true)), 1)
    }
    fn rooms(&self) -> Vec<(ChannelId, Wants, usize)> {
        let (wants, readers) = self.interest(room().channel);
        vec![(room().channel, wants, readers)]
    }
    fn deliver(&self, frames: &[Arc<Frame>], _: &Pass) {
        frames.iter().for_each(|frame| self.note(format!("frame {}-{}", frame.first, frame.last)));
    }
}

impl Lower for Notes {
    fn come_again(&self) {
        self.note("anew".into());
    }
}

/// A root and a node below it.
struct Pair {
    links: Arc<Links>,
    uplink: Arc<Uplink>,
    above: Notes,
    below: Notes,
    /// Breaks the connection that is up.
    cut: Arc<Notify>,
    scope: Scope,
}

/// A node without others below it.
fn under(notes: &Notes) -> Below {
    let node = Arc::new(notes.clone());
    Below { frames: node.clone(), replies: node.clone(), node }
}

fn secret() -> Secret {
    Secret::new(b"a secret of some length").expect("long enough")
}

fn pair(kept: EndConfig) -> Pair {
    pair_over(kept, None)
}

/// The two ends of a link's streams: with TLS or not.
type Tls = (Arc<ServerConfig>, Opener);

async fn opened(tls: Option<&Tls>, stream: DuplexStream) -> Result<(Box<dyn Stream>, Binding), LinkError> {
    match tls {
        None => Ok((Box::new(stream), UNBOUND)),
        Some((_, opener)) => {
            let (stream, channel) = opener.open("root:1", stream).await?;
            Ok((Box::new(stream), channel))
        }
    }
}

async fn taken(tls: Option<&Tls>, stream: DuplexStream) -> Result<(Box<dyn Stream>, Binding), LinkError> {
    match tls {
        None => Ok((Box::new(stream), UNBOUND)),
        Some((config, _)) => {
            let (stream, channel) = tls::take(Arc::clone(config), stream).await?;
            Ok((Box::new(stream), channel))
        }
    }
}

fn pair_over(kept: EndConfig, tls: Option<Tls>) -> Pair {
    let (above, below) = (Notes::default(), Notes::default());
    let config = LinksConfig { kept, ..LinksConfig::default() };
    let links = Links::new(secret(), config, Arc::new(above.clone()));
    let uplink = Uplink::new(secret(), 3, None, kept);
    let (cut, scope) = (Arc::new(Notify::new()), Scope::root());
    let (sockets, mut accepted) = mpsc::channel::<DuplexStream>(4);
    let (serving, cutting, inner) = (Arc::clone(&links), Arc::clone(&cut), scope.clone());
    let taking = tls.clone();
    scope.spawn("accept", async move {
        while let Some(socket) = accepted.recv().await {
            let (links, cut, tls) = (Arc::clone(&serving), Arc::clone(&cutting), taking.clone());
            inner.spawn("serve", async move {
                let serve = async {
                    if let Ok((stream, channel)) = taken(tls.as_ref(), socket).await {
                        links.serve(stream, &channel).await;
                    }
                };
                tokio::select! {
                    () = serve => {}
                    () = cut.notified() => {}
                }
            });
        }
    });
    let running = Arc::clone(&uplink);
    scope.spawn(
        "uplink",
        running.run("root".into(), under(&below), move |_| {
            let (sockets, tls) = (sockets.clone(), tls.clone());
            async move {
                // Small, so that a cut leaves messages half sent; but both ends of TLS speak at once after the handshake, and
                // neither reads before it has spoken.
                let (here, there) = tokio::io::duplex(if tls.is_some() { 2_048 } else { 100 });
                sockets.send(there).await.map_err(|_| refused())?;
                opened(tls.as_ref(), here).await
            }
        }),
    );
    Pair { links, uplink, above, below, cut, scope }
}

fn refused() -> LinkError {
    std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()
}

fn frame(seq: u64) -> Arc<Frame> {
    let events: Vec<(Event, bool)> = vec![(line(seq, "maya"), true)];
    let wants = Wants::default().and(Want::new(Language::Native, false, true));
    Arc::new(Encoder::default().frames(&room(), 1, &events, wants, &Plainly).remove(0))
}

fn pass() -> Pass {
    Pass::new(Arc::new(Notify::new()))
}

fn asker() -> Asker {
    Asker {
        connection: READER,
        language: Language::Native,
        nick: "".into(),
        account: None,
        address: [127, 0, 0, 1].into(),
        resume: None,
        again: false,
    }
}

/// Lets virtual time pass: the clock is paused in every test here, and moves on only once all tasks are idle.
async fn virtual_time(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Virtual time after which what is awaited will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so.
async fn wait(until: impl Fn() -> bool) {
    let so = async {
        while !until() {
            virtual_time(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, so).await.expect("it comes to be so");
}

/// Waits until the node above knows that the room is read below.
async fn is_read(links: &Links) {
    wait(|| links.interest(room().channel).1 > 0).await;
}

/// Connects once; then nobody is there.
fn once(end: DuplexStream) -> impl Fn(Offer) -> Ready<Result<(DuplexStream, Binding), LinkError>> {
    let end = Mutex::new(Some(end));
    move |_| {
        let end = end.lock().unwrap_or_else(PoisonError::into_inner).take();
        ready(end.map(|end| (end, UNBOUND)).ok_or_else(refused))
    }
}

/// So many frames go down and as many questions up, over lines that `cut` breaks now and then.
async fn talk(links: &Links, uplink: &Uplink, asker: ConnectionId, count: u64, cut: impl Fn(u64)) {
    for seq in 1..=count {
        links.deliver(&[frame(seq)], &pass());
        uplink.find_channel(asker, &seq.to_string());
        virtual_time(Duration::from_millis(7)).await;
        if seq % 9 == 0 {
            cut(seq);
        }
    }
}

/// None was lost, came twice or out of order.
async fn heard_all(below: &Notes, above: &Notes, count: usize) {
    let expected: Vec<String> = (1..=count).map(|seq| format!("frame {seq}-{seq}")).collect();
    assert_eq!(below.until(count).await, expected);
    let expected: Vec<String> = (1..=count).map(|seq| format!("find {seq}")).collect();
    assert_eq!(above.until(count).await, expected);
}

#[tokio::test(start_paused = true)]
async fn questions_go_up_and_frames_and_answers_come_down() {
    let pair = pair(EndConfig::default());
    pair.uplink.find_channel(READER, "maya");
    pair.uplink.join(asker(), &room());
    assert_eq!(pair.above.until(2).await, ["find maya", "join 3 7"]);
    is_read(&pair.links).await;
    pair.links.deliver(&[frame(1)], &pass());
    pair.links.reply(READER, Reply::Channel { name: "maya".into(), found: None });
    assert_eq!(pair.below.until(2).await, ["frame 1-1", "found maya"]);
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_away_hears_that_all_of_its_connections_are_to_come_again() {
    let pair = pair(EndConfig::default());
    is_read(&pair.links).await;
    pair.cut.notify_waiters();
    pair.links.come_again();
    assert_eq!(pair.below.until(1).await, ["ComeAgain"]);
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_link_that_breaks_goes_on_where_it_stopped() {
    let pair = pair(EndConfig::default());
    is_read(&pair.links).await;
    talk(&pair.links, &pair.uplink, READER, 60, |_| pair.cut.notify_waiters()).await;
    heard_all(&pair.below, &pair.above, 60).await;
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn where_too_much_was_said_in_between_readers_come_again() {
    let pair = pair(EndConfig { messages_max: 5, ..EndConfig::default() });
    pair.uplink.join(asker(), &room());
    is_read(&pair.links).await;
    pair.links.deliver(&[frame(1)], &pass());
    pair.below.until(1).await;
    pair.cut.notify_waiters();
    (2..=60).for_each(|seq| pair.links.deliver(&[frame(seq)], &pass()));
    assert_eq!(pair.below.until(2).await[..2], ["frame 1-1", "anew"]);
    is_read(&pair.links).await;
    pair.links.deliver(&[frame(61)], &pass());
    assert_eq!(pair.below.until(3).await[2], "frame 61-61");
    assert_eq!(pair.above.all(), ["join 3 7", "part 3 7"], "the room knows that they are gone");
    // The readers are closed, or sign in before they are, and leave rooms that this life of the root did not let them into.
    pair.uplink.join(Asker { again: true, ..asker() }, &room());
    pair.uplink.part(asker(), room().channel);
    pair.uplink.find_channel(READER, "maya");
    assert_eq!(pair.above.until(3).await[2], "find maya", "nobody is parted twice");
    pair.uplink.join(asker(), &room());
    pair.uplink.part(asker(), room().channel);
    assert_eq!(pair.above.until(5).await[3..], ["join 3 7", "part 3 7"]);
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn where_too_much_was_asked_in_between_readers_come_again_too() {
    let pair = pair(EndConfig { messages_max: 5, ..EndConfig::default() });
    pair.uplink.find_channel(READER, "0");
    pair.above.until(1).await;
    pair.cut.notify_waiters();
    (1..=60).for_each(|n| pair.uplink.find_channel(READER, &n.to_string()));
    assert_eq!(pair.below.until(1).await, ["anew"]);
    pair.uplink.find_channel(READER, "maya");
    assert_eq!(pair.above.until(2).await, ["find 0", "find maya"]);
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn where_too_much_was_asked_before_the_first_link_both_ends_begin_anew() {
    let pair = pair(EndConfig { messages_max: 5, ..EndConfig::default() });
    (0..60).for_each(|n| pair.uplink.find_channel(READER, &n.to_string()));
    assert_eq!(pair.below.until(1).await, ["anew"]);
    pair.uplink.find_channel(READER, "maya");
    assert_eq!(pair.above.until(1).await.last().map(String::as_str), Some("find maya"));
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_in_one_room_is_still_in_the_others() {
    let pair = pair(EndConfig { messages_max: 5, ..EndConfig::default() });
    let other = RoomName { channel: ChannelId(8), ..room() };
    pair.uplink.join(asker(), &room());
    pair.uplink.join(asker(), &other);
    pair.above.until(2).await;
    pair.links.reply(READER, Reply::NotJoined { channel: other.channel, words: Vec::new() });
    pair.below.until(1).await;
    // The node is forgotten: with more said than is kept, neither end can go on.
    pair.cut.notify_waiters();
    (0..60).for_each(|_| pair.links.reply(READER, Reply::Account(None)));
    assert_eq!(pair.below.until(2).await[1], "anew");
    pair.uplink.find_channel(READER, "maya");
    assert_eq!(pair.above.until(3).await[..3], ["join 3 7", "join 3 8", "part 3 7"]);
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_end_without_the_secret_is_told_nothing() {
    let pair = pair(EndConfig::default());
    let (here, there) = tokio::io::duplex(4096);
    let stranger =
        Uplink::new(Secret::new(b"not the secret, not it").expect("long"), 9, None, EndConfig::default());
    let notes = Notes::default();
    stranger.authenticate(READER, "secret");
    pair.scope.spawn("stranger", stranger.run("root".into(), under(&notes), once(here)));
    let _ = pair.links.serve(there, &UNBOUND).await;
    assert!(pair.above.all().is_empty() && notes.all().is_empty());
    pair.scope.close(Duration::from_secs(1)).await;
}
