//! One connection: handshake, choice of protocol, and hyper's builder for it.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat::edge::Socket;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::{Scope, Stop, clock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Server;
use super::stall::StallGuard;
use super::streams::{Answers, Watched};
use crate::body::Body;
use crate::limits;
use crate::peer::Peer;

/// Answers requests. Cloned for each one, so a clone should be cheap.
pub(crate) trait Answer: Clone + Send + Sync + 'static {
    /// Answers one request, with whom it came from and the signal that it should come to an end.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        stop: Stop,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// What HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// One connection's side of hyper's service.
struct Connection<A> {
    answer: A,
    address: SocketAddr,
    tls: bool,
    server: Server,
    stop: Stop,
    /// Whether a request has come: until then the connection is on probation.
    asked: Arc<AtomicBool>,
    /// Its answers, if it speaks HTTP/2.
    answers: Option<Answers>,
}

impl<A: Answer> hyper::service::Service<Request<Incoming>> for Connection<A> {
    type Response = Response<Watched>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Watched>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.asked.store(true, Ordering::Relaxed);
        let peer = Peer::of(self.address, self.tls, request.headers(), &self.server.trusted);
        let (answer, stop, answers) = (self.answer.clone(), self.stop.clone(), self.answers.clone());
        Box::pin(async move {
            let watch = |body| match answers {
                Some(answers) => answers.watch(body),
                None => Watched::from(body),
            };
            Ok(answer.answer(request, peer, stop).await.map(watch))
        })
    }
}

impl Server {
    /// Runs a connection to its end.
    pub(super) async fn run<A: Answer>(
        &self,
        socket: TcpStream,
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        answer: A,
        stop: Stop,
        scope: &Scope,
    ) {
        let connection = Connection {
            answer,
            address,
            tls: tls.is_some(),
            server: self.clone(),
            stop: stop.clone(),
            asked: Arc::default(),
            answers: None,
        };
        match tls {
            None => {
                let h2 = self.h2c && self.speaks_h2(&socket, &stop).await;
                self.speak(StallGuard::new(socket), h2, connection, stop, scope).await;
            }
            Some(acceptor) => {
                let handshake = acceptor.accept_with(socket, |tls| {
                    tls.set_buffer_limit(Some(limits::TLS_BUFFER_BYTES));
                });
                let encrypted = tokio::select! {
                    () = stop.stopped() => return,
                    encrypted = tokio::time::timeout(self.header_timeout, handshake) => encrypted,
                };
                let Ok(Ok(encrypted)) = encrypted else {
                    metrics::counter!("footlight_http_tls_handshakes_failed_total").increment(1);
                    return;
                };
                let h2 = encrypted.get_ref().1.alpn_protocol() == Some(b"h2");
                self.speak(StallGuard::new(encrypted), h2, connection, stop, scope).await;
            }
        }
    }

    /// Whether a plain connection begins as HTTP/2 does. Nothing is taken from it.
    async fn speaks_h2(&self, socket: &TcpStream, stop: &Stop) -> bool {
        let mut seen = [0; PREFACE.len()];
        let look = async {
            // Three bytes tell `PRI` from every method we know; a client that dribbles is hyper's to time out.
            loop {
                match socket.peek(&mut seen).await {
                    Ok(n) if n > 0 && n < 3 && PREFACE.starts_with(&seen[..n]) => {
                        tokio::time::sleep(limits::PEEK_AGAIN).await;
                    }
                    Ok(n) => return n >= 3 && PREFACE.starts_with(&seen[..n]),
                    Err(_) => return false,
                }
            }
        };
        tokio::select! {
            () = stop.stopped() => false,
            h2 = tokio::time::timeout(self.header_timeout, look) => h2.unwrap_or(false),
        }
    }

    /// Serves requests until the client leaves, a time runs out, or it is time to stop.
    async fn speak<A, S>(&self, socket: S, h2: bool, mut connection: Connection<A>, stop: Stop, scope: &Scope)
    where
        A: Answer,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let asked = Arc::clone(&connection.asked);
        let socket = TokioIo::new(socket);
        let ended = if h2 {
            let answers = Answers::default();
            connection.answers = Some(answers.clone());
            let serving = self.http2(scope).serve_connection(socket, connection);
            let serving = until_stop(serving, http2::Connection::graceful_shutdown, &stop);
            tokio::select! {
                ended = serving => Ended::of(ended, &asked),
                () = self.probation(&asked) => Ended::Late,
                () = stalled(&answers) => Ended::Stalled,
            }
        } else {
            // It has a timer of its own.
            let serving = self.http1().serve_connection(socket, connection).with_upgrades();
            let ended = until_stop(serving, http1::UpgradeableConnection::graceful_shutdown, &stop).await;
            Ended::of(ended, &asked)
        };
        ended.note();
    }

    /// Resolves when the first request should have been there and is not.
    async fn probation(&self, asked: &AtomicBool) {
        tokio::time::sleep(self.header_timeout).await;
        if asked.load(Ordering::Relaxed) {
            std::future::pending().await
        }
    }

    fn http1(&self) -> http1::Builder {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(limits::HEAD_BYTES_MAX)
            .max_headers(limits::HEADERS_MAX)
            .keep_alive(true);
        http1
    }

    fn http2(&self, scope: &Scope) -> http2::Builder<Streams> {
        let mut http2 = http2::Builder::new(Streams(scope.clone()));
        http2
            .timer(TokioTimer::new())
            .keep_alive_interval(limits::H2_PING_EVERY)
            .keep_alive_timeout(limits::H2_PING_EVERY)
            .max_concurrent_streams(limits::H2_STREAMS_MAX)
            .max_send_buf_size(limits::H2_SEND_BYTES_MAX)
            .initial_stream_window_size(limits::H2_RECEIVE_WINDOW)
            .initial_connection_window_size(limits::H2_RECEIVE_WINDOW * 4)
            .max_header_list_size(u32::try_from(limits::HEAD_BYTES_MAX).unwrap_or(u32::MAX));
        http2
    }
}

/// How a connection ended.
enum Ended {
    /// By itself, or because we stop.
    Served,
    /// It broke, or what came is no HTTP.
    Broken(hyper::Error),
    /// Its first request did not come whole in time.
    Late,
    /// It left an answer lying.
    Stalled,
}

impl Ended {
    fn of(ended: hyper::Result<()>, asked: &AtomicBool) -> Self {
        match ended {
            Ok(()) => Self::Served,
            Err(error) if error.is_timeout() && !asked.load(Ordering::Relaxed) => Self::Late,
            Err(error) => Self::Broken(error),
        }
    }

    fn note(self) {
        match self {
            Self::Served => {}
            Self::Broken(error) => tracing::debug!(%error, "connection ended"),
            Self::Late => {
                metrics::counter!("footlight_http_headers_late_total").increment(1);
                tracing::debug!("connection closed: no request came in time");
            }
            Self::Stalled => {
                metrics::counter!("footlight_http_connections_stalled_total").increment(1);
                tracing::debug!("connection closed: an answer was left unread");
            }
        }
    }
}

/// Runs `serving` until it ends; on stop asks it to finish.
async fn until_stop<C>(serving: C, finish: fn(Pin<&mut C>), stop: &Stop) -> hyper::Result<()>
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut serving = pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended,
        () = stop.stopped() => finish(serving.as_mut()),
    }
    serving.await
}

/// Resolves when a client has left an answer lying for too long.
async fn stalled(answers: &Answers) {
    loop {
        tokio::time::sleep(limits::STALL_LOOK_EVERY).await;
        if answers.are_stalled(clock::now()) {
            return;
        }
    }
}

/// The socket of an upgraded connection and what was read behind the handshake; `None` if it is none of ours.
pub(crate) fn into_socket(upgraded: Upgraded) -> Option<(Socket, Vec<u8>)> {
    type Plain = TokioIo<StallGuard<TcpStream>>;
    type Encrypted = TokioIo<StallGuard<TlsStream<TcpStream>>>;
    match upgraded.downcast::<Plain>() {
        Ok(parts) => {
            let socket = parts.io.into_inner().into_inner().into_std().ok()?;
            Some((Socket::Plain(socket), parts.read_buf.to_vec()))
        }
        Err(upgraded) => {
            let parts = upgraded.downcast::<Encrypted>().ok()?;
            let (socket, session) = parts.io.into_inner().into_inner().into_inner();
            Some((Socket::Tls(Box::new(session), socket.into_std().ok()?), parts.read_buf.to_vec()))
        }
    }
}

/// Gives HTTP/2 streams to the listener's scope: hyper spawns one task for each. They end by themselves when their
/// connection does, and on stop finish what they are in the middle of.
#[derive(Clone)]
struct Streams(Scope);

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn_until_stop("http stream", |_| stream);
    }
}
