//! The view budget: above so many messages a second the default stream of a room is a sample. What matters to everybody is always
//! in it; what matters to one viewer is added for that viewer (`tree::frame`).

use std::time::Instant;

use crate::event::{Audience, Event};

/// A bucket of messages that viewers may be shown: fills with time, a plain line takes one out.
#[derive(Debug)]
pub struct Sampler {
    per_second: u32,
    /// Messages in the bucket, times 1,000; holds one second's worth.
    milli: u64,
    filled_at: Option<Instant>,
}

impl Sampler {
    /// A view of so many messages a second; 0 shows everything.
    pub fn new(per_second: u32) -> Self {
        Self { per_second, milli: u64::from(per_second) * 1000, filled_at: None }
    }

    /// Which of `events` the sampled view has. Where not all plain lines fit, those that do are spread over the batch.
    pub fn choose(&mut self, now: Instant, events: &[Event]) -> Vec<bool> {
        if self.per_second == 0 {
            return vec![true; events.len()];
        }
        self.fill(now);
        let public =
            |event: &Event| matches!(event.audience, Audience::Everyone | Audience::EverybodyElse { .. });
        let plain = |event: &Event| public(event) && !event.always_kept();
        let lines = events.iter().filter(|event| plain(event)).count() as u64;
        let fit = (self.milli / 1000).min(lines);
        self.milli -= fit * 1000;
        let mut seen = 0;
        events
            .iter()
            .map(|event| {
                if !plain(event) {
                    return true;
                }
                seen += 1;
                seen * fit / lines > (seen - 1) * fit / lines
            })
            .collect()
    }

    fn fill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(*self.filled_at.get_or_insert(now));
        self.filled_at = Some(now);
        let full = u64::from(self.per_second) * 1000;
        let came = u64::from(self.per_second).saturating_mul(since.as_millis() as u64);
        self.milli = (self.milli + came).min(full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::testing;
    use std::time::Duration;

    #[test]
    fn a_second_of_messages_fits_and_a_flood_is_spread() {
        let start = runtime::clock::now();
        let mut sampler = Sampler::new(50);
        let lines: Vec<Event> = (1..=800).map(|seq| testing::line(seq, "maya")).collect();
        let kept = |chosen: &[bool]| chosen.iter().filter(|kept| **kept).count();
        assert_eq!(kept(&sampler.choose(start, &lines[..50])), 50);
        assert_eq!(kept(&sampler.choose(start, &lines[50..])), 0);
        let chosen = sampler.choose(start + Duration::from_millis(100), &lines);
        assert_eq!(kept(&chosen), 5);
        assert_eq!(kept(&chosen[..400]), 2, "spread over the batch");
        assert_eq!(kept(&Sampler::new(0).choose(start, &lines)), 800);
    }

    #[test]
    fn what_must_reach_is_always_chosen() {
        let start = runtime::clock::now();
        let mut sampler = Sampler::new(1);
        let events: Vec<Event> = (1..=10).map(testing::cleared).collect();
        assert!(sampler.choose(start, &events).iter().all(|kept| *kept));
    }
}
