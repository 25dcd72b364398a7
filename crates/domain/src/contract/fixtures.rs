//! People, channels and moments that the suites speak of, and the race that they run.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::ids::{ChannelId, UserId};
use crate::names::Name;
use crate::ports::Accounts;
use crate::secrets::{Secret, SecretHash};
use crate::time::WallTime;
use crate::users::{LatencyMode, NewUser, User};

/// Racers in every race.
pub(super) const RACERS: u64 = 32;

/// `seconds` after the moment at which every suite begins.
pub(super) fn at(seconds: i64) -> WallTime {
    WallTime::from_unix_ms(1_767_225_600_000 + seconds * 1000)
}

pub(super) fn name(text: &str) -> Name {
    text.parse().expect("a valid name")
}

/// The hash of some secret, told by a number.
pub(super) fn hash(n: u64) -> SecretHash {
    Secret::presented(format!("secret {n}")).hash()
}

/// Account number `id`: `creator_ID`, `Creator_ID@Example.com`.
pub(super) fn user(id: u64) -> NewUser {
    let user = User {
        id: UserId(id),
        name: name(&format!("creator_{id}")),
        email: format!("Creator_{id}@Example.com"),
        admin: id == 1,
        partner: id.is_multiple_of(2),
        bot: id == 4,
        verified_at: id.is_multiple_of(2).then(|| at(0)),
        created_at: at(0),
    };
    // The third one wants the mode that is not the default.
    let latency = if id == 3 { LatencyMode::Normal } else { LatencyMode::Low };
    NewUser { user, password_hash: format!("$argon2id$of {id}"), latency }
}

/// Makes account number `id` and says which channel is its own.
pub(super) async fn channel(accounts: &Arc<dyn Accounts>, id: u64) -> ChannelId {
    accounts.create(user(id)).await.expect("an account is made");
    UserId(id).into()
}

/// Starts [`RACERS`] calls at the same moment, each with its number, and waits for all answers.
pub(super) async fn race<T, F>(call: impl Fn(u64) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS as usize));
    let mut racers = JoinSet::new();
    for n in 0..RACERS {
        let (start, call) = (start.clone(), call(n));
        racers.spawn(async move {
            start.wait().await;
            call.await
        });
    }
    racers.join_all().await
}
