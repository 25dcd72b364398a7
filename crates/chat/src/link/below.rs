//! The lower end: a node without rooms. What its edge asks goes up, frames and answers come down.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::ids::ChannelId;
use rand::RngExt as _;
use runtime::clock;

use super::LinkError;
use super::codec;
use super::end::{End, EndConfig};
use super::pipe::{Brake, Line, Stream, greet, greeted};
use super::proof::{About, Secret, Side};
use super::tls::Binding;
use super::wire::{
    self, Answered, Down, Hello, Kind, Message, Offer, OtherVersion, Proof, Up, VERSION, Welcome,
};
use crate::command::Caller;
use crate::edge::{Asker, Replies, Reply, Request, TokenMark, Upstream};
use crate::event::ConnectionId;
use crate::rules::refusals;
use crate::tree::encode::RoomName;
use crate::tree::language::Wants;
use crate::tree::plan::Fed;
use crate::tree::shell::Downstream;

/// What is below this end.
pub struct Below {
    /// Takes frames.
    pub frames: Arc<dyn Downstream>,
    /// Takes answers.
    pub replies: Arc<dyn Replies>,
    /// The node itself.
    pub node: Arc<dyn Lower>,
}

/// A node at the lower end of a link.
pub trait Lower: Send + Sync {
    /// Closes all readers, so that they come again.
    fn come_again(&self);
    /// Nodes below this one.
    fn nodes(&self) -> Vec<Fed<u16, Offer>> {
        Vec::new()
    }
    /// The link is up, or has been down for so long that others had better feed those below.
    fn fed(&self, _is_fed: bool) {}
}

/// The link to the node above.
pub struct Uplink {
    secret: Secret,
    node: u16,
    life: u64,
    /// Where other nodes may link to this one.
    offer: Option<Offer>,
    kept: EndConfig,
    line: Line,
    brake: Brake,
    told: Mutex<HashMap<ChannelId, (Wants, usize)>>,
    told_nodes: Mutex<Vec<Fed<u16, Offer>>>,
    /// Life of the node above that this end knows: 0 at first, [`NO_LIFE`] once it can't go on with any.
    above: Mutex<u64>,
    linked: AtomicBool,
    interest: std::sync::OnceLock<Arc<dyn Downstream>>,
    replies: std::sync::OnceLock<Arc<dyn Replies>>,
}

/// Frames that came down and are not written to all readers who can take them at once: beyond, no more are *read* off the link.
const FRAMES_MAX: usize = 64;

/// No node above has this life.
const NO_LIFE: u64 = u64::MAX;

/// Seconds after which it is told again who is linked here.
const NODES_AGAIN_S: u64 = 10;
/// How long nodes below wait for their frames to come again this way.
const UNFED_AFTER: Duration = Duration::from_secs(5);

/// Where to link to next.
enum Next {
    Again,
    Elsewhere(Offer),
}

impl Uplink {
    /// A link of this node, not connected. It may be asked at once: what is asked waits.
    pub fn new(secret: Secret, node: u16, offer: Option<Offer>, kept: EndConfig) -> Arc<Self> {
        Arc::new(Self {
            secret,
            node,
            life: rand::random::<u64>().max(1),
            offer,
            kept,
            line: Line::new(End::new(kept)),
            brake: Brake::new(FRAMES_MAX),
            told: Mutex::default(),
            told_nodes: Mutex::default(),
            above: Mutex::new(0),
            linked: AtomicBool::new(false),
            interest: std::sync::OnceLock::new(),
            replies: std::sync::OnceLock::new(),
        })
    }

    /// Where what is asked goes up.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// Whether the link is up: what a readiness probe asks.
    pub fn linked(&self) -> bool {
        self.linked.load(Ordering::Relaxed)
    }

    /// Links to `root`, or where it sends us, again and again: that it can't be reached there is told to the root, which sends us to
    /// another, or feeds us itself. `connect` opens a stream and says what binds proofs to it. Never returns.
    pub async fn run<S, F>(self: Arc<Self>, root: String, below: Below, connect: impl Fn(Offer) -> F + Send)
    where
        S: Stream,
        F: Future<Output = Result<(S, Binding), LinkError>> + Send,
    {
        let _ = self.interest.set(Arc::clone(&below.frames));
        let _ = self.replies.set(Arc::clone(&below.replies));
        let root = Offer { address: root, fingerprint: None };
        let (mut sent, mut stranded, mut pause) = (None, 0, PAUSE_MIN);
        let mut linked_at = clock::now();
        loop {
            let is_sent = sent.is_some();
            let to = sent.take().unwrap_or_else(|| root.clone());
            let address = to.address.clone();
            let outcome = match connect(to).await {
                Ok((stream, channel)) => self.serve(stream, &channel, &below, stranded).await,
                Err(error) => Err(error),
            };
            let was_linked = self.linked.swap(false, Ordering::Relaxed);
            stranded += u32::from(is_sent);
            if was_linked {
                (stranded, pause, linked_at) = (0, PAUSE_MIN, clock::now());
            } else if clock::now().saturating_duration_since(linked_at) > UNFED_AFTER {
                below.node.fed(false);
            }
            match outcome {
                // At once; but not from one to the next to the next.
                Ok(Next::Elsewhere(offer)) if !is_sent => {
                    tracing::info!(to = offer.address, "chat link is fed by another node");
                    sent = Some(offer);
                    continue;
                }
                Ok(Next::Elsewhere(_)) => tracing::warn!(to = address, "chat link is sent on a second time"),
                Ok(Next::Again) => {}
                Err(error) => tracing::warn!(to = address, %error, "chat link is down"),
            }
            let jitter = rand::rng().random_range(0..=pause.as_millis() as u64);
            tokio::time::sleep(pause / 2 + Duration::from_millis(jitter)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn serve(
        &self,
        mut stream: impl Stream,
        channel: &Binding,
        below: &Below,
        stranded: u32,
    ) -> Result<Next, LinkError> {
        let mut input = BytesMut::new();
        let welcome = self.greet(&mut stream, &mut input, channel, stranded).await?;
        let written = match welcome {
            Welcome::Elsewhere(offer) => return Ok(Next::Elsewhere(offer)),
            Welcome::Unfed => return Err(LinkError::Unfed),
            Welcome::Number => return Err(LinkError::Number(self.node)),
            Welcome::Resume { received, .. } => {
                let resumed = self.line.end().resume(received);
                resumed.map_err(|_| self.give_up_resuming())?;
                self.take_back(&*below.replies);
                received
            }
            Welcome::Fresh { life } => {
                self.begin(life, below);
                0
            }
        };
        self.linked.store(true, Ordering::Relaxed);
        below.node.fed(true);
        let take = |message: Message| self.came(message, below);
        tokio::select! {
            error = self.line.serve(stream, input, written, &self.brake, take, |_| {}) => Err(error),
            () = self.keep_telling(below) => Ok(Next::Again),
        }
    }

    async fn greet(
        &self,
        stream: &mut impl Stream,
        input: &mut BytesMut,
        channel: &Binding,
        stranded: u32,
    ) -> Result<Welcome, LinkError> {
        let nonce = Secret::nonce();
        let hello = Hello {
            version: VERSION,
            node: self.node,
            life: self.life,
            known: *self.above.lock().unwrap_or_else(PoisonError::into_inner),
            received: self.line.end().received(),
            nonce,
            offer: self.offer.clone(),
            stranded,
        };
        greet(stream, &hello).await?;
        let challenge = match greeted(stream, input).await? {
            Answered::Challenge(challenge) => challenge,
            Answered::OtherVersion(OtherVersion { version }) => return Err(LinkError::Version(version)),
        };
        let about = |side| About { side, node: self.node, below: &nonce, above: &challenge.nonce, channel };
        if !self.secret.check(&about(Side::Above), &challenge.proof) {
            return Err(LinkError::Proof);
        }
        let proof = self.secret.prove(&about(Side::Below));
        greet(stream, &Proof { proof }).await?;
        greeted(stream, input).await
    }

    /// What was asked of rooms and not taken before the connection broke is not asked any more: who said something learns that it was
    /// not said, instead of saying it a minute late, or after their sign-in ended.
    fn take_back(&self, replies: &dyn Replies) {
        let mut asked = Vec::new();
        self.line.end().revise(|kept| match wire::read_said(kept)? {
            Up::Command(caller, _, channel, _, nonce) => {
                asked.push((caller, channel, nonce));
                Some(wire::said(&Up::Nothing))
            }
            _ => None,
        });
        for (caller, channel, nonce) in asked {
            unreachable(replies, &caller, channel, nonce);
        }
    }

    /// What was said up there is gone before it could be written, and will not be kept again: the next greeting knows no life, so that
    /// both ends begin anew.
    fn give_up_resuming(&self) -> LinkError {
        *self.above.lock().unwrap_or_else(PoisonError::into_inner) = NO_LIFE;
        LinkError::Message("what it needs is not kept")
    }

    /// Both ends begin anew. Readers that were here before have a hole and come again; the first time there are none.
    fn begin(&self, life: u64, below: &Below) {
        let mut above = self.above.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *above == 0;
        *above = life;
        drop(above);
        if !first {
            // What was asked before is forgotten above, so it is here; whoever asked it comes again.
            *self.line.end() = End::new(self.kept);
            below.node.come_again();
        }
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.told_nodes.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.tell_interest();
        self.tell_nodes(below, false);
    }

    /// A message came down; whether it is to be confirmed at once: until it is, what ends is not believed to have ended here.
    fn came(&self, message: Message, below: &Below) -> Result<bool, LinkError> {
        match message.kind {
            Kind::Frame => {
                // Its own bytes: readers keep it for a minute, and a part of what was read keeps all of that.
                let frame = Arc::new(codec::read(Bytes::copy_from_slice(&message.body))?);
                below.frames.deliver(&[frame], &self.brake.pass());
                Ok(false)
            }
            _ => {
                let Down(connection, reply) =
                    serde_json::from_slice(&message.body).map_err(|_| LinkError::Message("no answer"))?;
                let ends = matches!(reply, Reply::Ended(_) | Reply::ComeAgain);
                below.replies.reply(connection, reply);
                Ok(ends)
            }
        }
    }

    /// Tells once a second what is read here and who is linked here, where it changed; the latter now and then anyway, because what
    /// others have told since may be older.
    async fn keep_telling(&self, below: &Below) {
        for second in 1_u64.. {
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.tell_interest();
            self.tell_nodes(below, second.is_multiple_of(NODES_AGAIN_S));
        }
    }

    fn tell_nodes(&self, below: &Below, again: bool) {
        let nodes = below.node.nodes();
        let mut told = self.told_nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != nodes || (again && !nodes.is_empty()) {
            self.line.say(&Up::Below(nodes.clone()));
            *told = nodes;
        }
    }

    fn tell_interest(&self) {
        let Some(below) = self.interest.get() else {
            return;
        };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now: HashMap<ChannelId, (Wants, usize)> =
            below.rooms().into_iter().filter(|(_, _, r)| *r > 0).map(|(c, w, r)| (c, (w, r))).collect();
        for channel in told.keys().filter(|channel| !now.contains_key(channel)) {
            self.line.say(&Up::Interest(*channel, Wants::default(), 0));
        }
        for (channel, (wants, readers)) in now.iter().filter(|(channel, now)| told.get(channel) != Some(now))
        {
            self.line.say(&Up::Interest(*channel, *wants, *readers));
        }
        *told = now;
    }
}

/// Pauses between attempts, before jitter.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(2);

impl Upstream for Uplink {
    fn find_channel(&self, connection: ConnectionId, name: &str) {
        self.line.say(&Up::Find(connection, name.into()));
    }

    fn join(&self, asker: Asker, room: &RoomName) {
        // First that the room is read here in this variant, so that its frames come from before it is asked.
        if let Some(below) = self.interest.get() {
            // Held while it is asked, or what somebody else was told a moment ago could be told behind it.
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let (wants, readers) = below.interest(room.channel);
            let before = told.insert(room.channel, (wants, readers));
            if before.is_none_or(|(before, _)| before != wants) {
                self.line.say(&Up::Interest(room.channel, wants, readers));
            }
        }
        self.line.say(&Up::Join(Box::new(asker), room.clone()));
    }

    fn part(&self, asker: Asker, channel: ChannelId) {
        self.line.say(&Up::Part(Box::new(asker), channel));
    }

    fn command(
        &self,
        caller: Caller,
        token: Option<TokenMark>,
        channel: ChannelId,
        request: Request,
        nonce: Option<Box<str>>,
    ) {
        match self.replies.get() {
            Some(replies) if !self.linked() => unreachable(&**replies, &caller, channel, nonce),
            _ => {
                self.line.say(&Up::Command(Box::new(caller), token, channel, Box::new(request), nonce));
            }
        }
    }

    fn authenticate(&self, connection: ConnectionId, token: &str) {
        self.line.say(&Up::Authenticate(connection, token.into()));
    }
}

/// Answers that the rooms can't be reached: what was asked is not done.
fn unreachable(replies: &dyn Replies, caller: &Caller, channel: ChannelId, nonce: Option<Box<str>>) {
    if let Some(connection) = caller.connection {
        let result = Err(refusals::room_unreachable());
        replies.reply(connection, Reply::Answer { channel, nonce, result });
    }
}
