//! How a connection ends, without a network.

use std::pin::Pin;
use std::task::{Context, Poll};

use domain::ids::{ChannelId, StreamId, StreamKeyId};
use domain::time::WallTime;
use domain::users::LatencyMode;
use tokio::io::{AsyncReadExt as _, ReadBuf};

use super::super::config::IngestConfig;
use super::super::slot::Slot;
use super::*;
use crate::live::{Broadcast, Phase};
use crate::origin::{Origin, OriginConfig};
use crate::transcode::{TranscodeConfig, Transcoding};

/// Admission over empty stores.
async fn admission(folder: &std::path::Path, scope: &Scope) -> Admission {
    let stores = stores::open(&stores::Places::embedded(folder)).await.expect("opens");
    let config = TranscodeConfig { ffmpeg: folder.join("none"), ..TranscodeConfig::default() };
    let transcoding = Transcoding::start(config, stores.jobs, scope);
    let (keys, registry) = (stores.stream_keys, stores.registry);
    let (ingest, origin) = (IngestConfig::default(), Origin::new(OriginConfig::default()));
    Admission::new(ingest, keys, registry, origin, transcoding, "test".to_owned(), scope.clone())
}

/// A socket whose peer is gone. It notes in which phase the stream is when it is closed from this side.
struct Gone {
    broadcast: Arc<Broadcast>,
    closed_in: Arc<std::sync::Mutex<Option<Phase>>>,
}

impl AsyncRead for Gone {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Gone {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        *self.closed_in.lock().expect("not poisoned") = Some(*self.broadcast.phase.borrow());
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_publisher_leaves_its_seat_before_its_farewell() {
    let folder = tempfile::tempdir().expect("a folder");
    let scope = Scope::root();
    let admission = admission(folder.path(), &scope).await;
    let now = clock::now();
    let name = "tester".parse().expect("a name");
    let wall = WallTime::from_unix_ms(0);
    let broadcast = Broadcast::new(StreamId(1), ChannelId(7), name, false, LatencyMode::Low, wall);
    let slot = Arc::new(Slot::new(Arc::new(broadcast), now));
    slot.broadcast.watchable.send_replace(true);
    let mut connection = Connection::new(&admission, ([127, 0, 0, 1], 1).into(), now);
    connection.intake = Some(Intake::new(slot.seat(StreamKeyId(1), now).expect("is free"), now));
    let closed_in = Arc::default();
    let socket = Gone { broadcast: Arc::clone(&slot.broadcast), closed_in: Arc::clone(&closed_in) };
    connection.run(socket, scope.stop()).await;
    assert_eq!(*closed_in.lock().expect("not poisoned"), Some(Phase::Interrupted));
    assert!(scope.close(LINGER).await.is_empty());
}

#[tokio::test]
async fn a_client_with_a_wrong_key_does_not_hold_up_the_way_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let scope = Scope::root();
    let admission = admission(folder.path(), &scope).await;
    let mut connection = Connection::new(&admission, ([127, 0, 0, 1], 1).into(), clock::now());
    let (mut client, socket) = tokio::io::duplex(4_096);
    let mut line = Line::new(socket);
    scope.cancel();
    tokio::time::pause();
    let refused = End::Refused(PublishError::BadKey { delay: Duration::from_secs(4) });
    let stop = scope.stop();
    let farewell = connection.farewell(&mut line, &refused, false, &stop);
    tokio::time::timeout(Duration::from_millis(1), farewell).await.expect("waits for nothing");
    client.read_to_end(&mut Vec::new()).await.expect("was closed in order, though not read to its end");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_begins_its_tls_does_not_hold_up_the_way_down() {
    let no_certificate = tokio_rustls::rustls::server::ResolvesServerCertUsingSni::new();
    let config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::new(no_certificate));
    let (_client, socket) = tokio::io::duplex(64);
    let scope = Scope::root();
    scope.cancel();
    let (tls, stop) = (TlsAcceptor::from(Arc::new(config)), scope.stop());
    let handshake = encrypted(&tls, socket, Duration::from_secs(5), &stop);
    let ended = tokio::time::timeout(Duration::from_millis(1), handshake).await.expect("waits for nothing");
    assert_eq!(ended.err(), Some(None), "nobody is to blame");
}
