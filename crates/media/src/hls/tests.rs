//! Playlists as text, read back by other eyes: golden files, `m3u8-rs` for the tags it knows, and a small
//! LL-HLS client.

mod blocking;
mod client;
mod golden;

use std::sync::Arc;

use m3u8_rs::Playlist;
use proptest::prelude::*;

use super::playlist::*;
use super::render::{render_delta, render_full};
use crate::time::MediaSpan;
use client::Client;

const HALF: MediaSpan = MediaSpan::from_ms(500);

/// A segment of four half-second parts, with target duration 2 in mind.
fn segment(msn: u64) -> Segment {
    let parts: Vec<_> = (0..4).map(|index| part(msn, index)).collect();
    Segment {
        msn,
        duration: MediaSpan::from_ms(2000),
        uri: format!("{msn}.mp4"),
        parts,
        discontinuity: false,
        map: Some("init-a.mp4".into()),
        program_date_time: Some(1_795_376_569_000 + i64::try_from(msn).expect("small") * 2000),
        gap: false,
    }
}

fn part(msn: u64, index: u64) -> Part {
    Part { duration: HALF, uri: format!("{msn}.{index}.mp4"), independent: index == 0, gap: false }
}

/// Finished segments `first..open`, and `open` with its first `parts` parts.
fn live(first: u64, open: u64, parts: u64) -> MediaPlaylist {
    let mut playlist = MediaPlaylist {
        limits: Limits::usual(2, HALF),
        media_sequence: first,
        discontinuity_sequence: 0,
        segments: (first..open).map(|msn| segment(msn).finish()).collect(),
        parts_from: 0,
        open: Some(OpenSegment {
            msn: open,
            parts: (0..parts).map(|index| part(open, index)).collect(),
            discontinuity: false,
            map: Some("init-a.mp4".into()),
            program_date_time: segment(open).program_date_time,
        }),
        preload_hint: Some(format!("{open}.{parts}.mp4")),
        rendition_reports: Vec::new(),
        ended: false,
    };
    playlist.parts_from = playlist.recent_parts_from();
    playlist
}

/// Changes a finished segment, which only tests do.
fn edit(playlist: &mut MediaPlaylist, msn: u64, change: impl FnOnce(&mut Segment)) {
    let at = usize::try_from(msn - playlist.media_sequence).expect("listed");
    let mut segment = playlist.segments[at].segment().clone();
    change(&mut segment);
    playlist.segments[at] = segment.finish();
}

#[test]
fn parts_are_listed_for_the_last_three_target_durations() {
    // The open segment has 1 s; the segments that end 1, 3 and 5 s before the end follow, the one at 7 s does
    // not.
    assert_eq!(live(0, 20, 2).recent_parts_from(), 17);
    assert_eq!(live(0, 20, 0).recent_parts_from(), 16);
    assert_eq!(live(5, 5, 0).recent_parts_from(), 5);
}

#[test]
fn a_delta_is_offered_only_where_something_is_past_the_boundary() {
    // Six segments end within 12 s of the end, and the one that ends exactly there stays too.
    assert_eq!(render_delta(&live(0, 7, 1)), None);
    assert!(render_delta(&live(0, 8, 1)).expect("one to skip").contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n"));
    assert!(
        render_delta(&live(0, 30, 0)).expect("many to skip").contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=23\n")
    );
    let mut ended = live(0, 30, 0);
    ended.ended = true;
    assert_eq!(render_delta(&ended), None);
    let mut plain = live(0, 30, 0);
    plain.limits.can_skip_until = None;
    assert_eq!(render_delta(&plain), None);
}

#[test]
fn no_name_can_add_a_line_or_an_attribute() {
    let mut playlist = live(0, 2, 1);
    edit(&mut playlist, 1, |segment| {
        segment.uri = "a\n#EXT-X-ENDLIST".to_owned();
        segment.parts[0].uri = "b\",GAP=YES,X=\"".to_owned();
        segment.map = Some("c\"\r\n".into());
    });
    let text = render_full(&playlist);
    assert!(text.contains("\na%0A#EXT-X-ENDLIST\n"));
    assert!(text.contains("URI=\"b%22,GAP=YES,X=%22\",INDEPENDENT=YES\n"));
    assert!(text.contains("#EXT-X-MAP:URI=\"c%22%0D%0A\"\n"));
}

#[test]
fn durations_are_written_from_ticks() {
    let tail = |ticks: i64| {
        let finished = Segment { duration: MediaSpan(ticks), ..segment(0) }.finish();
        finished.tail.lines().next().map(str::to_owned)
    };
    for (ticks, text) in [
        (0, "0.00000"),
        (1, "0.00001"),
        (45_000, "0.50000"),
        (3_003, "0.03337"),
        (179_999, "1.99999"),
        (180_000, "2.00000"),
        (90_000 * 3600 + 9_000, "3600.10000"),
    ] {
        assert_eq!(tail(ticks), Some(format!("#EXTINF:{text},")));
    }
}

#[test]
fn dates_are_written_across_leap_days_and_centuries() {
    let date = |ms: i64| super::segment::program_date_time_line(Some(ms));
    for (ms, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
        (1_795_376_569_042, "2026-11-22T19:42:49.042Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(date(ms), format!("#EXT-X-PROGRAM-DATE-TIME:{text}\n"));
    }
}

/// Playlists in motion: any lengths, discontinuities, changed headers, gaps and missing dates.
fn playlists() -> impl Strategy<Value = MediaPlaylist> {
    let shape = (1_i64..180_000, 0_usize..5, any::<[bool; 4]>(), 0_u8..3);
    (0_u64..1_000, prop::collection::vec(shape, 0..40), 0_u64..4).prop_map(|(first, shapes, open_parts)| {
        let open_msn = first + shapes.len() as u64;
        let mut playlist = live(open_msn, open_msn, open_parts);
        playlist.media_sequence = first;
        let shaped =
            |(msn, (ticks, parts, [cut, dated, gap, independent], map)): (u64, (_, _, [bool; 4], _))| {
                let one = Part { independent, gap, ..part(msn, 0) };
                let uri = |index| format!("{msn}.{index}.mp4");
                let segment = Segment {
                    duration: MediaSpan(ticks),
                    parts: (0..parts).map(|index| Part { uri: uri(index), ..one.clone() }).collect(),
                    discontinuity: cut,
                    map: Some(Arc::from(format!("init-{map}.mp4"))),
                    program_date_time: dated.then_some(ticks),
                    gap,
                    ..segment(msn)
                };
                segment.finish()
            };
        playlist.segments = (first..).zip(shapes).map(shaped).collect();
        playlist.parts_from = playlist.recent_parts_from();
        playlist
    })
}

proptest! {
    #[test]
    fn a_rendered_playlist_reads_back_as_its_values(playlist in playlists()) {
        prop_assert_eq!(Client::load(&render_full(&playlist)), Client::expected(&playlist));
    }

    #[test]
    fn a_delta_merged_with_an_older_playlist_is_the_full_one(
        playlist in playlists(),
        added in 0_usize..6,
        removed in 0_usize..6,
    ) {
        let mut older = playlist.clone();
        older.segments.truncate(playlist.segments.len().saturating_sub(added));
        older.parts_from = older.recent_parts_from();
        older.open = None;
        let mut newer = playlist;
        newer.segments.drain(..removed.min(newer.segments.len()));
        newer.media_sequence = newer.segments.first().map_or(newer.media_sequence, |first| first.segment().msn);
        let Some(delta) = render_delta(&newer) else { return Ok(()) };
        let mut merged = Client::load(&render_full(&older));
        if merged.update(&delta) {
            prop_assert_eq!(merged, Client::load(&render_full(&newer)));
        }
    }

    #[test]
    fn another_parser_agrees_on_the_tags_it_knows(playlist in playlists()) {
        let text = render_full(&playlist);
        let parsed = m3u8_rs::parse_playlist_res(text.as_bytes()).expect("a playlist");
        let Playlist::MediaPlaylist(parsed) = parsed else { panic!("not a media playlist") };
        prop_assert_eq!(parsed.version, Some(9));
        prop_assert_eq!(parsed.target_duration, 2);
        prop_assert_eq!(parsed.media_sequence, playlist.media_sequence);
        let segments = parsed.segments.iter().filter(|segment| !segment.uri.is_empty());
        for (theirs, ours) in segments.zip(&playlist.segments) {
            let ours = ours.segment();
            prop_assert_eq!(&theirs.uri, &ours.uri);
            prop_assert_eq!(theirs.discontinuity, ours.discontinuity);
            prop_assert!((f64::from(theirs.duration) - ours.duration.to_seconds()).abs() < 0.000_01);
            prop_assert_eq!(theirs.program_date_time.map(|at| at.timestamp_millis()), ours.program_date_time);
        }
    }
}
