//! A source whose picture has to be encoded again: its key frames come too seldom for segments (V1), or it is interlaced
//! (V13). With real FFmpeg on both ends.

mod common;

use common::{Node, Source};

/// The number of the segment that begins after the first discontinuity.
fn spliced(playlist: &str) -> u64 {
    let (before, _) = playlist.split_once("#EXT-X-DISCONTINUITY\n").expect("it is there");
    let first = common::lines(before, "#EXT-X-MEDIA-SEQUENCE:")[0];
    let first: u64 = first.rsplit(':').next().and_then(|number| number.parse().ok()).expect("a number");
    first + common::lines(before, "#EXTINF").len() as u64
}

/// The CODECS of the top rendition.
fn codecs(multivariant: &str) -> String {
    let line = common::lines(multivariant, "#EXT-X-STREAM-INF")[0];
    line.split("CODECS=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it has some").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_is_encoded_again_and_then_every_segment_begins_with_a_key_frame() {
    let node = Node::start().await;
    let publisher = node.publish(Source { gop: 600, ..Source::default() });
    let announced = codecs(&node.multivariant().await);
    let from = spliced(&node.playlist_with("source", "#EXT-X-DISCONTINUITY\n").await);
    let mut durations = Vec::new();
    for msn in from..from + 4 {
        for rendition in ["source", "160p"] {
            let playlist = node.complete(rendition, msn).await;
            assert!(rendition != "source" || common::holes(&playlist) == 0, "no hole: {playlist}");
            let first = common::lines(&playlist, "#EXT-X-PART:");
            let first = first.iter().find(|line| line.contains(&format!("\"{msn}.0.m4s\"")));
            assert!(
                first.is_some_and(|line| line.contains("INDEPENDENT=YES")),
                "{rendition} {msn}: {playlist}"
            );
            durations.extend(common::lines(&playlist, "#EXTINF").last().map(|line| (*line).to_owned()));
        }
    }
    let whole =
        durations.iter().filter(|line| line.starts_with("#EXTINF:1.0") || line.starts_with("#EXTINF:0.9"));
    assert!(whole.count() + 1 >= durations.len(), "segments of a second: {durations:?}");
    assert_eq!(codecs(&node.multivariant().await), announced, "what players were told is still true");
    publisher.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interlaced_picture_is_progressive_for_viewers_of_the_source_too() {
    let node = Node::start().await;
    let fields = &["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-flags", "+ilme+ildct"];
    let publisher = node.publish(Source { video: fields, ..Source::default() });
    let announced = codecs(&node.multivariant().await);
    let from = spliced(&node.playlist_with("source", "#EXT-X-DISCONTINUITY\n").await);
    for msn in [from, from + 1] {
        let playlist = node.complete("source", msn).await;
        assert_eq!(common::holes(&playlist), 0, "no hole: {playlist}");
        let init = common::lines(&playlist, "#EXT-X-MAP").last().and_then(|map| map.split('"').nth(1));
        let mut media = node.get("source", init.expect("it has some"), "").await.to_vec();
        media.extend_from_slice(&node.get("source", &format!("{msn}.m4s"), "").await);
        assert_eq!(common::probe("width,height,field_order", &media).await, "640,360,progressive");
    }
    assert_eq!(codecs(&node.multivariant().await), announced, "what players were told is still true");
    publisher.stop().await;
    node.stop().await;
}
