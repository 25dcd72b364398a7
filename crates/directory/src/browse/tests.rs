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
            followers: 0,
        },
        viewers,
    }
}

fn list(number: u64, streams: &[(u64, u64)]) -> List {
    List::new(number, streams.iter().map(|&(id, viewers)| stream(id, viewers)).collect())
}

fn print(page: &Page) -> String {
    let one = |stream: &LiveStream| format!("{}:{}", stream.record.id, stream.viewers);
    page.streams.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Walks all pages; each page as `id:viewers …`.
fn walk(list: &List, query: &BrowseQuery, limit: usize) -> Vec<String> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = list.page(&list.order, query, None, after, limit);
        pages.push(print(&page));
        let Some(next) = page.next else { return pages };
        after = Some(Marker::parse(&next).expect("our own marker").place);
    }
}

#[test]
fn pages_go_from_most_viewers_down_and_among_equals_from_the_oldest() {
    let all = list(1, &[(1, 5), (2, 9), (3, 5), (4, 0), (5, 9)]);
    assert_eq!(walk(&all, &BrowseQuery::default(), 2), ["2:9 5:9", "1:5 3:5", "4:0"]);
    assert_eq!(walk(&all, &BrowseQuery::default(), 5), ["2:9 5:9 1:5 3:5 4:0"]);
    assert_eq!(walk(&list(1, &[]), &BrowseQuery::default(), 5), [""]);
}

#[test]
fn a_marker_is_good_though_its_stream_has_ended_or_its_order_is_forgotten() {
    let all = list(1, &[(1, 5), (3, 5)]);
    let after = Place { viewers: std::cmp::Reverse(5), id: StreamId(2) };
    assert_eq!(all.page(&all.order, &BrowseQuery::default(), None, Some(after), 9).streams, [stream(3, 5)]);
}

#[test]
fn who_leafs_sees_each_stream_once_though_viewers_come_and_go() {
    let before = list(1, &[(1, 90), (2, 80), (3, 70), (4, 60), (5, 50)]);
    let query = BrowseQuery::default();
    let first = before.page(&before.order, &query, None, None, 2);
    assert_eq!(print(&first), "1:90 2:80");
    // The first one falls, one from behind rises to the top, one ends and one begins.
    let now = list(2, &[(1, 1), (2, 80), (3, 70), (5, 500), (6, 65)]);
    let after = Marker::parse(&first.next.expect("there are more")).expect("our own marker").place;
    let rest = now.page(&before.order, &query, None, Some(after), 9);
    assert_eq!((print(&rest).as_str(), rest.next), ("3:70 5:500", None));
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
    let mut all = list(1, &[(1, 9), (2, 8), (3, 7), (4, 6), (5, 5)]);
    for id in [1, 3] {
        all.streams.get_mut(&StreamId(id)).expect("is listed").channel.language = "de".to_owned();
    }
    let query = BrowseQuery { language: Some("en".to_owned()), ..BrowseQuery::default() };
    assert_eq!(walk(&all, &query, 2), ["2:8 4:6", "5:5"]);
}
