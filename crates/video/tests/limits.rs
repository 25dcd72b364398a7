//! What one connection may take: each limit of the configuration, reached over a real socket.
//!
//! What a publisher is told is read where its streamer reads it, from FFmpeg. Who has no stream yet has nobody to tell:
//! it is closed, and the session's own tests (`media::rtmp`) name the error.

mod common;

use std::time::Duration;

use common::{Node, Source};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use video::VideoConfig;
use video::ingest::IngestConfig;

async fn node(ingest: IngestConfig) -> Node {
    Node::start_with(VideoConfig { ingest, ..VideoConfig::default() }).await
}

/// Everything until the other side closes.
async fn closes(mut socket: TcpStream) -> usize {
    let mut said = Vec::new();
    // A reset is a close as well.
    drop(tokio::time::timeout(common::PATIENCE, socket.read_to_end(&mut said)).await.expect("is closed"));
    said.len()
}

/// A connection that has shaken hands, plainly (RTMP 1.0 §5.2).
async fn shaken(node: &Node) -> TcpStream {
    let mut socket = TcpStream::connect(node.rtmp).await.expect("connects");
    let mut hello = vec![0; 1 + 1536];
    hello[0] = 3;
    socket.write_all(&hello).await.expect("sent");
    let mut answer = vec![0; 1 + 2 * 1536];
    socket.read_exact(&mut answer).await.expect("shakes hands");
    socket.write_all(&answer[1..=1536]).await.expect("sent");
    socket
}

/// The first chunk of a command message of `bytes` bytes on chunk stream `stream` (RTMP 1.0 §5.3.1): 128 bytes of it.
fn begun(stream: u8, bytes: u32) -> Vec<u8> {
    let length = &bytes.to_be_bytes()[1..];
    [&[stream, 0, 0, 0], length, &[20, 0, 0, 0, 0], &[2; 128]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_has_its_time() {
    let node =
        node(IngestConfig { handshake_timeout: Duration::from_millis(200), ..IngestConfig::default() }).await;
    let silent = TcpStream::connect(node.rtmp).await.expect("connects");
    assert_eq!(closes(silent).await, 0);
    closes(shaken(&node).await).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_its_connections() {
    let node = node(IngestConfig { per_address_max: 1, ..IngestConfig::default() }).await;
    let first = shaken(&node).await;
    let second = TcpStream::connect(node.rtmp).await.expect("connects");
    assert_eq!(closes(second).await, 0, "it is closed at once, while the first one is still waited for");
    drop(first);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_their_memory_have_a_size() {
    let node = node(IngestConfig {
        message_bytes_max: 8 * 1024,
        // Nothing but the limits may close them.
        handshake_timeout: Duration::from_secs(600),
        ..IngestConfig::default()
    })
    .await;
    let mut long = shaken(&node).await;
    long.write_all(&begun(3, 8 * 1024 + 1)).await.expect("sent");
    closes(long).await;
    let mut many = shaken(&node).await;
    // Before a publish, unfinished messages may take four commands' room.
    let begun: Vec<u8> = (3..9).flat_map(|stream| begun(stream, 8 * 1024)).collect();
    many.write_all(&begun).await.expect("sent");
    closes(many).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_has_a_size_that_its_streamer_is_told() {
    let node = node(IngestConfig { frame_bytes_max: 64 * 1024, ..IngestConfig::default() }).await;
    let lossless = &["-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "crf=1", "-s", "1920x1080"];
    let told = node.publish(Source { video: lossless, ..Source::default() }).output().await;
    assert!(told.contains("is over the limit of 65536"), "{told}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_rate_has_a_limit_that_its_streamer_is_told() {
    let node = node(IngestConfig { bitrate_max_bps: 200_000, ..IngestConfig::default() }).await;
    let told = node.publish(Source::default()).output().await;
    assert!(told.contains("kb/s is more than the 200 kb/s allowed here"), "{told}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_has_its_time() {
    let node = node(IngestConfig {
        idle_timeout: Duration::from_secs(1),
        silent_after: Duration::from_millis(500),
        grace: Duration::from_secs(2),
        ..IngestConfig::default()
    })
    .await;
    let publisher = node.publish(Source::default());
    node.multivariant().await;
    publisher.signal("STOP").await;
    // The stream ends after the connection did: by then its time was over.
    node.off_air().await;
    publisher.signal("CONT").await;
    assert!(!publisher.output().await.is_empty(), "FFmpeg finds its connection closed");
    node.stop().await;
}
