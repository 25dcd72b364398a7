//! One end of a link that outlives its connections: numbers what it sends, keeps it until it is confirmed, takes each number once.
//! Pure.

use std::collections::VecDeque;

use bytes::Bytes;

/// What is kept for a connection that broke.
#[derive(Clone, Copy, Debug)]
pub struct EndConfig {
    /// Bytes sent and not confirmed.
    pub bytes_max: usize,
    /// Messages sent and not confirmed.
    pub messages_max: usize,
}

impl Default for EndConfig {
    fn default() -> Self {
        Self { bytes_max: 64 << 20, messages_max: 65_536 }
    }
}

/// One end.
#[derive(Debug)]
pub struct End {
    config: EndConfig,
    sent: VecDeque<Bytes>,
    bytes: usize,
    /// Number of the oldest message that is kept; the first of all is 1.
    oldest: u64,
    /// Number of the last message that was taken from the other end.
    received: u64,
}

/// The other end needs what is not kept any more: both begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what the other end needs is not kept any more")]
pub struct Forgotten;

impl End {
    /// An end that has sent and received nothing.
    pub fn new(config: EndConfig) -> Self {
        Self { config, sent: VecDeque::new(), bytes: 0, oldest: 1, received: 0 }
    }

    /// Gives a message its number and keeps it. With too much kept, the oldest is forgotten, and resuming fails if it was needed.
    pub fn send(&mut self, message: Bytes) -> u64 {
        self.bytes += message.len();
        self.sent.push_back(message);
        let number = self.oldest + self.sent.len() as u64 - 1;
        while self.bytes > self.config.bytes_max || self.sent.len() > self.config.messages_max {
            let Some(gone) = self.sent.pop_front() else { break };
            self.bytes -= gone.len();
            self.oldest += 1;
        }
        number
    }

    /// Messages that are sent and not confirmed.
    pub fn kept(&self) -> usize {
        self.sent.len()
    }

    /// A message came: true if it is the next one. One that was taken before is not taken again.
    ///
    /// # Errors
    /// When a number was left out, which only a broken other end does.
    pub fn receive(&mut self, number: u64) -> Result<bool, Forgotten> {
        if number <= self.received {
            return Ok(false);
        }
        if number != self.received + 1 {
            return Err(Forgotten);
        }
        self.received = number;
        Ok(true)
    }

    /// The message after a number, of those that are kept.
    pub fn after(&self, number: u64) -> Option<(u64, Bytes)> {
        let next = (number + 1).max(self.oldest);
        let message = self.sent.get(usize::try_from(next - self.oldest).ok()?)?;
        Some((next, message.clone()))
    }

    /// Number of the oldest message that the other end has not confirmed.
    pub fn oldest(&self) -> u64 {
        self.oldest
    }

    /// Puts another message in the place of each that is kept and for which `instead` has one.
    pub fn revise(&mut self, mut instead: impl FnMut(&Bytes) -> Option<Bytes>) {
        for message in &mut self.sent {
            if let Some(other) = instead(message) {
                self.bytes = self.bytes - message.len() + other.len();
                *message = other;
            }
        }
    }

    /// Number of the last message taken: what is to be confirmed.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The other end has taken everything up to this number.
    pub fn confirmed(&mut self, number: u64) {
        while self.oldest <= number
            && let Some(gone) = self.sent.pop_front()
        {
            self.bytes -= gone.len();
            self.oldest += 1;
        }
    }

    /// Goes on after a break with what the other end needs, which has taken everything up to `received`: [`after`](Self::after) gives it.
    ///
    /// # Errors
    /// When some of it is not kept any more, or was never sent.
    pub fn resume(&mut self, received: u64) -> Result<(), Forgotten> {
        if received + 1 < self.oldest || received + 1 > self.oldest + self.sent.len() as u64 {
            return Err(Forgotten);
        }
        self.confirmed(received);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(n: u64) -> Bytes {
        Bytes::from(n.to_string())
    }

    /// What the other end is given after a break, with numbers.
    fn rest(end: &mut End, received: u64) -> Result<Vec<(u64, Bytes)>, Forgotten> {
        end.resume(received)?;
        let next = |last: &(u64, Bytes)| end.after(last.0);
        Ok(std::iter::successors(end.after(received), next).collect())
    }

    #[test]
    fn what_is_confirmed_is_not_kept_and_too_much_is_forgotten() {
        let mut end = End::new(EndConfig { bytes_max: 1000, messages_max: 3 });
        for n in 1..=3 {
            assert_eq!(end.send(message(n)), n);
        }
        end.confirmed(2);
        assert_eq!(rest(&mut end, 2), Ok(vec![(3, message(3))]));
        assert_eq!(rest(&mut end, 1), Err(Forgotten));
        assert_eq!(rest(&mut end, 4), Err(Forgotten), "never sent");
        for n in 4..=7 {
            end.send(message(n));
        }
        assert_eq!(rest(&mut end, 3), Err(Forgotten));
    }

    proptest! {
        /// Messages go over connections that break anywhere; confirmations come late or never.
        #[test]
        fn nothing_is_lost_or_doubled_however_often_it_breaks(breaks in prop::collection::vec((0usize..9, 0usize..9), 1..40)) {
            let (mut here, mut there) = (End::new(EndConfig::default()), End::new(EndConfig::default()));
            let (mut next, mut taken) = (0, Vec::new());
            for (sends, arrive) in breaks {
                let mut wire = rest(&mut here, there.received()).expect("kept");
                for _ in 0..sends {
                    next += 1;
                    let number = here.send(message(next));
                    wire.push((number, message(next)));
                }
                for (number, message) in wire.into_iter().take(arrive) {
                    if there.receive(number).expect("in order") {
                        taken.push(message);
                    }
                }
                if arrive % 2 == 0 {
                    here.confirmed(there.received());
                }
            }
            for (number, message) in rest(&mut here, there.received()).expect("kept") {
                if there.receive(number).expect("in order") {
                    taken.push(message);
                }
            }
            let all: Vec<Bytes> = (1..=next).map(message).collect();
            prop_assert_eq!(taken, all);
        }
    }
}
