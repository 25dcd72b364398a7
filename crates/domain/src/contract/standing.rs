//! The contract of [`Standing`].

use std::sync::Arc;

use super::fixtures::at;
use crate::ids::{ChannelId, UserId};
use crate::messages::{StandingRecord, Subscriber};
use crate::ports::Standing;

/// A store, and what makes somebody something to a channel in it.
pub type Settable = (Arc<dyn Standing>, Arc<dyn Fn(UserId, ChannelId, StandingRecord) + Send + Sync>);

/// Everybody is to a channel what was last said, and nothing to all others.
pub async fn meaning(make: impl AsyncFn() -> Settable) {
    let (store, set) = make().await;
    let (user, channel) = (UserId(1), ChannelId(2));
    let subscriber = Some(Subscriber { tier: 3, months: 14 });
    for record in [
        StandingRecord { subscriber, follows_since: Some(at(5)) },
        StandingRecord { subscriber: None, follows_since: Some(at(5)) },
        StandingRecord::default(),
        StandingRecord { subscriber, follows_since: None },
    ] {
        set(user, channel, record);
        assert_eq!(store.of(user, channel).await.expect("answers"), record);
    }
    for (user, channel) in [(2, 2), (1, 1), (u64::MAX, 2)] {
        let nothing = store.of(UserId(user), ChannelId(channel)).await.expect("answers");
        assert_eq!(nothing, StandingRecord::default(), "{user} {channel}");
    }
}
