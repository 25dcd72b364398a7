//! Whose slot a waiting job may take. Pure.

use domain::ids::StreamId;
use domain::streams::Job;

/// The running job that makes room for `waiting`: among those that are less urgent the least urgent, and of these the one
/// offered last, since it has shown its ladder to its viewers for the shortest time. `None` if all are as urgent.
pub(super) fn victim<'a>(waiting: &Job, running: impl IntoIterator<Item = &'a Job>) -> Option<StreamId> {
    let less_urgent = running.into_iter().filter(|job| job.priority < waiting.priority);
    less_urgent
        .max_by_key(|job| (std::cmp::Reverse(job.priority), job.offered_at, job.stream))
        .map(|job| job.stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::streams::Priority::{self, Partner, Standard};
    use domain::time::WallTime;

    /// Stream, urgency, when offered.
    type Row = (u64, Priority, i64);

    fn job(stream: u64, priority: Priority, offered_at: i64) -> Job {
        Job { stream: StreamId(stream), priority, offered_at: WallTime::from_unix_ms(offered_at) }
    }

    #[test]
    fn only_the_newest_of_the_less_urgent_makes_room() {
        let (p, s) = (Partner, Standard);
        let cases: [(&str, Priority, &[Row], Option<u64>); 6] = [
            ("nobody runs", p, &[], None),
            ("a partner takes the newest", p, &[(1, s, 10), (2, s, 30), (3, s, 20)], Some(2)),
            ("though a newer partner runs", p, &[(1, s, 10), (2, p, 30)], Some(1)),
            ("partners don't take from partners", p, &[(1, p, 10), (2, p, 30)], None),
            ("others take from nobody", s, &[(1, s, 10), (2, p, 30)], None),
            ("of twins the younger stream", p, &[(7, s, 10), (5, s, 10)], Some(7)),
        ];
        for (name, priority, running, want) in cases {
            let running: Vec<_> = running.iter().map(|&(id, priority, at)| job(id, priority, at)).collect();
            let got = victim(&job(99, priority, 1_000), &running);
            assert_eq!(got, want.map(StreamId), "{name}");
        }
    }
}
