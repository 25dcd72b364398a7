//! The video pipeline with real FFmpeg on both ends: published by RTMP, fetched as LL-HLS.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::{Node, OneKey, Source};
use domain::ids::ChannelId;
use domain::time::WallTime;
use video::{Ports, VideoConfig};

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_is_on_air_with_the_same_numbers_in_every_rendition() {
    let node = Node::start().await;
    let publisher = node.publish(Source::default());
    let multivariant = node.multivariant().await;
    assert!(multivariant.contains("CODECS=\"avc1."), "{multivariant}");
    assert!(multivariant.contains("/160p/index.m3u8"), "the ladder is there from the start: {multivariant}");
    let mut lists = Vec::new();
    for rendition in ["source", "160p", "audio"] {
        let playlist = node.complete(rendition, 3).await;
        assert!(playlist.contains("#EXT-X-PRELOAD-HINT:TYPE=PART"), "{playlist}");
        let init = node.get(rendition, "init-0.mp4", "").await;
        let segment = node.get(rendition, "2.m4s", "").await;
        let parts = node.get(rendition, "2.0.m4s", "").await;
        assert!(init.len() > 500 && segment.len() > parts.len(), "{rendition}");
        let dates = common::lines(&playlist, "#EXT-X-PROGRAM-DATE-TIME").into_iter().take(4);
        lists.push(dates.map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(lists[0], lists[1], "segments begin at the same time in every rendition");
    assert_eq!(lists[0], lists[2]);
    publisher.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_viewers_of_all_renditions_never_hold_the_stream_up() {
    let node = Node::start().await;
    let publisher = node.publish(Source::default());
    node.multivariant().await;
    let watch = |rendition: &'static str| {
        let node = &node;
        async move {
            for msn in 0..8 {
                for part in 0..5 {
                    node.playlist(rendition, &format!("_HLS_msn={msn}&_HLS_part={part}&_HLS_skip=YES")).await;
                }
            }
        }
    };
    tokio::join!(
        watch("source"),
        watch("160p"),
        watch("audio"),
        watch("source"),
        watch("160p"),
        watch("audio"),
        watch("source"),
        watch("160p"),
        watch("audio"),
        watch("source"),
        watch("160p"),
        watch("audio"),
    );
    publisher.stop().await;
    node.stop().await;
}

/// A node whose encoder died, and the stream that waits for it.
async fn interrupted() -> (Node, domain::ids::StreamId) {
    let node = Node::start().await;
    let first = node.publish(Source::default());
    node.multivariant().await;
    node.complete("source", 2).await;
    let stream = node.stream();
    first.kill().await;
    let gap = node.playlist_where("source", |playlist| common::holes(playlist) > 0).await;
    assert!(!gap.contains("#EXT-X-ENDLIST"), "{gap}");
    (node, stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoder_that_dies_and_comes_back_goes_on_with_the_same_stream() {
    let (node, stream) = interrupted().await;
    let second = node.publish(Source::default());
    for rendition in ["source", "160p", "audio"] {
        let back = node.playlist_with(rendition, "#EXT-X-DISCONTINUITY\n").await;
        let sequence = common::lines(&back, "#EXT-X-MEDIA-SEQUENCE");
        assert_eq!(sequence, ["#EXT-X-MEDIA-SEQUENCE:0"], "numbering goes on: {back}");
    }
    assert_eq!(node.stream(), stream, "it is the same stream");
    second.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s4_an_encoder_that_comes_back_with_another_picture_goes_on_with_a_new_init() {
    let (node, stream) = interrupted().await;
    let larger = &["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-s", "854x480"];
    let second = node.publish(Source { fps: 25, gop: 25, video: larger, ..Source::default() });
    // The rung stays what it was announced as: what follows the break is scaled to the same size.
    for (rendition, before, after) in [("source", "640,360", "854,480"), ("160p", "284,160", "284,160")] {
        let back = node
            .playlist_where(rendition, |playlist| {
                let after = playlist.split_once("#EXT-X-DISCONTINUITY\n").map(|(_, after)| after);
                after.is_some_and(|after| after.contains("#EXTINF"))
            })
            .await;
        let (old, new) = back.split_once("#EXT-X-DISCONTINUITY\n").expect("was waited for");
        for (part, size) in [(old, before), (new, after)] {
            let init = common::lines(part, "#EXT-X-MAP").first().and_then(|map| map.split('"').nth(1));
            let init = init.expect("each side of the break names its init");
            // Every rendition begins with a gap, segment 0.
            let segment = part.lines().find(|line| line.ends_with(".m4s") && *line != "0.m4s");
            let mut media = node.get(rendition, init, "").await.to_vec();
            media.extend_from_slice(&node.get(rendition, segment.expect("a segment"), "").await);
            let found = common::probe("width,height", &media).await;
            assert_eq!(found, size, "{rendition} with {init}: {back}");
        }
    }
    assert_eq!(node.stream(), stream, "it is the same stream");
    second.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_with_words_that_ffmpeg_shows() {
    let node = Node::start().await;
    let refused = node.publish(Source { key: "live_wrong", ..Source::default() }).output().await;
    assert!(refused.contains("This stream key is not valid"), "{refused}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_codec_that_we_do_not_take_is_refused_by_name_and_harms_nobody() {
    let node = Node::start().await;
    let refused = node.publish(Source { video: &["-c:v", "flv1"], ..Source::default() }).output().await;
    assert!(!refused.is_empty(), "FFmpeg was cut");
    let publisher = node.publish(Source::default());
    node.multivariant().await;
    publisher.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoder_whose_channel_is_deleted_is_told_so() {
    let (mut kept, keys) = (None, OneKey::default());
    let is_gone = Arc::clone(&keys.is_gone);
    let node = Node::start_over(VideoConfig::default(), |ports| {
        kept = Some(Arc::clone(&ports.registry));
        Ports { keys: Arc::new(keys), ..ports }
    })
    .await;
    let registry = kept.expect("the node has one");
    let publisher = node.publish(Source::default());
    node.multivariant().await;
    // What is done to the stream of an account that leaves.
    is_gone.store(true, Ordering::Relaxed);
    let now = WallTime::from_unix_ms(runtime::clock::wall_ms());
    let record = registry.on_channel(ChannelId(7), now).await.expect("answers").expect("is on air");
    let lease = registry.claim(record, true, now).await.expect("is taken over");
    registry.release(&lease).await.expect("is given up");
    let told = publisher.output().await;
    assert!(told.contains("This channel is gone, so the broadcast was stopped."), "{told}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_encoder_with_the_key_takes_over() {
    let node = Node::start().await;
    let first = node.publish(Source::default());
    node.multivariant().await;
    let second = node.publish(Source::default());
    first.output().await;
    node.playlist_with("source", "#EXT-X-DISCONTINUITY\n").await;
    second.stop().await;
    node.stop().await;
}
