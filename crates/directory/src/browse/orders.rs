//! Orders of the list that somebody is leafing through: a page goes on in the order of the page before, though viewers
//! have come and gone since, so that no stream is shown twice and none is passed over.
//!
//! An order is kept for [`ORDER_KEPT_FOR`]; a marker of an older one goes on at its place in the newest order.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use domain::ids::StreamId;

use super::{BrowseError, LiveStream};
use crate::limits::{ORDER_KEPT_FOR, ORDERS_KEPT};

/// A place in an order: most viewers first, then the lower id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) viewers: Reverse<u64>,
    pub(super) id: StreamId,
}

impl Place {
    pub(super) fn of(stream: &LiveStream) -> Self {
        Self { viewers: Reverse(stream.viewers), id: stream.record.id }
    }
}

/// The order of one edition of the list, by its number.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) number: u64,
    pub(super) places: Arc<[Place]>,
}

/// Where a page ended: what callers get as `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) order: u64,
    pub(super) place: Place,
}

impl Marker {
    /// Three numbers in hexadecimal; callers are promised nothing about it.
    pub(super) fn print(self) -> String {
        format!("{:x}.{:x}.{:x}", self.order, self.place.viewers.0, self.place.id.0)
    }

    pub(super) fn parse(text: &str) -> Result<Self, BrowseError> {
        let number = |text: Option<&str>| {
            text.and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or(BrowseError::BadCursor)
        };
        let mut parts = text.splitn(3, '.');
        let [order, viewers, id] = [number(parts.next())?, number(parts.next())?, number(parts.next())?];
        Ok(Self { order, place: Place { viewers: Reverse(viewers), id: StreamId(id) } })
    }
}

/// The orders that markers were made of lately. Full: *oldest goes*.
#[derive(Debug, Default)]
pub(super) struct Orders(VecDeque<(Instant, Order)>);

impl Orders {
    /// Remembers an order, of which a marker has been given out.
    pub(super) fn keep(&mut self, order: &Order, now: Instant) {
        self.0.retain(|(at, kept)| {
            kept.number != order.number && now.saturating_duration_since(*at) < ORDER_KEPT_FOR
        });
        if self.0.len() >= ORDERS_KEPT {
            self.0.pop_front();
        }
        self.0.push_back((now, order.clone()));
    }

    /// The order of this number, if it is still remembered.
    pub(super) fn find(&self, number: u64, now: Instant) -> Option<&Order> {
        let found = self.0.iter().find(|(_, order)| order.number == number);
        found.filter(|(at, _)| now.saturating_duration_since(*at) < ORDER_KEPT_FOR).map(|(_, order)| order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(number: u64) -> Order {
        Order { number, places: Arc::new([]) }
    }

    #[test]
    fn markers_of_others_are_refused() {
        for text in ["", ".", "1", "1.", "1.2", "1.2.", "x.1.2", "1.2.3.4", "1.11111111111111111.1"] {
            assert!(Marker::parse(text).is_err(), "{text:?}");
        }
        let marker = Marker { order: 26, place: Place { viewers: Reverse(17), id: StreamId(255) } };
        assert_eq!(marker.print(), "1a.11.ff");
        assert!(Marker::parse("1a.11.ff").is_ok_and(|parsed| parsed == marker));
    }

    #[test]
    fn orders_are_kept_while_somebody_leafs_and_not_for_ever() {
        let now = runtime::clock::now();
        let mut orders = Orders::default();
        orders.keep(&order(1), now);
        assert!(orders.find(1, now).is_some() && orders.find(2, now).is_none());
        orders.keep(&order(1), now + ORDER_KEPT_FOR / 2);
        assert!(orders.find(1, now + ORDER_KEPT_FOR).is_some(), "a page asked for anew prolongs it");
        assert!(orders.find(1, now + ORDER_KEPT_FOR * 2).is_none());
        for number in 2..1_000 {
            orders.keep(&order(number), now);
        }
        assert_eq!(orders.0.len(), ORDERS_KEPT);
        assert!(orders.find(999, now).is_some());
    }
}
