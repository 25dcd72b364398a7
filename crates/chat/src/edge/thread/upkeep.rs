//! What a thread does by the clock: pings, farewells, metrics. Each connection is looked at every ten seconds, a tenth of them each second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::{EdgeThread, UNREAD};
use crate::edge::connection::{End, Tally};
use crate::edge::session::Context;
use crate::event::ConnectionId;
use crate::websocket::frame::{self, Opcode};

/// A connection that is to be asked to come again.
pub(super) struct Farewell {
    pub at: Instant,
    pub connection: ConnectionId,
    pub target: Option<Arc<str>>,
}

/// This node goes away.
pub(super) struct Leaving {
    /// The last are asked by then: they need a moment to get over.
    asked: Instant,
    /// All are closed then.
    until: Instant,
    over: bool,
    target: Option<Arc<str>>,
}

impl Leaving {
    /// Most of the window that those who are asked last have to get over.
    const MOMENT_MAX: Duration = Duration::from_secs(30);

    fn new(now: Instant, window: Duration, target: Option<Arc<str>>) -> Self {
        let moment = (window / 10).min(Self::MOMENT_MAX);
        Self { asked: now + (window - moment), until: now + window, over: false, target }
    }

    /// When it has to be looked at.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.over).then_some(self.until)
    }
}

/// In how many parts the connections are looked at.
const PARTS: usize = 10;

/// Why whoever is here at the end is closed.
const GOES_AWAY: &str = "this server goes away";

/// So many moments, each at a random place in its own equal part of a window.
fn moments(now: Instant, over: Duration, count: usize) -> impl Iterator<Item = Instant> {
    let (mut rng, count) = (rand::rng(), count.max(1) as u64);
    let span_us = u64::try_from(over.as_micros()).unwrap_or(u64::MAX).min(u64::MAX / count);
    (0..count).map(move |n| {
        let within = rng.random_range(0..=span_us / count);
        now + Duration::from_micros(span_us * n / count + within)
    })
}

impl EdgeThread {
    /// Once a second.
    pub(super) fn upkeep(&mut self) {
        let part = self.slots.len().div_ceil(PARTS);
        for _ in 0..part {
            self.swept = (self.swept + 1) % self.slots.len().max(1);
            self.look_at(self.swept as u32);
        }
        for room in 0..self.rooms.len() as u32 {
            if let Some(local) = self.rooms.get_mut(room) {
                local.ring.trim(self.now);
            }
        }
        if self.index == 0 && self.now_s.is_multiple_of(60) {
            self.shared.interests.sweep();
        }
        self.tell_metrics();
    }

    /// Pings who is silent; ends who is gone, stuck or asked to leave long ago.
    fn look_at(&mut self, slot: u32) {
        let now_s = self.now_s;
        let shared = Arc::clone(&self.shared);
        let config = &shared.config;
        let patience = config.patience.as_secs() as u32;
        let Some(connection) = self.at(slot) else {
            return;
        };
        if connection.end_s != 0 && now_s >= connection.end_s {
            if connection.closing {
                return self.ending.push((slot, End::Gone));
            }
            return self.ending.push((slot, End::Close(1001, "please connect again")));
        }
        if connection.blocked && now_s.saturating_sub(connection.progress_s) >= patience {
            metrics::counter!("footlight_chat_connections_closed_total", "code" => "stuck").increment(1);
            return self.ending.push((slot, End::Gone));
        }
        if connection.closing {
            return;
        }
        let silent = u64::from(now_s.saturating_sub(connection.heard_s));
        if connection.pinged {
            if silent >= config.ping_after.as_secs() + config.patience.as_secs() {
                metrics::counter!("footlight_chat_connections_closed_total", "code" => "silent").increment(1);
                self.ending.push((slot, End::Gone));
            }
        } else if silent >= config.ping_after.as_secs() {
            connection.pinged = true;
            let context = Context { account: None, server: &config.server, motd: &config.motd };
            let fits = match connection.session.ping(context) {
                Some(line) => connection.say(&line),
                None => connection.push(frame::whole(Opcode::Ping, false, b"")),
            };
            if fits {
                self.pump(slot);
            }
        }
    }

    /// Everybody here is to be asked to come again: in any order, but each in its own equal part of `over`, so that no second of it
    /// gets more than its share.
    pub(super) fn plan_farewells(&mut self, over: Duration, target: Option<Arc<str>>) {
        // A second request while one is under way changes nothing for those who wait already.
        let waiting: std::collections::HashSet<ConnectionId> =
            self.farewells.iter().map(|farewell| farewell.connection).collect();
        let here = self.slots.iter().filter_map(|slot| slot.connection.as_ref());
        let mut due: Vec<ConnectionId> = here
            .filter(|connection| connection.end_s == 0 && !connection.closing)
            .map(|connection| connection.id)
            .filter(|connection| !waiting.contains(connection))
            .collect();
        due.shuffle(&mut rand::rng());
        let moments = moments(self.now, over, due.len());
        let planned = due.into_iter().zip(moments);
        let farewell = |(connection, at)| Farewell { at, connection, target: target.clone() };
        self.farewells.extend(planned.map(farewell));
        self.farewells.sort_by_key(|farewell| std::cmp::Reverse(farewell.at));
    }

    /// Everybody here, and whoever comes, is to be gone within `over`. Whoever was to be asked later is asked within that time.
    pub(super) fn leave_here(&mut self, over: Duration, target: Option<Arc<str>>) {
        let leaving = Leaving::new(self.now, over, target.clone());
        let asked = leaving.asked.saturating_duration_since(self.now);
        self.leaving = Some(leaving);
        self.farewells.clear();
        self.plan_farewells(asked, target);
    }

    /// Whoever comes while this node goes away is asked as well, in what is left of the time.
    pub(super) fn plan_latecomer(&mut self, slot: u32) {
        let Some(connection) = self.at(slot).map(|connection| connection.id) else { return };
        let Some(leaving) = &self.leaving else { return };
        let left = leaving.asked.saturating_duration_since(self.now);
        let at = moments(self.now, left, 1).next().unwrap_or(self.now);
        let farewell = Farewell { at, connection, target: leaving.target.clone() };
        let place = self.farewells.partition_point(|later| later.at > at);
        self.farewells.insert(place, farewell);
    }

    /// The time to leave is over: nobody stays, and nobody goes unasked.
    pub(super) fn end_leaving(&mut self) {
        let now = self.now;
        let Some(leaving) = self.leaving.as_mut().filter(|leaving| leaving.due().is_some_and(|at| at <= now))
        else {
            return;
        };
        leaving.over = true;
        let target = leaving.target.clone();
        self.farewells.clear();
        for slot in 0..self.slots.len() as u32 {
            if self.at(slot).is_some_and(|connection| connection.end_s == 0) {
                self.say_farewell(slot, target.as_deref());
            }
            self.close(slot, 1001, GOES_AWAY);
        }
    }

    /// Asks those whose moment has come.
    pub(super) fn send_farewells(&mut self) {
        while self.farewells.last().is_some_and(|next| next.at <= self.now)
            && let Some(farewell) = self.farewells.pop()
        {
            let Some(slot) = self.slot_of(farewell.connection) else {
                continue;
            };
            self.say_farewell(slot, farewell.target.as_deref());
            if self.leaving.as_ref().is_some_and(|leaving| leaving.over) {
                self.close(slot, 1001, GOES_AWAY);
            }
        }
    }

    fn say_farewell(&mut self, slot: u32, target: Option<&str>) {
        let shared = Arc::clone(&self.shared);
        let end_s = self.now_s + shared.config.farewell.as_secs() as u32;
        // One that is closing has its own, nearer end.
        let Some(connection) = self.at(slot).filter(|connection| !connection.closing) else {
            return;
        };
        let context = Context { account: None, server: &shared.config.server, motd: &shared.config.motd };
        let after_ms = rand::rng().random_range(0..1000);
        let words = connection.session.reconnect(after_ms, target, context);
        connection.end_s = end_s;
        if connection.say(&words) {
            self.pump(slot);
        } else {
            self.close(slot, 1008, UNREAD);
        }
    }

    fn tell_metrics(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        let Tally { frames, deliveries, bytes, skipped, heard } = tally;
        metrics::counter!("footlight_chat_frames_sent_total").increment(frames);
        metrics::counter!("footlight_chat_deliveries_total").increment(deliveries);
        metrics::counter!("footlight_chat_sent_bytes_total").increment(bytes);
        metrics::counter!("footlight_chat_skipped_total").increment(skipped);
        metrics::counter!("footlight_chat_client_messages_total").increment(heard);
    }

    /// Says goodbye to everybody and lets go.
    pub(super) fn close_everything(&mut self) {
        for slot in 0..self.slots.len() as u32 {
            self.close(slot, 1001, GOES_AWAY);
        }
        self.end_all();
        for slot in 0..self.slots.len() as u32 {
            self.remove(slot);
        }
        self.tell_metrics();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenth_of_a_window_gets_a_tenth_of_the_moments() {
        let (now, over) = (runtime::clock::now(), Duration::from_secs(10));
        let mut counts = [0; 10];
        for at in moments(now, over, 1_000) {
            counts[(at - now).as_millis() as usize / 1_000] += 1;
        }
        assert_eq!(counts, [100; 10]);
        assert!(moments(now, Duration::ZERO, 3).all(|at| at == now), "at once");
    }
}
