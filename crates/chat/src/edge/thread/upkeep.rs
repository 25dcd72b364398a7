//! What a thread does by the clock: pings, farewells, metrics. Each connection is looked at every ten seconds, a tenth of them each second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt as _;

use super::EdgeThread;
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

/// In how many parts the connections are looked at.
const PARTS: usize = 10;

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

    /// Everybody here is to be asked to come again, each at a random moment within `over`.
    pub(super) fn plan_farewells(&mut self, over: Duration, target: Option<Arc<str>>) {
        let mut rng = rand::rng();
        let span = u64::try_from(over.as_millis()).unwrap_or(u64::MAX).max(1);
        let here = self.slots.iter().filter_map(|slot| slot.connection.as_ref());
        let due: Vec<Farewell> = here
            .filter(|connection| connection.end_s == 0 && !connection.closing)
            .map(|connection| Farewell {
                at: self.now + Duration::from_millis(rng.random_range(0..span)),
                connection: connection.id,
                target: target.clone(),
            })
            .collect();
        // A second request while one is under way changes nothing for those who wait already.
        let waiting: std::collections::HashSet<ConnectionId> =
            self.farewells.iter().map(|farewell| farewell.connection).collect();
        self.farewells.extend(due.into_iter().filter(|farewell| !waiting.contains(&farewell.connection)));
        self.farewells.sort_by_key(|farewell| std::cmp::Reverse(farewell.at));
    }

    /// Asks those whose moment has come.
    pub(super) fn send_farewells(&mut self) {
        while self.farewells.last().is_some_and(|next| next.at <= self.now)
            && let Some(farewell) = self.farewells.pop()
        {
            let Some(slot) = self.slot_of(farewell.connection) else {
                continue;
            };
            let shared = Arc::clone(&self.shared);
            let end_s = self.now_s + shared.config.farewell.as_secs() as u32;
            let Some(connection) = self.at(slot) else {
                continue;
            };
            let context = Context { account: None, server: &shared.config.server, motd: &shared.config.motd };
            let after_ms = rand::rng().random_range(0..1000);
            let words = connection.session.reconnect(after_ms, farewell.target.as_deref(), context);
            connection.end_s = end_s;
            if connection.say(&words) {
                self.pump(slot);
            }
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
            self.close(slot, 1001, "this server goes away");
        }
        self.end_all();
        for slot in 0..self.slots.len() as u32 {
            self.remove(slot);
        }
        self.tell_metrics();
    }
}
