//! The feed's tasks over a stream whose picture or sound stops for a while, in virtual time.

use std::ops::Range;

use bytes::Bytes;
use domain::ids::{ChannelId, StreamId};
use domain::time::WallTime;
use domain::users::LatencyMode;
use media::codec::aac::AacConfig;
use media::frame::{CodecConfig, Frame};

use super::super::OriginConfig;
use super::*;
use crate::origin::testing;

/// A stream on air: 25 pictures a second with a key frame each second, and its sound.
struct Stage {
    stream: Arc<LiveStream>,
    scope: Scope,
}

fn broadcast() -> Broadcast {
    let name = "tester".parse().expect("a valid name");
    Broadcast::new(StreamId(1), ChannelId(7), name, false, LatencyMode::Low, WallTime::from_unix_ms(0))
}

impl Stage {
    fn new() -> Self {
        let broadcast = broadcast();
        // Nothing here looks into the frames, so one config does for all.
        let config = CodecConfig::Aac(AacConfig::lc(48_000, 2).expect("a usual config"));
        for track in [&broadcast.video, &broadcast.audio, &broadcast.sound] {
            track.configure(config.clone());
        }
        let stream = Arc::new(LiveStream::new(Arc::new(broadcast), &OriginConfig::default()));
        let scope = Scope::root();
        start(&stream, &scope);
        Self { stream, scope }
    }

    /// Plays 18 seconds, without what is away at these milliseconds.
    async fn play(&self, picture_away: Range<i64>, sound_away: Range<i64>) {
        let broadcast = &self.stream.broadcast;
        let mut pictures = (0..18_000).step_by(40).peekable();
        for n in 0..844 {
            let ticks = n * 1_920;
            let dts = MediaTime(ticks);
            if !sound_away.contains(&dts.to_ms()) {
                for track in [&broadcast.audio, &broadcast.sound] {
                    let data = Bytes::from_static(b"sound");
                    track.push(Frame { dts, cts: MediaSpan::ZERO, key: true, data }, n % 47 == 0);
                }
            }
            while let Some(ms) = pictures.next_if(|ms| *ms <= dts.to_ms()) {
                if !picture_away.contains(&ms) {
                    let (dts, key) = (MediaTime::from_ms(ms), ms % 1_000 == 0);
                    let data = Bytes::from_static(b"picture");
                    broadcast.video.push(Frame { dts, cts: MediaSpan::ZERO, key, data }, key);
                }
            }
            virtual_time(Duration::from_micros(21_333)).await;
            // Sound, or silence, is never further behind the picture than is waited for.
            let edges = [SOURCE, AUDIO].map(|name| self.stream.window(name).position().borrow().open_msn);
            assert!(edges[0].saturating_sub(edges[1]) <= 1, "{edges:?} after {} ms", dts.to_ms());
        }
    }

    /// Where a rendition's playlist has gaps, and where it ends, in tenths of a second, beside the gap of one part that each
    /// begins with. No segment is there only in parts.
    fn gaps(&self, rendition: &str) -> (Vec<Range<i64>>, i64) {
        let text = self.stream.window(rendition).playlist(false, Vec::new).plain();
        let text = std::str::from_utf8(&text).expect("playlists are text");
        let (mut gaps, mut at, mut is_gap, mut missing): (Vec<Range<i64>>, _, _, _) =
            (Vec::new(), 0.0, false, 0);
        let (lead, text) = text.split_once("0.m4s\n").expect("a first segment");
        assert!(lead.contains("#EXT-X-GAP\n#EXTINF:0.2"), "{lead}");
        for line in text.lines() {
            if let Some(length) = line.strip_prefix("#EXTINF:") {
                let start = tenths(at);
                at += length.trim_end_matches(',').parse::<f64>().expect("a length");
                assert!(is_gap || missing == 0, "part of a segment is missing: {text}");
                match gaps.last_mut().filter(|last| last.end == start) {
                    _ if !is_gap => {}
                    Some(last) => last.end = tenths(at),
                    None => gaps.push(start..tenths(at)),
                }
                (is_gap, missing) = (false, 0);
            }
            is_gap |= line == "#EXT-X-GAP";
            missing += i32::from(line.starts_with("#EXT-X-PART:") && line.contains("GAP=YES"));
        }
        (gaps, tenths(at))
    }
}

fn tenths(seconds: f64) -> i64 {
    (seconds * 10.0).round() as i64
}

/// Plays with the picture and the sound away at these milliseconds, and looks at the gaps of both renditions, in tenths of a
/// second. Whatever was away, it goes on to the end.
async fn check(away: [Range<i64>; 2], gaps: [Option<Range<i64>>; 2]) {
    let stage = Stage::new();
    let [picture, sound] = away;
    stage.play(picture, sound).await;
    for (rendition, gaps) in [SOURCE, AUDIO].into_iter().zip(gaps) {
        let (found, end) = stage.gaps(rendition);
        assert_eq!(found, Vec::from_iter(gaps), "{rendition}");
        assert!(end >= 160, "{rendition} ends at {end}");
    }
    drop(stage.scope.close(Duration::from_secs(1)).await);
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_stands_still_costs_no_sound_however_long_it_does() {
    for picture in [6_000..11_480, 6_000..8_000, 6_040..8_320, 6_040..6_400] {
        check([picture, 0..0], [None, None]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn where_neither_comes_there_is_a_gap_in_all_renditions() {
    check([6_000..11_000, 6_000..11_000], [Some(60..110), Some(60..110)]).await;
}

#[tokio::test(start_paused = true)]
async fn a3_sound_that_stops_begins_late_or_never_comes_is_no_gap() {
    for sound in [0..0, 6_000..11_480, 0..8_500, 0..20_000] {
        check([0..0, sound], [None, None]).await;
    }
}

/// Lets virtual time pass: the clock is paused in every test here, and moves on only once all tasks are idle.
async fn virtual_time(time: Duration) {
    tokio::time::sleep(time).await;
}

/// When each part of a rendition appeared, in milliseconds of virtual time.
type Appeared = std::collections::BTreeMap<(u64, u64), i64>;

/// Looks at renditions for `ms` milliseconds.
async fn watch(stream: &LiveStream, renditions: &[&str], ms: i64) -> Vec<Appeared> {
    let mut seen: Vec<Appeared> = vec![Appeared::new(); renditions.len()];
    for now in (0..ms).step_by(5) {
        for (name, seen) in renditions.iter().zip(&mut seen) {
            let position = *stream.window(name).position().borrow();
            let newest = match position.open_parts {
                0 => position.last_complete.map(|msn| (msn, position.last_complete_parts)),
                parts => Some((position.open_msn, parts)),
            };
            if let Some(at) = newest {
                seen.entry(at).or_insert(now);
            }
        }
        virtual_time(Duration::from_millis(5)).await;
    }
    seen
}

/// Sends 25 pictures a second from `from_ms` to `to_ms`, each `late_ms` after its time, of which `held` stay inside.
async fn pictures(track: Track, from_ms: i64, to_ms: i64, late_ms: u64, held: usize) {
    virtual_time(Duration::from_millis(late_ms)).await;
    let count = (to_ms - from_ms) / 40 - held as i64;
    for n in 0..count {
        let (dts, key) = (MediaTime::from_ms(from_ms + n * 40), n % 25 == 0);
        let data = Bytes::from_static(b"picture");
        track.push(Frame { dts, cts: MediaSpan::ZERO, key, data }, key);
        virtual_time(Duration::from_millis(40)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn all_renditions_become_gaps_together_and_come_back_together() {
    for (length_ms, held) in [(4_080, 0), (4_120, 1), (4_200, 0), (4_360, 3), (5_000, 2)] {
        let stage = Stage::new();
        let broadcast = Arc::clone(&stage.stream.broadcast);
        let rung = testing::rung("160p", None);
        rung.track.configure((*broadcast.video.config().expect("configured")).clone());
        broadcast.ladder.send_replace(vec![Arc::clone(&rung)]);
        let renditions = [SOURCE, AUDIO, "160p"];
        let source = async {
            for from in [0, length_ms + 4_000 + 250] {
                broadcast.phase.send_replace(Phase::Live);
                for track in [&broadcast.video, &rung.track] {
                    track.mark_break();
                }
                tokio::join!(
                    pictures(broadcast.video.clone(), from, from + length_ms, 0, 0),
                    pictures(rung.track.clone(), from, from + length_ms, 60, held),
                );
                broadcast.phase.send_replace(Phase::Interrupted);
                virtual_time(Duration::from_millis(3_960)).await;
            }
        };
        let ((), seen) = tokio::join!(source, watch(&stage.stream, &renditions, 12_000));
        let from_second = |(at, ms): (&(u64, u64), &i64)| (*ms > 1_300).then_some((*at, *ms));
        for (name, times) in renditions.iter().zip(&seen) {
            let times: Vec<_> = times.iter().filter_map(from_second).collect();
            for pair in times.windows(2) {
                let pause = pair[1].1 - pair[0].1;
                assert!(pause <= 330, "{length_ms} {name}: {:?} {pause} ms after {:?}", pair[1].0, pair[0].0);
            }
            for (at, ms) in &times {
                let behind = seen[0].get(at).map_or(0, |source| (ms - source).abs());
                assert!(behind <= 200, "{length_ms} {name}: {at:?} {behind} ms off the source's");
            }
        }
        let starts = renditions.map(|name| {
            let text = stage.stream.window(name).playlist(false, Vec::new).plain();
            let text = String::from_utf8(text.to_vec()).expect("text");
            let (before, after) = text.split_once("#EXT-X-DISCONTINUITY\n").expect("it came back");
            assert!(!after.contains("#EXT-X-DISCONTINUITY\n"), "{after}");
            before.matches("#EXTINF").count()
        });
        assert_eq!(starts, [starts[0]; 3], "{length_ms}");
        drop(stage.scope.close(Duration::from_secs(1)).await);
    }
}

#[tokio::test(start_paused = true)]
async fn t13_a_stalled_line_lists_nothing_and_what_comes_behind_it_is_shown_whole() {
    let stage = Stage::new();
    let broadcast = &stage.stream.broadcast;
    let listed = || [SOURCE, AUDIO].map(|name| *stage.stream.window(name).position().borrow());
    let mut pictures = (0..18_000).step_by(40).peekable();
    for n in 0..844_i64 {
        let (dts, cts) = (MediaTime(n * 1_920), MediaSpan::ZERO);
        for track in [&broadcast.audio, &broadcast.sound] {
            track.push(Frame { dts, cts, key: true, data: Bytes::from_static(b"sound") }, n % 47 == 0);
        }
        while let Some(ms) = pictures.next_if(|ms| *ms <= dts.to_ms()) {
            let (dts, key) = (MediaTime::from_ms(ms), ms % 1_000 == 0);
            broadcast.video.push(Frame { dts, cts, key, data: Bytes::from_static(b"picture") }, key);
        }
        // Six seconds come as they play, then nothing for 4.5 s, then all of those at once.
        if n == 281 {
            virtual_time(Duration::from_millis(500)).await;
            let before = listed();
            virtual_time(Duration::from_millis(4_000)).await;
            assert_eq!(listed(), before);
        } else if !(282..493).contains(&n) {
            virtual_time(Duration::from_micros(21_333)).await;
        }
    }
    for rendition in [SOURCE, AUDIO] {
        let (gaps, end) = stage.gaps(rendition);
        assert_eq!(gaps, [], "{rendition}");
        assert!(end >= 160, "{rendition} ends at {end}");
    }
    drop(stage.scope.close(Duration::from_secs(1)).await);
}
