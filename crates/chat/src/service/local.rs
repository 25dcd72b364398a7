//! What the edge asks, answered by the rooms of this process.

use std::sync::Arc;

use domain::ids::ChannelId;
use runtime::Scope;

use super::AskError;
use super::accounts::Book;
use super::greeting::Greeter;
use super::holds::{Holds, Standing};
use super::names::Names;
use super::outside::{Asked, Key, Outside};
use super::own::Desk;
use crate::command::{Account, Caller, Command, Outcome, Own, Refusal};
use crate::edge::upstream::{Asker, Replies, Reply, Request, TokenMark, Upstream};
use crate::event::ConnectionId;
use crate::room::slash::{self, Typed};
use crate::room::{Place, RoomHandle, Rooms};
use crate::rules::refusals;
use crate::tree::encode::RoomName;
use crate::tree::shell::Roots;

/// What it is made of.
pub(super) struct Parts {
    pub(super) rooms: Rooms,
    pub(super) roots: Arc<Roots>,
    /// Where answers go.
    pub(super) replies: Arc<dyn Replies>,
    pub(super) book: Book,
    pub(super) names: Names,
    pub(super) greeter: Greeter,
    pub(super) own: Arc<Desk>,
    /// Where lookups run: each ends by itself, after one answer of a store.
    pub(super) scope: Scope,
}

/// The upstream of an edge that runs beside the rooms.
pub(super) struct Local {
    parts: Parts,
    /// Rooms that somebody reads: a room that is held is not put away.
    held: Holds<RoomHandle>,
    outside: Outside,
}

impl Local {
    pub(super) fn upstream(parts: Parts) -> Arc<dyn Upstream> {
        let (held, outside) = (Holds::default(), Outside::default());
        Arc::new(Shared(Arc::new(Self { parts, held, outside })))
    }

    /// The room, held by this reader. Most who come, come to one that runs.
    fn hold(&self, reader: ConnectionId, room: &RoomName) -> (Arc<RoomHandle>, Standing) {
        let open = || self.parts.rooms.enter(Place { id: room.channel, login: room.login.clone() });
        self.held.hold(reader, room.channel, open, |handle| {
            let runs = handle.is_loaded() && self.parts.roots.is_watching(room.channel);
            if runs { Standing::In } else { Standing::Coming }
        })
    }

    fn greet(&self, room: &RoomHandle, asker: &Asker) {
        let caller = asker.caller();
        if let Some(caller) = caller.as_ref().filter(|_| !asker.again) {
            room.presence(caller, true);
        }
        let reply = self.parts.greeter.greet(asker, &room.view(caller.as_ref()));
        if !matches!(reply, Reply::Joined { .. }) {
            self.leave(asker, room.place().id);
        }
        self.parts.replies.reply(asker.connection, reply);
    }

    fn leave(&self, asker: &Asker, channel: ChannelId) {
        if let (Some((room, Standing::In)), Some(caller)) =
            (self.held.let_go(asker.connection, channel), asker.caller())
        {
            room.presence(&caller, false);
        }
    }
}

/// The upstream and its lookups share it.
struct Shared(Arc<Local>);

impl Upstream for Shared {
    fn find_channel(&self, connection: ConnectionId, name: &str) {
        let (local, name) = (Arc::clone(&self.0), Box::<str>::from(name));
        self.0.parts.scope.spawn("chat channel lookup", async move {
            let found = local.parts.names.find(&name).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "chat channel not looked up");
                None
            });
            let found = found.map(|room| room.channel);
            local.parts.replies.reply(connection, Reply::Channel { name, found });
        });
    }

    fn join(&self, asker: Asker, room: &RoomName) {
        let local = &self.0;
        if asker.again {
            // Signed in after it came: held already, and now present with a name.
            let handle = local.parts.rooms.enter(Place { id: room.channel, login: room.login.clone() });
            if let Some(caller) = asker.caller() {
                handle.presence(&caller, true);
            }
            local.greet(&handle, &asker);
            return;
        }
        let (handle, standing) = local.hold(asker.connection, room);
        if standing == Standing::In {
            // At once, without a task.
            local.greet(&handle, &asker);
            return;
        }
        let (local, room) = (Arc::clone(local), room.clone());
        self.0.parts.scope.spawn("chat join", async move {
            let watched = local.parts.roots.watch(room.clone()).await;
            if watched.is_ok() {
                handle.loaded().await;
            }
            if !local.held.came(asker.connection, room.channel) {
                return;
            }
            match watched {
                Ok(()) => local.greet(&handle, &asker),
                Err(error) => {
                    local.held.let_go(asker.connection, room.channel);
                    let reply = local.parts.greeter.unavailable(&asker, room.channel, &room.login, &error);
                    local.parts.replies.reply(asker.connection, reply);
                }
            }
        });
    }

    fn part(&self, asker: Asker, channel: ChannelId) {
        self.0.leave(&asker, channel);
    }

    fn command(
        &self,
        caller: Caller,
        _: Option<TokenMark>,
        channel: ChannelId,
        request: Request,
        nonce: Option<Box<str>>,
    ) {
        let local = Arc::clone(&self.0);
        let Some(connection) = caller.connection else { return };
        let answer = move |result| {
            local.parts.replies.reply(connection, Reply::Answer { channel, nonce, result });
        };
        let command = match meant(request) {
            Ok(Typed::Room(command)) => command,
            Ok(Typed::Own(own)) => return self.ask_own(caller.account, own, answer),
            Err(refusal) => return answer(Err(refusal)),
        };
        let key = (connection, channel);
        let asked = Asked { caller, command, answer: Box::new(answer) };
        let Some(asked) = self.0.outside.behind(key, asked) else { return };
        match self.0.held.get(channel).or_else(|| self.0.parts.rooms.find(channel)) {
            Some(room) => room.ask(asked.caller, asked.command, asked.answer),
            None => self.ask_unheld(key, asked),
        }
    }

    fn authenticate(&self, connection: ConnectionId, token: &str) {
        let (local, token) = (Arc::clone(&self.0), domain::secrets::Secret::presented(token));
        self.0.parts.scope.spawn("chat sign-in", async move {
            let account = local.parts.book.by_token(token.expose()).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "chat token not looked up");
                None
            });
            local.parts.replies.reply(connection, Reply::Account(account));
        });
    }
}

impl Shared {
    /// What concerns no room, wherever it was typed.
    fn ask_own(
        &self,
        who: Arc<Account>,
        own: Own,
        answer: impl FnOnce(Result<Outcome, Refusal>) + Send + 'static,
    ) {
        let desk = Arc::clone(&self.0.parts.own);
        self.0.parts.scope.spawn("chat own", async move {
            answer(desk.ask(&who, own).await.map_err(|error| match error {
                AskError::Refused(refusal) => refusal,
                AskError::Store(error) => {
                    tracing::warn!(%error, "what somebody asks about their own person can't be done");
                    refusals::unknown_for_now()
                }
            }));
        });
    }

    /// Twitch lets write who has not joined: the room is put to use for it.
    fn ask_unheld(&self, key: Key, asked: Asked) {
        let local = Arc::clone(&self.0);
        local.outside.begin(key, asked);
        self.0.parts.scope.spawn("chat from outside", async move {
            let (_, channel) = key;
            let found = local.parts.names.by_id(channel).await.unwrap_or_default();
            let room = found.map(|found| local.parts.rooms.enter(Place { id: channel, login: found.login }));
            // A room that still loads keeps what it is asked until it can answer.
            local.outside.end(key, |Asked { caller, command, answer }| match &room {
                Some(room) => room.ask(caller, command, answer),
                None => answer(Err(refusals::room_unreachable())),
            });
        });
    }
}

/// The command that a client's words are.
fn meant(request: Request) -> Result<Typed, Refusal> {
    match request {
        Request::Do(command) => Ok(Typed::Room(command)),
        Request::Say { text, action: false, literal: false, reply_to, nonce } => {
            slash::typed(&text, reply_to, nonce.as_deref())
        }
        Request::Say { text, action, literal: _, reply_to, nonce } => {
            Ok(Typed::Room(Command::Say { text, action, reply_to, nonce }))
        }
    }
}
