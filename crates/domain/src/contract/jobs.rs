//! The contract of [`Jobs`].

use std::sync::Arc;

use super::fixtures::{RACERS, at, race};
use crate::ids::StreamId;
use crate::ports::{Jobs, LeaseLost};
use crate::streams::Priority::{Partner, Standard};
use crate::streams::{Job, JobLease, LEASE_TTL, Priority};

fn job(stream: u64, priority: Priority, offered: i64) -> Job {
    Job { stream: StreamId(stream), priority, offered_at: at(offered) }
}

async fn offer(store: &Arc<dyn Jobs>, jobs: &[Job]) {
    for job in jobs {
        store.offer(job.clone()).await.expect("is offered");
    }
}

/// Leases all that is there, in the order in which it is given.
async fn lease_all(store: &Arc<dyn Jobs>, seconds: i64) -> Vec<JobLease> {
    let mut leases = Vec::new();
    while let Some(lease) = store.lease(at(seconds)).await.expect("answers") {
        leases.push(lease);
    }
    leases
}

fn streams(leases: &[JobLease]) -> Vec<u64> {
    leases.iter().map(|lease| lease.job.stream.0).collect()
}

/// Partners first, then the oldest; a job is worked on once, until its lease ends or is given back.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn Jobs>) {
    let store = make().await;
    assert_eq!(store.lease(at(0)).await.expect("answers"), None);
    assert_eq!(store.waiting(at(0)).await.expect("answers"), None);
    let queue = [job(1, Standard, 0), job(2, Standard, -5), job(3, Partner, 2), job(4, Partner, 1)];
    offer(&store, &queue).await;
    assert_eq!(store.waiting(at(3)).await.expect("answers"), Some(job(4, Partner, 1)));
    assert_eq!(
        store.waiting(at(3)).await.expect("answers"),
        Some(job(4, Partner, 1)),
        "asking takes nothing"
    );
    let leases = lease_all(&store, 3).await;
    assert_eq!(streams(&leases), [4, 3, 2, 1]);
    assert_eq!(leases[0].until, at(3) + LEASE_TTL);
    assert_eq!(store.waiting(at(4)).await.expect("answers"), None);

    let kept = store.renew(&leases[0], at(8)).await.expect("renews");
    assert_eq!(kept, JobLease { until: at(8) + LEASE_TTL, ..leases[0].clone() });
    store.give_back(&leases[2]).await.expect("gives back");
    assert_eq!(store.waiting(at(8)).await.expect("answers"), Some(job(2, Standard, -5)), "its old place");
    assert_eq!(streams(&lease_all(&store, 14).await), [3, 2, 1], "ended leases are nobody's");
    re_offers_and_withdrawals(&make().await).await;
    changes_are_told(&make().await).await;
}

async fn re_offers_and_withdrawals(store: &Arc<dyn Jobs>) {
    offer(store, &[job(1, Standard, 0), job(2, Standard, 1)]).await;
    offer(store, &[job(2, Partner, 9)]).await;
    assert_eq!(store.waiting(at(10)).await.expect("answers"), Some(job(2, Partner, 1)), "place kept");
    let first = store.lease(at(10)).await.expect("answers").expect("there is one");
    offer(store, &[job(2, Standard, 11)]).await;
    assert_eq!(store.waiting(at(11)).await.expect("answers"), Some(job(1, Standard, 0)), "still leased");
    assert_eq!(store.renew(&first, at(11)).await.expect("renews").job.priority, Standard);
    for stream in [1, 9] {
        store.withdraw(StreamId(stream)).await.expect("withdrawing what is not there is fine");
    }
    assert_eq!(store.waiting(at(11)).await.expect("answers"), None);
}

async fn changes_are_told(store: &Arc<dyn Jobs>) {
    let mut changes = store.changes();
    changes.mark_unchanged();
    let mut told = |due: bool, what: &str| {
        assert_eq!(changes.has_changed().expect("the store is there"), due, "{what}");
        changes.mark_unchanged();
    };
    offer(store, &[job(1, Standard, 0)]).await;
    told(true, "an offer");
    offer(store, &[job(1, Standard, 0)]).await;
    told(false, "the same offer");
    let lease = store.lease(at(0)).await.expect("answers").expect("there is one");
    told(true, "a lease");
    let lease = store.renew(&lease, at(1)).await.expect("renews");
    told(false, "holding on");
    store.give_back(&lease).await.expect("gives back");
    told(true, "giving back");
    store.withdraw(StreamId(1)).await.expect("withdraws");
    told(true, "a withdrawal");
}

/// However many workers ask, each job is leased once, and a lease that ended goes to one of them.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn Jobs>) {
    let store = make().await;
    let half = RACERS / 2;
    for stream in 1..=half {
        offer(&store, &[job(stream, Standard, 0)]).await;
    }
    for seconds in [0, 60] {
        let leased = race(|_| {
            let store = store.clone();
            async move { store.lease(at(seconds)).await.expect("answers") }
        })
        .await;
        let leased: Vec<JobLease> = leased.into_iter().flatten().collect();
        let mut given = streams(&leased);
        given.sort_unstable();
        assert_eq!(given, (1..=half).collect::<Vec<u64>>(), "each once");
    }
}

/// A lease that ended and went to another, was given back or whose job is withdrawn has no effect; fences rise.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn Jobs>) {
    let store = make().await;
    offer(&store, &[job(1, Standard, 0)]).await;
    let first = store.lease(at(0)).await.expect("answers").expect("there is one");
    let second = store.lease(at(11)).await.expect("answers").expect("the first ended");
    assert!(second.fence > first.fence);
    lost_everything(&store, &first).await;
    let second = store.renew(&second, at(12)).await.expect("the holder is unharmed");
    store.give_back(&second).await.expect("gives back");
    lost_everything(&store, &second).await;
    let third = store.lease(at(12)).await.expect("answers").expect("it was given back");
    assert!(third.fence > second.fence);
    store.withdraw(StreamId(1)).await.expect("withdraws");
    lost_everything(&store, &third).await;
    offer(&store, &[job(1, Standard, 13)]).await;
    lost_everything(&store, &third).await;
    let fourth = store.lease(at(13)).await.expect("answers").expect("offered anew");
    assert!(fourth.fence > third.fence);
    assert_eq!(fourth.job.offered_at, at(13), "whoever left the queue stands at its end");
}

async fn lost_everything(store: &Arc<dyn Jobs>, lease: &JobLease) {
    let renewed = store.renew(lease, at(12)).await;
    assert!(matches!(renewed, Err(LeaseLost::Superseded)), "{renewed:?}");
    let given_back = store.give_back(lease).await;
    assert!(matches!(given_back, Err(LeaseLost::Superseded)), "{given_back:?}");
}
