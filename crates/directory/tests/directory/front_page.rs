//! The list of live streams: what is on it, in which order, page by page.

use directory::Page;
use domain::streams::{LEASE_TTL, StreamState};
use domain::users::ChannelPatch;

use crate::site::{Site, at};

#[tokio::test]
async fn the_front_page_follows_streams_titles_and_viewers() {
    let site = Site::open().await;
    let (maya, noor, late) = (site.user("maya").await, site.user("noor").await, site.user("late").await);
    assert!(site.front_page(0).await.is_empty());
    let lease = site.on_air(&maya, 1, StreamState::Live).await;
    site.on_air(&noor, 2, StreamState::Interrupted).await;
    site.on_air(&late, 3, StreamState::Starting).await;
    assert_eq!(
        site.front_page(0).await,
        ["maya \"\" 0", "noor \"\" 0"],
        "at once, without what cannot be watched"
    );

    site.viewers.seen(domain::ids::StreamId(2), 7, site.t0);
    let title = ChannelPatch { title: Some("Chess".to_owned()), ..ChannelPatch::default() };
    site.channels.patch(&maya, &maya.name, title).await.expect("her own");
    assert_eq!(site.front_page(0).await, ["noor \"\" 1", "maya \"Chess\" 0"], "a title shows at once");
    site.viewers.seen(domain::ids::StreamId(1), 8, site.t0);
    site.viewers.seen(domain::ids::StreamId(1), 9, site.t0);
    assert_eq!(site.front_page(1).await, ["maya \"Chess\" 2", "noor \"\" 1"], "viewers within a second");

    let found =
        site.browse.on_channel(&late.name, at(1), site.t0).await.expect("answers").expect("is claimed");
    assert_eq!(found.record.state, StreamState::Starting, "a channel's own page sees every state");
    site.stores.registry.release(&lease).await.expect("releases");
    assert_eq!(site.front_page(1).await, ["noor \"\" 1"]);
    assert_eq!(site.browse.on_channel(&maya.name, at(1), site.t0).await.expect("answers"), None);
    assert!(site.front_page(LEASE_TTL.as_secs() + 1).await.is_empty(), "leases that ended are not listed");
}

#[tokio::test]
async fn pages_go_on_in_the_order_of_the_first_though_viewers_come_and_go() {
    let site = Site::open().await;
    for (id, who) in [(1, "maya"), (2, "noor"), (3, "kim")] {
        site.on_air(&site.user(who).await, id, StreamState::Live).await;
    }
    let watch = |stream, viewers: std::ops::Range<u64>| {
        viewers.for_each(|viewer| site.viewers.seen(domain::ids::StreamId(stream), viewer, site.t0));
    };
    watch(1, 0..9);
    watch(2, 0..5);
    let first = site.page(None, 0).await;
    assert_eq!(names(&first), ["maya"]);
    // The last one overtakes all before the second page is asked for.
    watch(3, 0..50);
    let second = site.page(first.next, 2).await;
    assert_eq!(names(&second), ["noor"]);
    let third = site.page(second.next, 4).await;
    assert_eq!((names(&third), third.next), (vec!["kim".to_owned()], None));
    assert_eq!(names(&site.page(None, 4).await), ["kim"], "a new first page knows better");
}

fn names(page: &Page) -> Vec<String> {
    page.streams.iter().map(|stream| stream.channel.name.to_string()).collect()
}
