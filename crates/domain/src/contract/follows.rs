//! The contract of [`Follows`].

use std::sync::Arc;

use super::fixtures::{RACERS, at, channel, name, race};
use crate::follows::{Follow, FollowMark};
use crate::ids::{ChannelId, UserId};
use crate::limits::FOLLOWS_MAX;
use crate::ports::{Accounts, Channels, FollowError, Follows};

/// Stores that share their people.
pub type Stores = (Arc<dyn Accounts>, Arc<dyn Channels>, Arc<dyn Follows>);

fn follow(user: u64, to: u64, since: i64) -> Follow {
    let login = |id: u64| name(&format!("creator_{id}"));
    Follow {
        user: UserId(user),
        login: login(user),
        channel: ChannelId(to),
        name: login(to),
        since: at(since),
    }
}

async fn count((_, channels, _): &Stores, channel: ChannelId) -> u64 {
    channels.by_ids(&[channel]).await.expect("answers")[0].followers
}

/// A follow lasts from the first call on until it is taken back; lists are newest first and go on behind a mark.
pub async fn meaning(make: impl AsyncFn() -> Stores) {
    let stores = make().await;
    let (accounts, _, follows) = &stores;
    for id in 1..=5 {
        channel(accounts, id).await;
    }
    let (user, to) = (UserId(1), ChannelId(2));
    assert_eq!(follows.find(user, to).await.expect("answers"), None);
    assert_eq!(follows.follow(user, to, at(1)).await.expect("follows"), follow(1, 2, 1));
    let again = follows.follow(user, to, at(9)).await.expect("follows");
    assert_eq!(again, follow(1, 2, 1), "following twice changes nothing");
    assert_eq!(follows.find(user, to).await.expect("answers"), Some(follow(1, 2, 1)));
    assert_eq!(count(&stores, to).await, 1);

    // Two at the same moment are told apart by their numbers.
    for (id, since) in [(3, 5), (4, 5), (5, 7)] {
        follows.follow(UserId(id), to, at(since)).await.expect("follows");
        follows.follow(user, ChannelId(id), at(since)).await.expect("follows");
    }
    let all = [follow(5, 2, 7), follow(4, 2, 5), follow(3, 2, 5), follow(1, 2, 1)];
    assert_eq!(follows.followers(to, None, 10).await.expect("lists"), all);
    assert_eq!(follows.followers(to, None, 2).await.expect("lists"), all[..2]);
    let mark = |follow: &Follow| FollowMark { since: follow.since, id: follow.user.0 };
    assert_eq!(follows.followers(to, Some(mark(&all[1])), 10).await.expect("lists"), all[2..]);
    let own = [follow(1, 5, 7), follow(1, 4, 5), follow(1, 3, 5), follow(1, 2, 1)];
    assert_eq!(follows.followed(user, None, 10).await.expect("lists"), own);
    let mark = FollowMark { since: own[0].since, id: own[0].channel.0 };
    assert_eq!(follows.followed(user, Some(mark), 2).await.expect("lists"), own[1..3]);
    let mut all_of_it = follows.all_followed(user).await.expect("lists");
    all_of_it.sort();
    assert_eq!(all_of_it, [2, 3, 4, 5].map(ChannelId));

    assert!(follows.unfollow(UserId(4), to).await.expect("answers"));
    assert!(!follows.unfollow(UserId(4), to).await.expect("answers"), "not twice");
    assert_eq!(count(&stores, to).await, 3);
    let rest = follows.followers(to, Some(FollowMark { since: all[1].since, id: 4 }), 10).await;
    assert_eq!(rest.expect("lists"), all[2..], "a mark holds though its follow is gone");
}

/// However many follow and unfollow at once, the number agrees with the list.
pub async fn concurrency(make: impl AsyncFn() -> Stores) {
    let stores = make().await;
    let (accounts, _, follows) = &stores;
    for id in 1..=RACERS + 1 {
        channel(accounts, id).await;
    }
    let to = ChannelId(1);
    let firsts = race(|n| {
        let follows = Arc::clone(follows);
        async move {
            let user = UserId(n + 2);
            follows.follow(user, to, at(1)).await.expect("follows");
            follows.follow(user, to, at(2)).await.expect("follows");
            if n % 2 == 1 {
                follows.unfollow(user, to).await.expect("answers");
            }
        }
    });
    firsts.await;
    let listed = follows.followers(to, None, 100).await.expect("lists");
    assert_eq!(listed.len() as u64, RACERS / 2);
    assert_eq!(count(&stores, to).await, RACERS / 2);
}

/// Nobody follows what is not there, or more than one may.
pub async fn refusal(make: impl AsyncFn() -> Stores) {
    let stores = make().await;
    let (accounts, _, follows) = &stores;
    let ids = 1..=FOLLOWS_MAX as u64 + 2;
    for id in ids.clone() {
        channel(accounts, id).await;
    }
    for (user, to) in [(1, 1 << 40), (1 << 40, 1), (1, u64::MAX)] {
        let refused = follows.follow(UserId(user), ChannelId(to), at(1)).await;
        assert!(matches!(refused, Err(FollowError::NoSuchChannel)), "{user} {to}: {refused:?}");
    }
    for id in ids.clone().skip(1).take(FOLLOWS_MAX) {
        follows.follow(UserId(1), ChannelId(id), at(1)).await.expect("follows");
    }
    let last = ChannelId(*ids.end());
    let refused = follows.follow(UserId(1), last, at(1)).await;
    assert!(matches!(refused, Err(FollowError::TooMany)), "{refused:?}");
    follows.follow(UserId(1), ChannelId(2), at(1)).await.expect("an old one is no new one");
    assert!(follows.unfollow(UserId(1), ChannelId(2)).await.expect("answers"));
    follows.follow(UserId(1), last, at(1)).await.expect("there is room again");
}

/// Who leaves takes along what they followed and who followed them.
pub async fn leaving(make: impl AsyncFn() -> Stores) {
    let stores = make().await;
    let (accounts, _, follows) = &stores;
    for id in 1..=3 {
        channel(accounts, id).await;
    }
    for (user, to) in [(1, 2), (2, 1), (3, 2), (1, 3)] {
        follows.follow(UserId(user), ChannelId(to), at(1)).await.expect("follows");
    }
    assert!(accounts.remove(UserId(1), at(2)).await.expect("leaves"));
    assert_eq!(follows.followers(ChannelId(2), None, 10).await.expect("lists"), [follow(3, 2, 1)]);
    assert_eq!(follows.followed(UserId(2), None, 10).await.expect("lists"), []);
    assert_eq!(count(&stores, ChannelId(2)).await, 1);
    assert_eq!(count(&stores, ChannelId(3)).await, 0);
}

/// Kept over a restart.
pub async fn restart(make: impl AsyncFn() -> Stores) {
    let (accounts, _, follows) = make().await;
    channel(&accounts, 1).await;
    channel(&accounts, 2).await;
    follows.follow(UserId(1), ChannelId(2), at(1)).await.expect("follows");
    drop((accounts, follows));
    let stores = make().await;
    let found = stores.2.find(UserId(1), ChannelId(2)).await.expect("answers");
    assert_eq!(found, Some(follow(1, 2, 1)));
    assert_eq!(count(&stores, ChannelId(2)).await, 1);
}
