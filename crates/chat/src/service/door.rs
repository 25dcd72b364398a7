//! Where sockets come in: IRC over TCP by its own listener, WebSockets from the web once their handshake is answered.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use runtime::Scope;
use runtime::listener::{Gate, GateFull, accept};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::edge::{Adopted, EdgeHandle, Socket, Tongue};

/// Who is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorConfig {
    /// Most connections from one address (an IPv6 network counts as one).
    pub per_address_max: usize,
    /// Most connections.
    pub connections_max: usize,
    /// Time for a TLS handshake.
    pub handshake: Duration,
}

impl Default for DoorConfig {
    fn default() -> Self {
        Self { per_address_max: 1_024, connections_max: 60_000, handshake: Duration::from_secs(10) }
    }
}

/// The door. What is full refuses; nothing waits here.
pub struct Door {
    gate: Gate,
    edge: EdgeHandle,
    handshake: Duration,
    scope: Scope,
}

/// A place at the door, held as long as its connection.
pub struct Place(Box<dyn Any + Send>);

impl Door {
    pub(super) fn new(config: &DoorConfig, edge: EdgeHandle, scope: Scope) -> Self {
        let gate = Gate::new(config.per_address_max, config.connections_max);
        Self { gate, edge, handshake: config.handshake, scope }
    }

    /// A place for one more connection from `address`.
    ///
    /// # Errors
    /// When there is none.
    pub fn admit(&self, address: IpAddr) -> Result<Place, GateFull> {
        match self.gate.admit(address) {
            Ok(pass) => Ok(Place(Box::new(pass))),
            Err(full) => {
                metrics::counter!("footlight_chat_connections_refused_total").increment(1);
                Err(full)
            }
        }
    }

    /// Takes in a client to whom the place was given: a WebSocket whose handshake the web has answered, or one of IRC.
    pub fn take(&self, place: Place, client: Adopted) {
        self.edge.adopt(Adopted { pass: Some(place.0), ..client });
    }

    /// Takes IRC clients on `listener` until the scope closes.
    pub fn serve_irc(self: &Arc<Self>, listener: TcpListener, tls: Option<Arc<ServerConfig>>) {
        let (door, tls) = (Arc::clone(self), tls.map(TlsAcceptor::from));
        self.scope.spawn_until_stop("irc listener", |stop| async move {
            while let Some((socket, address)) = accept(&listener, &stop).await {
                door.open(socket, address.ip().to_canonical(), tls.clone());
            }
        });
    }

    fn open(self: &Arc<Self>, socket: TcpStream, address: IpAddr, tls: Option<TlsAcceptor>) {
        let Ok(place) = self.admit(address) else { return };
        let Some(tls) = tls else {
            if let Ok(socket) = socket.into_std() {
                self.take(place, irc(Socket::Plain(socket), address));
            }
            return;
        };
        let door = Arc::clone(self);
        self.scope.spawn("irc handshake", async move {
            let Ok(Ok(encrypted)) = tokio::time::timeout(door.handshake, tls.accept(socket)).await else {
                return;
            };
            let (socket, session) = encrypted.into_inner();
            if let Ok(socket) = socket.into_std() {
                door.take(place, irc(Socket::Tls(Box::new(session), socket), address));
            }
        });
    }
}

fn irc(socket: Socket, address: IpAddr) -> Adopted {
    Adopted {
        socket,
        leftover: Vec::new(),
        tongue: Tongue::IrcTcp,
        deflate: false,
        room: None,
        account: None,
        token: None,
        refused: false,
        address,
        full: false,
        after: None,
        pass: None,
    }
}
