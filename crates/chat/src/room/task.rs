//! The owner of a room: a thin task around [`Room`].
//!
//! It takes what is asked in batches, looks up what the room must know first, lets the room decide, publishes the events as one
//! batch, hands changes to the keeper and lines to the log, and only then answers: what was acknowledged is on its way to everybody.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use domain::ids::UserId;
use domain::ports::StoreError;
use domain::rooms::RoomRecord;
use domain::time::WallTime;
use runtime::Stop;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::config::RoomConfig;
use super::effects::{Effects, LogWrite};
use super::handle::{Ask, Live, Order, Reply, Shared};
use super::keeper::{Keeper, Waiting};
use super::log::LogQueue;
use super::lookups::{Found, Lookups};
use super::ports::RoomPorts;
use super::state::{Place, Room, Wants};
use crate::command::{Account, Command, List, Offered, Outcome, Question, Refusal};
use crate::event::{Batch, Event};
use crate::rules::emotes::Codes;
use crate::rules::rank::{self, Target};
use crate::rules::refusals;

/// Messages that are taken at once.
const BATCH: usize = 256;
/// Commands that are taken at once.
const ORDERS: usize = 64;
/// Asks of one user that wait for a lookup: a known bot may say so much at once.
const WAITING_MAX: usize = 256;
/// Asks of all users that do.
const WAITING_ALL_MAX: usize = 8_192;
/// Tries to publish a batch, and the wait after the first; doubles.
const PUBLISH_TRIES: u32 = 6;
const PUBLISH_WAIT: Duration = Duration::from_millis(25);
/// What is not kept so long after the end was asked for is lost.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A room and everything that goes on around it.
pub(super) struct Owner {
    room: Room,
    ports: Arc<RoomPorts>,
    config: Arc<RoomConfig>,
    shared: Arc<Shared>,
    log: LogQueue,
    live: Arc<Live>,
    keeper: Keeper,
    lookups: Lookups,
    /// Users whose standing is being looked up, with what they asked meanwhile, in order.
    waiting: HashMap<UserId, VecDeque<Ask>>,
    /// How many they are behind the first of each.
    waits: usize,
    effects: Effects,
    answers: Vec<Answered>,
    used: Instant,
}

/// An answer that is given once what was decided with it is on its way.
struct Answered {
    reply: Reply,
    result: Result<Outcome, Refusal>,
    /// The write that it waits for: its place in `effects.keep`.
    write: Option<usize>,
    /// It is true only if a message reaches everybody.
    says: bool,
}

impl Answered {
    /// One with which nothing is written or said.
    fn only(reply: Reply, result: Result<Outcome, Refusal>) -> Self {
        Self { reply, result, write: None, says: false }
    }
}

impl Owner {
    pub(super) fn new(
        place: Place,
        ports: Arc<RoomPorts>,
        config: Arc<RoomConfig>,
        shared: Arc<Shared>,
        log: LogQueue,
        live: Arc<Live>,
    ) -> Self {
        let keeper = Keeper::new(Arc::clone(&ports.rooms), place.id, config.keep_queue, config.patience * 2);
        let lookups = Lookups::new(Arc::clone(&ports), place.id, config.patience);
        let judge = (ports.judge)(place.id);
        let (mint, now) = (Arc::clone(&ports.mint), (ports.clock)());
        let room =
            Room::new(now, place, Arc::clone(&config), mint, judge, new_epoch(), RoomRecord::default());
        Self {
            room,
            ports,
            config,
            shared,
            log,
            live,
            keeper,
            lookups,
            waiting: HashMap::new(),
            waits: 0,
            effects: Effects::default(),
            answers: Vec::new(),
            used: Instant::now(),
        }
    }

    /// Owns the room until nobody needs it or the scope closes.
    pub(super) async fn run(
        mut self,
        mut messages: mpsc::Receiver<Ask>,
        mut orders: mpsc::Receiver<Order>,
        stop: Stop,
    ) {
        let mut codes = self.ports.codebook.of(self.room.place().id);
        self.offer(&codes.borrow_and_update().clone());
        let mut codes_change = true;
        self.load().await;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let wake = self.wake();
            tokio::select! {
                biased;
                () = stop.stopped() => break,
                order = orders.recv() => {
                    let Some(order) = order else { break };
                    self.order(order);
                    for _ in 1..ORDERS {
                        let Ok(order) = orders.try_recv() else { break };
                        self.order(order);
                    }
                    self.used = Instant::now();
                }
                Some(found) = self.lookups.next(), if !self.lookups.is_empty() => self.found(found),
                () = self.keeper.progress() => {}
                () = self.shared.moved.notified() => self.moves(),
                changed = changed(&mut codes), if codes_change => match changed {
                    Some(offered) => self.offer(&offered),
                    None => codes_change = false,
                },
                _ = messages.recv_many(&mut batch, BATCH) => {
                    for ask in batch.drain(..) {
                        self.take(ask);
                    }
                    self.used = Instant::now();
                }
                () = tokio::time::sleep_until(wake) => {}
            }
            let now = self.now();
            self.room.tick(now, &mut self.effects);
            self.flush().await;
            if self.may_leave() && self.leave(&messages, &orders) {
                return;
            }
        }
        // Whoever still waits is told by the drop of what they asked; what was decided is kept.
        let lost = self.keeper.finish(LAST_WORDS).await;
        if lost > 0 {
            tracing::error!(
                channel = self.room.place().id.0,
                changes = lost,
                "changes of a room were not kept"
            );
        }
    }

    fn now(&self) -> WallTime {
        (self.ports.clock)()
    }

    fn offer(&mut self, offered: &[Offered]) {
        self.room.offer(Codes::new(offered));
    }

    /// What is kept of the room, or a start without it and a lookup that goes on trying.
    async fn load(&mut self) {
        let place = self.room.place().clone();
        let load = self.ports.rooms.load(place.id);
        let record = match tokio::time::timeout(self.config.patience * 2, load).await {
            Ok(Ok(record)) => Some(record),
            Ok(Err(error)) => {
                tracing::warn!(channel = %place.id, error = %error, "a room starts without what is kept of it");
                None
            }
            Err(_) => {
                tracing::warn!(
                    channel = %place.id,
                    "a room starts without what is kept of it: the store is late"
                );
                None
            }
        };
        match record {
            Some(record) => {
                let judge = (self.ports.judge)(place.id);
                let (mint, now) = (Arc::clone(&self.ports.mint), self.now());
                let (epoch, _) = self.room.position();
                let config = Arc::clone(&self.config);
                self.room = Room::new(now, place.clone(), config, mint, judge, epoch, record);
                let codes = self.ports.codebook.of(place.id).borrow().clone();
                self.offer(&codes);
            }
            None => self.lookups.record(),
        }
        self.shared.shown().reset(&self.room);
        self.shared.loaded.send_replace(true);
    }

    fn order(&mut self, order: Order) {
        let now = self.now();
        match order {
            Order::Ask(ask) => self.take(ask),
            Order::Tell(key, news) => drop(self.room.tell(now, key, &news, &mut self.effects)),
            Order::Forget(who) => self.room.forget(now, &who, &mut self.effects),
            Order::Unlearn(user) => {
                self.room.unlearn(user);
                self.lookups.doubt(user);
            }
            Order::Recolour(user, colour) => self.room.recolour(user, colour),
            Order::Note(note) => self.room.note(now, &note, &mut self.effects),
        }
    }

    /// Decides an ask, or looks up first what the room must know.
    fn take(&mut self, ask: Ask) {
        let now = self.now();
        let user = ask.caller.account.id;
        if let Some(queue) = self.waiting.get_mut(&user)
            && matches!(ask.command, Command::Say { .. } | Command::Announce { .. })
        {
            // A user's messages keep their order; one that does not fit is answered by its drop.
            if queue.len() < WAITING_MAX && self.waits < WAITING_ALL_MAX {
                queue.push_back(ask);
                self.waits += 1;
            }
            return;
        }
        if let Some(login) = rank::names(&ask.command) {
            if let Err(refusal) = self.room.permits(&ask.caller, &ask.command) {
                return self.answers.push(Answered::only(ask.reply, Err(refusal)));
            }
            let card = matches!(ask.command, Command::Ask(Question::Card(_)));
            return match self.room.find(login).filter(|_| !card) {
                Some(target) => self.decide(ask, Some(target)),
                None => self.lookups.target(ask),
            };
        }
        match self.room.wants(now, user, &ask.command) {
            Wants::Nothing => self.decide(ask, None),
            Wants::Refresh => {
                self.lookups.standing(user);
                self.decide(ask, None);
            }
            Wants::Standing if self.lookups.standing(user) => {
                self.waiting.insert(user, VecDeque::from([ask]));
            }
            Wants::Standing => self.decide(ask, None),
        }
    }

    fn decide(&mut self, ask: Ask, target: Option<Target>) {
        let now = self.now();
        let before = self.effects.keep.len();
        let allows = matches!(ask.command, Command::Decide { allow: true, .. });
        let result = self.room.ask(now, &ask.caller, ask.command, target, &mut self.effects);
        let after = self.effects.keep.len();
        let write = (after > before).then(|| after - 1);
        let says = result.as_ref().is_ok_and(|outcome| allows || outcome.said.is_some());
        self.answers.push(Answered { reply: ask.reply, result, write, says });
    }

    fn found(&mut self, found: Found) {
        let now = self.now();
        match found {
            Found::Standing(user, record) => {
                self.room.learn(now, user, record);
                let asks = self.waiting.remove(&user).unwrap_or_default();
                self.waits -= asks.len().saturating_sub(1);
                for ask in asks {
                    self.decide(ask, None);
                }
            }
            Found::Target(ask, account) => self.found_target(*ask, account),
            Found::Card(reply, outcome) => self.answers.push(Answered::only(reply, Ok(outcome))),
            Found::Record(record) => {
                self.room.adopt(now, *record, &mut self.effects);
            }
        }
    }

    fn found_target(&mut self, ask: Ask, account: Result<Option<Account>, StoreError>) {
        let target = match &account {
            Ok(account) => account.as_ref().map(Target::from),
            Err(error) => {
                tracing::debug!(error = %error, "an account could not be looked up");
                // What the room itself knows of a login is better than no answer: a ban must not wait for a store.
                let guess = rank::names(&ask.command)
                    .and_then(|login| self.room.find(login).or_else(|| self.room.guess(login)));
                if guess.is_none() {
                    return self.answers.push(Answered::only(ask.reply, Err(refusals::unknown_for_now())));
                }
                guess
            }
        };
        if !matches!(ask.command, Command::Ask(Question::Card(_))) {
            return self.decide(ask, target);
        }
        let now = self.now();
        let user = target.as_ref().map(|t| t.id);
        let result = self.room.ask(now, &ask.caller, ask.command, target, &mut self.effects);
        match (result, user) {
            (Ok(mut outcome), Some(user)) => {
                if let Some(List::Card(card)) = &mut outcome.list {
                    card.account = account.ok().flatten();
                }
                self.lookups.card(ask.reply, outcome, user);
            }
            (result, _) => self.answers.push(Answered::only(ask.reply, result)),
        }
    }

    fn moves(&mut self) {
        let now = self.now();
        for (user, (login, by)) in self.shared.take_moves() {
            self.room.presence(now, user, &login, by);
        }
        self.used = Instant::now();
    }

    /// Publishes what was decided, keeps it, logs it, and answers.
    async fn flush(&mut self) {
        if self.effects.is_empty() && self.answers.is_empty() {
            return;
        }
        let Effects { events, mut keep, mut log, touched } = std::mem::take(&mut self.effects);
        let published = events.is_empty() || self.tell(events).await;
        if !published {
            log.retain(|write| !matches!(write, LogWrite::Said(_)));
        }
        if !touched.is_empty() {
            let mut shown = self.shared.shown();
            touched.into_iter().for_each(|user| shown.mark(user, &self.room));
        }
        if !log.is_empty() {
            self.log.put(log.into_iter());
        }
        let mut writes: Vec<_> = keep.drain(..).map(|keep| (keep, None)).collect();
        for Answered { reply, result, write, says } in self.answers.drain(..) {
            // Said, but lost on the way: nobody has it, so it was not said.
            let answer = if says && !published { Err(refusals::busy()) } else { result };
            match write.and_then(|at| writes.get_mut(at)) {
                Some((_, waiting)) => *waiting = Some(Waiting { reply, answer }),
                None => reply.give(answer),
            }
        }
        for (keep, waiting) in writes {
            self.keeper.put(keep, waiting);
        }
    }

    /// Publishes events and shows newcomers what they change; `false` if they are lost. Then what they say was not said, and the room
    /// takes it back; whatever else was decided holds.
    async fn tell(&mut self, events: Vec<Event>) -> bool {
        let (epoch, _) = self.room.position();
        let mut batch = Batch { epoch, events };
        let published = self.publish(&batch).await;
        if published {
            self.room.settle();
        } else {
            batch.events.iter().filter_map(Event::said).for_each(|line| self.room.unsay(line));
            batch.events.retain(|event| event.said().is_none());
        }
        let mut shown = self.shared.shown();
        batch.events.into_iter().for_each(|event| shown.apply(event));
        if !published {
            self.room.begin_epoch(new_epoch());
            shown.reset(&self.room);
        }
        published
    }

    /// Hands a batch to the bus; `false` if it does not take it, however often it is tried.
    async fn publish(&mut self, batch: &Batch) -> bool {
        let bytes: Arc<[u8]> = match serde_json::to_vec(batch) {
            Ok(bytes) => bytes.into(),
            Err(error) => {
                tracing::error!(error = %error, "a batch of chat has no form");
                return false;
            }
        };
        let channel = self.room.place().id;
        let mut wait = PUBLISH_WAIT;
        for n in 1..=PUBLISH_TRIES {
            match self.ports.bus.publish(channel, Arc::clone(&bytes)).await {
                Ok(()) => return true,
                Err(error) => {
                    tracing::warn!(channel = %channel, tries = n, error = %error, "the bus did not take a batch");
                }
            }
            if n < PUBLISH_TRIES {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
        }
        metrics::counter!("footlight_chat_events_lost_total").increment(batch.events.len() as u64);
        false
    }

    /// When to look again though nobody asks.
    fn wake(&self) -> Instant {
        let idle = self.used + self.config.idle;
        match self.room.due() {
            Some(due) => idle.min(Instant::now() + due.since(self.now())),
            None => idle,
        }
    }

    fn may_leave(&self) -> bool {
        Instant::now() >= self.used + self.config.idle
    }

    /// Puts the room away, if nobody holds it, nobody is in it and nothing waits. If somebody does, it is asked again later.
    fn leave(&mut self, messages: &mpsc::Receiver<Ask>, orders: &mpsc::Receiver<Order>) -> bool {
        self.used = Instant::now();
        let busy = !self.keeper.is_done() || !self.lookups.is_empty() || !self.room.is_quiet();
        if busy {
            return false;
        }
        let still = || messages.is_empty() && orders.is_empty();
        self.live.leave(self.room.place().id, still)
    }
}

/// The table of emotes after its next change; `None` if there will be none.
async fn changed(codes: &mut watch::Receiver<Arc<[Offered]>>) -> Option<Arc<[Offered]>> {
    codes.changed().await.ok()?;
    Some(codes.borrow_and_update().clone())
}

/// A number for this life of a room, random, and small enough for a number in JavaScript.
fn new_epoch() -> u64 {
    (RandomState::new().build_hasher().finish() >> 11).max(1)
}
