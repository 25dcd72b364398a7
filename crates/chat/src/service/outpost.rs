//! A node that only delivers: its sockets are here, the rooms are at the other end of a link. It may feed other such nodes.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::names::Name;
use domain::ports::StoreError;
use runtime::Scope;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::client::TlsStream;

use super::Reception;
use super::below::{Everybody, end_with};
use super::door::{Door, DoorConfig};
use crate::command::Account;
use crate::edge::handle::node_of;
use crate::edge::{EdgeConfig, EdgeHandle, EdgeThreads, Replies, Reply, Upstream};
use crate::event::ConnectionId;
use crate::link::LinkError;
use crate::link::above::Links;
use crate::link::below::{Below, Lower as _, Uplink};
use crate::link::end::EndConfig;
use crate::link::proof::Secret;
use crate::link::tls::{Binding, Opener, UNBOUND, is_here};
use crate::link::wire::Offer;
use crate::tree::encode::RoomName;

/// What may be set about such a node.
pub struct OutpostConfig {
    /// Sockets. The node's number must be its own on the site, and not 0.
    pub edge: EdgeConfig,
    /// Who is let in.
    pub door: DoorConfig,
    /// Where clients are sent that are asked to connect anew; `None`: to the same address.
    pub target: Option<Box<str>>,
    /// Address of the rooms' node.
    pub upstream: String,
    /// What both ends know.
    pub secret: Secret,
    /// How channels to it are opened; `None`: as they are, which is for loopback alone.
    pub tls: Option<Opener>,
    /// Where the rooms' node may send others, to be fed from here.
    pub offer: Option<Offer>,
}

/// What is kept of what goes up: that of those below too, who may all leave at once.
const KEPT: EndConfig = EndConfig { bytes_max: 64 << 20, messages_max: 1 << 18 };

/// How long a handshake waits for an answer of the rooms' node.
const PATIENCE: Duration = Duration::from_secs(5);

/// A delivering node. Clones are handles to the same.
#[derive(Clone)]
pub struct Outpost {
    edge: EdgeHandle,
    everybody: Arc<Everybody>,
    uplink: Arc<Uplink>,
    desk: Arc<Desk>,
    door: Arc<Door>,
    target: Option<Arc<str>>,
}

/// Answers for handshakes, and for whom each is: they ask as connections that no thread owns.
struct Desk {
    everybody: Arc<Everybody>,
    node: u16,
    asked: AtomicU64,
    waiting: Mutex<HashMap<ConnectionId, oneshot::Sender<Reply>>>,
}

impl Replies for Desk {
    fn reply(&self, connection: ConnectionId, reply: Reply) {
        match reply {
            Reply::Ended(credential) => return self.everybody.end(credential),
            Reply::ComeAgain => return self.everybody.come_again(),
            Reply::Whispered(whisper) => return self.everybody.whisper(&whisper),
            Reply::Recoloured(user, colour) => return self.everybody.recolour(user, colour),
            _ => {}
        }
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection);
        match waiting {
            // A handshake that gave up has dropped its end.
            Some(waiting) => drop(waiting.send(reply)),
            None => self.everybody.reply(connection, reply),
        }
    }
}

impl Outpost {
    /// Starts the node's threads and its link; they end with `scope`.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(config: OutpostConfig, scope: &Scope) -> io::Result<Self> {
        let threads = EdgeThreads::new(config.edge.clone())?;
        let edge = threads.handle();
        let node = config.edge.node;
        let uplink = Uplink::new(config.secret.clone(), node, config.offer, KEPT);
        let everybody = Arc::new(Everybody::new(node, edge.clone()));
        let desk = Arc::new(Desk {
            everybody: Arc::clone(&everybody),
            node,
            asked: AtomicU64::new(0),
            waiting: Mutex::default(),
        });
        let upstream: Arc<dyn Upstream> = uplink.clone();
        everybody.set_links(Some(Links::relay(config.secret, node, Arc::clone(&uplink))));
        end_with(scope, edge.clone(), threads.start(&upstream)?);
        let below = Below { frames: everybody.clone(), replies: desk.clone(), node: everybody.clone() };
        let run = Arc::clone(&uplink);
        match config.tls {
            Some(opener) => {
                let open = move |to| open(opener.clone(), to);
                scope.spawn("chat uplink", run.run(config.upstream, below, open));
            }
            None => {
                let open = |to: Offer| async move {
                    if !is_here(&to.address) {
                        return Err(LinkError::Message("links without TLS are within one machine"));
                    }
                    Ok((connect(&to.address).await?, UNBOUND))
                };
                scope.spawn("chat uplink", run.run(config.upstream, below, open));
            }
        }
        let door = Arc::new(Door::new(&config.door, edge.clone(), scope.child()));
        Ok(Self { edge, everybody, uplink, desk, door, target: config.target.map(Arc::from) })
    }

    /// Takes nodes that are fed from here on `listener`.
    pub fn serve_links(&self, listener: TcpListener, tls: Option<Arc<ServerConfig>>, scope: &Scope) {
        self.everybody.serve_links(listener, tls, scope);
    }

    /// As [`super::Chat::reconnect`].
    pub fn reconnect(&self, over: Duration) -> usize {
        let clients = self.edge.connections();
        self.edge.reconnect_all(over, self.target.as_deref());
        clients
    }

    /// As [`super::Chat::leave`]; nodes that are fed from here stay until the end, and no more come.
    pub fn leave(&self, over: Duration) -> usize {
        self.everybody.take_no_nodes();
        let clients = self.edge.connections();
        self.edge.leave_all(over, self.target.as_deref());
        clients
    }

    /// Chat connections of this node.
    pub fn connections(&self) -> usize {
        self.edge.connections()
    }

    /// Asks the rooms' node as a connection of nobody's.
    async fn ask(&self, ask: impl FnOnce(&Uplink, ConnectionId)) -> Result<Reply, StoreError> {
        let desk = &self.desk;
        // Of this node, on a thread that there is not, so that answers come here.
        let number = desk.asked.fetch_add(1, Ordering::Relaxed);
        let connection = crate::edge::handle::unowned(desk.node, number);
        debug_assert_eq!(node_of(connection), desk.node);
        let (tell, told) = oneshot::channel();
        desk.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(connection, tell);
        ask(&self.uplink, connection);
        let answer = tokio::time::timeout(PATIENCE, told).await;
        desk.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection);
        match answer {
            Ok(Ok(reply)) => Ok(reply),
            _ => Err(StoreError::Unavailable("the node that owns the rooms does not answer".into())),
        }
    }
}

async fn connect(address: &str) -> Result<TcpStream, LinkError> {
    // The system would try for minutes, during which the other end may be back.
    let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(address));
    let stream = stream.await.map_err(|_| LinkError::Silent)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn open(opener: Opener, to: Offer) -> Result<(TlsStream<TcpStream>, Binding), LinkError> {
    let opener = match to.fingerprint {
        Some(fingerprint) => opener.sent_to(fingerprint).map_err(LinkError::Identity)?,
        None => opener,
    };
    let stream = connect(&to.address).await?;
    let opened = tokio::time::timeout(PATIENCE, opener.open(&to.address, stream));
    opened.await.map_err(|_| LinkError::Silent)?
}

#[async_trait]
impl Reception for Outpost {
    async fn room_named(&self, text: &str) -> Result<Option<RoomName>, StoreError> {
        let Ok(login) = text.parse::<Name>() else { return Ok(None) };
        let name = login.as_str().to_owned();
        match self.ask(move |uplink, connection| uplink.find_channel(connection, &name)).await? {
            Reply::Channel { found, .. } => Ok(found.map(|channel| RoomName { channel, login })),
            _ => Ok(None),
        }
    }

    async fn account(&self, token: &str) -> Result<Option<Arc<Account>>, StoreError> {
        match self.ask(|uplink, connection| uplink.authenticate(connection, token)).await? {
            Reply::Account(account) => Ok(account),
            _ => Ok(None),
        }
    }

    fn door(&self) -> &Arc<Door> {
        &self.door
    }
    fn is_ready(&self) -> bool {
        self.uplink.linked()
    }
}
