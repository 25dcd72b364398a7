//! What goes down to the nodes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::ids::{ChannelId, UserId};
use runtime::clock;

use super::{Links, Node};
use crate::edge::handle::{node_of, unowned};
use crate::edge::{Credential, Replies, Reply};
use crate::event::{ConnectionId, Whisper};
use crate::link::below::Lower;
use crate::link::codec;
use crate::link::wire::{self, Down, Kind, Offer};
use crate::tree::frame::Frame;
use crate::tree::language::Wants;
use crate::tree::plan::Fed;
use crate::tree::shell::{Downstream, Pass};

impl Links {
    /// Tells every node below that this is worth nothing any more. A node that is away hears it when it comes back.
    pub fn end(&self, credential: Credential) {
        for node in self.linked() {
            // Held meanwhile, so that nothing is done for it that comes after this.
            let mut state = node.state();
            let number = node.tell(&Reply::Ended(credential));
            state.untold.end(number, credential);
        }
    }

    /// Gives a whisper to every node below: where somebody is connected only their node knows.
    pub fn whisper(&self, whisper: &Arc<Whisper>) {
        let reply = Reply::Whispered(Arc::clone(whisper));
        for node in self.linked() {
            node.tell(&reply);
        }
    }

    /// Tells every node below that somebody has another name colour.
    pub fn recolour(&self, user: UserId, colour: u32) {
        let reply = Reply::Recoloured(user, colour);
        for node in self.linked() {
            node.tell(&reply);
        }
    }

    /// Takes no more nodes; those that are linked stay.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    fn linked(&self) -> Vec<Arc<Node>> {
        self.table().nodes.values().cloned().collect()
    }
}

impl Lower for Links {
    /// Has every node below close all its connections, as [`Links::end`] some.
    fn come_again(&self) {
        for node in self.linked() {
            let mut state = node.state();
            let number = node.tell(&Reply::ComeAgain);
            state.untold.everything(number);
        }
    }

    fn nodes(&self) -> Vec<Fed<u16, Offer>> {
        self.table().plan.all().collect()
    }

    /// Without frames nobody is taken, and who is linked is let go: it asks the root, which has others.
    fn fed(&self, is_fed: bool) {
        self.fed.store(is_fed, Ordering::Relaxed);
        if !is_fed {
            self.linked().iter().for_each(|node| node.state().serving.notify_one());
        }
    }
}

impl Node {
    /// Tells the whole node something; the message's number.
    fn tell(&self, reply: &Reply) -> u64 {
        self.line.say(&Down(unowned(self.number, 0), reply.clone()))
    }
}

impl Replies for Links {
    fn reply(&self, connection: ConnectionId, reply: Reply) {
        let node = {
            let table = self.table();
            let from = node_of(connection);
            let here = table.nodes.get(&from);
            // It may have gone to another since.
            let via = || table.routes.get(&from).and_then(|via| table.nodes.get(via));
            here.filter(|node| node.is_up()).or_else(via).or(here).cloned()
        };
        if let Some(node) = node {
            if let Reply::NotJoined { channel, .. } = &reply {
                node.state().inside.remove(&(connection, *channel));
            }
            node.line.say(&Down(connection, reply));
        }
    }
}

impl Downstream for Links {
    fn interest(&self, channel: ChannelId) -> (Wants, usize) {
        let table = self.table();
        table.nodes.values().fold((Wants::default(), 0), |(wants, readers), node| {
            let (w, r) = node.state().interest.get(&channel).copied().unwrap_or_default();
            (wants.union(w), readers + r)
        })
    }

    fn rooms(&self) -> Vec<(ChannelId, Wants, usize)> {
        self.linked()
            .iter()
            .flat_map(|node| node.state().interest.iter().map(|(c, (w, r))| (*c, *w, *r)).collect::<Vec<_>>())
            .collect()
    }

    fn deliver(&self, frames: &[Arc<Frame>], pass: &Pass) {
        let Some(channel) = frames.first().map(|frame| frame.channel) else {
            return;
        };
        let nodes: Vec<Arc<Node>> = {
            let table = self.table();
            table.nodes.values().filter(|n| n.state().interest.contains_key(&channel)).cloned().collect()
        };
        if nodes.is_empty() {
            return;
        }
        let now = clock::now();
        let written: Vec<_> =
            frames.iter().map(|frame| wire::keep(Kind::Frame, &codec::write(frame))).collect();
        for node in nodes {
            // Held while the frames are sent, or they could be written before there is a pass to give back, which then waits for
            // what is written next. Nobody takes a node's state who holds its end.
            let mut state = node.state();
            let last = written.iter().map(|frame| node.line.send(frame.clone())).last().unwrap_or(0);
            if state.broken_at.is_none() {
                state.passes.keep(now, last, pass.clone());
                node.holds.notify_one();
            }
        }
    }
}
