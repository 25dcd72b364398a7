//! Whole playlists, as players get them.

use insta::assert_snapshot;

use super::super::playlist::*;
use super::super::render::{render_delta, render_full, render_multivariant};
use super::{edit, live};

#[test]
fn a_live_playlist() {
    let mut playlist = live(3, 8, 2);
    playlist.parts_from = 7;
    playlist.rendition_reports = vec![
        RenditionReport { uri: "../480p/live.m3u8".to_owned(), last_msn: 8, last_part: Some(1) },
        RenditionReport { uri: "../audio/live.m3u8".to_owned(), last_msn: 7, last_part: None },
    ];
    assert_snapshot!(render_full(&playlist), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:2
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.50000,HOLD-BACK=6.00000,CAN-SKIP-UNTIL=12.00000
    #EXT-X-PART-INF:PART-TARGET=0.50000
    #EXT-X-MEDIA-SEQUENCE:3
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MAP:URI="init-a.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:55.000Z
    #EXTINF:2.00000,
    3.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:57.000Z
    #EXTINF:2.00000,
    4.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:59.000Z
    #EXTINF:2.00000,
    5.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:01.000Z
    #EXTINF:2.00000,
    6.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:03.000Z
    #EXT-X-PART:DURATION=0.50000,URI="7.0.mp4",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.50000,URI="7.1.mp4"
    #EXT-X-PART:DURATION=0.50000,URI="7.2.mp4"
    #EXT-X-PART:DURATION=0.50000,URI="7.3.mp4"
    #EXTINF:2.00000,
    7.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:05.000Z
    #EXT-X-PART:DURATION=0.50000,URI="8.0.mp4",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.50000,URI="8.1.mp4"
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.mp4"
    #EXT-X-RENDITION-REPORT:URI="../480p/live.m3u8",LAST-MSN=8,LAST-PART=1
    #EXT-X-RENDITION-REPORT:URI="../audio/live.m3u8",LAST-MSN=7
    "#);
}

#[test]
fn a_reconnect_with_another_header_and_a_gap() {
    let mut playlist = live(3, 6, 1);
    (playlist.discontinuity_sequence, playlist.parts_from) = (2, 5);
    edit(&mut playlist, 4, |segment| {
        (segment.gap, segment.parts) = (true, Vec::new());
    });
    edit(&mut playlist, 5, |segment| {
        (segment.discontinuity, segment.map) = (true, Some("init-b.mp4".into()));
        segment.parts[3].gap = true;
    });
    let open = playlist.open.as_mut().expect("live");
    (open.discontinuity, open.map) = (true, Some("init-b.mp4".into()));
    assert_snapshot!(render_full(&playlist), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:2
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.50000,HOLD-BACK=6.00000,CAN-SKIP-UNTIL=12.00000
    #EXT-X-PART-INF:PART-TARGET=0.50000
    #EXT-X-MEDIA-SEQUENCE:3
    #EXT-X-DISCONTINUITY-SEQUENCE:2
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MAP:URI="init-a.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:55.000Z
    #EXTINF:2.00000,
    3.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:57.000Z
    #EXT-X-GAP
    #EXTINF:2.00000,
    4.mp4
    #EXT-X-DISCONTINUITY
    #EXT-X-MAP:URI="init-b.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:59.000Z
    #EXT-X-PART:DURATION=0.50000,URI="5.0.mp4",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.50000,URI="5.1.mp4"
    #EXT-X-PART:DURATION=0.50000,URI="5.2.mp4"
    #EXT-X-PART:DURATION=0.50000,URI="5.3.mp4",GAP=YES
    #EXTINF:2.00000,
    5.mp4
    #EXT-X-DISCONTINUITY
    #EXT-X-MAP:URI="init-b.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:01.000Z
    #EXT-X-PART:DURATION=0.50000,URI="6.0.mp4",INDEPENDENT=YES
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="6.1.mp4"
    "#);
}

#[test]
fn a_delta_update_states_the_header_again() {
    let mut playlist = live(3, 12, 1);
    playlist.parts_from = 12;
    assert_snapshot!(render_delta(&playlist).expect("past the boundary"), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:2
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.50000,HOLD-BACK=6.00000,CAN-SKIP-UNTIL=12.00000
    #EXT-X-PART-INF:PART-TARGET=0.50000
    #EXT-X-MEDIA-SEQUENCE:3
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-SKIP:SKIPPED-SEGMENTS=2
    #EXT-X-MAP:URI="init-a.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:59.000Z
    #EXTINF:2.00000,
    5.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:01.000Z
    #EXTINF:2.00000,
    6.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:03.000Z
    #EXTINF:2.00000,
    7.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:05.000Z
    #EXTINF:2.00000,
    8.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:07.000Z
    #EXTINF:2.00000,
    9.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:09.000Z
    #EXTINF:2.00000,
    10.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:11.000Z
    #EXTINF:2.00000,
    11.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:43:13.000Z
    #EXT-X-PART:DURATION=0.50000,URI="12.0.mp4",INDEPENDENT=YES
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="12.1.mp4"
    "#);
}

#[test]
fn the_end() {
    let mut playlist = live(0, 2, 0);
    (playlist.ended, playlist.parts_from) = (true, 2);
    playlist.limits = Limits { can_block_reload: false, can_skip_until: None, ..playlist.limits };
    assert_snapshot!(render_full(&playlist), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:2
    #EXT-X-SERVER-CONTROL:PART-HOLD-BACK=1.50000,HOLD-BACK=6.00000
    #EXT-X-PART-INF:PART-TARGET=0.50000
    #EXT-X-MEDIA-SEQUENCE:0
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MAP:URI="init-a.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:49.000Z
    #EXTINF:2.00000,
    0.mp4
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:42:51.000Z
    #EXTINF:2.00000,
    1.mp4
    #EXT-X-ENDLIST
    "#);
}

#[test]
fn nothing_yet() {
    assert_snapshot!(render_full(&live(0, 0, 0)), @r#"
    #EXTM3U
    #EXT-X-VERSION:9
    #EXT-X-TARGETDURATION:2
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.50000,HOLD-BACK=6.00000,CAN-SKIP-UNTIL=12.00000
    #EXT-X-PART-INF:PART-TARGET=0.50000
    #EXT-X-MEDIA-SEQUENCE:0
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="0.0.mp4"
    "#);
}

#[test]
fn a_multivariant_playlist() {
    let variant = |uri: &str, bandwidth, codecs: &[&str]| Variant {
        uri: uri.to_owned(),
        bandwidth,
        codecs: codecs.iter().map(|&codec| codec.to_owned()).collect(),
        audio: Some("audio".to_owned()),
        ..Variant::default()
    };
    let source = variant("source/live.m3u8", 6_400_000, &["avc1.64002A", "mp4a.40.2"]);
    let playlist = Multivariant {
        independent_segments: true,
        audio: vec![AudioRendition {
            group: "audio".to_owned(),
            name: "Stereo".to_owned(),
            uri: "audio/live.m3u8".to_owned(),
            channels: 2,
            default: true,
        }],
        variants: vec![
            Variant {
                average_bandwidth: Some(6_000_000),
                resolution: Some((1920, 1080)),
                frame_rate: Some(60_000.0 / 1001.0),
                ..source
            },
            Variant {
                resolution: Some((854, 480)),
                ..variant("480p/live.m3u8", 1_400_000, &["avc1.4D401F", "mp4a.40.2"])
            },
            variant("audio/live.m3u8", 160_000, &["mp4a.40.2"]),
        ],
    };
    let text = render_multivariant(&playlist);
    assert_snapshot!(text, @r#"
    #EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Stereo",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/live.m3u8"
    #EXT-X-STREAM-INF:BANDWIDTH=6400000,AVERAGE-BANDWIDTH=6000000,CODECS="avc1.64002A,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=59.940,AUDIO="audio"
    source/live.m3u8
    #EXT-X-STREAM-INF:BANDWIDTH=1400000,CODECS="avc1.4D401F,mp4a.40.2",RESOLUTION=854x480,AUDIO="audio"
    480p/live.m3u8
    #EXT-X-STREAM-INF:BANDWIDTH=160000,CODECS="mp4a.40.2",AUDIO="audio"
    audio/live.m3u8
    "#);
    let parsed = m3u8_rs::parse_master_playlist_res(text.as_bytes()).expect("a master playlist");
    assert_eq!((parsed.variants.len(), parsed.alternatives.len()), (3, 1));
    assert_eq!(parsed.variants[0].frame_rate, Some(59.94));
    assert_eq!(parsed.variants[1].codecs.as_deref(), Some("avc1.4D401F,mp4a.40.2"));
}
