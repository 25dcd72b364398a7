//! All who read below this process: its own edge, and the nodes that are linked to it.

use std::sync::{Arc, OnceLock};

use domain::ids::{ChannelId, UserId};
use runtime::Scope;
use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::edge::handle::{Running, node_of};
use crate::edge::{Credential, EdgeHandle, Replies, Reply};
use crate::event::{ConnectionId, Whisper};
use crate::link::above::Links;
use crate::link::below::Lower;
use crate::link::wire::Offer;
use crate::tree::frame::Frame;
use crate::tree::language::Wants;
use crate::tree::plan::Fed;
use crate::tree::shell::{Downstream, Pass};

/// The edge and the links as one.
pub(super) struct Everybody {
    node: u16,
    edge: EdgeHandle,
    links: OnceLock<Arc<Links>>,
}

impl Everybody {
    pub(super) fn new(node: u16, edge: EdgeHandle) -> Self {
        Self { node, edge, links: OnceLock::new() }
    }

    /// Links are made after what they ask, which answers through this: so they come later, once.
    pub(super) fn set_links(&self, links: Option<Arc<Links>>) {
        if let Some(links) = links {
            let _ = self.links.set(links);
        }
    }

    /// Closes all connections that were let in with this, wherever they are.
    pub(super) fn end(&self, credential: Credential) {
        self.edge.end(credential);
        if let Some(links) = self.links.get() {
            links.end(credential);
        }
    }

    /// Takes nodes that are to be fed from here; without a secret nobody is taken.
    pub(super) fn serve_links(&self, listener: TcpListener, tls: Option<Arc<ServerConfig>>, scope: &Scope) {
        if let Some(links) = self.links.get() {
            links.listen(listener, tls, scope);
        }
    }

    /// Tells all connections of an account its new name colour, wherever they are.
    pub(super) fn recolour(&self, user: UserId, colour: u32) {
        self.edge.recolour(user, colour);
        if let Some(links) = self.links.get() {
            links.recolour(user, colour);
        }
    }

    /// Feeds no more nodes than now.
    pub(super) fn take_no_nodes(&self) {
        if let Some(links) = self.links.get() {
            links.leave();
        }
    }

    /// Gives a whisper to whom it is for, wherever they are connected.
    pub(super) fn whisper(&self, whisper: &Arc<Whisper>) {
        self.edge.whisper(whisper);
        if let Some(links) = self.links.get() {
            links.whisper(whisper);
        }
    }
}

impl Lower for Everybody {
    /// Closes all connections, wherever they are, which come again and say anew who they are.
    fn come_again(&self) {
        self.edge.come_again();
        if let Some(links) = self.links.get() {
            links.come_again();
        }
    }

    fn nodes(&self) -> Vec<Fed<u16, Offer>> {
        self.links.get().map(|links| links.nodes()).unwrap_or_default()
    }

    fn fed(&self, is_fed: bool) {
        if let Some(links) = self.links.get() {
            links.fed(is_fed);
        }
    }
}

impl Replies for Everybody {
    fn reply(&self, connection: ConnectionId, reply: Reply) {
        if node_of(connection) == self.node {
            self.edge.reply(connection, reply);
        } else if let Some(links) = self.links.get() {
            links.reply(connection, reply);
        }
    }
}

impl Downstream for Everybody {
    fn interest(&self, channel: ChannelId) -> (Wants, usize) {
        let (wants, readers) = self.edge.interest(channel);
        let Some(links) = self.links.get() else { return (wants, readers) };
        let (more, others) = links.interest(channel);
        (wants.union(more), readers + others)
    }

    fn rooms(&self) -> Vec<(ChannelId, Wants, usize)> {
        let mut rooms = Downstream::rooms(&self.edge);
        for (channel, wants, readers) in self.links.get().map(|links| links.rooms()).unwrap_or_default() {
            match rooms.iter_mut().find(|(known, ..)| *known == channel) {
                Some((_, mine, all)) => (*mine, *all) = (mine.union(wants), *all + readers),
                None => rooms.push((channel, wants, readers)),
            }
        }
        rooms
    }

    fn deliver(&self, frames: &[Arc<Frame>], pass: &Pass) {
        self.edge.deliver(frames, pass);
        if let Some(links) = self.links.get() {
            links.deliver(frames, pass);
        }
    }
}

/// Ends the edge's threads with the scope.
pub(super) fn end_with(scope: &Scope, edge: EdgeHandle, running: Running) {
    scope.spawn_until_stop("chat edge", |stop| async move {
        stop.stopped().await;
        edge.stop();
        // The threads close their sockets and end; the wait is no runtime thread's.
        let _ = tokio::task::spawn_blocking(move || running.join()).await;
    });
}
