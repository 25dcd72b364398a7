//! Following: who may, who sees it, and what chat learns of it.

use directory::FollowStanding;
use directory::follows::FollowRefusal;
use domain::limits::FOLLOWS_MAX;
use domain::messages::StandingRecord;
use domain::ports::Standing as _;
use domain::rooms::{Person, RoomChange, RoomRole};
use domain::streams::StreamState;
use domain::users::{Channel, User};

use crate::site::{Site, at};

async fn channel(site: &Site, user: &User) -> Channel {
    site.channels.of(user).await.expect("answers")
}

#[tokio::test]
async fn chat_knows_since_when_somebody_follows() {
    let site = Site::open().await;
    let (maya, noor) = (site.user("maya").await, site.user("noor").await);
    let to = channel(&site, &maya).await;
    let standing = FollowStanding(site.stores.follows.clone());
    assert_eq!(standing.of(noor.id, to.id).await.expect("answers"), StandingRecord::default());
    site.follows.follow(&noor, &to, at(5)).await.expect("follows");
    let known = standing.of(noor.id, to.id).await.expect("answers");
    assert_eq!(known, StandingRecord { subscriber: None, follows_since: Some(at(5)) });
    assert_eq!(channel(&site, &maya).await.followers, 1);
    site.follows.unfollow(&noor, &to).await.expect("unfollows");
    assert_eq!(site.follows.find(&noor, &to).await.expect("answers"), None);

    let refused = site.follows.follow(&maya, &to, at(6)).await;
    assert!(matches!(refused, Err(FollowRefusal::OwnChannel)), "{refused:?}");

    let whom = Person { id: noor.id, login: noor.name.clone() };
    site.stores.rooms.set_block(maya.id, whom, true).await.expect("keeps");
    let refused = site.follows.follow(&noor, &to, at(7)).await;
    assert!(matches!(refused, Err(FollowRefusal::Blocked)), "{refused:?}");
}

#[tokio::test]
async fn who_follows_is_shown_in_pages_to_those_who_look_after_the_channel() {
    let site = Site::open().await;
    let (maya, noor, kees) = (site.user("maya").await, site.user("noor").await, site.user("kees").await);
    let to = channel(&site, &maya).await;
    site.follows.follow(&noor, &to, at(1)).await.expect("follows");
    site.follows.follow(&kees, &to, at(1)).await.expect("follows");
    let refused = site.follows.followers(&noor, &to, None, None).await;
    assert!(matches!(refused, Err(FollowRefusal::NotYours)), "{refused:?}");
    let person = Person { id: noor.id, login: noor.name.clone() };
    let grant = RoomChange::Grant(person, RoomRole::Moderator);
    site.stores.rooms.change(to.id, grant, None).await.expect("is kept");

    let first = site.follows.followers(&noor, &to, Some(1), Some("")).await.expect("lists");
    let second = site.follows.followers(&maya, &to, Some(1), first.next.as_deref()).await.expect("lists");
    let mut names = [first.follows[0].login.as_str(), second.follows[0].login.as_str()];
    names.sort_unstable();
    assert_eq!((names, second.next), (["kees", "noor"], None));
    let refused = site.follows.followed(&noor, None, Some("1-x")).await;
    assert!(matches!(refused, Err(FollowRefusal::BadCursor)), "{refused:?}");
    let own = site.follows.followed(&noor, None, None).await.expect("lists");
    assert_eq!((own.follows[0].name.as_str(), own.next), ("maya", None));
}

#[tokio::test]
async fn a_follow_bot_is_slowed_down() {
    let site = Site::open().await;
    let (maya, noor) = (site.user("maya").await, site.user("noor").await);
    let to = channel(&site, &maya).await;
    let mut taken = 0;
    let refused = loop {
        match site.follows.follow(&noor, &to, at(1)).await {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
        assert!(taken < FOLLOWS_MAX, "nothing slows it down");
    };
    assert!(matches!(refused, FollowRefusal::RateLimited { .. }), "{refused:?}");
    site.follows.follow(&noor, &to, at(60)).await.expect("later it may again");
}

#[tokio::test]
async fn the_list_of_live_streams_can_be_that_of_followed_ones() {
    let site = Site::open().await;
    let (maya, noor, kees) = (site.user("maya").await, site.user("noor").await, site.user("kees").await);
    let (_maya, _kees) =
        (site.on_air(&maya, 1, StreamState::Live).await, site.on_air(&kees, 2, StreamState::Live).await);
    let followed = async || {
        let query = directory::BrowseQuery { followed_by: Some(noor.id), ..Default::default() };
        let page = site.browse.live(&query, at(1), site.t0).await.expect("answers");
        page.streams.into_iter().map(|stream| stream.channel.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(followed().await, [""; 0]);
    site.follows.follow(&noor, &channel(&site, &kees).await, at(1)).await.expect("follows");
    assert_eq!(followed().await, ["kees"]);
}
