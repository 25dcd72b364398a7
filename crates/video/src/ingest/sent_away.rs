//! Why encoders were disconnected from this side, by channel, for the creator's page: OBS shows nothing of it
//! once it is live (29.0.2 writes "Disconnected" and connects again), so what the server tells it is seen by nobody. Pure; bounded.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::ids::ChannelId;

/// Channels that are remembered. Full: *oldest goes*.
const CHANNELS_MAX: usize = 1_000;
/// After this the reason is no news; sooner if the channel is on air again, and well without it.
const TOLD_FOR: Duration = Duration::from_secs(120);
const TOLD_ON_AIR_FOR: Duration = Duration::from_secs(60);

/// The newest reason for each channel.
#[derive(Debug, Default)]
pub struct SentAway {
    by_channel: HashMap<ChannelId, (Instant, String)>,
}

impl SentAway {
    /// The channel's encoder was disconnected for `reason`.
    pub fn note(&mut self, channel: ChannelId, reason: String, now: Instant) {
        self.by_channel.retain(|_, (at, _)| now.saturating_duration_since(*at) < TOLD_FOR);
        if self.by_channel.len() >= CHANNELS_MAX
            && let Some(oldest) = self.by_channel.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| *id)
        {
            self.by_channel.remove(&oldest);
        }
        self.by_channel.insert(channel, (now, reason));
    }

    /// Why the channel's encoder was last disconnected, if that was of late.
    pub fn reason(&self, channel: ChannelId, is_on_air: bool, now: Instant) -> Option<&str> {
        let (at, reason) = self.by_channel.get(&channel)?;
        let told_for = if is_on_air { TOLD_ON_AIR_FOR } else { TOLD_FOR };
        (now.saturating_duration_since(*at) < told_for).then_some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_reason_is_told_for_two_minutes_or_for_one_on_air() {
        let (mut sent, now) = (SentAway::default(), runtime::clock::now());
        sent.note(ChannelId(1), "too fast".to_owned(), now);
        sent.note(ChannelId(1), "too slow".to_owned(), now + Duration::from_secs(1));
        let told =
            |after_s, is_on_air| sent.reason(ChannelId(1), is_on_air, now + Duration::from_secs(after_s));
        assert_eq!([told(60, true), told(62, true)], [Some("too slow"), None]);
        assert_eq!([told(120, false), told(122, false)], [Some("too slow"), None]);
        assert_eq!(sent.reason(ChannelId(2), false, now), None);
    }

    #[test]
    fn of_too_many_channels_the_oldest_goes() {
        let (mut sent, now) = (SentAway::default(), runtime::clock::now());
        for number in 0..=CHANNELS_MAX as u64 {
            sent.note(ChannelId(number), String::new(), now + Duration::from_millis(number));
        }
        assert_eq!(sent.by_channel.len(), CHANNELS_MAX);
        assert_eq!(sent.reason(ChannelId(0), false, now), None);
    }
}
