//! Who feeds whom: the root feeds a few nodes, those feed more, so that a room of any size costs each node little. Pure.

/// Nodes that one node feeds at most.
pub const CHILDREN_MAX: usize = 64;

/// A node's place: the root is 0, the others are 1, 2, … in the order in which they came. `None` is the root's.
///
/// The tree is filled level by level, so that hops are few: 64 nodes are one hop away, 4,160 two.
pub fn parent(place: usize, children_max: usize) -> Option<usize> {
    (place > 0).then(|| (place - 1) / children_max.max(1))
}

/// How many hops a frame makes to a place.
pub fn hops(place: usize, children_max: usize) -> usize {
    std::iter::successors(parent(place, children_max), |above| parent(*above, children_max)).count()
}

/// Keeps places of nodes that come and go: a newcomer takes the lowest free one, so that the tree stays flat.
#[derive(Debug, Default)]
pub struct Places<N> {
    /// By place, from 1 on; the root has none of these.
    nodes: Vec<Option<N>>,
}

impl<N: Copy + PartialEq> Places<N> {
    /// A tree with the root alone.
    pub fn new() -> Self {
        Self { nodes: Vec::new() }
    }

    /// Gives a node its place, or the one that it has; returns the node that feeds it, `None` for the root.
    ///
    /// A parent that is gone is passed over in favour of its own parent, up to the root.
    pub fn enter(&mut self, node: N, children_max: usize) -> Option<N> {
        let here = self.nodes.iter().position(|n| *n == Some(node));
        let free = here.or_else(|| self.nodes.iter().position(Option::is_none));
        let index = free.unwrap_or_else(|| {
            self.nodes.push(None);
            self.nodes.len() - 1
        });
        self.nodes[index] = Some(node);
        let mut above = parent(index + 1, children_max);
        while let Some(place) = above.filter(|place| *place > 0) {
            if let Some(parent) = self.nodes[place - 1] {
                return Some(parent);
            }
            above = parent(place, children_max);
        }
        None
    }

    /// Frees a node's place.
    pub fn leave(&mut self, node: N) {
        if let Some(place) = self.nodes.iter_mut().find(|n| **n == Some(node)) {
            *place = None;
        }
        while self.nodes.last().is_some_and(Option::is_none) {
            self.nodes.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_tree_is_flat() {
        for (place, expected) in [(0, 0), (1, 1), (64, 1), (65, 2), (64 + 64 * 64, 2), (65 + 64 * 64, 3)] {
            assert_eq!(hops(place, CHILDREN_MAX), expected, "place {place}");
        }
    }

    #[test]
    fn a_gap_is_filled_and_an_orphan_is_fed_by_the_root() {
        let mut places = Places::new();
        let parents: Vec<_> = (1..=4).map(|node| places.enter(node, 2)).collect();
        assert_eq!(parents, [None, None, Some(1), Some(1)]);
        places.leave(1);
        assert_eq!(places.enter(3, 2), None, "its parent is gone");
        assert_eq!(places.enter(9, 2), None, "the first place is free");
        assert_eq!(places.enter(3, 2), Some(9));
    }

    proptest! {
        #[test]
        fn nobody_feeds_too_many_and_everybody_is_fed(nodes in 1usize..5_000, fan in 1usize..70) {
            let mut children = vec![0; nodes + 1];
            for place in 1..=nodes {
                let above = parent(place, fan).expect("not the root");
                prop_assert!(above < place, "no circles");
                children[above] += 1;
            }
            prop_assert!(children.iter().all(|count| *count <= fan));
        }
    }
}
