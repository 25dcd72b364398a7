//! Ids: 64-bit, sortable by time of birth, and naming the shard that holds what they name.
//!
//! Layout, from the top: 1 bit zero, 41 bits milliseconds since 2026-01-01, 10 bits logical shard, 12 bits sequence.
//! In JSON they are strings, because a JavaScript number holds 53 bits.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::WallTime;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl $name {
            /// The logical shard that holds what this names.
            pub const fn shard(self) -> u16 {
                shard_of(self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// An account.
    UserId
}
id! {
    /// A creator's place, for life. Has the number of the user who owns it, so both live on one shard.
    ChannelId
}
id! {
    /// One going-live of a channel; survives a reconnect of the encoder.
    StreamId
}
id! {
    /// A stream key (not the secret itself).
    StreamKeyId
}

id! {
    /// A token that a user made for a program (not the secret itself).
    TokenId
}

id! {
    /// A chat message. Rises with time within a channel.
    MessageId
}
id! {
    /// An emote, global or of a channel.
    EmoteId
}
id! {
    /// A blocked or permitted term of a channel.
    TermId
}
id! {
    /// An entry of a channel's moderation log.
    ModEntryId
}

impl From<UserId> for ChannelId {
    fn from(owner: UserId) -> Self {
        Self(owner.0)
    }
}
impl ChannelId {
    /// The user whose channel this is.
    pub fn owner(self) -> UserId {
        UserId(self.0)
    }
}

/// Milliseconds from the Unix epoch to 2026-01-01T00:00:00Z, from which ids count.
const EPOCH_MS: i64 = 1_767_225_600_000;
const SHARD_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const SHARD_MASK: u16 = (1 << SHARD_BITS) - 1;

/// The shard in an id.
const fn shard_of(id: u64) -> u16 {
    (id >> SEQUENCE_BITS) as u16 & SHARD_MASK
}

/// Makes ids that rise, even if the clock goes back or 4,096 are asked for in a millisecond.
#[derive(Debug, Default)]
pub struct IdMint {
    last: AtomicU64,
}

impl IdMint {
    /// A fresh id on logical shard `shard` (the low 10 bits count), not before `now`.
    pub fn next(&self, now: WallTime, shard: u16) -> u64 {
        let since = u64::try_from(now.unix_ms() - EPOCH_MS).unwrap_or(0);
        let floor = since << SEQUENCE_BITS;
        // Time and sequence are one counter, so a full millisecond spills into the next one.
        let step = |last: u64| Some((last + 1).max(floor));
        let last =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or_else(|last| last);
        let tick = (last + 1).max(floor);
        let sequence = tick & ((1 << SEQUENCE_BITS) - 1);
        ((tick >> SEQUENCE_BITS) << (SHARD_BITS + SEQUENCE_BITS))
            | (u64::from(shard & SHARD_MASK) << SEQUENCE_BITS)
            | sequence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_though_the_clock_stands_or_goes_back() {
        let mint = IdMint::default();
        let later = WallTime::from_unix_ms(EPOCH_MS + 5_000);
        let earlier = WallTime::from_unix_ms(EPOCH_MS + 1_000);
        let ids: Vec<u64> =
            (0..10_000).map(|n| mint.next(if n % 2 == 0 { later } else { earlier }, 7)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| MessageId(*id).shard() == 7), "an id names its shard");
    }

    #[test]
    fn a_shard_is_ten_bits_above_a_sequence_of_twelve_and_nothing_of_the_time() {
        let (time, sequence) = (u64::MAX << 22, 0xfff);
        for shard in [0, 1, 0x2aa, 0x3ff] {
            assert_eq!(ChannelId(time | (u64::from(shard) << 12) | sequence).shard(), shard);
        }
        let now = WallTime::from_unix_ms(EPOCH_MS + 5_000);
        assert_eq!(UserId(IdMint::default().next(now, 0xffff)).shard(), 0x3ff, "the low ten bits count");
    }

    #[test]
    fn ids_are_strings_in_json() {
        let id = UserId(9_007_199_254_740_993);
        let json = serde_json::to_string(&id).expect("serialises");
        assert_eq!(json, "\"9007199254740993\"");
        assert_eq!(serde_json::from_str::<UserId>(&json).expect("parses"), id);
    }
}
