//! Why encoders were disconnected from this side, by channel, for the creator's page: OBS shows nothing of it
//! once it is live (29.0.2 writes "Disconnected" and connects again), so what the server tells it is seen by nobody. Pure; bounded.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::ids::ChannelId;

/// Channels that are remembered. Full: *oldest goes*.
const CHANNELS_MAX: usize = 1_000;
/// After this the reason is no news.
const TOLD_FOR: Duration = Duration::from_secs(120);

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
    pub fn reason(&self, channel: ChannelId, now: Instant) -> Option<&str> {
        let (at, reason) = self.by_channel.get(&channel)?;
        (now.saturating_duration_since(*at) < TOLD_FOR).then_some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_reason_is_told_for_two_minutes() {
        let (mut sent, now) = (SentAway::default(), runtime::clock::now());
        sent.note(ChannelId(1), "too fast".to_owned(), now);
        sent.note(ChannelId(1), "too slow".to_owned(), now + Duration::from_secs(1));
        assert_eq!(sent.reason(ChannelId(1), now + Duration::from_secs(60)), Some("too slow"));
        assert_eq!(sent.reason(ChannelId(2), now), None);
        assert_eq!(sent.reason(ChannelId(1), now + Duration::from_secs(122)), None);
    }

    #[test]
    fn of_too_many_channels_the_oldest_goes() {
        let (mut sent, now) = (SentAway::default(), runtime::clock::now());
        for number in 0..=CHANNELS_MAX as u64 {
            sent.note(ChannelId(number), String::new(), now + Duration::from_millis(number));
        }
        assert_eq!(sent.by_channel.len(), CHANNELS_MAX);
        assert_eq!(sent.reason(ChannelId(0), now), None);
    }
}
