//! A window's promises, from frames to text: whatever a source does, its playlists count right and list what is there.

use std::collections::HashMap;

use bytes::Bytes;
use domain::time::WallTime;
use domain::users::LatencyMode;
use media::codec::aac::AacConfig;
use media::frame::Frame;
use media::time::MediaTime;
use proptest::prelude::*;

use super::*;
use crate::limits::WINDOW_SEGMENTS_MAX;
use crate::live::Read;
use crate::package::{Driver, Fill, Follower, Plan, RUNG_LATE_MAX, Role, Timing};

/// Three renditions of one stream, driven as `feed` drives them.
struct Stage {
    timing: Timing,
    plan: Arc<Plan>,
    driver: Driver,
    audio: Follower,
    rung: Option<Follower>,
    windows: [Window; 3],
    config: Arc<CodecConfig>,
}

const SOURCE: usize = 0;
const AUDIO: usize = 1;
const RUNG: usize = 2;

/// What a playlist says.
#[derive(Debug, Default)]
struct Listed {
    target_s: f64,
    part_target: f64,
    segments: Vec<ListedSegment>,
}

#[derive(Debug, Default)]
struct ListedSegment {
    msn: u64,
    /// Discontinuities of the stream up to here.
    era: u64,
    date: String,
    gap: bool,
    /// EXTINF; none for the open one.
    duration: Option<f64>,
    /// Length, and whether the rule of 85 % does not hold for it.
    parts: Vec<(f64, bool)>,
}

impl Stage {
    fn new(rate: u32) -> Self {
        let timing = Timing::of(LatencyMode::Low, MediaSpan::from_ms(200));
        let limits = Limits {
            independent_segments: false,
            ..Limits::usual(timing.target_duration_s, timing.part_target)
        };
        let window = |name: &str| Window::new(name, limits, MediaSpan::from_ms(12_000));
        let plan = Arc::<Plan>::default();
        let record = Bytes::from_static(b"config");
        let aac = AacConfig { record, ..AacConfig::lc(rate, 2).expect("a usual config") };
        Self {
            timing,
            driver: Driver::new(timing, Arc::clone(&plan)),
            plan,
            audio: Follower::new(Role::Audio, 0),
            rung: None,
            windows: [window("source"), window("audio"), window("720p")],
            config: Arc::new(CodecConfig::Aac(aac)),
        }
    }

    fn read(&self, dts: MediaTime, cts_ms: i64, key: bool, discontinuity: bool) -> Read {
        let data = Bytes::from_static(b"frame");
        let frame = Frame { dts, cts: MediaSpan::from_ms(cts_ms), key, data };
        Read { frame, config: Arc::clone(&self.config), starts_group: key, discontinuity, skipped: false }
    }

    fn video(&mut self, read: Read) {
        let now = WallTime::from_unix_ms(1_000_000 + read.frame.dts.to_ms());
        self.windows[SOURCE].apply(self.driver.push(read, now));
        self.follow();
    }

    fn silence(&mut self, until: MediaTime) {
        let now = WallTime::from_unix_ms(1_000_000 + until.to_ms());
        self.windows[SOURCE].apply(self.driver.fill(Fill::Gap, until, now));
        self.follow();
    }

    fn start_rung(&mut self) {
        self.rung.get_or_insert_with(|| Follower::new(Role::Rung, self.plan.segment_before(RUNG_LATE_MAX)));
    }

    fn follow(&mut self) {
        let emits = self.audio.advance(&self.plan.since(self.audio.at()));
        self.windows[AUDIO].apply(emits);
        if let Some(rung) = &mut self.rung {
            let emits = rung.advance(&self.plan.since(rung.at()));
            self.windows[RUNG].apply(emits);
        }
    }

    /// Reads all playlists and checks what must hold at any moment.
    fn check(&self) -> [Listed; 3] {
        let lists = [SOURCE, AUDIO, RUNG].map(|at| listed(&self.windows[at]));
        let mut eras: HashMap<u64, (u64, String)> = HashMap::new();
        for list in &lists {
            for segment in &list.segments {
                let said = (segment.era, segment.date.clone());
                let before = eras.entry(segment.msn).or_insert_with(|| said.clone());
                assert_eq!(*before, said, "segment {} is the same in all renditions", segment.msn);
            }
        }
        lists
    }
}

/// Reads a playlist, and fetches all it lists.
fn listed(window: &Window) -> Listed {
    let text = window.playlist(false, Vec::new).plain();
    let text = std::str::from_utf8(&text).expect("text");
    let mut out = Listed::default();
    let mut msn = value(text, "#EXT-X-MEDIA-SEQUENCE:").map_or(0, |text| text.parse().expect("a number"));
    let mut era = value(text, "#EXT-X-DISCONTINUITY-SEQUENCE:").map_or(0, |n| n.parse().expect("a number"));
    let mut open = ListedSegment::default();
    let mut in_gap = false;
    for line in text.lines() {
        let (tag, rest) = line.split_once(':').unwrap_or((line, ""));
        match tag {
            "#EXT-X-TARGETDURATION" => out.target_s = rest.parse().expect("a number"),
            "#EXT-X-PART-INF" => out.part_target = number(attribute(rest, "PART-TARGET=")),
            "#EXT-X-DISCONTINUITY" => era += 1,
            "#EXT-X-PROGRAM-DATE-TIME" => rest.clone_into(&mut open.date),
            "#EXT-X-GAP" => open.gap = true,
            "#EXTINF" => open.duration = Some(number(rest)),
            "#EXT-X-PART" => {
                let gap = rest.contains("GAP=YES");
                in_gap = gap;
                let uri = attribute(rest, "URI=").trim_matches('"');
                assert_eq!(uri, format!("{msn}.{}.m4s", open.parts.len()), "{text}");
                let found = window.part(msn, open.parts.len() as u64);
                assert_eq!(matches!(found, Lookup::Found(_)), !gap, "{uri} in {text}");
                open.parts
                    .push((number(attribute(rest, "DURATION=")), gap || rest.contains("INDEPENDENT=YES")));
            }
            "#EXT-X-MAP" => {
                let uri = attribute(rest, "URI=").trim_matches('"');
                assert!(matches!(window.init(uri), Lookup::Found(_)), "{uri} in {text}");
            }
            "#EXT-X-PRELOAD-HINT" => {
                let hint = attribute(rest, "URI=").trim_matches('"').trim_end_matches(".m4s");
                let (msn, part) = hint.split_once('.').expect("a part");
                let (msn, part) = (msn.parse().expect("a number"), part.parse().expect("a number"));
                assert!(matches!(window.part(msn, part), Lookup::Hinted), "{hint} in {text}");
                assert!(!in_gap, "nobody knows what follows a gap: {text}");
            }
            _ if line.ends_with(".m4s") => {
                assert_eq!(line, format!("{msn}.m4s"), "{text}");
                assert_eq!(matches!(window.segment(msn), Lookup::Found(_)), !open.gap, "{line} in {text}");
                let duration = open.duration.expect("EXTINF stands before");
                assert!(duration.round() <= out.target_s, "{line} in {text}");
                let parts: f64 = open.parts.iter().map(|part| part.0).sum();
                assert!(
                    open.parts.is_empty() || (parts - duration).abs() < 0.000_2,
                    "{line}: {parts} s of parts in {text}"
                );
                out.segments.push(ListedSegment { msn, era, ..std::mem::take(&mut open) });
                msn += 1;
            }
            _ => {}
        }
    }
    if !open.parts.is_empty() {
        out.segments.push(ListedSegment { msn, era, ..open });
    }
    out
}

fn value<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(tag))
}

fn attribute<'a>(list: &'a str, name: &str) -> &'a str {
    list.split(',').find_map(|pair| pair.strip_prefix(name)).expect("is there")
}

fn number(text: &str) -> f64 {
    text.trim_end_matches(',').parse().expect("a number")
}

/// What a source does next.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// It sends so many frames at an even pace.
    Send(u8),
    /// It drops frames of the picture, and the sound goes on.
    Drop(u8),
    /// It is silent for so many tenths of a second, and the stream is interrupted.
    Silence(u8),
    /// It is silent for so many tenths, and another session begins.
    Return(u8),
    /// The ladder begins.
    Ladder,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (1..120_u8).prop_map(Act::Send),
        1 => (1..40_u8).prop_map(Act::Drop),
        1 => (1..100_u8).prop_map(Act::Silence),
        1 => (1..100_u8).prop_map(Act::Return),
        1 => Just(Act::Ladder),
    ];
    prop::collection::vec(act, 1..24)
}

/// Plays acts and checks the playlists after each; returns the last ones.
fn play(acts: &[Act], fps: f64, gop: usize, b_frames: bool, rate: u32, audio_lag_ms: i64) -> [Listed; 3] {
    let mut stage = Stage::new(rate);
    let (mut at_ms, mut since_key, mut blocks, mut broken) = (0.0_f64, 0, 0_u64, false);
    let audio_at = |blocks: u64| MediaTime::default() + MediaSpan::of_samples(blocks * 1024, rate);
    let mut lists = [(); 3].map(|()| Listed::default());
    for act in acts {
        match *act {
            Act::Send(frames) => {
                for _ in 0..frames {
                    let key = since_key % gop == 0;
                    let cts = if b_frames && !key { [160, 80, 0, 40][since_key % 4] } else { 80 };
                    let cts = if b_frames { cts } else { 0 };
                    let dts = MediaTime::from_ms(at_ms.round() as i64);
                    while audio_at(blocks).to_ms() + audio_lag_ms <= at_ms as i64 {
                        stage.audio.push(stage.read(audio_at(blocks), 0, true, false));
                        blocks += 1;
                    }
                    let read = stage.read(dts, cts, key, std::mem::take(&mut broken));
                    if let Some(rung) = &mut stage.rung {
                        // It shows what the source shows, and has no B-frames of its own.
                        rung.push(Read {
                            frame: Frame {
                                cts: MediaSpan::from_ms(if b_frames { 80 } else { 0 }),
                                ..read.frame.clone()
                            },
                            ..read.clone()
                        });
                    }
                    stage.video(read);
                    at_ms += 1000.0 / fps;
                    since_key += 1;
                }
            }
            Act::Drop(frames) => {
                at_ms += f64::from(frames) * 1000.0 / fps;
                since_key += 1;
            }
            Act::Silence(tenths) | Act::Return(tenths) => {
                at_ms += f64::from(tenths) * 100.0;
                stage.silence(MediaTime::from_ms(at_ms as i64));
                while audio_at(blocks).to_ms() < at_ms as i64 {
                    blocks += 1;
                }
                if matches!(act, Act::Return(_)) {
                    at_ms += 250.0;
                    (broken, since_key) = (true, 0);
                }
            }
            Act::Ladder => stage.start_rung(),
        }
        let before = lists.map(|list| list.segments.first().map_or(0, |first| first.msn));
        lists = stage.check();
        for (before, list) in before.iter().zip(&lists) {
            assert!(list.segments.first().is_none_or(|first| first.msn >= *before), "numbers rise");
        }
    }
    for window in &stage.windows {
        window.end();
    }
    lists
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_source_does_playlists_count_right_and_list_what_is_there(
        acts in acts(), fps in 5.0..60.0_f64, gop in 1..300_usize, b_frames: bool, lag in 0..3_000_i64,
    ) {
        play(&acts, fps, gop, b_frames, 48_000, lag);
    }
}

#[test]
fn at_usual_rates_no_part_is_longer_than_its_target_nor_shorter_than_85_percent_of_it() {
    for fps in [24_000.0 / 1001.0, 24.0, 25.0, 30_000.0 / 1001.0, 30.0, 50.0, 60_000.0 / 1001.0, 60.0] {
        for (gop_s, b_frames, rate) in [(1.0, false, 48_000), (2.0, true, 44_100), (4.2, true, 48_000)] {
            let gop = (gop_s * fps) as usize;
            let lists = play(
                &[Act::Send(250), Act::Ladder, Act::Send(250), Act::Send(250)],
                fps,
                gop,
                b_frames,
                rate,
                40,
            );
            for list in lists {
                assert!(!list.segments.is_empty());
                for segment in &list.segments {
                    let last = segment.parts.len().saturating_sub(1);
                    for (at, (duration, free)) in segment.parts.iter().enumerate() {
                        let is_last = at == last && segment.duration.is_some();
                        let enough = *free || is_last || *duration >= 0.85 * list.part_target;
                        assert!(
                            *duration <= list.part_target && enough,
                            "{fps} fps, {gop_s} s, {rate} Hz: part {}.{at} has {duration} s",
                            segment.msn
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_rung_that_begins_after_a_discontinuity_counts_it() {
    let acts = [
        Act::Send(60),
        Act::Return(30),
        Act::Send(120),
        Act::Ladder,
        Act::Send(120),
        Act::Return(30),
        Act::Send(120),
    ];
    let lists = play(&acts, 30.0, 30, false, 48_000, 20);
    let era = |list: &Listed| list.segments.last().map(|segment| segment.era);
    assert_eq!(lists.each_ref().map(era), [Some(2); 3]);
}

#[test]
fn segments_of_a_tick_do_not_pile_up() {
    let stage = Stage::new(48_000);
    let window = &stage.windows[SOURCE];
    for msn in 0..5_000 {
        let date = WallTime::from_unix_ms(0);
        let config = Some(Arc::clone(&stage.config));
        let frame = stage.read(MediaTime(msn as i64), 0, true, false).frame;
        window.apply(vec![
            Emit::Segment { msn, discontinuity: false, era: 0, date, config },
            Emit::Part { duration: MediaSpan(1), frames: vec![(frame, MediaSpan(1))], last: true },
            Emit::EndSegment,
        ]);
    }
    assert!(window.lock().segments.len() <= WINDOW_SEGMENTS_MAX);
    assert_eq!(stage.timing.target_duration_s, 2);
}

/// RFC 8216 §6.2.2: a segment stays available for its own length and that of the longest playlist that had it.
#[test]
fn what_left_the_playlist_stays_for_as_long_as_players_may_ask_for_it() {
    let stage = Stage::new(48_000);
    let window = &stage.windows[SOURCE];
    let (mut now_s, mut until_s) = (0.0, Vec::new());
    for msn in 0..80 {
        let duration = MediaSpan::from_ms(if msn % 7 == 0 { 1_900 } else { 1_000 });
        let config = Some(Arc::clone(&stage.config));
        let frame = stage.read(MediaTime::from_ms((now_s * 1_000.0) as i64), 0, true, false).frame;
        let date = WallTime::from_unix_ms(0);
        window.apply(vec![
            Emit::Segment { msn, discontinuity: false, era: 0, date, config },
            Emit::Part { duration, frames: vec![(frame, duration)], last: true },
            Emit::EndSegment,
        ]);
        now_s += duration.to_ms() as f64 / 1_000.0;
        until_s.push((duration.to_ms() as f64 / 1_000.0, 0.0, now_s));
        let list = listed(window);
        let span: f64 = list.segments.iter().filter_map(|segment| segment.duration).sum();
        for segment in &list.segments {
            // The open one's parts are listed too, up to a whole segment of them.
            let (_, longest, last) = &mut until_s[segment.msn as usize];
            (*longest, *last) = (f64::max(*longest, span + 1.9), now_s);
        }
        for (msn, (own, longest, last)) in until_s.iter().enumerate() {
            let found = matches!(window.segment(msn as u64), Lookup::Found(_));
            assert!(found || now_s >= last + own + longest, "segment {msn} is gone after {} s", now_s - last);
        }
    }
    assert!(matches!(window.segment(0), Lookup::Absent), "and then it goes");
}

/// A window that lists so many segments of a second each.
fn of_seconds(seconds: i64) -> Window {
    let stage = Stage::new(48_000);
    let window = Window::new("source", stage.windows[SOURCE].limits(), MediaSpan::from_ms(60_000));
    for msn in 0..seconds {
        let duration = MediaSpan::from_ms(1_000);
        let frame = stage.read(MediaTime::from_ms(msn * 1_000), 0, true, false).frame;
        let (date, config) = (WallTime::from_unix_ms(0), Some(Arc::clone(&stage.config)));
        window.apply(vec![
            Emit::Segment { msn: msn.unsigned_abs(), discontinuity: false, era: 0, date, config },
            Emit::Part { duration, frames: vec![(frame, duration)], last: true },
            Emit::EndSegment,
        ]);
    }
    window
}

#[test]
fn a_version_is_rendered_by_the_first_who_asks_and_shared_by_the_others() {
    // Of 30 s a delta update leaves some out, of 3 s none.
    for (seconds, delta, is_short) in [(30, false, false), (30, true, true), (3, true, false)] {
        let window = of_seconds(seconds);
        let mut first = None;
        // The other one asks while this one looks at the other renditions: neither has found a text.
        let second = window.playlist(delta, || {
            first = Some(window.playlist(delta, Vec::new));
            Vec::new()
        });
        let third = window.playlist(delta, || unreachable!("it is rendered"));
        let texts = [first.expect("was asked"), second, third];
        let shared = texts.each_ref().map(|text| (text.plain().as_ptr(), text.gzip().as_ptr()));
        assert_eq!(shared, [shared[0]; 3], "{seconds} s, delta: {delta}");
        let text = String::from_utf8(texts[0].plain().to_vec()).expect("text");
        assert_eq!(text.contains("#EXT-X-SKIP"), is_short, "{text}");
        assert_eq!(
            window.lock().full.is_none(),
            is_short,
            "the whole one is rendered only where it is needed"
        );
    }
}

#[test]
fn a_new_part_is_a_new_version_of_both_texts() {
    let window = of_seconds(30);
    let before = [false, true].map(|delta| window.playlist(delta, Vec::new).plain());
    window.end();
    let after = [false, true].map(|delta| window.playlist(delta, Vec::new).plain());
    assert!(after.iter().all(|text| text.ends_with(b"#EXT-X-ENDLIST\n")));
    assert!(before.iter().all(|text| !text.ends_with(b"#EXT-X-ENDLIST\n")));
}
