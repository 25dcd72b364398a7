//! Chat as the rest of the house knows it: rooms, tree and edge put together, one value to ask and to hand sockets to.
//!
//! Everything is decided elsewhere. Here accounts become callers, rooms' views become greetings, and what the edge asks is
//! answered by rooms of the same process.

mod accounts;
mod names;
mod greeting;
mod cards;
mod logs;
mod own;
mod holds;
mod outside;
mod local;
mod door;
mod below;
mod outpost;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ids::{ChannelId, MessageId, ModEntryId, UserId};
use domain::names::Name;
use domain::ports::{Accounts, Channels, Follows, StoreError};
use domain::rooms::{ModEntry, Person, RoomSettings};
use domain::users::{Channel, User};
use runtime::Scope;

use crate::command::Account;
use crate::command::{Caller, Command, Outcome, Own, Refusal};
use crate::edge::{Credential, EdgeConfig, EdgeHandle, EdgeThreads};
use crate::link::above::{Links, LinksConfig};
use crate::link::below::Lower as _;
use crate::link::proof::Secret;
use crate::room::slash::{self, Typed};
use crate::room::{Past, People as _, Place, RoomConfig, RoomHandle, RoomPorts, RoomView, Rooms};
use crate::rules::{refusals, whispers};
use crate::tree::encode::{RoomName, Wire};
use crate::tree::node::NodeConfig;
use crate::tree::shell::Roots;

pub use accounts::Book;
pub use cards::Shown;
pub use door::{Door, DoorConfig};
pub use logs::{Logs, Wanted};
use names::Names;
pub use outpost::{Outpost, OutpostConfig};

/// What may be set about chat.
#[derive(Default)]
pub struct ChatConfig {
    /// Rooms.
    pub room: RoomConfig,
    /// Ticks and the sampled view.
    pub node: NodeConfig,
    /// Sockets.
    pub edge: EdgeConfig,
    /// Who is let in.
    pub door: DoorConfig,
    /// Where clients are sent that are asked to connect anew; `None`: to the same address.
    pub target: Option<Box<str>>,
    /// What nodes below must know to link here; `None`: there are none.
    pub link: Option<Secret>,
    /// How they are fed.
    pub links: LinksConfig,
}

/// Where a WebSocket's handshake learns what it must know before the socket is handed over.
#[async_trait]
pub trait Reception: Send + Sync {
    /// The room of the channel with this name or number.
    ///
    /// # Errors
    /// When whoever knows does not answer.
    async fn room_named(&self, text: &str) -> Result<Option<RoomName>, StoreError>;
    /// The account that a token opens.
    ///
    /// # Errors
    /// When whoever knows does not answer.
    async fn account(&self, token: &str) -> Result<Option<Arc<Account>>, StoreError>;
    /// The door.
    fn door(&self) -> &Arc<Door>;
    /// Whether chat works here: a node whose rooms are elsewhere may have lost them.
    fn is_ready(&self) -> bool {
        true
    }
}

#[async_trait]
impl Reception for Chat {
    async fn room_named(&self, text: &str) -> Result<Option<RoomName>, StoreError> {
        self.names.find(text).await
    }
    async fn account(&self, token: &str) -> Result<Option<Arc<Account>>, StoreError> {
        self.book.by_token(token).await
    }
    fn door(&self) -> &Arc<Door> {
        &self.door
    }
}

/// What chat asks of the rest of the platform.
#[derive(Clone)]
pub struct ChatPorts {
    /// Accounts and their sessions.
    pub accounts: Arc<dyn Accounts>,
    /// Channels by name.
    pub channels: Arc<dyn Channels>,
    /// Who follows whom: a block ends a follow.
    pub follows: Arc<dyn Follows>,
    /// What rooms ask.
    pub room: RoomPorts,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The room said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AskError {
    /// Who must act.
    pub fn class(&self) -> domain::class::Class {
        match self {
            Self::Refused(_) => domain::class::Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// Chat. Clones are handles to the same.
#[derive(Clone)]
pub struct Chat {
    rooms: Rooms,
    edge: EdgeHandle,
    book: Book,
    own: Arc<own::Desk>,
    ports: RoomPorts,
    names: Names,
    door: Arc<door::Door>,
    everybody: Arc<below::Everybody>,
    target: Option<Arc<str>>,
}

impl Chat {
    /// Starts rooms, tree and edge; their tasks and threads end with `scope`.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(config: ChatConfig, ports: ChatPorts, scope: &Scope) -> io::Result<Self> {
        let ChatPorts { accounts, channels, follows, room } = ports;
        let book = Book::new(accounts, Arc::clone(&room.rooms), Arc::clone(&room.clock));
        let names = Names::new(channels);
        let rooms = Rooms::start(room.clone(), config.room, scope);
        let threads = EdgeThreads::new(config.edge.clone())?;
        let edge = threads.handle();
        let speech = Arc::new(Wire { server: config.edge.server.clone() });
        let everybody = Arc::new(below::Everybody::new(config.edge.node, edge.clone()));
        let roots = Roots::new(Arc::clone(&room.bus), everybody.clone(), speech, config.node, scope.child());
        let own = own::Desk::new(&room, follows, book.clone(), rooms.clone(), Arc::clone(&everybody));
        let own = Arc::new(own);
        let upstream = local::Local::upstream(local::Parts {
            rooms: rooms.clone(),
            own: Arc::clone(&own),
            roots,
            replies: everybody.clone(),
            book: book.clone(),
            names: names.clone(),
            greeter: greeting::Greeter::new(&config.edge, &config.node),
            scope: scope.child(),
        });
        let links = config.link.map(|secret| Links::new(secret, config.links, Arc::clone(&upstream)));
        everybody.set_links(links);
        let running = threads.start(&upstream)?;
        let door = Arc::new(door::Door::new(&config.door, edge.clone(), scope.child()));
        below::end_with(scope, edge.clone(), running);
        Ok(Self {
            rooms,
            edge,
            book,
            own,
            ports: room,
            names,
            door,
            everybody,
            target: config.target.map(Arc::from),
        })
    }

    /// Takes nodes that deliver this node's rooms on `listener`; without a secret nobody is taken.
    pub fn serve_links(
        &self,
        listener: tokio::net::TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        scope: &Scope,
    ) {
        self.everybody.serve_links(listener, tls, scope);
    }

    /// Accounts as chat knows them.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Asks a channel's room as somebody who came over HTTP.
    ///
    /// # Errors
    /// When the room refuses, or a store does not answer.
    pub async fn ask(
        &self,
        channel: &Channel,
        user: &User,
        address: IpAddr,
        command: Command,
    ) -> Result<Outcome, AskError> {
        let caller = Caller { account: self.book.account(user).await?, address, connection: None };
        let room = self.room(channel).await;
        Ok(room.request(caller, command).await?)
    }

    /// Says something as somebody who came over HTTP; a slash command is carried out.
    ///
    /// # Errors
    /// As [`Chat::ask`].
    pub async fn say(
        &self,
        channel: &Channel,
        user: &User,
        address: IpAddr,
        text: &str,
        reply_to: Option<MessageId>,
    ) -> Result<Outcome, AskError> {
        match slash::typed(text, reply_to, None)? {
            Typed::Room(command) => self.ask(channel, user, address, command).await,
            Typed::Own(own) => self.own(user, own).await,
        }
    }

    /// The user with this number.
    ///
    /// # Errors
    /// When there is none, or the store does not answer.
    pub async fn user(&self, id: UserId) -> Result<Person, AskError> {
        let login = self.book.login_of(id).await?;
        Ok(Person { id, login: login.ok_or_else(|| refusals::no_user(id))? })
    }

    /// The user with this login.
    ///
    /// # Errors
    /// As [`Chat::user`].
    pub async fn user_named(&self, login: &Name) -> Result<Person, AskError> {
        let account = self.book.by_login(login).await?.ok_or_else(|| refusals::nobody(login))?;
        Ok(Person { id: account.id, login: account.login })
    }

    /// Whispers to an account, by its number.
    ///
    /// # Errors
    /// As [`Chat::own`].
    pub async fn whisper(&self, user: &User, to: UserId, text: String) -> Result<Outcome, AskError> {
        let login = self.book.login_of(to).await?.ok_or_else(whispers::to_nobody)?;
        self.own(user, Own::Whisper { login, text }).await
    }

    /// Asks something about one's own person.
    ///
    /// # Errors
    /// When it is refused, or a store does not answer.
    pub async fn own(&self, user: &User, own: Own) -> Result<Outcome, AskError> {
        let account = self.book.account(user).await?;
        self.own.ask(&account, own).await
    }

    /// The last messages that somebody is shown who comes now, oldest first; `None` for nobody.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn history(&self, channel: &Channel, user: Option<&User>) -> Result<Vec<Past>, StoreError> {
        let view = match user {
            None => self.room(channel).await.view(None),
            Some(user) => self.viewed_by(channel, user).await?,
        };
        Ok(view.history)
    }

    /// The modes that hold.
    pub async fn settings(&self, channel: &Channel) -> Arc<RoomSettings> {
        self.room(channel).await.view(None).settings
    }

    /// What moderators did, newest first; for moderators.
    ///
    /// # Errors
    /// When the asker does not moderate, or the store does not answer.
    pub async fn moderation(
        &self,
        channel: &Channel,
        user: &User,
        target: Option<Name>,
        before: Option<ModEntryId>,
        most: u16,
    ) -> Result<Vec<ModEntry>, AskError> {
        self.must_moderate(channel, user).await?;
        let Some(target) = self.book.asked_for(target.as_ref()).await? else { return Ok(Vec::new()) };
        Ok(self.ports.rooms.entries(channel.id, target, before, most).await?)
    }

    /// The logs of messages.
    pub fn logs(&self) -> Logs {
        Logs::new(self.clone(), Arc::clone(&self.ports.log))
    }

    /// Somebody follows a channel since now, or no longer: its room does not go by what it knew.
    pub async fn follow_changed(&self, user: &User, channel: &Channel) {
        self.rooms.unlearn(user.id, channel.id).await;
    }

    /// Forgets somebody whose account is gone, and closes the room of the channel that went with it.
    ///
    /// # Errors
    /// When a store does not answer; asking again goes on.
    pub async fn forget(&self, user: &User) -> Result<(), StoreError> {
        self.own.forget(user.id);
        self.names.forget(user.id.into());
        self.rooms.forget(Person { id: user.id, login: user.name.clone() }).await
    }

    /// Asks every client of this node to connect anew, spread evenly over `over`; says how many are here.
    pub fn reconnect(&self, over: Duration) -> usize {
        let clients = self.edge.connections();
        self.edge.reconnect_all(over, self.target.as_deref());
        clients
    }

    /// This node goes away: asks every client of it, newcomers too, to connect elsewhere within `over`, and closes whoever is still
    /// here then; says how many are here.
    pub fn leave(&self, over: Duration) -> usize {
        let clients = self.edge.connections();
        self.edge.leave_all(over, self.target.as_deref());
        clients
    }

    /// Closes all connections that were let in with this, here and on the nodes below.
    pub fn end(&self, credential: Credential) {
        self.everybody.end(credential);
    }

    /// Closes all connections, here and on the nodes below, which come again and say anew who they are: for whoever may have missed an
    /// [`end`](Self::end).
    pub fn ask_everybody_anew(&self) {
        self.everybody.come_again();
    }

    /// Chat connections of this node.
    pub fn connections(&self) -> usize {
        self.edge.connections()
    }

    /// Whether this user moderates the channel.
    async fn moderates(&self, channel: &Channel, user: &User) -> Result<bool, AskError> {
        let you = self.viewed_by(channel, user).await?.you;
        Ok(you.is_some_and(|you| you.badges.moderates()))
    }

    /// The room as this user finds it.
    async fn viewed_by(&self, channel: &Channel, user: &User) -> Result<RoomView, StoreError> {
        let account = self.book.account(user).await?;
        let caller = Caller { account, address: IpAddr::from([0, 0, 0, 0]), connection: None };
        Ok(self.room(channel).await.view(Some(&caller)))
    }

    /// Refuses whoever does not moderate the channel.
    pub(crate) async fn must_moderate(&self, channel: &Channel, user: &User) -> Result<(), AskError> {
        if self.moderates(channel, user).await? {
            return Ok(());
        }
        Err(refusals::no_permission().into())
    }

    /// The channel's room, once it knows what is kept of it.
    async fn room(&self, channel: &Channel) -> Arc<RoomHandle> {
        let room = self.rooms.enter(place(channel.id, channel.name.clone()));
        room.loaded().await;
        room
    }
}

fn place(id: ChannelId, login: Name) -> Place {
    Place { id, login }
}
