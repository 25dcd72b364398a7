//! A stream while it lives: its broadcast, its timeline and whoever publishes on it now.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::ids::StreamKeyId;
use tokio::sync::watch;

use super::meter::Meter;
use super::throttle::Takeovers;
use super::timeline::Timeline;
use crate::live::{Broadcast, Phase};

/// Why a publisher must go, in words for its encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Another encoder with a key of this channel has begun.
    TakenOver,
    /// The channel's lease went to another node.
    LeaseLost,
    /// The channel is not there any more: its account was deleted.
    ChannelGone,
    /// The key that opened the stream was revoked.
    KeyRevoked,
    /// A picture came to a stream whose viewers were told that it has none.
    PictureCame,
    /// The stream was ended from this side.
    Ended,
}

impl Cut {
    /// What the encoder is told.
    pub fn text(&self) -> &'static str {
        match self {
            Self::TakenOver => "Another encoder started to publish on this channel, so this one was stopped.",
            Self::LeaseLost => "This channel went live on another server, so this connection was stopped.",
            Self::ChannelGone => "This channel is gone, so the broadcast was stopped.",
            Self::KeyRevoked => "The stream key was revoked, so the broadcast was stopped.",
            Self::PictureCame => {
                "This stream began with sound alone and can't get a picture now: start again, and a new one begins."
            }
            Self::Ended => "This stream was ended by the server.",
        }
    }
}

/// One stream's place on this node. Shared by its publisher's connection and its keeper.
#[derive(Debug)]
pub struct Slot {
    /// The tracks.
    pub broadcast: Arc<Broadcast>,
    state: Mutex<State>,
    /// Number of the publisher that may write; rises with each one, 0 when none may.
    publisher: watch::Sender<(u64, Option<Cut>)>,
    numbers: AtomicU64,
}

#[derive(Debug)]
struct State {
    timeline: Timeline,
    meter: Meter,
    takeovers: Takeovers,
    /// When the newest frame came.
    last_media: Instant,
    /// When the stream ends unless an encoder comes back.
    deadline: Option<Instant>,
    /// What the newest publisher was admitted with.
    key: Option<StreamKeyId>,
}

/// A publisher's right to write on a slot, until the next one comes.
#[derive(Debug)]
pub struct Seat {
    slot: Arc<Slot>,
    number: u64,
    changes: watch::Receiver<(u64, Option<Cut>)>,
}

impl Slot {
    /// A slot for a stream that has just been claimed.
    pub fn new(broadcast: Arc<Broadcast>, now: Instant) -> Self {
        let state = State {
            timeline: Timeline::default(),
            meter: Meter::default(),
            takeovers: Takeovers::default(),
            last_media: now,
            deadline: None,
            key: None,
        };
        let publisher = watch::Sender::new((0, None));
        Self { broadcast, state: Mutex::new(state), publisher, numbers: AtomicU64::new(0) }
    }

    /// Seats a new publisher, who was admitted with `key`; whoever sits there is told that it was taken over. `None` if that
    /// happens too often.
    pub fn seat(self: &Arc<Self>, key: StreamKeyId, now: Instant) -> Option<Seat> {
        let mut state = self.lock();
        let occupied = self.publisher.borrow().0 != 0;
        // A holder that has been silent gives way as often as it takes: that is a reconnect, not a quarrel.
        let quarrel = occupied && *self.broadcast.phase.borrow() == Phase::Live;
        if self.is_over() || (quarrel && !state.takeovers.allow(now)) {
            return None;
        }
        state.timeline.begin_session();
        state.meter.begin_session();
        state.deadline = None;
        state.last_media = now;
        state.key = Some(key);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let changes = self.publisher.subscribe();
        self.publisher.send_replace((number, Some(Cut::TakenOver)));
        // Still under the lock, so that no frame of the old publisher comes between.
        self.broadcast.video.mark_break();
        self.broadcast.audio.mark_break();
        Some(Seat { slot: Arc::clone(self), number, changes })
    }

    /// Ends the stream for good: nobody may write any more, and who sits here is told `cut`'s reason. The first reason
    /// counts.
    pub fn end(&self, cut: Cut) {
        self.end_locked(&self.lock(), cut);
    }

    /// Ends the stream if its grace time is over; says whether it is over. An encoder that comes back in the same moment
    /// either finds its stream or gets a new one, never one that is just ending.
    pub fn end_if_due(&self, now: Instant) -> bool {
        let state = self.lock();
        if state.deadline.is_some_and(|deadline| now >= deadline) {
            self.end_locked(&state, Cut::Ended);
        }
        drop(state);
        self.is_over()
    }

    fn end_locked(&self, _: &MutexGuard<'_, State>, cut: Cut) {
        self.broadcast.phase.send_replace(Phase::Ended);
        self.publisher.send_if_modified(|current| {
            let seated = current.0 != 0;
            if seated {
                *current = (0, Some(cut));
            }
            seated
        });
    }

    /// Whether the stream has ended.
    pub fn is_over(&self) -> bool {
        *self.broadcast.phase.borrow() == Phase::Ended
    }

    /// What the newest publisher was admitted with.
    pub fn key(&self) -> Option<StreamKeyId> {
        self.lock().key
    }

    /// Runs `read` on the meter.
    pub fn meter<T>(&self, read: impl FnOnce(&mut Meter) -> T) -> T {
        read(&mut self.lock().meter)
    }

    /// Timestamps that had to be repaired so far.
    pub fn repairs(&self) -> u64 {
        self.lock().timeline.repairs()
    }

    /// How long no frame has come.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.lock().last_media)
    }

    /// If no frame has come for so long the source is silent: viewers see an interruption; the stream ends at `deadline`, or
    /// earlier if that was said before, unless frames come again. Whether it is silent is asked under the lock: a frame, or
    /// another encoder, that comes in the same moment is not taken for silence.
    pub fn interrupt_if_silent(&self, now: Instant, silent_after: Duration, deadline: Instant) {
        let mut state = self.lock();
        if now.saturating_duration_since(state.last_media) >= silent_after {
            self.interrupt_locked(&mut state, deadline);
        }
    }

    fn interrupt_locked(&self, state: &mut State, deadline: Instant) {
        state.deadline = Some(state.deadline.map_or(deadline, |before| before.min(deadline)));
        let begins = self.broadcast.phase.send_if_modified(|phase| {
            let live = *phase == Phase::Live;
            if live {
                *phase = Phase::Interrupted;
            }
            live
        });
        if begins {
            state.timeline.interrupt();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The slot.
    pub fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Whether this publisher may still write.
    pub fn is_current(&self) -> bool {
        self.changes.borrow().0 == self.number
    }

    /// Resolves when this publisher must go, with the reason. Cancel-safe.
    pub async fn cut(&mut self) -> Cut {
        let number = self.number;
        match self.changes.wait_for(|(current, _)| *current != number).await {
            Ok(now) => now.1.clone().unwrap_or(Cut::Ended),
            Err(_) => Cut::Ended,
        }
    }

    /// Places a frame with the timeline, and notes that the source is alive. `None`, and nothing noted, if another
    /// publisher sits here now: the timeline is that one's, and so are the tracks, which is why `place` also writes them.
    pub fn place<T>(&self, now: Instant, place: impl FnOnce(&mut Timeline, &mut Meter) -> T) -> Option<T> {
        let mut guard = self.slot.lock();
        if !self.is_current() {
            return None;
        }
        let state = &mut *guard;
        state.last_media = now;
        state.deadline = None;
        Some(place(&mut state.timeline, &mut state.meter))
    }

    /// Runs `act` while nobody else can sit down, without a word about whether the source is alive; `act` may not ask the slot
    /// anything. `None`, and nothing done, if another publisher sits here.
    pub fn hold<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        self.measure(|_| act())
    }

    /// Runs `measure` on the meter, without a word about whether the source is alive. `None` if another publisher sits here.
    pub fn measure<T>(&self, measure: impl FnOnce(&mut Meter) -> T) -> Option<T> {
        let mut state = self.slot.lock();
        self.is_current().then(|| measure(&mut state.meter))
    }

    /// Frames flow: viewers see the stream again.
    pub fn resume(&self) {
        let phase = &self.slot.broadcast.phase;
        // With every frame, and mostly there is nothing to say.
        if *phase.borrow() != Phase::Interrupted {
            return;
        }
        self.hold(|| {
            phase.send_if_modified(|phase| {
                let interrupted = *phase == Phase::Interrupted;
                if interrupted {
                    *phase = Phase::Live;
                }
                interrupted
            })
        });
    }

    /// The publisher leaves. The stream waits for it, or another, until `deadline`; one that never had anything to
    /// play ends at once.
    pub fn leave(self, deadline: Instant, now: Instant) {
        let deadline = if *self.slot.broadcast.watchable.borrow() { deadline } else { now };
        let mut left = false;
        // With the seat: whoever sits down next must not find this one's deadline set on its stream.
        let mut state = self.slot.lock();
        self.slot.publisher.send_if_modified(|current| {
            left = current.0 == self.number;
            if left {
                *current = (0, None);
            }
            left
        });
        if left {
            self.slot.interrupt_locked(&mut state, deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{ChannelId, StreamId};
    use domain::time::WallTime;
    use domain::users::LatencyMode;
    use runtime::clock;

    use super::super::timeline::Placed;
    use super::*;

    const KEY: StreamKeyId = StreamKeyId(1);

    fn slot(now: Instant) -> Arc<Slot> {
        let broadcast = Broadcast::new(
            StreamId(1),
            ChannelId(7),
            "tester".parse().expect("a valid name"),
            false,
            LatencyMode::Low,
            WallTime::from_unix_ms(0),
        );
        Arc::new(Slot::new(Arc::new(broadcast), now))
    }

    #[test]
    fn frames_of_a_publisher_that_lost_its_seat_do_not_move_the_new_ones_timeline() {
        let now = clock::now();
        let slot = slot(now);
        let old = slot.seat(KEY, now).expect("is free");
        let new = slot.seat(KEY, now).expect("may be taken over");
        assert_eq!(old.place(now, |timeline, _| timeline.video(500_000, now)), None);
        let placed = new.place(now, |timeline, _| timeline.video(0, now));
        assert!(matches!(placed, Some(Placed::At { dts, breaks: false }) if dts.0 == 0), "{placed:?}");
    }

    #[test]
    fn a_stream_is_held_by_the_key_of_whoever_sits_there() {
        let now = clock::now();
        let slot = slot(now);
        let _seats = [KEY, StreamKeyId(2)].map(|key| {
            let seat = slot.seat(key, now).expect("may be taken over");
            assert_eq!(slot.key(), Some(key));
            seat
        });
        slot.end(Cut::Ended);
        assert!(slot.seat(StreamKeyId(3), now).is_none());
        assert_eq!(slot.key(), Some(StreamKeyId(2)), "who was not seated changes nothing");
    }

    #[test]
    fn a_stream_that_ends_seats_nobody_and_one_whose_encoder_came_back_in_time_does_not_end() {
        let now = clock::now();
        let slot = slot(now);
        slot.broadcast.watchable.send_replace(true);
        slot.seat(KEY, now).expect("is free").leave(now + Duration::from_secs(15), now);
        let later = now + Duration::from_secs(15);
        let back = slot.seat(KEY, later);
        assert!(back.is_some() && !slot.end_if_due(later), "it came first");
        back.expect("is seated").leave(later, later);
        assert!(slot.end_if_due(later));
        assert!(slot.seat(KEY, later).is_none());
    }

    #[test]
    fn a_stream_that_never_had_anything_to_play_ends_with_its_publisher() {
        let now = clock::now();
        let slot = slot(now);
        slot.seat(KEY, now).expect("is free").leave(now + Duration::from_secs(90), now);
        assert!(slot.end_if_due(now));
    }

    #[test]
    fn a_goodbye_after_a_silence_counts_and_a_silence_after_a_goodbye_does_not() {
        let now = clock::now();
        for silent_first in [true, false] {
            let slot = slot(now);
            slot.broadcast.watchable.send_replace(true);
            let seat = slot.seat(KEY, now).expect("is free");
            let (silent, goodbye) = (now + Duration::from_secs(90), now + Duration::from_secs(15));
            if silent_first {
                slot.interrupt_if_silent(now, Duration::ZERO, silent);
            }
            seat.leave(goodbye, now);
            slot.interrupt_if_silent(now, Duration::ZERO, silent);
            assert!(slot.end_if_due(goodbye), "silent first: {silent_first}");
        }
    }

    #[test]
    fn silence_is_what_is_silent_when_it_is_looked_at() {
        let now = clock::now();
        let slot = slot(now);
        let seat = slot.seat(KEY, now).expect("is free");
        let phase_at = |seconds| {
            let now = now + Duration::from_secs(seconds);
            slot.interrupt_if_silent(now, Duration::from_secs(5), now + Duration::from_secs(90));
            *slot.broadcast.phase.borrow()
        };
        assert_eq!(phase_at(4), Phase::Live);
        let heard = now + Duration::from_secs(4);
        seat.place(heard, |timeline, _| timeline.video(0, heard)).expect("is seated");
        assert_eq!([phase_at(8), phase_at(9)], [Phase::Live, Phase::Interrupted]);
    }

    #[test]
    fn a_seat_is_not_free_before_the_stream_is_said_to_be_interrupted() {
        let now = clock::now();
        let slot = slot(now);
        let seat = slot.seat(KEY, now).expect("is free");
        let about_to = std::sync::Barrier::new(2);
        std::thread::scope(|threads| {
            let state = slot.lock();
            threads.spawn(|| {
                about_to.wait();
                seat.leave(now, now);
            });
            about_to.wait();
            // It is given every chance to get up while it can't say so.
            for _ in 0..100 {
                std::thread::yield_now();
                assert_ne!(slot.publisher.borrow().0, 0, "somebody could sit down and be given its deadline");
            }
            drop(state);
        });
        assert_eq!((slot.publisher.borrow().0, *slot.broadcast.phase.borrow()), (0, Phase::Interrupted));
    }

    #[tokio::test]
    async fn a_publisher_is_told_the_first_reason() {
        let now = clock::now();
        let slot = slot(now);
        let mut seat = slot.seat(KEY, now).expect("is free");
        slot.end(Cut::LeaseLost);
        slot.end(Cut::Ended);
        assert_eq!(seat.cut().await, Cut::LeaseLost);
    }
}
