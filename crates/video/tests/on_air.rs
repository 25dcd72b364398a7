//! The video pipeline with real FFmpeg on both ends: published by RTMP, fetched as LL-HLS.

mod common;

use common::{Node, fetch};

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_is_on_air_with_the_same_numbers_in_every_rendition() {
    let node = Node::start().await;
    let publisher = node.publish(common::Source::default());
    let multivariant = node.multivariant().await;
    assert!(multivariant.contains("CODECS=\"avc1."), "{multivariant}");
    let source = node.playlist_at_least("source", 3).await;
    let audio = node.playlist_at_least("audio", 3).await;
    println!("{multivariant}\n{source}\n{audio}");
    assert!(source.contains("#EXT-X-PART:"), "{source}");
    assert!(audio.contains("#EXT-X-PRELOAD-HINT:TYPE=PART"), "{audio}");
    let init = fetch(&node, "source", "init-0.mp4").await;
    let segment = fetch(&node, "source", "1.m4s").await;
    assert!(init.len() > 500 && segment.len() > 5_000);
    publisher.stop().await;
    node.stop().await;
}
