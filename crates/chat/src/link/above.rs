//! The upper end: nodes that linked to this one, and what is read and asked below them.

mod down;
mod node;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use domain::ids::ChannelId;
use runtime::{Scope, clock};
use rustls::ServerConfig;
use serde::de::DeserializeOwned;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::LinkError;
use super::below::Uplink;
use super::end::EndConfig;
use super::pipe::{Brake, GREETING_TIME, Stream, greet, greeted};
use super::proof::{About, Secret, Side};
use super::tls::{self, Binding, UNBOUND};
use super::wire::{
    self, Challenge, Down, Hello, Kind, Message, Offer, OtherVersion, Proof, Up, VERSION, Welcome,
};
use crate::command::Caller;
use crate::edge::handle::node_of;
use crate::edge::{Asker, Reply, Upstream};
use crate::event::ConnectionId;
use crate::rules::refusals;
use crate::tree::encode::RoomName;
use crate::tree::plan::{CHILDREN_MAX, Plan};
use node::Node;

/// What may be set.
#[derive(Clone, Copy, Debug)]
pub struct LinksConfig {
    /// This node's own number, which no lower one may have.
    pub node: u16,
    /// What is kept for a node whose connection broke.
    pub kept: EndConfig,
    /// How long it is kept.
    pub patience: Duration,
    /// Nodes that are fed from here; others are sent to those of them that feed too. `None`: nobody is sent.
    pub children_max: Option<usize>,
}

impl Default for LinksConfig {
    fn default() -> Self {
        Self {
            node: 0,
            kept: EndConfig::default(),
            patience: Duration::from_secs(60),
            children_max: Some(CHILDREN_MAX),
        }
    }
}

/// All nodes below this one.
pub struct Links {
    secret: Secret,
    config: LinksConfig,
    /// This life of ours: what we know of lower nodes ends with it.
    life: u64,
    upstream: Arc<dyn Upstream>,
    /// Where what is asked goes on to, if this is no root.
    uplink: Option<Arc<Uplink>>,
    /// There are frames to be had here: a node that is not linked itself has none.
    fed: AtomicBool,
    /// It leaves, and takes no more nodes.
    leaving: AtomicBool,
    table: Mutex<Table>,
    /// For connections that have proven nothing yet.
    strangers: Arc<Semaphore>,
}

/// How long a feeder's link may be broken before those below it are sent to another: mostly theirs broke with it, and all go on.
const SHORT: Duration = Duration::from_secs(2);

/// Connections that have proven nothing yet; the next one *waits* in the kernel's backlog.
const STRANGERS_MAX: usize = 64;

#[derive(Default)]
struct Table {
    nodes: HashMap<u16, Arc<Node>>,
    plan: Plan<u16, Offer>,
    /// Connections of nodes further below, by the node that feeds them.
    routes: HashMap<u16, u16>,
    /// Numbers of nodes linked here that others have too, further below: told once.
    doubled: HashSet<u16>,
}

impl Table {
    /// Takes a node out, unless another has its number by now.
    fn remove(&mut self, node: &Arc<Node>) {
        if self.nodes.get(&node.number).is_some_and(|here| Arc::ptr_eq(here, node)) {
            self.nodes.remove(&node.number);
            self.plan.leave(node.number);
            self.routes.retain(|_, via| *via != node.number);
            self.doubled.remove(&node.number);
        }
    }
}

impl Links {
    /// No node yet. What they ask is asked of `upstream`.
    pub fn new(secret: Secret, config: LinksConfig, upstream: Arc<dyn Upstream>) -> Arc<Self> {
        Self::make(secret, config, upstream, None)
    }

    /// No node yet, and no frames before `uplink` is linked, of which what they ask is asked. Who is fed by whom is the root's to say.
    pub fn relay(secret: Secret, node: u16, uplink: Arc<Uplink>) -> Arc<Self> {
        let config = LinksConfig { node, children_max: None, ..LinksConfig::default() };
        Self::make(secret, config, Arc::clone(&uplink) as Arc<dyn Upstream>, Some(uplink))
    }

    fn make(
        secret: Secret,
        config: LinksConfig,
        upstream: Arc<dyn Upstream>,
        uplink: Option<Arc<Uplink>>,
    ) -> Arc<Self> {
        let fed = AtomicBool::new(uplink.is_none());
        let life = rand::random::<u64>().max(1);
        let strangers = Arc::new(Semaphore::new(STRANGERS_MAX));
        Arc::new(Self {
            secret,
            config,
            life,
            upstream,
            uplink,
            fed,
            leaving: AtomicBool::new(false),
            table: Mutex::default(),
            strangers,
        })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_fed(&self) -> bool {
        self.fed.load(Ordering::Relaxed)
    }

    /// Takes connections of lower nodes for as long as the scope lasts; without `tls` as they are, which is for loopback alone.
    pub fn listen(self: &Arc<Self>, listener: TcpListener, tls: Option<Arc<ServerConfig>>, scope: &Scope) {
        let (links, inner) = (Arc::clone(self), scope.clone());
        scope.spawn("chat links", async move {
            loop {
                let stranger = Arc::clone(&links.strangers).acquire_owned().await.ok();
                match listener.accept().await {
                    Ok((socket, from)) => {
                        let (links, tls) = (Arc::clone(&links), tls.clone());
                        inner.spawn("chat link", async move {
                            let error = links.take(socket, tls, stranger).await;
                            tracing::info!(%from, %error, "chat link ended");
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "chat link can't be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        let links = Arc::clone(self);
        scope.spawn("chat links' upkeep", async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                links.bury(clock::now());
            }
        });
    }

    async fn take(
        &self,
        socket: TcpStream,
        tls: Option<Arc<ServerConfig>>,
        stranger: Option<OwnedSemaphorePermit>,
    ) -> LinkError {
        let Some(config) = tls else {
            return self.greet_and_serve(socket, &UNBOUND, stranger).await;
        };
        match tokio::time::timeout(GREETING_TIME, tls::take(config, socket)).await {
            Ok(Ok((stream, channel))) => self.greet_and_serve(stream, &channel, stranger).await,
            Ok(Err(error)) => error,
            Err(_) => LinkError::Silent,
        }
    }

    /// Serves one connection of a lower node until it breaks; `channel` is its stream's.
    pub async fn serve(&self, stream: impl Stream, channel: &Binding) -> LinkError {
        self.greet_and_serve(stream, channel, None).await
    }

    async fn greet_and_serve(
        &self,
        mut stream: impl Stream,
        channel: &Binding,
        stranger: Option<OwnedSemaphorePermit>,
    ) -> LinkError {
        let mut input = BytesMut::new();
        let (node, written) = match self.greet(&mut stream, &mut input, channel).await {
            Ok(greeted) => greeted,
            Err(error) => return error,
        };
        drop(stranger);
        let mine = {
            let mut state = node.state();
            // One that is half dead would take the new one's wake-ups for as long as nobody notices its silence.
            state.serving.notify_one();
            state.serving = Arc::default();
            state.passes.broke();
            state.broken_at = None;
            // One that is let go of between its welcome and here would not hear of it.
            if !self.is_fed() {
                state.serving.notify_one();
            }
            Arc::clone(&state.serving)
        };
        tracing::info!(node = node.number, "chat node linked");
        metrics::gauge!("footlight_chat_links").increment(1);
        let take = |message: Message| self.said(&node, &message);
        let wrote = |number: u64| node.state().passes.written(number);
        let serve = async {
            match &self.uplink {
                Some(uplink) => node.line.serve(stream, input, written, uplink.line(), take, wrote).await,
                // Rooms refuse what is too much.
                None => node.line.serve(stream, input, written, &Brake::new(1), take, wrote).await,
            }
        };
        let error = tokio::select! {
            biased;
            () = mine.notified() => if self.is_fed() { LinkError::Superseded } else { LinkError::Unfed },
            error = serve => error,
            never = node.hold_nobody() => match never {},
        };
        metrics::gauge!("footlight_chat_links").decrement(1);
        let mut state = node.state();
        if Arc::ptr_eq(&state.serving, &mine) {
            state.passes.broke();
            state.broken_at = Some(clock::now());
        }
        error
    }

    async fn greet(
        &self,
        stream: &mut impl Stream,
        input: &mut BytesMut,
        channel: &Binding,
    ) -> Result<(Arc<Node>, u64), LinkError> {
        let said: serde_json::Value = greeted(stream, input).await?;
        // First, because all else looks otherwise in other versions.
        let OtherVersion { version } = read_greeting(&said)?;
        if version != VERSION {
            greet(stream, &OtherVersion { version: VERSION }).await?;
            return Err(LinkError::Version(version));
        }
        let hello: Hello = read_greeting(&said)?;
        let nonce = Secret::nonce();
        let about = |side| About { side, node: hello.node, below: &hello.nonce, above: &nonce, channel };
        let proof = self.secret.prove(&about(Side::Above));
        greet(stream, &Challenge { nonce, proof }).await?;
        let proof: Proof = greeted(stream, input).await?;
        if !self.secret.check(&about(Side::Below), &proof.proof) {
            return Err(LinkError::Proof);
        }
        if hello.node == self.config.node {
            greet(stream, &Welcome::Number).await?;
            return Err(LinkError::Number(hello.node));
        }
        if !hello.is_sound() {
            return Err(LinkError::Message("no node can be so"));
        }
        if !self.feeds(&hello) {
            greet(stream, &Welcome::Unfed).await?;
            return Err(LinkError::Unfed);
        }
        if let Some(offer) = self.elsewhere(&hello) {
            greet(stream, &Welcome::Elsewhere(offer.clone())).await?;
            return Err(LinkError::Sent(offer.address));
        }
        let (node, welcome, written) = self.enter(hello);
        greet(stream, &welcome).await?;
        Ok((node, written))
    }

    /// The node of a greeting, if it is known from before.
    fn known(&self, hello: &Hello) -> Option<Arc<Node>> {
        self.table().nodes.get(&hello.node).cloned()
    }

    /// Whether the node of a greeting is fed from here, if it is to be: while a node is not linked itself, or leaves, it takes nobody
    /// anew.
    fn feeds(&self, hello: &Hello) -> bool {
        let leaves = self.leaving.load(Ordering::Relaxed);
        let takes_anew = !leaves && self.uplink.as_ref().is_none_or(|uplink| uplink.linked());
        let goes_on = || self.known(hello).is_some_and(|node| node.goes_on(hello, self.life));
        self.is_fed() && (takes_anew || goes_on())
    }

    /// Where a node is to link instead of here.
    fn elsewhere(&self, hello: &Hello) -> Option<Offer> {
        let children_max = self.config.children_max.filter(|_| hello.stranded < 2)?;
        if let Some(known) = self.known(hello) {
            if known.goes_on(hello, self.life) {
                return None;
            }
            // Its readers of before are gone, wherever it goes on.
            self.forget(&known);
        }
        let Table { nodes, plan, .. } = &mut *self.table();
        // Of those that another feeds nothing is known here: they are as well off as their feeder.
        let up = |node| nodes.get(&node).is_none_or(|node| node.is_up());
        let away = |node: &Arc<Node>| node.state().broken_at.is_some_and(|at| clock::now() > at + SHORT);
        let stays = |node| !nodes.get(&node).is_some_and(away);
        plan.enter(hello.node, hello.offer.clone(), children_max, hello.stranded > 0, stays, up)
    }

    /// The node of a greeting: the one that is known, if both ends can go on, or a new one.
    fn enter(&self, hello: Hello) -> (Arc<Node>, Welcome, u64) {
        let known = {
            let table = self.table();
            let known = table.nodes.get(&hello.node).cloned();
            // It is back, as good as: it is not to be forgotten while it is welcomed.
            if let Some(node) = &known {
                let mut state = node.state();
                state.broken_at = state.broken_at.map(|_| clock::now());
            }
            known
        };
        if let Some(node) = known {
            let resumes = node.goes_on(&hello, self.life);
            let received = {
                let mut end = node.line.end();
                resumes.then(|| end.resume(hello.received).ok().map(|_| end.received())).flatten()
            };
            if let Some(received) = received {
                return (node, Welcome::Resume { received, life: self.life }, hello.received);
            }
            self.forget(&node);
        }
        let node = Arc::new(Node::new(&hello, self.config.kept));
        let mut table = self.table();
        table.nodes.insert(hello.node, Arc::clone(&node));
        table.routes.remove(&hello.node);
        table.plan.keep(hello.node, hello.offer);
        drop(table);
        (node, Welcome::Fresh { life: self.life }, 0)
    }

    /// A lower node said something; nothing of it is to be confirmed at once.
    fn said(&self, node: &Arc<Node>, message: &Message) -> Result<bool, LinkError> {
        if message.kind != Kind::Said {
            return Err(LinkError::Message("frames do not go up"));
        }
        let up: Up = serde_json::from_slice(&message.body).map_err(|_| LinkError::Message("not said so"))?;
        match up {
            Up::Interest(channel, wants, readers) => {
                let mut state = node.state();
                if readers == 0 {
                    state.interest.remove(&channel);
                } else {
                    state.interest.insert(channel, (wants, readers));
                }
            }
            Up::Below(nodes) if !wire::are_sound(&nodes) => {
                return Err(LinkError::Message("no nodes can be so"));
            }
            Up::Below(nodes) => {
                let Table { nodes: here, plan, .. } = &mut *self.table();
                plan.report(node.number, &nodes, |node| here.contains_key(&node));
            }
            Up::Find(connection, name) => {
                self.route(connection, node);
                self.upstream.find_channel(connection, &name);
            }
            Up::Join(asker, room) => self.join(node, asker, &room),
            Up::Part(asker, channel) => self.part(node, *asker, channel),
            Up::Command(caller, token, channel, request, nonce) => {
                if node.may_not_know(&caller, token) {
                    refuse(node, &caller, channel, nonce);
                } else {
                    self.upstream.command(*caller, token, channel, *request, nonce);
                }
            }
            Up::Nothing => {}
            Up::Authenticate(connection, token) => {
                self.route(connection, node);
                self.upstream.authenticate(connection, &token);
            }
        }
        Ok(false)
    }

    fn join(&self, node: &Node, asker: Box<Asker>, room: &RoomName) {
        self.route(asker.connection, node);
        {
            let key = (asker.connection, room.channel);
            let mut state = node.state();
            // Whoever signs in is in already; if not here, it was let in by a life that is forgotten, and comes again.
            if asker.again && !state.inside.contains_key(&key) {
                return;
            }
            state.inside.insert(key, asker.clone());
        }
        self.upstream.join(*asker, room);
    }

    /// Readers that both ends began anew for leave rooms that this life never let them into, or has parted them from already: the
    /// room is not told, which would take somebody else's place for theirs.
    fn part(&self, node: &Node, asker: Asker, channel: ChannelId) {
        let inside = node.state().inside.remove(&(asker.connection, channel));
        if inside.is_some() {
            self.upstream.part(asker, channel);
        }
    }

    /// Answers to a connection go where it asks from.
    fn route(&self, connection: ConnectionId, node: &Node) {
        let (from, via) = (node_of(connection), node.number);
        if from == via {
            return;
        }
        let mut table = self.table();
        if table.nodes.get(&from).is_none_or(|here| !here.is_up()) {
            table.routes.insert(from, via);
        } else if table.doubled.insert(from) {
            tracing::warn!(
                node = from,
                via,
                "another chat node below has the number of one that is linked here: give each its own chat.link.node"
            );
        }
    }

    /// Forgets nodes that were away for too long.
    pub(super) fn bury(&self, now: Instant) {
        let is_lost = |node: &Arc<Node>| {
            let broken = node.state().broken_at;
            broken.is_some_and(|at| now.saturating_duration_since(at) > self.config.patience)
        };
        let lost: Vec<Arc<Node>> = {
            let mut table = self.table();
            let lost: Vec<_> = table.nodes.values().filter(|node| is_lost(node)).cloned().collect();
            lost.iter().for_each(|node| table.remove(node));
            lost
        };
        for node in lost {
            tracing::warn!(node = node.number, "chat node did not come back");
            self.forget(&node);
        }
    }

    /// A node's readers are gone.
    fn forget(&self, node: &Arc<Node>) {
        self.table().remove(node);
        let gone = std::mem::take(&mut *node.state());
        gone.serving.notify_one();
        for ((_, channel), asker) in gone.inside {
            self.upstream.part(*asker, channel);
        }
    }
}

fn read_greeting<T: DeserializeOwned>(said: &serde_json::Value) -> Result<T, LinkError> {
    T::deserialize(said).map_err(|_| LinkError::Message("greeting"))
}

/// Answers that something is not done, because nobody who is signed in asked it.
fn refuse(node: &Node, caller: &Caller, channel: ChannelId, nonce: Option<Box<str>>) {
    if let Some(connection) = caller.connection {
        let result = Err(refusals::anonymous());
        node.line.say(&Down(connection, Reply::Answer { channel, nonce, result }));
    }
}
