//! One writer, many readers.

use super::*;
use bytes::Bytes;
use media::codec::aac::AacConfig;

fn config(tag: &'static [u8]) -> CodecConfig {
    let record = Bytes::from_static(tag);
    CodecConfig::Aac(AacConfig { record, ..AacConfig::lc(48_000, 2).expect("a usual config") })
}

fn frame(ms: i64, key: bool) -> Frame {
    Frame { dts: MediaTime::from_ms(ms), cts: MediaSpan::ZERO, key, data: Bytes::from(vec![0; 10]) }
}

/// What a reader gets, as `ms` with `!` for a discontinuity, `|` for a group start and `~` for a skip.
fn drain(reader: &mut Reader) -> String {
    let mut out = String::new();
    while let Some(read) = reader.try_next() {
        if read.skipped {
            out.push('~');
        }
        if read.discontinuity {
            out.push('!');
        }
        if read.starts_group {
            out.push('|');
        }
        out.push_str(&format!("{} ", read.frame.dts.to_ms()));
    }
    out
}

#[test]
fn a_late_reader_starts_at_the_newest_key_frame() {
    let track = Track::new();
    track.push(frame(0, true), true);
    track.configure(config(b"a"));
    track.push(frame(5, false), false);
    for ms in [10, 20, 30, 40] {
        track.push(frame(ms, ms % 20 == 10), ms % 20 == 10);
    }
    assert_eq!(
        drain(&mut track.reader()),
        "|30 40 ",
        "what came before the config or a key frame is dropped"
    );
}

#[test]
fn a_reader_can_start_at_any_moment_that_is_held() {
    let track = Track::new();
    track.configure(config(b"a"));
    assert_eq!(drain(&mut track.reader_from(MediaTime::from_ms(5))), "");
    for ms in [10, 20, 30, 40] {
        track.push(frame(ms, true), ms % 20 == 10);
    }
    let from = |ms| drain(&mut track.reader_from(MediaTime::from_ms(ms)));
    assert_eq!([from(0), from(29), from(99)], ["|10 20 |30 40 ", "20 |30 40 ", "40 "]);
}

#[test]
fn a_slow_reader_skips_whole_groups_and_is_told() {
    let track = Track::new();
    track.configure(config(b"a"));
    let mut reader = track.reader();
    for second in 0..60 {
        track.push(frame(second * 1000, true), true);
        track.push(frame(second * 1000 + 500, false), false);
    }
    assert_eq!(drain(&mut reader), "~|59000 59500 ");
}

#[test]
fn another_config_breaks_at_the_next_key_frame_and_the_same_one_does_not() {
    let track = Track::new();
    let mut reader = track.reader();
    assert!(track.configure(config(b"a")));
    track.push(frame(0, true), true);
    assert!(!track.configure(config(b"a")));
    track.push(frame(10, true), true);
    assert!(track.configure(config(b"b")));
    track.push(frame(20, false), false);
    track.push(frame(30, true), true);
    assert_eq!(drain(&mut reader), "|0 |10 !|30 ");
}

#[test]
fn a_reader_that_skips_a_break_is_told_of_it() {
    let track = Track::new();
    track.configure(config(b"a"));
    let mut reader = track.reader();
    track.push(frame(0, true), true);
    assert_eq!(drain(&mut reader), "|0 ");
    track.configure(config(b"b"));
    for second in 1..60 {
        track.push(frame(second * 1000, true), true);
    }
    assert_eq!(drain(&mut reader), "~!|59000 ");
}

#[test]
fn a_group_without_end_does_not_grow_without_end() {
    let track = Track::new();
    track.configure(config(b"a"));
    let megabytes = Bytes::from(vec![0; 4 * 1024 * 1024]);
    for n in 0..64 {
        track.push(Frame { data: megabytes.clone(), ..frame(n, n == 0) }, n == 0);
    }
    assert!(track.lock().bytes <= TRACK_BYTES_MAX);
}

#[test]
fn frames_of_a_few_bytes_cost_what_they_take() {
    let track = Track::new();
    track.configure(config(b"a"));
    for n in 0..3_000 {
        track.push(frame(n / 1_000, n == 0), n == 0);
    }
    assert_eq!(track.lock().bytes, 3_000 * (10 + size_of::<Frame>()));
}

#[tokio::test]
async fn a_reader_waits_for_frames_and_sees_the_end() {
    let track = Track::new();
    track.configure(config(b"a"));
    let mut reader = track.reader();
    let (read, ()) = tokio::join!(reader.next(), async { track.push(frame(1, true), true) });
    assert_eq!(read.map(|read| read.frame.dts.to_ms()), Some(1));
    track.end();
    assert!(reader.next().await.is_none());
}
