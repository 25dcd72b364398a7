//! Paging and filters as data: a stream is written `id:viewers`.

use domain::streams::SourceInfo;
use domain::users::LatencyMode;

use super::*;

fn stream(id: u64, viewers: u64) -> LiveStream {
    let name: Name = format!("channel_{id}").parse().expect("a name");
    let started_at = WallTime::from_unix_ms(0);
    LiveStream {
        record: StreamRecord {
            id: StreamId(id),
            channel: ChannelId(id),
            name: name.clone(),
            node: "one".to_owned(),
            started_at,
            state: StreamState::Live,
            source: SourceInfo::default(),
            renditions: vec!["source".to_owned()],
        },
        channel: Channel {
            id: ChannelId(id),
            name,
            title: String::new(),
            category: "Chess".to_owned(),
            tags: vec!["Blitz".to_owned()],
            language: "en-GB".to_owned(),
            latency: LatencyMode::Low,
            ladder: None,
            partner: false,
        },
        viewers,
    }
}

fn sorted(streams: &[(u64, u64)]) -> Vec<LiveStream> {
    let mut all: Vec<LiveStream> = streams.iter().map(|&(id, viewers)| stream(id, viewers)).collect();
    all.sort_by_key(Place::of);
    all
}

/// Walks all pages; each page as `id:viewers …`.
fn walk(all: &[LiveStream], query: &BrowseQuery, limit: usize) -> Vec<String> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = page(all, query, after, limit);
        let print = |stream: &LiveStream| format!("{}:{}", stream.record.id, stream.viewers);
        pages.push(page.streams.iter().map(print).collect::<Vec<_>>().join(" "));
        let Some(next) = page.next else { return pages };
        after = Some(Place::parse(&next).expect("our own marker"));
    }
}

#[test]
fn pages_go_from_most_viewers_down_and_among_equals_from_the_oldest() {
    let all = sorted(&[(1, 5), (2, 9), (3, 5), (4, 0), (5, 9)]);
    assert_eq!(walk(&all, &BrowseQuery::default(), 2), ["2:9 5:9", "1:5 3:5", "4:0"]);
    assert_eq!(walk(&all, &BrowseQuery::default(), 5), ["2:9 5:9 1:5 3:5 4:0"]);
    assert_eq!(walk(&[], &BrowseQuery::default(), 5), [""]);
}

#[test]
fn a_marker_is_good_though_its_stream_has_ended() {
    let all = sorted(&[(1, 5), (3, 5)]);
    let after = Place { viewers: std::cmp::Reverse(5), id: StreamId(2) };
    assert_eq!(page(&all, &BrowseQuery::default(), Some(after), 9).streams, [stream(3, 5)]);
}

#[test]
fn markers_of_others_are_refused() {
    for text in ["", ".", "1", "1.", "x.1", "1.2.3", "11111111111111111.1"] {
        assert!(Place::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn filters_look_past_case_and_languages_by_prefix() {
    let query = |category: &str, tag: &str, language: &str| {
        let said = |text: &str| Some(text.to_owned());
        BrowseQuery {
            category: said(category),
            tag: said(tag),
            language: said(language),
            ..BrowseQuery::default()
        }
    };
    for (category, tag, language, found) in [
        ("chess", "BLITZ", "en", true),
        ("Chess ", "blitz", "EN-gb", true),
        ("", "", "", true),
        ("Che", "", "", false),
        ("", "bullet", "", false),
        ("", "", "de", false),
        ("", "", "e", false),
        ("", "", "en-GB-oed", false),
    ] {
        let query = query(category, tag, language);
        assert_eq!(asked_for(&stream(1, 1), &query), found, "{query:?}");
    }
}

#[test]
fn filtered_pages_are_full_pages() {
    let mut all = sorted(&[(1, 9), (2, 8), (3, 7), (4, 6), (5, 5)]);
    for n in [0, 2] {
        all[n].channel.language = "de".to_owned();
    }
    let query = BrowseQuery { language: Some("en".to_owned()), ..BrowseQuery::default() };
    assert_eq!(walk(&all, &query, 2), ["2:8 4:6", "5:5"]);
}
