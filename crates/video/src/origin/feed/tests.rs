//! The feed's tasks over a stream whose picture or sound stops for a while, in virtual time.

use std::ops::Range;

use bytes::Bytes;
use domain::ids::{ChannelId, StreamId};
use domain::users::LatencyMode;
use media::codec::aac::AacConfig;
use media::frame::{CodecConfig, Frame};

use super::super::OriginConfig;
use super::*;

/// A stream on air: 25 pictures a second with a key frame each second, and its sound.
struct Stage {
    stream: Arc<LiveStream>,
    scope: Scope,
}

impl Stage {
    fn new() -> Self {
        let broadcast = Broadcast::new(
            StreamId(1),
            ChannelId(7),
            "tester".parse().expect("a valid name"),
            false,
            LatencyMode::Low,
            WallTime::from_unix_ms(0),
        );
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

    /// Plays 18 seconds, without what is away at these milliseconds. Says whether sound could be heard as soon as the stream
    /// could be watched.
    async fn play(&self, picture_away: Range<i64>, sound_away: Range<i64>) -> bool {
        let broadcast = &self.stream.broadcast;
        let mut heard_at_once = None;
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
            tokio::time::sleep(Duration::from_micros(21_333)).await;
            if heard_at_once.is_none() && self.stream.is_watchable() {
                heard_at_once = Some(self.stream.window(AUDIO).has_media());
            }
        }
        heard_at_once.expect("it can be watched")
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
async fn a_picture_that_stands_still_is_a_gap_in_all_renditions_until_it_is_back() {
    // Back is its next key frame.
    check([6_000..11_480, 0..0], [Some(60..120), Some(60..120)]).await;
    // One that is away for less than three seconds is waited for.
    check([6_000..8_000, 0..0], [Some(60..80), Some(60..80)]).await;
}

#[tokio::test(start_paused = true)]
async fn sound_that_stops_or_begins_late_is_a_gap_of_its_own_and_joins() {
    check([0..0, 6_000..11_480], [None, Some(60..120)]).await;
    check([0..0, 0..8_000], [None, Some(0..80)]).await;
    check([0..0, 0..8_500], [None, Some(0..90)]).await;
}

#[tokio::test(start_paused = true)]
async fn sound_that_begins_a_little_after_the_picture_is_waited_for_and_sound_that_does_not_come_is_not() {
    for (sound_away, heard) in [(0..0, true), (0..150, true), (0..900, true), (0..8_000, false)] {
        let stage = Stage::new();
        assert_eq!(stage.play(0..0, sound_away.clone()).await, heard, "{sound_away:?}");
        drop(stage.scope.close(Duration::from_secs(1)).await);
    }
}
