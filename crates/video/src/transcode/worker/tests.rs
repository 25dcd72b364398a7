//! Real children, small pictures: every test feeds a [`Stage`] and reads its rungs.

pub(in crate::transcode) mod stage;

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use domain::users::LatencyMode;
use media::frame::Frame;
use media::time::MediaTime;
use nix::sys::signal::Signal;

use super::super::Rung;
use super::super::pulse::Patience;
use crate::live::{Phase, Track, Unfit, beat_length};
use stage::{Clip, Stage, rung};

const SELDOM: Unfit = Unfit { seldom: true, interlaced: false };

fn two_rungs() -> Vec<Rung> {
    vec![rung("96p", 96), rung("72p", 72)]
}

#[tokio::test]
async fn every_frame_comes_out_with_its_exact_tick_and_keys_are_the_sources() {
    let clip = Clip::new("-bf 0 -force_key_frames 0,0.4,1.5,1.6,2.9");
    let mut stage = Stage::new(two_rungs()).await;
    for frame in &clip.frames {
        stage.push(&clip, frame);
        for at in 0..2 {
            let got = stage.next(at).await.frame;
            assert_eq!((got.dts, got.cts, got.key), (frame.pts(), frame.cts, frame.key));
        }
    }
    assert_eq!(stage.sizes(), ["170x96", "128x72"]);
    let keys = clip.frames.iter().filter(|frame| frame.key).count();
    assert_eq!(keys, 5, "the clip has irregular groups");
    stage.close().await;
}

#[tokio::test]
async fn frames_of_a_source_with_b_frames_come_out_in_the_order_of_their_ticks() {
    let clip = Clip::new("-bf 2 -g 20");
    assert!(clip.frames.iter().any(|frame| frame.cts.0 > 3_003), "the clip has B-frames");
    let mut stage = Stage::new(two_rungs()).await;
    let mut got = Vec::new();
    for (n, frame) in clip.frames.iter().enumerate() {
        stage.push(&clip, frame);
        // A decoder holds a few to put them in order.
        if n >= 8 {
            let frame = stage.next(0).await.frame;
            got.push((frame.dts.0, frame.key));
        }
    }
    let mut want: Vec<_> = clip.frames.iter().map(|frame| (frame.pts().0, frame.key)).collect();
    want.sort_unstable();
    want.truncate(got.len());
    assert_eq!(got, want);
    stage.close().await;
}

#[tokio::test]
async fn a_killed_child_is_replaced_at_the_next_key_frame() {
    let clip = Clip::new("-bf 0 -g 30");
    let mut stage = Stage::new(two_rungs()).await;
    for frame in &clip.frames[..40] {
        stage.push(&clip, frame);
        stage.next(0).await;
        stage.next(1).await;
    }
    stage.signal(Signal::SIGKILL);
    for frame in &clip.frames[40..70] {
        stage.push(&clip, frame);
    }
    for at in 0..2 {
        for frame in &clip.frames[60..70] {
            let got = stage.next(at).await;
            assert_eq!((got.frame.dts, got.frame.key), (frame.pts(), frame.key));
            assert!(!got.discontinuity, "the same encoder with the same settings goes on");
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn a_child_that_stands_still_is_replaced() {
    let clip = Clip::new("-bf 0 -g 30");
    let patience = Patience { start: Duration::from_secs(30), silence: Duration::from_millis(300) };
    let mut stage = Stage::with(two_rungs(), patience).await;
    for frame in &clip.frames[..10] {
        stage.push(&clip, frame);
        stage.next(0).await;
    }
    let old = stage.pids();
    stage.signal(Signal::SIGSTOP);
    // A live source: it does not wait for anyone.
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    let mut more = clip.endless().skip(10);
    let back = loop {
        pace.tick().await;
        let frame = more.next().expect("endless");
        stage.push(&clip, &frame);
        if let Some(read) = stage.try_next(0) {
            break read;
        }
    };
    assert!(back.frame.key, "it starts with a key frame");
    assert_ne!(stage.pids(), old);
    stage.close().await;
}

#[tokio::test]
async fn damaged_pictures_do_not_end_the_ladder() {
    let mut clip = Clip::new("-bf 0 -g 30");
    for n in 10..25 {
        clip.damage(n);
    }
    let mut stage = Stage::new(two_rungs()).await;
    for frame in &clip.frames[..70] {
        stage.push(&clip, frame);
    }
    let (second, mut at) = (clip.frames[60].pts(), MediaTime(-1));
    while at < second {
        at = stage.next(0).await.frame.dts;
    }
    assert_eq!(at, second, "the next groups are whole");
    stage.close().await;
}

#[tokio::test]
async fn another_picture_size_with_other_rungs_goes_on_without_a_gap() {
    let small = Clip::new("-bf 0 -g 30");
    let large = Clip::sized("320x180", "-bf 0 -g 30");
    let wanted = vec![rung("144p", 144), rung("72p", 72)];
    let mut stage = Stage::new(wanted).await;
    let mut got = Vec::new();
    for frame in &small.frames[..45] {
        stage.push(&small, frame);
        got.push(stage.next(0).await.frame);
    }
    assert_eq!(stage.sizes(), ["128x72"], "a rung as large as the source is not made");
    let tail: Vec<_> = large.later_than(&small.frames[44]).take(45).collect();
    for frame in &tail {
        stage.push(&large, frame);
    }
    for _ in &tail {
        got.push(stage.next(0).await.frame);
    }
    for (got, frame) in got.iter().zip(small.frames[..45].iter().chain(&tail)) {
        assert_eq!((got.dts, got.key), (frame.pts(), frame.key));
    }
    stage.see(2).await;
    assert_eq!(stage.sizes(), ["256x144", "128x72"]);
    stage.close().await;
}

#[tokio::test]
async fn a_child_that_ends_without_an_error_is_replaced() {
    let clip = Clip::new("-bf 0 -g 30");
    let mut stage = Stage::scripted(two_rungs(), "[ -e $0.ran ] && exec ffmpeg \"$@\"; touch $0.ran").await;
    stage.push(&clip, &clip.frames[0]);
    assert!(stage.next(0).await.frame.key);
    stage.close().await;
}

#[tokio::test]
async fn a_child_that_talks_nonsense_is_replaced() {
    let clip = Clip::new("-bf 0 -g 30");
    let nonsense = "[ -e $0.ran ] && exec ffmpeg \"$@\"; touch $0.ran
        for word; do case $word in
            pipe:0) ;;
            pipe:*) head -c 4096 /dev/zero > /proc/self/fd/${word#pipe:} ;;
        esac; done; exec sleep 60";
    let mut stage = Stage::scripted(two_rungs(), nonsense).await;
    stage.push(&clip, &clip.frames[0]);
    assert!(stage.next(0).await.frame.key);
    stage.close().await;
}

#[tokio::test]
async fn thumbnails_are_jpegs_of_the_source() {
    let clip = Clip::new("-bf 0 -g 30");
    let stage = Stage::new(two_rungs()).await;
    let mut thumbnail = stage.broadcast.thumbnail.subscribe();
    stage.push(&clip, &clip.frames[0]);
    let waiting = tokio::time::timeout(stage::LIMIT, thumbnail.wait_for(Option::is_some)).await;
    let jpeg = waiting.expect("a picture in time").expect("the broadcast lives").clone().expect("some");
    assert!(jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.ends_with(&[0xff, 0xd9]));
    stage.close().await;
}

#[tokio::test]
async fn a_ladder_ends_with_its_stream_and_stays_in_view() {
    let clip = Clip::new("-bf 0 -g 30");
    let mut stage = Stage::new(two_rungs()).await;
    stage.push(&clip, &clip.frames[0]);
    stage.next(0).await;
    stage.broadcast.phase.send_replace(Phase::Ended);
    assert!(stage.end(0).await, "the rung's track ends");
    assert_eq!(stage.sizes(), ["170x96", "128x72"]);
    stage.close().await;
}

/// Times at which frames are shown, in order, with what is a key frame.
fn shown(frames: &[Frame]) -> Vec<(MediaTime, bool)> {
    let mut shown: Vec<_> = frames.iter().map(|frame| (frame.pts(), frame.key)).collect();
    shown.sort_unstable();
    shown
}

#[tokio::test]
async fn what_a_decoder_holds_comes_out_when_the_encoder_goes_and_its_return_goes_on() {
    let clip = Clip::new("-bf 3 -g 20");
    let mut stage = Stage::new(two_rungs()).await;
    let mut last = None;
    for round in 0..3 {
        // Another session of the encoder's, after a gap; its first picture comes before the word that it is back.
        let frames: Vec<Frame> = match last {
            None => clip.frames[..38].to_vec(),
            Some(last) => clip.later_than(&last).skip(20).take(38).collect(),
        };
        stage.broadcast.video.mark_break();
        stage.push(&clip, &frames[0]);
        stage.broadcast.phase.send_replace(Phase::Live);
        stage::until("a child has begun with the first frame", || stage.pids().len() == 1).await;
        frames[1..].iter().for_each(|frame| stage.push(&clip, frame));
        stage.broadcast.phase.send_replace(Phase::Interrupted);
        for at in 0..2 {
            for want in shown(&frames) {
                let got = stage.next(at).await.frame;
                assert_eq!((got.dts, got.key), want, "round {round}");
            }
        }
        stage::until("its child has given all", || stage.pids().is_empty()).await;
        last = frames.last().cloned();
    }
    stage.close().await;
}

/// Times of the top's key frames up to `last`, from the beginning.
async fn top_keys(stage: &Stage, last: MediaTime) -> Vec<MediaTime> {
    let mut top = stage.broadcast.top.subscribe();
    let seen = tokio::time::timeout(stage::LIMIT, top.wait_for(Option::is_some)).await;
    let top = seen.expect("a top in time").expect("the broadcast lives").clone().expect("is there");
    keys_of(&top.track, last).await
}

/// Times of a track's key frames up to `last`, from the beginning.
async fn keys_of(track: &Track, last: MediaTime) -> Vec<MediaTime> {
    let mut reader = track.reader_from(MediaTime::default());
    let (mut keys, mut at) = (Vec::new(), MediaTime(-1));
    let reading = async {
        while at < last {
            let frame = reader.next().await.expect("the track goes on").frame;
            at = frame.dts;
            keys.extend(frame.key.then_some(at));
        }
    };
    tokio::time::timeout(stage::LIMIT, reading).await.expect("frames in time");
    keys
}

/// When a segment begins, of frames in any order: the first one that is shown, and each that is shown a beat after the last.
fn beats(frames: &[Frame]) -> Vec<MediaTime> {
    let mut shown: Vec<MediaTime> = frames.iter().map(Frame::pts).collect();
    shown.sort_unstable();
    let mut beats: Vec<MediaTime> = Vec::new();
    for at in shown {
        if beats.last().is_none_or(|last| at - *last >= beat_length(LatencyMode::Low)) {
            beats.push(at);
        }
    }
    beats
}

#[tokio::test]
async fn a_source_with_few_key_frames_gets_a_top_with_one_each_second() {
    // The last one has key frames of its own in between, and B-frames where beats are.
    for (options, own_keys) in [("-bf 0 -g 600", 1), ("-bf 2 -g 600", 1), ("-bf 2 -g 40", 3)] {
        let clip = Clip::new(options);
        assert_eq!(clip.frames.iter().filter(|frame| frame.key).count(), own_keys, "{options}");
        let rungs = vec![rung("96p", 96), Rung { fps_max: Some(8), ..rung("72p", 72) }];
        let mut stage = Stage::new(rungs).await;
        stage.broadcast.unfit.send_replace(SELDOM);
        let frames: Vec<_> = clip.endless().take(clip.frames.len() + 20).collect();
        stage.push(&clip, &frames[0]);
        stage::until("the child has begun with the first frame", || stage.pids().len() == 1).await;
        frames[1..].iter().for_each(|frame| stage.push(&clip, frame));
        let want = beats(&frames);
        assert_eq!(want.len(), 4, "{options}");
        // A decoder holds a few frames to put them in order.
        let last = frames[frames.len() - 10].dts;
        assert_eq!(top_keys(&stage, last).await, want, "{options}");
        stage.see(2).await;
        assert_eq!(stage.sizes(), ["170x96", "128x72"], "the top is no rung below the source");
        let rungs = stage.broadcast.ladder.borrow().clone();
        for rung in rungs.iter() {
            assert_eq!(keys_of(&rung.track, want[3]).await, want, "{options}, {}", rung.spec.name);
        }
        let top = stage.broadcast.top.borrow().clone().expect("is there").spec.clone();
        assert_eq!((top.name.as_str(), top.width, top.height), ("source", 256, 144));
        stage.close().await;
    }
}

#[tokio::test]
async fn a_child_that_has_to_start_between_far_key_frames_shows_nothing_twice() {
    let clip = Clip::new("-bf 0 -g 600");
    let mut stage = Stage::new(two_rungs()).await;
    for frame in &clip.frames[..40] {
        stage.push(&clip, frame);
        stage.next(0).await;
    }
    assert!(stage.broadcast.top.borrow().is_none());
    stage.broadcast.unfit.send_replace(SELDOM);
    for frame in &clip.frames[40..65] {
        stage.push(&clip, frame);
    }
    let keys = top_keys(&stage, clip.frames[64].pts()).await;
    assert!(keys[0] > clip.frames[39].pts(), "{keys:?}");
    for frame in &clip.frames[40..65] {
        assert_eq!(stage.next(0).await.frame.dts, frame.pts(), "no rung misses a frame");
    }
    stage.close().await;
}

#[tokio::test]
async fn the_top_goes_when_key_frames_come_often_again() {
    let clip = Clip::new("-bf 0 -g 30");
    let stage = Stage::new(two_rungs()).await;
    stage.broadcast.unfit.send_replace(SELDOM);
    clip.frames[..40].iter().for_each(|frame| stage.push(&clip, frame));
    top_keys(&stage, clip.frames[39].pts()).await;
    stage.broadcast.unfit.send_replace(Unfit::default());
    clip.frames[40..70].iter().for_each(|frame| stage.push(&clip, frame));
    let mut top = stage.broadcast.top.subscribe();
    let gone = tokio::time::timeout(stage::LIMIT, top.wait_for(Option::is_none)).await;
    drop(gone.expect("in time").expect("the broadcast lives"));
    assert_eq!(stage.sizes(), ["170x96", "128x72"]);
    stage.close().await;
}

/// Set for the process that [`no_child_outlives_us`] kills.
const VICTIM: &str = "FOOTLIGHT_TEST_TRANSCODE_VICTIM";

#[tokio::test]
async fn no_child_outlives_us() {
    let folder = tempfile::tempdir().expect("a folder");
    let this = std::env::current_exe().expect("a test binary");
    let mut victim = tokio::process::Command::new(this)
        .args(["--exact", "transcode::worker::tests::a_victim_waits_to_be_killed"])
        .env(VICTIM, folder.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("starts");
    let ready = folder.path().join("ready");
    stage::until("the victim has a child", || ready.exists()).await;
    let ffmpeg = folder.path().join("ffmpeg");
    assert_eq!(stage::pids_of(&ffmpeg).len(), 1);
    victim.start_kill().expect("alive");
    assert_eq!(victim.wait().await.expect("reaped").signal(), Some(9));
    stage::until("the child is gone", || stage::pids_of(&ffmpeg).is_empty()).await;
}

#[tokio::test]
async fn a_victim_waits_to_be_killed() {
    let Some(folder) = std::env::var_os(VICTIM) else { return };
    let folder = std::path::PathBuf::from(folder);
    let clip = Clip::new("-bf 0 -g 30");
    let mut stage = Stage::in_folder(two_rungs(), &folder).await;
    stage.push(&clip, &clip.frames[0]);
    stage.next(0).await;
    std::fs::write(folder.join("ready"), "").expect("written");
    std::future::pending().await
}
