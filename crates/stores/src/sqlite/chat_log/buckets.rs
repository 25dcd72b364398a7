//! Which bucket of its hour a message belongs to: the last one that begins at or before its id.

use domain::messages::LoggedMessage;

use crate::sqlite::row_id;

/// A bucket as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Bucket {
    pub(super) bucket: i64,
    pub(super) first_id: i64,
    pub(super) last_id: i64,
    pub(super) messages: i64,
}

/// The buckets of one hour, in order.
pub(super) struct Hour(pub(super) Vec<Bucket>);

impl Hour {
    /// Shares messages, which come in the order of their ids, out to buckets; opens one when the last is full.
    pub(super) fn share_out(
        &mut self,
        messages: Vec<LoggedMessage>,
        full: i64,
    ) -> Vec<(i64, Vec<LoggedMessage>)> {
        let mut parts: Vec<(i64, Vec<LoggedMessage>)> = Vec::new();
        for message in messages {
            let bucket = self.bucket(row_id(message.id.0), full);
            match parts.last_mut() {
                Some((last, part)) if *last == bucket => part.push(message),
                _ => parts.push((bucket, vec![message])),
            }
        }
        parts
    }

    fn bucket(&mut self, id: i64, full: i64) -> i64 {
        let Some(last) = self.0.last_mut() else {
            self.0.push(Bucket { bucket: 0, first_id: id, last_id: id, messages: 1 });
            return 0;
        };
        if id > last.last_id {
            // Only what is newer than everything may begin a bucket: else an old message would change its place.
            if last.messages < full {
                last.last_id = id;
                last.messages += 1;
                return last.bucket;
            }
            let bucket = last.bucket + 1;
            self.0.push(Bucket { bucket, first_id: id, last_id: id, messages: 1 });
            return bucket;
        }
        // What is older than the first bucket joins it.
        self.0.iter().rev().find(|bucket| bucket.first_id <= id).map_or(0, |bucket| bucket.bucket)
    }
}
