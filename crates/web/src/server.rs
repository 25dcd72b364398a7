//! Sockets to requests: our own accept loop, so that a waiting playlist request costs what a bare HTTP/1.1 connection costs.
//!
//! The protocol is chosen first (ALPN under TLS, the connection preface on plain sockets if h2c is on), then hyper's builder for that
//! protocol runs the connection. Promises: a connection has an address's place at the gate; it can neither dawdle over its
//! handshake and request heads nor leave our bytes unread for ever; when the scope closes, the listener closes at once and
//! each connection ends after the requests that it is in the middle of. Knows nothing of what requests mean.

mod stall;
mod streams;
mod connection;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use runtime::Scope;
use runtime::listener::{Gate, accept};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::config::{HttpConfig, ProxyNet};

pub(crate) use connection::{Answer, into_socket};

/// What a listener needs to know, shared by its connections.
#[derive(Clone)]
pub(crate) struct Server {
    streets: Gate,
    /// Trusted proxies carry everybody's connections, so they are counted in all only.
    proxies: Gate,
    trusted: Arc<[ProxyNet]>,
    header_timeout: Duration,
    h2c: bool,
}

impl Server {
    /// A server with these limits.
    pub(crate) fn new(config: &HttpConfig) -> Self {
        let connections = &config.connections;
        Self {
            streets: Gate::new(connections.per_address_max, connections.total_max),
            proxies: Gate::new(connections.total_max, connections.total_max),
            trusted: config.trusted_proxies.clone().into(),
            header_timeout: Duration::from_millis(config.header_timeout_ms),
            h2c: config.h2c,
        }
    }

    /// Accepts on `listener` until the scope closes; `answer` answers each request. With `tls`, every connection is encrypted.
    pub(crate) fn serve<A: Answer>(
        &self,
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        answer: A,
        scope: &Scope,
    ) {
        let server = self.clone();
        let tls = tls.map(TlsAcceptor::from);
        let connections = scope.clone();
        scope.spawn_until_stop("http listener", |stop| async move {
            while let Some((socket, address)) = accept(&listener, &stop).await {
                server.open(socket, address, tls.clone(), answer.clone(), &connections);
            }
        });
    }

    /// Gives a new connection its place and its task, or closes it.
    fn open<A: Answer>(
        &self,
        socket: TcpStream,
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        answer: A,
        scope: &Scope,
    ) {
        let ip = address.ip().to_canonical();
        let gate = if self.trusted.iter().any(|net| net.holds(ip)) { &self.proxies } else { &self.streets };
        let pass = match gate.admit(ip) {
            Ok(pass) => pass,
            Err(full) => {
                metrics::counter!("footlight_http_connections_refused_total").increment(1);
                tracing::debug!(error = %full, "connection refused");
                return;
            }
        };
        let (server, streams) = (self.clone(), scope.clone());
        scope.spawn_until_stop("http connection", move |stop| async move {
            let open = metrics::gauge!("footlight_http_connections_open");
            open.increment(1);
            server.run(socket, address, tls, answer, stop, &streams).await;
            open.decrement(1);
            drop(pass);
        });
    }
}
