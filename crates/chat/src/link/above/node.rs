//! A lower node, as the upper end knows it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::ids::ChannelId;
use runtime::clock;
use tokio::sync::Notify;

use crate::command::Caller;
use crate::edge::{Asker, TokenMark};
use crate::event::ConnectionId;
use crate::link::end::{End, EndConfig};
use crate::link::passes::{HELD_MAX, Passes};
use crate::link::pipe::Line;
use crate::link::untold::Untold;
use crate::link::wire::Hello;
use crate::tree::language::Wants;

/// One lower node, over all its connections.
pub(super) struct Node {
    pub(super) number: u16,
    pub(super) life: u64,
    pub(super) line: Line,
    state: Mutex<State>,
    /// Told when a pass is kept.
    pub(super) holds: Notify,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) interest: HashMap<ChannelId, (Wants, usize)>,
    /// Who is in which room, to part them if the node dies.
    pub(super) inside: HashMap<(ConnectionId, ChannelId), Box<Asker>>,
    pub(super) passes: Passes,
    /// What ended and the node may not have heard of.
    pub(super) untold: Untold,
    /// The connection that serves now: told to end when another takes over. An older one that ends late changes nothing.
    pub(super) serving: Arc<Notify>,
    pub(super) broken_at: Option<Instant>,
}

impl Node {
    /// The node of a greeting. It counts as broken until it is served: it may be gone before it is welcomed.
    pub(super) fn new(hello: &Hello, kept: EndConfig) -> Self {
        Self {
            number: hello.node,
            life: hello.life,
            line: Line::new(End::new(kept)),
            state: Mutex::new(State { broken_at: Some(clock::now()), ..State::default() }),
            holds: Notify::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its link is up.
    pub(super) fn is_up(&self) -> bool {
        self.state().broken_at.is_none()
    }

    /// Whether both ends know each other from before.
    pub(super) fn goes_on(&self, hello: &Hello, life: u64) -> bool {
        self.life == hello.life && hello.known == life
    }

    /// Whether somebody's sign-in has ended, as far as the node may not know: it is told, and closes that connection.
    pub(super) fn may_not_know(&self, caller: &Caller, token: Option<TokenMark>) -> bool {
        let mut state = self.state();
        // Not looked at while nothing ends, as nearly always.
        if !state.untold.is_empty() {
            state.untold.confirmed(self.line.end().oldest());
        }
        state.untold.concerns(token, caller.account.id)
    }

    /// Sees to it that rooms do not wait for this node for too long.
    pub(super) async fn hold_nobody(&self) -> Infallible {
        loop {
            if !self.state().passes.are_held() {
                self.holds.notified().await;
            }
            tokio::time::sleep(HELD_MAX / 4).await;
            self.state().passes.tick(clock::now());
        }
    }
}
