//! goim's fan-out server (`comet`) and the least that it needs around it: a discovery that knows one logic, a logic that lets everybody in,
//! and a job that pushes batches by comet's own RPC, as goim's own job does.

use std::convert::Infallible;
use std::fs;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, TE};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use runtime::{Scope, clock};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::{CHANNEL, Running, free_port, until};
use crate::chat::process::Process;

/// What goim's job is told by default: a batch is pushed when it has so many messages, or is so old.
const BATCH_TIME: Duration = Duration::from_secs(1);
/// Messages that wait for the job; beyond, they are dropped, as goim's job does (it holds two batches).
const WAITING_MAX: usize = 4096;

/// The way in for messages.
#[derive(Clone, Debug)]
pub(crate) struct Job(mpsc::Sender<Vec<u8>>);

impl Job {
    /// Takes a message for the room. One that is too many is lost, and counted by the readers.
    pub(crate) fn say(&self, text: &[u8]) {
        // The stub ends with the process; until then only a full queue refuses.
        drop(self.0.try_send(text.to_vec()));
    }
}

/// The first packet of a connection: who it is (goim's operation 7).
pub(crate) fn sign_in(who: &str) -> Vec<u8> {
    let mut out = BytesMut::new();
    packet(7, who.as_bytes(), &mut out);
    out.to_vec()
}

/// The head of comet's answer to it (operation 8).
pub(crate) const SIGNED_IN: &[u8] = &[0, 0, 0, 16, 0, 16, 0, 1, 0, 0, 0, 8];

/// A connection that says this is in no room.
pub(crate) const OUTSIDE: &str = "sender";

/// goim's packet: length, length of the head, version, operation, number, body.
fn packet(operation: u32, body: &[u8], out: &mut BytesMut) {
    out.put_u32(16 + body.len() as u32);
    out.put_u16(16);
    out.put_u16(1);
    out.put_u32(operation);
    out.put_u32(0);
    out.put_slice(body);
}

/// Starts comet and what is around it; `batch` messages are pushed at once.
pub(super) fn start(
    program: &Path,
    folder: tempfile::TempDir,
    senders: usize,
    batch: usize,
) -> io::Result<Running> {
    let [rpc, tcp, web] = [free_port()?, free_port()?, free_port()?];
    let around = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let address = around.local_addr()?;
    let config = format!(
        "[discovery]\nnodes = [\"{address}\"]\n[rpcServer]\naddr = \"127.0.0.1:{rpc}\"\n[rpcClient]\ndial = \"5s\"\ntimeout = \"5s\"\n\
         [tcp]\nbind = [\"127.0.0.1:{tcp}\"]\n[websocket]\nbind = [\"127.0.0.1:{web}\"]\n[protocol]\nsvrProto = 10\nhandshakeTimeout = \"30s\"\n\
         [whitelist]\nWhitelist = []\nWhiteLog = \"{}\"\n",
        folder.path().join("white.log").display()
    );
    let file = folder.path().join("comet.toml");
    fs::write(&file, config)?;
    let (texts, waiting) = mpsc::channel(WAITING_MAX);
    let comet = SocketAddr::from(([127, 0, 0, 1], rpc));
    around.set_nonblocking(true)?;
    std::thread::Builder::new().name("goim".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = runtime.and_then(|runtime| runtime.block_on(surround(around, comet, waiting, batch)));
        if let Err(error) = done {
            eprintln!("bench: what surrounds comet ended: {error}");
        }
    })?;
    let conf = format!("-conf={}", file.display());
    let logs = format!("-log_dir={}", folder.path().display());
    let arguments = [
        conf.as_str(),
        logs.as_str(),
        "-region=bench",
        "-zone=bench",
        "-deploy.env=bench",
        "-host=bench",
        "-addrs=127.0.0.1",
    ];
    let mut process = Process::start(program, &arguments, &folder.path().join("log"))?;
    let at = SocketAddr::from(([127, 0, 0, 1], tcp));
    until(&mut process, || {
        std::net::TcpStream::connect(at).is_ok() && std::net::TcpStream::connect(comet).is_ok()
    })?;
    let senders = vec![OUTSIDE.to_owned(); senders];
    Ok(Running { process, at, senders, job: Some(Job(texts)), _folder: folder })
}

/// Answers comet for as long as messages may come.
async fn surround(
    listener: std::net::TcpListener,
    comet: SocketAddr,
    waiting: mpsc::Receiver<Vec<u8>>,
    batch: usize,
) -> io::Result<()> {
    let (listener, scope) = (TcpListener::from_std(listener)?, Scope::root());
    let at = listener.local_addr()?;
    let inner = scope.clone();
    scope.spawn("answers", async move {
        let keys = Arc::new(AtomicU64::new(0));
        while let Ok((stream, _)) = listener.accept().await {
            let keys = Arc::clone(&keys);
            inner.spawn("answer", async move {
                let serve = hyper::service::service_fn(move |request| answer(request, at, Arc::clone(&keys)));
                // Comet hangs up when it ends.
                drop(
                    auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), serve)
                        .await,
                );
            });
        }
    });
    push(comet, waiting, batch, &scope).await
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

async fn answer(
    request: Request<Incoming>,
    at: SocketAddr,
    keys: Arc<AtomicU64>,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(match head.uri.path() {
        "/discovery/polls" => {
            // It polls again at once with what it knows; there is never more.
            if !head.uri.query().unwrap_or_default().contains("latest_timestamp=0") {
                tokio::time::sleep(Duration::from_secs(20)).await;
                return Ok(plain(&json!({ "code": -304 })));
            }
            let instances = |scheme: &str| {
                let one =
                    json!({ "hostname": "bench", "addrs": [format!("{scheme}://{at}")], "metadata": {} });
                json!({ "instances": { "bench": [one] }, "latest_timestamp": 1 })
            };
            let data = json!({ "infra.discovery": instances("http"), "goim.logic": instances("grpc") });
            plain(&json!({ "code": 0, "data": data }))
        }
        path if path.starts_with("/discovery/") => plain(&json!({ "code": 0 })),
        "/goim.logic.Logic/Connect" => {
            let outside = memchr::memmem::find(&body, OUTSIDE.as_bytes()).is_some();
            called(&connected(keys.fetch_add(1, Ordering::Relaxed), if outside { "" } else { CHANNEL }))
        }
        _ => called(&[]),
    })
}

fn plain(value: &serde_json::Value) -> Answer {
    Response::new(Full::new(Bytes::from(value.to_string())).boxed())
}

/// A gRPC answer: one message, and a good end.
fn called(message: &[u8]) -> Answer {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(framed(message)).with_trailers(ready(Some(Ok(trailers)))).boxed();
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}

/// gRPC's frame: not compressed, a length, a message.
fn framed(message: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(5 + message.len());
    out.put_u8(0);
    out.put_u32(message.len() as u32);
    out.put_slice(message);
    out.freeze()
}

/// `logic.ConnectReply`: mid, key, room, accepted operations, heartbeat in ns (an hour).
fn connected(n: u64, room: &str) -> Vec<u8> {
    let mut out = Vec::new();
    number(1, n + 1, &mut out);
    field(2, format!("key{n}").as_bytes(), &mut out);
    field(3, room.as_bytes(), &mut out);
    let mut accepts = Vec::new();
    varint(OPERATION.into(), &mut accepts);
    field(4, &accepts, &mut out);
    number(5, 3_600_000_000_000, &mut out);
    out
}

/// The operation of a room's messages.
const OPERATION: u32 = 1000;
/// A body that is packets already.
const RAW: u64 = 9;

/// `comet.BroadcastRoomReq` with packets that are ready to be sent.
fn broadcast(packets: &[u8]) -> Vec<u8> {
    let mut proto = Vec::new();
    number(1, 1, &mut proto);
    number(2, RAW, &mut proto);
    field(4, packets, &mut proto);
    let mut out = Vec::new();
    field(1, CHANNEL.as_bytes(), &mut out);
    field(2, &proto, &mut out);
    out
}

/// A Protocol Buffers field of bytes; empty ones are left out, as proto3 does.
fn field(tag: u64, bytes: &[u8], out: &mut Vec<u8>) {
    if !bytes.is_empty() {
        varint(tag << 3 | 2, out);
        varint(bytes.len() as u64, out);
        out.extend_from_slice(bytes);
    }
}

/// A field that is a number.
fn number(tag: u64, value: u64, out: &mut Vec<u8>) {
    varint(tag << 3, out);
    varint(value, out);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// goim's `job.Room.pushproc`: collects, and pushes a batch when it is full or its first message is a second old.
async fn push(
    comet: SocketAddr,
    mut waiting: mpsc::Receiver<Vec<u8>>,
    batch: usize,
    scope: &Scope,
) -> io::Result<()> {
    let mut caller: Option<SendRequest<Full<Bytes>>> = None;
    let (mut packets, mut count, mut due) = (BytesMut::new(), 0, None);
    loop {
        let at = due;
        let wait = async move {
            match at {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            text = waiting.recv() => {
                let Some(text) = text else { return Ok(()) };
                packet(OPERATION, &text, &mut packets);
                count += 1;
                due.get_or_insert((clock::now() + BATCH_TIME).into());
                if count < batch {
                    continue;
                }
            }
            () = wait => {}
        }
        (count, due) = (0, None);
        let request = framed(&broadcast(&packets.split()));
        if caller.is_none() {
            caller = Some(dial(comet, scope).await?);
        }
        let Some(call) = &mut caller else { continue };
        let request = Request::post(format!("http://{comet}/goim.comet.Comet/BroadcastRoom"))
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .body(Full::new(request))
            .map_err(io::Error::other)?;
        let answer = call.send_request(request).await.map_err(io::Error::other)?;
        answer.into_body().collect().await.map_err(io::Error::other)?;
    }
}

async fn dial(comet: SocketAddr, scope: &Scope) -> io::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(comet).await?;
    stream.set_nodelay(true)?;
    let (caller, connection) =
        handshake(TokioExecutor::new(), TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with comet.
    scope.spawn("push", async move { drop(connection.await) });
    Ok(caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_and_messages_are_as_goim_has_them() {
        let mut out = BytesMut::new();
        packet(OPERATION, b"hi", &mut out);
        assert_eq!(&out[..], b"\0\0\0\x12\0\x10\0\x01\0\0\x03\xe8\0\0\0\0hi");
        assert_eq!(
            connected(0, "r")[..],
            b"\x08\x01\x12\x04key0\x1a\x01r\x22\x02\xe8\x07\x28\x80\xc0\xe2\x85\xe3\x68"[..]
        );
        assert_eq!(broadcast(b"xy")[..], b"\x0a\x05bench\x12\x08\x08\x01\x10\x09\x22\x02xy"[..]);
    }
}
