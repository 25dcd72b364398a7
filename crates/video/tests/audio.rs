//! Sound and stills as viewers get them, with real FFmpeg on both ends.

mod common;

use std::path::Path;

use common::{Node, Source};
use tokio::process::Command;
use video::VideoConfig;

/// A source whose sound has to be coded anew.
fn mono() -> Source {
    Source { audio: &["-c:a", "aac", "-ac", "1", "-ar", "44100"], ..Source::default() }
}

/// A node that runs FFmpeg by a path of its own, so that its children can be told from others'.
async fn node_with(ffmpeg: &Path, slots: Option<u32>) -> Node {
    let which = Command::new("sh").args(["-c", "command -v ffmpeg"]).output().await.expect("a shell");
    let installed = String::from_utf8(which.stdout).expect("a path");
    std::os::unix::fs::symlink(installed.trim(), ffmpeg).expect("linked");
    let mut config = VideoConfig::default();
    config.transcode.ffmpeg = ffmpeg.to_owned();
    config.transcode.slots = slots;
    Node::start_with(config).await
}

/// Process ids of children of `ffmpeg` that code sound.
fn audio_children(ffmpeg: &Path) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let names = processes.filter_map(|entry| entry.file_name().into_string().ok());
    let codes_sound = |pid: &String| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.starts_with(&*ffmpeg.to_string_lossy()) && line.contains("aresample")
    };
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(codes_sound).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_of_another_kind_is_heard_as_48_khz_stereo_in_step_with_the_picture() {
    let node = Node::start().await;
    let publisher = node.publish(mono());
    let multivariant = node.multivariant().await;
    assert!(multivariant.contains("mp4a.40.2"), "{multivariant}");
    let mut dates = Vec::new();
    for rendition in ["source", "audio"] {
        let playlist = node.complete(rendition, 3).await;
        let lines = common::lines(&playlist, "#EXT-X-PROGRAM-DATE-TIME").into_iter().take(4);
        dates.push(lines.map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(common::holes(&playlist), 0, "{playlist}");
    }
    assert_eq!(dates[0], dates[1], "segments begin at the same time");
    let mut media = node.get("audio", "init-0.mp4", "").await.to_vec();
    for segment in ["1.m4s", "2.m4s"] {
        media.extend_from_slice(&node.get("audio", segment, "").await);
    }
    assert_eq!(common::probe("codec_name,profile,sample_rate,channels", &media).await, "aac,LC,48000,2");
    publisher.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audio_child_that_is_killed_is_replaced_and_the_picture_never_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let ffmpeg = folder.path().join("ffmpeg");
    let node = node_with(&ffmpeg, Some(0)).await;
    let publisher = node.publish(mono());
    node.multivariant().await;
    node.complete("audio", 1).await;
    let before = audio_children(&ffmpeg);
    assert_eq!(before.len(), 1, "one child");
    Command::new("kill").args(["-9", &before[0]]).status().await.expect("kills");
    for rendition in ["source", "audio"] {
        let playlist = node.complete(rendition, 6).await;
        if rendition == "source" {
            assert_eq!(common::holes(&playlist), 0, "the picture never stops: {playlist}");
        }
    }
    assert!(node.get("audio", "6.m4s", "").await.len() > 1_000, "sound is back");
    let after = audio_children(&ffmpeg);
    assert!(after.len() == 1 && after != before, "another child: {after:?}");
    publisher.stop().await;
    node.stop().await;
    assert_eq!(audio_children(&ffmpeg), Vec::<String>::new(), "none outlives us");
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_of_another_kind_goes_on_after_an_interruption() {
    let node = Node::start().await;
    let first = node.publish(mono());
    node.multivariant().await;
    node.complete("audio", 2).await;
    first.kill().await;
    node.playlist_where("audio", |playlist| common::holes(playlist) > 0).await;
    let second = node.publish(Source { audio: &["-c:a", "aac", "-ac", "2", "-ar", "22050"], ..mono() });
    let back = node.playlist_with("audio", "#EXT-X-DISCONTINUITY\n").await;
    let parts = back.split_once("#EXT-X-DISCONTINUITY\n").map_or("", |(_, after)| after);
    assert!(parts.contains("#EXT-X-PART:"), "{back}");
    let inits = common::lines(&back, "#EXT-X-MAP");
    assert!(inits.iter().all(|init| *init == inits[0]), "it is coded as before: {back}");
    second.stop().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_a_slot_has_a_thumbnail() {
    let folder = tempfile::tempdir().expect("a folder");
    let node = node_with(&folder.path().join("ffmpeg"), Some(0)).await;
    let publisher = node.publish(Source::default());
    node.multivariant().await;
    let jpeg = node.thumbnail().await;
    assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]), "{} bytes", jpeg.len());
    assert_eq!(probe_size(&jpeg), Some(440));
    publisher.stop().await;
    node.stop().await;
}

/// A JPEG's width, from its frame header (ITU-T T.81, B.2.2).
fn probe_size(jpeg: &[u8]) -> Option<u16> {
    let header = jpeg.windows(2).position(|mark| mark == [0xff, 0xc0])?;
    let width = jpeg.get(header + 7..header + 9)?;
    Some(u16::from_be_bytes([width[0], width[1]]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_sound_alone_is_a_stream_and_a_picture_that_comes_later_begins_another_one() {
    let node = Node::start().await;
    let radio = node.publish(Source { video: &["-vn"], ..Source::default() });
    let multivariant = node.multivariant().await;
    assert!(!multivariant.contains("RESOLUTION") && !multivariant.contains("avc1"), "{multivariant}");
    node.complete("audio", 2).await;
    let before = node.stream();
    radio.kill().await;
    node.playlist_where("audio", |playlist| common::holes(playlist) > 0).await;

    let said = node.publish(Source::default()).output().await;
    assert!(said.contains("began with sound alone"), "the encoder shows why: {said}");
    node.off_air().await;
    let camera = node.publish(Source::default());
    let multivariant = node.multivariant().await;
    assert!(multivariant.contains("RESOLUTION=640x360"), "{multivariant}");
    assert_ne!(node.stream(), before);
    camera.stop().await;
    node.stop().await;
}
