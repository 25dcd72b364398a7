//! Who feeds whom: the root feeds a few nodes, those of them that may feed others, so that a room of any size costs each node little. Pure.

use std::collections::BTreeMap;

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
}

impl<N, O> Default for Plan<N, O> {
    fn default() -> Self {
        Self { seats: BTreeMap::new() }
    }
}

impl<N: Copy + Ord, O: Clone> Plan<N, O> {
    /// Seats a node that came to the root: where it sits already, else where hops are fewest. What links to the node that feeds it;
    /// `None` is the root, which also feeds those for whom there is nobody else.
    pub fn enter(&mut self, node: N, offer: Option<O>, children_max: usize) -> Option<O> {
        let seated = self.seats.get(&node).map(|seat| seat.above);
        let above = match seated {
            Some(above) if above.is_none_or(|above| self.offer(above).is_some()) => above,
            _ => self.choose(node, children_max),
        };
        self.seats.insert(node, Seat { above, offer });
        above.and_then(|above| self.offer(above).cloned())
    }

    /// The root feeds this node, whatever was planned.
    pub fn keep(&mut self, node: N, offer: Option<O>) {
        self.seats.insert(node, Seat { above: None, offer });
    }

    /// Node `via` says who is below it, and who feeds each of those; `None` is `via` itself. Of nodes that `is_here` the root knows better.
    pub fn report(&mut self, via: N, below: &[(N, Option<N>)], is_here: impl Fn(N) -> bool) {
        let told: BTreeMap<N, N> = below
            .iter()
            .filter(|(node, _)| *node != via && !is_here(*node))
            .map(|(node, above)| (*node, above.unwrap_or(via)))
            .collect();
        let gone: Vec<N> = self.below(via).into_iter().filter(|node| !told.contains_key(node)).collect();
        gone.iter().for_each(|node| drop(self.seats.remove(node)));
        for (node, above) in told {
            let offer = self.seats.remove(&node).and_then(|seat| seat.offer);
            // A report that is older than what it says may make a circle.
            if !self.is_below(above, node) {
                self.seats.insert(node, Seat { above: Some(above), offer });
            }
        }
    }

    /// Frees a node's seat, and those of all below it: they come to the root.
    pub fn leave(&mut self, node: N) {
        for gone in self.below(node) {
            self.seats.remove(&gone);
        }
        self.seats.remove(&node);
    }

    /// All nodes, and who feeds each; `None` is the root.
    pub fn all(&self) -> impl Iterator<Item = (N, Option<N>)> {
        self.seats.iter().map(|(node, seat)| (*node, seat.above))
    }

    fn offer(&self, node: N) -> Option<&O> {
        self.seats.get(&node)?.offer.as_ref()
    }

    /// Nodes that feed this one, its own feeder first. Ends at the root, or where a seat is free by now.
    fn above(&self, node: N) -> impl Iterator<Item = N> {
        let feeder = |node: N| self.seats.get(&node).and_then(|seat| seat.above);
        std::iter::successors(feeder(node), move |above| feeder(*above)).take(self.seats.len())
    }

    fn is_below(&self, node: N, above: N) -> bool {
        node == above || self.above(node).any(|feeder| feeder == above)
    }

    fn below(&self, above: N) -> Vec<N> {
        self.seats.keys().copied().filter(|node| *node != above && self.is_below(*node, above)).collect()
    }

    /// Who is to feed a newcomer, or one whose feeder is gone: not whom it feeds itself.
    fn choose(&self, newcomer: N, children_max: usize) -> Option<N> {
        let mut children: BTreeMap<Option<N>, usize> = BTreeMap::new();
        for (_, above) in self.all().filter(|(node, _)| *node != newcomer) {
            *children.entry(above).or_default() += 1;
        }
        let fed_by = |above: Option<N>| children.get(&above).copied().unwrap_or(0);
        if fed_by(None) < children_max {
            return None;
        }
        let may_feed = self.seats.iter().filter(|(node, seat)| {
            seat.offer.is_some() && fed_by(Some(**node)) < children_max && !self.is_below(**node, newcomer)
        });
        may_feed.map(|(node, _)| *node).min_by_key(|node| (self.above(*node).count(), fed_by(Some(*node))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A node's offer is its own number here.
    fn enter(plan: &mut Plan<u16, u16>, node: u16) -> Option<u16> {
        plan.enter(node, Some(node), 2)
    }

    /// Nodes 1 and 2, fed by the root; 3 by the first and 4 by the second.
    fn four() -> Plan<u16, u16> {
        let mut plan = Plan::default();
        assert_eq!([1, 2, 3, 4].map(|node| enter(&mut plan, node)), [None, None, Some(1), Some(2)]);
        plan
    }

    #[test]
    fn the_tree_is_flat_and_even() {
        let mut plan = four();
        let feeders = [5, 6, 7, 8].map(|node| enter(&mut plan, node));
        assert_eq!(feeders, [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(enter(&mut plan, 5), Some(1), "who comes again stays where it is");
    }

    #[test]
    fn who_feeds_nobody_is_passed_over_and_the_root_feeds_the_rest() {
        let mut plan = Plan::default();
        let nodes = [(1, None), (2, Some(2)), (3, None), (4, None), (5, None)];
        let feeders = nodes.map(|(node, offer)| plan.enter(node, offer, 2));
        assert_eq!(feeders, [None, None, Some(2), Some(2), None]);
    }

    #[test]
    fn who_lost_its_feeder_or_cannot_reach_it_is_fed_by_another() {
        let mut plan = four();
        plan.keep(3, Some(3));
        assert_eq!(enter(&mut plan, 3), None, "it could not reach node 1");
        plan.leave(2);
        assert_eq!(plan.all().collect::<Vec<_>>(), [(1, None), (3, None)], "node 4 comes to the root");
        assert_eq!(enter(&mut plan, 4), Some(1));
        plan.enter(1, None, 2);
        assert_eq!(enter(&mut plan, 4), Some(3), "node 1 feeds nobody any more");
    }

    #[test]
    fn a_node_says_who_is_below_it() {
        let mut plan = four();
        // Node 3 has left node 1; 7 and 8 linked to it by themselves; 2 and 9 are fed by the root, whatever a late word says.
        plan.keep(9, None);
        plan.report(1, &[(7, None), (8, Some(7)), (2, None), (9, None)], |node| [1, 2, 9].contains(&node));
        let all: Vec<_> = plan.all().collect();
        assert_eq!(all, [(1, None), (2, None), (4, Some(2)), (7, Some(1)), (8, Some(7)), (9, None)]);
    }

    proptest! {
        #[test]
        fn nobody_feeds_too_many_and_everybody_is_fed_by_the_root_in_the_end(
            moves in prop::collection::vec((0u8..4, 0u16..12, 0u16..12), 0..80),
            fan in 1usize..4,
        ) {
            let mut plan: Plan<u16, u16> = Plan::default();
            for (what, node, other) in moves {
                match what {
                    0 | 1 => drop(plan.enter(node, (other % 2 == 0).then_some(node), fan)),
                    2 => plan.leave(node),
                    _ => plan.report(node, &[(other, None)], |here| here == node),
                }
                for (node, _) in plan.all() {
                    prop_assert!(!plan.above(node).any(|above| above == node), "a circle at {node}");
                }
            }
            let newcomer = 99;
            if let Some(feeder) = plan.enter(newcomer, None, fan) {
                prop_assert!(plan.all().filter(|(_, above)| *above == Some(feeder)).count() <= fan);
            }
        }
    }
}
