//! Who feeds whom: the root feeds a few nodes, those of them that may feed others, so that a room of any size costs each node little. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Nodes that one node feeds at most.
pub const CHILDREN_MAX: usize = 64;

/// The nodes below a root, and who feeds each. `N` is a node's number, `O` what others need to link to it.
#[derive(Debug)]
pub struct Plan<N, O> {
    seats: BTreeMap<N, Seat<N, O>>,
}

#[derive(Debug)]
struct Seat<N, O> {
    /// `None`: the root.
    above: Option<N>,
    /// `None`: it feeds nobody.
    offer: Option<O>,
    /// Reports of whoever feeds it that did not name it; `None`: one has.
    awaited: Option<u8>,
}

/// A node as one above it tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fed<N, O> {
    /// The node.
    pub node: N,
    /// Who feeds it; `None`: whoever tells this.
    pub by: Option<N>,
    /// What others need to link to it; `None`: it feeds nobody.
    pub offer: Option<O>,
}

/// Nodes on the way from the root to one at most: nobody is sent further down, and nothing is believed of who is.
const HOPS_MAX: usize = 16;

/// Reports that need not name a node which is on its way to its feeder.
const AWAITED_MAX: u8 = 2;

impl<N, O> Default for Plan<N, O> {
    fn default() -> Self {
        Self { seats: BTreeMap::new() }
    }
}

impl<N: Copy + Ord, O: Clone> Plan<N, O> {
    /// Seats a node that begins anew at the root: where it was if all on the way there are to `stay`, else where hops are fewest and
    /// all are `up`; not where it was if it is `stranded`, which means that it could not link there. What links to the node that feeds
    /// it; `None` is the root, which also feeds those for whom there is nobody else.
    pub fn enter(
        &mut self,
        node: N,
        offer: Option<O>,
        children_max: usize,
        stranded: bool,
        stays: impl Fn(N) -> bool,
        up: impl Fn(N) -> bool,
    ) -> Option<O> {
        let before = self.feeder(node);
        let kept =
            before.filter(|above| !stranded && self.offer(*above).is_some() && self.all_way(*above, stays));
        let usable = |above| !(stranded && Some(above) == before) && self.all_way(above, &up);
        let above = kept.or_else(|| self.choose(node, children_max, usable));
        let awaited = above.map(|_| 0);
        self.seats.insert(node, Seat { above, offer, awaited });
        above.and_then(|above| self.offer(above).cloned())
    }

    /// Whether something holds for a node and all those on the way to it.
    fn all_way(&self, node: N, holds: impl Fn(N) -> bool) -> bool {
        holds(node) && self.above(node).all(holds)
    }

    /// The node that feeds this one; `None`: the root, or nothing is known of it.
    pub fn feeder(&self, node: N) -> Option<N> {
        self.seats.get(&node)?.above
    }

    /// The root feeds this node, whatever was planned.
    pub fn keep(&mut self, node: N, offer: Option<O>) {
        self.seats.insert(node, Seat { above: None, offer, awaited: None });
    }

    /// Node `via` tells who is below it. Of nodes that are `here` the root knows better.
    pub fn report(&mut self, via: N, told: &[Fed<N, O>], here: impl Fn(N) -> bool) {
        let told: BTreeMap<N, &Fed<N, O>> =
            told.iter().filter(|fed| fed.node != via && !here(fed.node)).map(|fed| (fed.node, fed)).collect();
        for node in self.below(via) {
            let awaited = self.seats.get_mut(&node).and_then(|seat| seat.awaited.as_mut());
            let is_coming = awaited.is_some_and(|reports| {
                *reports += 1;
                *reports < AWAITED_MAX
            });
            if !is_coming || told.contains_key(&node) {
                self.seats.remove(&node);
            }
        }
        self.seat_below(via, told.into_values());
        self.free_the_lost();
    }

    /// Seats nodes hop by hop from `via`. What is told a little late by several may be a circle, which nothing leads into.
    fn seat_below<'a>(&mut self, via: N, told: impl Iterator<Item = &'a Fed<N, O>>)
    where
        N: 'a,
        O: 'a,
    {
        let above: BTreeSet<N> = self.above(via).collect();
        let mut fed_by: BTreeMap<N, Vec<&Fed<N, O>>> = BTreeMap::new();
        for fed in told.filter(|fed| !above.contains(&fed.node)) {
            fed_by.entry(fed.by.unwrap_or(via)).or_default().push(fed);
        }
        let mut feeders = vec![via];
        for _ in above.len()..HOPS_MAX {
            let mut next = Vec::new();
            for feeder in feeders {
                for fed in fed_by.remove(&feeder).unwrap_or_default() {
                    let seat = Seat { above: Some(feeder), offer: fed.offer.clone(), awaited: None };
                    self.seats.insert(fed.node, seat);
                    next.push(fed.node);
                }
            }
            feeders = next;
        }
    }

    /// Frees the seats of those whose feeder has none.
    fn free_the_lost(&mut self) {
        let mut before = usize::MAX;
        while self.seats.len() < before {
            before = self.seats.len();
            let seated: BTreeSet<N> = self.seats.keys().copied().collect();
            self.seats.retain(|_, seat| seat.above.is_none_or(|above| seated.contains(&above)));
        }
    }

    /// Frees a node's seat, and those of all below it: they come to the root.
    pub fn leave(&mut self, node: N) {
        for gone in self.below(node) {
            self.seats.remove(&gone);
        }
        self.seats.remove(&node);
    }

    /// All nodes.
    pub fn all(&self) -> impl Iterator<Item = Fed<N, O>> {
        self.seats.iter().map(|(node, seat)| Fed { node: *node, by: seat.above, offer: seat.offer.clone() })
    }

    fn offer(&self, node: N) -> Option<&O> {
        self.seats.get(&node)?.offer.as_ref()
    }

    /// Nodes that feed this one, its own feeder first. Ends at the root, or where a seat is free by now.
    fn above(&self, node: N) -> impl Iterator<Item = N> {
        std::iter::successors(self.feeder(node), |above| self.feeder(*above)).take(self.seats.len())
    }

    fn is_below(&self, node: N, above: N) -> bool {
        node == above || self.above(node).any(|feeder| feeder == above)
    }

    fn below(&self, above: N) -> Vec<N> {
        self.seats.keys().copied().filter(|node| *node != above && self.is_below(*node, above)).collect()
    }

    /// Who is to feed a newcomer, or one whose feeder is gone: not whom it feeds itself.
    fn choose(&self, newcomer: N, children_max: usize, usable: impl Fn(N) -> bool) -> Option<N> {
        let mut children: BTreeMap<Option<N>, usize> = BTreeMap::new();
        for (_, seat) in self.seats.iter().filter(|(node, _)| **node != newcomer) {
            *children.entry(seat.above).or_default() += 1;
        }
        let fed_by = |above: Option<N>| children.get(&above).copied().unwrap_or(0);
        if fed_by(None) < children_max {
            return None;
        }
        let may_feed = self.seats.iter().filter(|(node, seat)| {
            let node = **node;
            let has_room = seat.offer.is_some() && fed_by(Some(node)) < children_max;
            has_room && usable(node) && !self.is_below(node, newcomer)
        });
        let ranked = may_feed.map(|(node, _)| (self.above(*node).count(), fed_by(Some(*node)), *node));
        ranked.filter(|(hops, ..)| *hops < HOPS_MAX).min().map(|(.., node)| node)
    }
}

#[cfg(test)]
mod tests;
