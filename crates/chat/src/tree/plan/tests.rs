//! Nodes that come, feed, tell and go.

use proptest::prelude::*;

use super::*;

/// A node's offer is its own number here.
fn enter(plan: &mut Plan<u16, u16>, node: u16) -> Option<u16> {
    plan.enter(node, Some(node), 2, false, |_| true, |_| true)
}

/// Nodes 1 and 2, fed by the root; 3 by the first and 4 by the second.
fn four() -> Plan<u16, u16> {
    let mut plan = Plan::default();
    assert_eq!([1, 2, 3, 4].map(|node| enter(&mut plan, node)), [None, None, Some(1), Some(2)]);
    plan
}

fn all(plan: &Plan<u16, u16>) -> Vec<(u16, Option<u16>)> {
    plan.all().map(|fed| (fed.node, fed.by)).collect()
}

fn fed(node: u16, by: Option<u16>) -> Fed<u16, u16> {
    Fed { node, by, offer: Some(node) }
}

#[test]
fn the_tree_is_flat_and_even() {
    let mut plan = four();
    assert_eq!([5, 6, 7, 8].map(|node| enter(&mut plan, node)), [Some(1), Some(2), Some(3), Some(4)]);
    assert_eq!(enter(&mut plan, 5), Some(1), "who comes again stays where it is");
}

#[test]
fn who_feeds_nobody_is_passed_over_and_the_root_feeds_the_rest() {
    let mut plan = Plan::default();
    let nodes = [(1, None), (2, Some(2)), (3, None), (4, None), (5, None)];
    let feeders = nodes.map(|(node, offer)| plan.enter(node, offer, 2, false, |_| true, |_| true));
    assert_eq!(feeders, [None, None, Some(2), Some(2), None]);
}

#[test]
fn who_lost_its_feeder_or_cannot_reach_it_is_fed_by_another() {
    let mut plan = four();
    assert_eq!(
        plan.enter(3, Some(3), 2, false, |node| node != 1, |node| node != 1),
        Some(2),
        "node 1 is away"
    );
    plan.keep(3, Some(3));
    assert_eq!(all(&plan)[2], (3, None), "it could not reach node 2");
    plan.leave(2);
    assert_eq!(all(&plan), [(1, None), (3, None)], "node 4 comes to the root");
    assert_eq!(enter(&mut plan, 4), Some(1));
    plan.enter(1, None, 2, false, |_| true, |_| true);
    assert_eq!(enter(&mut plan, 4), Some(3), "node 1 feeds nobody any more");
}

#[test]
fn whom_the_root_feeds_for_want_of_another_is_fed_by_one_when_it_comes_anew() {
    let mut plan = Plan::default();
    (1..=3).for_each(|node| assert_eq!(plan.enter(node, None, 2, false, |_| true, |_| true), None));
    assert_eq!(all(&plan), [(1, None), (2, None), (3, None)]);
    enter(&mut plan, 1);
    assert_eq!(enter(&mut plan, 3), Some(1));
}

#[test]
fn a_node_says_who_is_below_it() {
    let mut plan = four();
    plan.report(1, &[fed(3, None)], |_| false);
    // Node 3 has left node 1; 7 and 8 linked to it by themselves; 2 and 9 are fed by the root, whatever a late word says.
    plan.keep(9, None);
    let told = [fed(7, None), fed(8, Some(7)), fed(2, None), fed(9, None)];
    plan.report(1, &told, |node| [1, 2, 9].contains(&node));
    assert_eq!(all(&plan), [(1, None), (2, None), (4, Some(2)), (7, Some(1)), (8, Some(7)), (9, None)]);
    plan.report(1, &[fed(8, None), fed(7, Some(8))], |_| false);
    assert_eq!(all(&plan)[3..], [(7, Some(8)), (8, Some(1)), (9, None)], "they have changed places");
}

#[test]
fn what_those_below_offer_outlives_their_feeders_new_link() {
    let mut plan = four();
    plan.report(1, &[fed(3, None)], |_| false);
    plan.leave(1);
    plan.keep(1, Some(1));
    plan.report(1, &[fed(3, None)], |_| false);
    assert_eq!([5, 6, 7, 8].map(|node| enter(&mut plan, node)), [Some(1), Some(2), Some(3), Some(4)]);
}

#[test]
fn whoever_is_on_the_way_has_its_seat_for_a_report_or_two() {
    let mut plan = four();
    plan.report(1, &[], |_| false);
    assert_eq!(enter(&mut plan, 5), Some(1), "3 counts");
    assert_eq!(enter(&mut plan, 6), Some(2));
    assert_eq!(enter(&mut plan, 7), Some(3), "1 and 2 have enough");
    plan.report(1, &[fed(5, None)], |_| false);
    assert_eq!(
        all(&plan),
        [(1, None), (2, None), (4, Some(2)), (5, Some(1)), (6, Some(2))],
        "it has not come"
    );
}

#[test]
fn nobody_is_sent_below_a_node_that_is_away() {
    let mut plan = Plan::default();
    let mut enter = |node, gone: u16| {
        let feeder = plan.enter(node, Some(node), 1, false, |above| above != gone, |above| above != gone);
        (feeder, all(&plan).len())
    };
    assert_eq!([1, 2, 3].map(|node| enter(node, 0).0), [None, Some(1), Some(2)]);
    // Node 2 has not come yet, and has no frames either.
    assert_eq!(enter(3, 1).0, None, "its feeder's feeder is away");
    assert_eq!(enter(4, 1).0, Some(3));
}

#[test]
fn who_is_stranded_is_sent_elsewhere() {
    let mut plan = four();
    assert_eq!(plan.enter(3, Some(3), 2, true, |_| true, |_| true), Some(2));
}

#[test]
fn of_a_chain_that_is_too_long_nothing_is_believed() {
    let mut plan = Plan::default();
    plan.keep(1, Some(1));
    let chain: Vec<_> = (2..4_000).map(|node| fed(node, Some(node - 1))).collect();
    plan.report(1, &chain, |node| node == 1);
    assert_eq!(all(&plan).len(), 1 + HOPS_MAX);
    let last = all(&plan).last().map(|(node, _)| *node);
    assert_ne!(plan.enter(9_000, None, 1, false, |_| true, |_| true), last, "one more would be too many");
}

proptest! {
    #[test]
    fn there_are_no_circles_and_a_newcomer_is_one_of_not_too_many(
        moves in prop::collection::vec((0u8..4, 0u16..12, 0u16..12, 0u16..12), 0..80),
        fan in 1usize..4,
    ) {
        let mut plan: Plan<u16, u16> = Plan::default();
        for (what, node, other, third) in moves {
            match what {
                0 | 1 => {
                    let offer = (other % 2 == 0).then_some(node);
                    let feeder = plan.enter(node, offer, fan, false, |feeder| feeder != third, |feeder| feeder != third);
                    prop_assert!(feeder != Some(third) && feeder != Some(node));
                }
                2 => plan.leave(node),
                _ => plan.report(node, &[fed(other, Some(third)), fed(third, None)], |here| here == node),
            }
            for (node, _) in all(&plan) {
                prop_assert!(!plan.above(node).any(|above| above == node), "a circle at {node}");
            }
        }
        if let Some(feeder) = plan.enter(99, None, fan, false, |_| true, |_| true) {
            prop_assert!(all(&plan).iter().filter(|(_, above)| *above == Some(feeder)).count() <= fan);
        }
    }
}
