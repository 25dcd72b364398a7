//! More nodes than one feeds: the root sends the next one to another.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::io::copy_bidirectional;

use super::*;
use crate::link::wire;
use crate::tree::plan::Fed;

/// Who listens where, and who can't get there.
#[derive(Clone, Default)]
struct Net(Arc<Mutex<Wires>>);

#[derive(Default)]
struct Wires {
    listeners: HashMap<String, Arc<Links>>,
    /// Who can't reach whom.
    lost: Vec<(&'static str, &'static str)>,
    /// Ends the connection from one to another.
    cuts: HashMap<(&'static str, String), Arc<Notify>>,
    opened: Vec<String>,
}

impl Net {
    fn wires(&self) -> std::sync::MutexGuard<'_, Wires> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, address: &str, links: &Arc<Links>) {
        self.wires().listeners.insert(address.into(), Arc::clone(links));
    }

    fn cut(&self, from: &'static str, to: &str) {
        self.wires().cuts[&(from, to.to_owned())].notify_waiters();
    }

    fn connect(
        &self,
        from: &'static str,
        to: &str,
        scope: &Scope,
    ) -> Result<(DuplexStream, Binding), LinkError> {
        let mut wires = self.wires();
        wires.opened.push(to.into());
        if wires.lost.contains(&(from, to)) {
            return Err(refused());
        }
        let links = Arc::clone(wires.listeners.get(to).ok_or_else(refused)?);
        let cut = Arc::new(Notify::new());
        wires.cuts.insert((from, to.to_owned()), Arc::clone(&cut));
        let (here, mut near) = tokio::io::duplex(1024);
        let (mut far, there) = tokio::io::duplex(1024);
        scope.spawn("serve", async move { drop(links.serve(there, &UNBOUND).await) });
        scope.spawn("wire", async move {
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                () = cut.notified() => {}
            }
        });
        Ok((here, UNBOUND))
    }

    /// Runs a node's link to the root.
    fn run(&self, from: &'static str, uplink: &Arc<Uplink>, below: Below, scope: &Scope) {
        let (net, inner) = (self.clone(), scope.clone());
        let open = move |to: Offer| {
            let stream = net.connect(from, &to.address, &inner);
            async move { stream }
        };
        scope.spawn("uplink", Arc::clone(uplink).run("root".into(), below, open));
    }
}

/// A root that feeds one node, which feeds others; and one of those.
struct Tree {
    net: Net,
    root: Arc<Links>,
    relay: Arc<Links>,
    /// The relay's link to the root.
    up: Arc<Uplink>,
    leaf: Arc<Uplink>,
    above: Notes,
    below: Notes,
    scope: Scope,
}

/// Of the node below the relay.
const LEAF: ConnectionId = ConnectionId(2 << 52 | 1);

fn root(net: &Net, above: &Notes) -> Arc<Links> {
    let config = LinksConfig { children_max: Some(1), ..LinksConfig::default() };
    let root = Links::new(secret(), config, Arc::new(above.clone()));
    net.listen("root", &root);
    root
}

async fn linked(uplink: &Uplink) {
    wait(|| uplink.linked()).await;
}

/// A node that feeds others at an address of that name, linked.
async fn relay(net: &Net, scope: &Scope, node: u16, name: &'static str) -> Arc<Links> {
    feeder(net, scope, node, name).await.0
}

/// The same, and its own link.
async fn feeder(net: &Net, scope: &Scope, node: u16, name: &'static str) -> (Arc<Links>, Arc<Uplink>) {
    let offer = Offer { address: name.into(), fingerprint: None };
    let up = Uplink::new(secret(), node, Some(offer), EndConfig::default());
    let relay = Links::relay(secret(), node, up.clone());
    net.listen(name, &relay);
    let feeds = Below { frames: relay.clone(), replies: relay.clone(), node: relay.clone() };
    net.run(name, &up, feeds, scope);
    linked(&up).await;
    (relay, up)
}

/// A node that feeds nobody, and what comes down to it.
async fn leaf(net: &Net, scope: &Scope, node: u16) -> (Arc<Uplink>, Notes) {
    let (leaf, below) = (Uplink::new(secret(), node, None, EndConfig::default()), Notes::default());
    net.run("leaf", &leaf, under(&below), scope);
    linked(&leaf).await;
    (leaf, below)
}

async fn tree() -> Tree {
    let (net, scope, above) = (Net::default(), Scope::root(), Notes::default());
    let root = root(&net, &above);
    let (relay, up) = feeder(&net, &scope, 1, "relay").await;
    let (leaf, below) = leaf(&net, &scope, 2).await;
    is_read(&root).await;
    Tree { net, root, relay, up, leaf, above, below, scope }
}

/// Lets the root and the nodes tell each other who is where.
async fn told() {
    virtual_time(Duration::from_secs(3)).await;
}

/// Who is fed by whom.
fn fed(links: &Links) -> Vec<(u16, Option<u16>)> {
    links.nodes().into_iter().map(|fed| (fed.node, fed.by)).collect()
}

fn from(connection: ConnectionId) -> Asker {
    Asker { connection, ..asker() }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_sent_to_another_is_fed_and_answered_through_it() {
    let tree = tree().await;
    assert_eq!(tree.net.wires().opened, ["root", "root", "relay"]);
    assert_eq!(fed(&tree.root), [(1, None), (2, Some(1))]);
    tree.leaf.find_channel(LEAF, "maya");
    tree.leaf.join(from(LEAF), &room());
    assert_eq!(tree.above.until(2).await, ["find maya", "join 2 7"]);
    tree.root.deliver(&[frame(1)], &pass());
    tree.root.reply(LEAF, Reply::Channel { name: "maya".into(), found: None });
    assert_eq!(tree.below.until(2).await, ["frame 1-1", "found maya"]);
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_short_break_on_the_way_loses_nothing() {
    let tree = tree().await;
    let cut = |seq: u64| {
        if seq.is_multiple_of(2) { tree.net.cut("relay", "root") } else { tree.net.cut("leaf", "relay") }
    };
    talk(&tree.root, &tree.leaf, LEAF, 60, cut).await;
    heard_all(&tree.below, &tree.above, 60).await;
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn who_cannot_reach_its_feeder_is_fed_by_the_root() {
    let tree = tree().await;
    tree.leaf.join(from(LEAF), &room());
    tree.above.until(1).await;
    tree.net.wires().lost.push(("leaf", "relay"));
    tree.net.cut("leaf", "relay");
    assert_eq!(tree.below.until(1).await, ["anew"], "what it has read has a hole");
    assert_eq!(tree.net.wires().opened[3..], ["root", "relay", "root"]);
    assert_eq!(fed(&tree.root), [(1, None), (2, None)]);
    let again = ConnectionId(LEAF.0 + 1);
    tree.leaf.join(from(again), &room());
    tree.above.until(2).await;
    tree.root.deliver(&[frame(1)], &pass());
    tree.root.reply(LEAF, Reply::Channel { name: "maya".into(), found: None });
    assert_eq!(tree.below.until(3).await[1..], ["frame 1-1", "found maya"]);
    // The relay gives it up after a while, and parts it from where it was through the relay; not from where it is.
    virtual_time(Duration::from_secs(61)).await;
    tree.relay.bury(runtime::clock::now());
    assert_eq!(fed(&tree.relay), []);
    assert_eq!(tree.above.until(3).await, ["join 2 7", "join 2 7", "part 2 7"]);
    tree.root.reply(LEAF, Reply::Channel { name: "still".into(), found: None });
    assert_eq!(tree.below.until(4).await[3], "found still");
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_not_linked_itself_lets_go_of_those_below() {
    let tree = tree().await;
    // The relay reaches the root no more; the leaf does.
    tree.net.wires().lost.push(("relay", "root"));
    tree.net.cut("relay", "root");
    assert_eq!(tree.below.until(1).await, ["anew"]);
    assert_eq!(fed(&tree.root), [(1, None), (2, None)]);
    tree.root.deliver(&[frame(1)], &pass());
    assert_eq!(tree.below.until(2).await[1], "frame 1-1");
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn when_the_root_begins_anew_readers_two_hops_away_come_again_and_their_links_stay() {
    let tree = tree().await;
    tree.leaf.join(from(LEAF), &room());
    tree.above.until(1).await;
    let root = root(&tree.net, &tree.above);
    tree.net.cut("relay", "root");
    assert_eq!(tree.below.until(1).await, ["ComeAgain"]);
    is_read(&root).await;
    told().await;
    assert_eq!(fed(&root), [(1, None), (2, Some(1))]);
    assert_eq!(tree.net.wires().opened[3..], ["root"], "only the relay linked again");
    tree.leaf.part(from(LEAF), room().channel);
    tree.leaf.join(from(ConnectionId(LEAF.0 + 1)), &room());
    root.deliver(&[frame(1)], &pass());
    assert_eq!(tree.above.until(2).await, ["join 2 7", "join 2 7"], "nobody leaves a room of the new root");
    assert_eq!(tree.below.until(2).await[1], "frame 1-1");
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn who_loses_its_feeder_is_sent_to_another_and_not_back_to_the_root_for_good() {
    let tree = tree().await;
    let second = relay(&tree.net, &tree.scope, 3, "second").await;
    assert_eq!(fed(&tree.root), [(1, None), (2, Some(1)), (3, None)]);
    tree.net.wires().lost.extend([("leaf", "relay"), ("relay", "root")]);
    tree.net.cut("relay", "root");
    virtual_time(Duration::from_millis(1)).await;
    tree.net.cut("leaf", "relay");
    wait(|| !fed(&second).is_empty()).await;
    told().await;
    assert_eq!(fed(&tree.root), [(1, None), (2, Some(3)), (3, None)]);
    assert_eq!(tree.below.until(1).await, ["anew"]);
    tree.leaf.find_channel(LEAF, "maya");
    tree.above.until(1).await;
    tree.root.reply(LEAF, Reply::Channel { name: "maya".into(), found: None });
    assert_eq!(tree.below.until(2).await.last().map(String::as_str), Some("found maya"));
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn three_hops_are_as_good_as_one() {
    let (net, scope, above) = (Net::default(), Scope::root(), Notes::default());
    let root = root(&net, &above);
    let first = relay(&net, &scope, 1, "first").await;
    let second = relay(&net, &scope, 2, "second").await;
    told().await;
    let (deep, below) = leaf(&net, &scope, 4).await;
    told().await;
    assert_eq!(fed(&root), [(1, None), (2, Some(1)), (4, Some(2))]);
    assert_eq!((fed(&first), fed(&second)), (vec![(2, None), (4, Some(2))], vec![(4, None)]));
    let reader = ConnectionId(4 << 52 | 1);
    deep.join(from(reader), &room());
    above.until(1).await;
    root.deliver(&[frame(1)], &pass());
    root.reply(reader, Reply::Channel { name: "maya".into(), found: None });
    assert_eq!(below.until(2).await, ["frame 1-1", "found maya"]);
    // The first goes: the second is fed by the root, and the leaf goes on there.
    net.wires().lost.extend([("first", "root"), ("second", "first")]);
    net.cut("first", "root");
    net.cut("second", "first");
    assert_eq!(below.until(3).await[2], "ComeAgain");
    told().await;
    assert_eq!(fed(&root), [(1, None), (2, None), (4, Some(2))]);
    root.deliver(&[frame(5)], &pass());
    assert_eq!(below.until(4).await[3], "frame 5-5");
    scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_not_linked_says_so_to_those_who_name_it() {
    let scope = Scope::root();
    let up = Uplink::new(secret(), 1, None, EndConfig::default());
    let relay = Links::relay(secret(), 1, up);
    let leaf = Uplink::new(secret(), 2, None, EndConfig::default());
    let (here, there) = tokio::io::duplex(1024);
    scope.spawn("leaf", leaf.run("relay".into(), under(&Notes::default()), once(here)));
    assert!(matches!(relay.serve(there, &UNBOUND).await, LinkError::Unfed));
    assert!(fed(&relay).is_empty());
    scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_with_the_number_of_its_feeder_is_not_taken() {
    let tree = tree().await;
    let stranger = Uplink::new(secret(), 1, None, EndConfig::default());
    let (here, there) = tokio::io::duplex(1024);
    tree.scope.spawn("stranger", stranger.run("relay".into(), under(&Notes::default()), once(here)));
    assert!(matches!(tree.relay.serve(there, &UNBOUND).await, LinkError::Number(1)));
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_begins_anew_with_another_feeder_leaves_nothing_behind() {
    let (net, scope, above) = (Net::default(), Scope::root(), Notes::default());
    let root = root(&net, &above);
    let life = scope.child();
    let (before, _) = leaf(&net, &life, 2).await;
    let relay = relay(&net, &scope, 1, "relay").await;
    before.join(from(LEAF), &room());
    above.until(1).await;
    assert_eq!(fed(&root), [(1, None), (2, None)], "there was nobody else to feed either");
    // It ends without a word, and begins anew before the root hears its silence.
    life.close(Duration::from_secs(1)).await;
    let (after, below) = leaf(&net, &scope, 2).await;
    assert_eq!(above.until(2).await[1], "part 2 7", "its readers of before are gone at once");
    is_read(&relay).await;
    told().await;
    root.bury(runtime::clock::now() + Duration::from_secs(61));
    assert_eq!(fed(&root), [(1, None), (2, Some(1))], "nobody waits for the one of before");
    after.join(from(LEAF), &room());
    above.until(3).await;
    root.reply(LEAF, Reply::Channel { name: "maya".into(), found: None });
    assert_eq!(below.until(1).await, ["found maya"]);
    scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_keeps_those_below_and_takes_no_more() {
    let tree = tree().await;
    tree.relay.leave();
    tree.net.cut("leaf", "relay");
    let (_other, _) = leaf(&tree.net, &tree.scope, 3).await;
    told().await;
    assert_eq!(fed(&tree.root), [(1, None), (2, Some(1)), (3, None)]);
    tree.root.deliver(&[frame(1)], &pass());
    assert_eq!(tree.below.until(1).await, ["frame 1-1"], "the leaf's link went on");
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_without_a_link_reads_no_more_than_it_may_keep() {
    const ASKED: usize = 18_000;
    let tree = tree().await;
    tree.net.wires().lost.push(("relay", "root"));
    tree.net.cut("relay", "root");
    for number in 1..=ASKED {
        tree.leaf.find_channel(LEAF, &number.to_string());
    }
    wait(|| tree.up.line().end().kept() > 16_384).await;
    virtual_time(Duration::from_secs(1)).await;
    assert!(tree.up.line().end().kept() < ASKED - 1_000, "the rest is with whoever asked it");
    tree.net.wires().lost.clear();
    let expected: Vec<String> = (1..=ASKED).map(|number| format!("find {number}")).collect();
    assert!(tree.above.until(ASKED).await == expected, "all came, in order");
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn nodes_that_cannot_be_are_not_believed() {
    let fed = |node, address: &str| Fed {
        node,
        by: None,
        offer: Some(Offer { address: address.into(), fingerprint: None }),
    };
    assert!(wire::are_sound(&[fed(1, "10.0.0.6:7100"), fed(4_095, &"a".repeat(259))]));
    for nodes in [vec![fed(0, "a:1")], vec![fed(4_096, "a:1")], vec![fed(1, &"a".repeat(260))]] {
        assert!(!wire::are_sound(&nodes), "{nodes:?}");
    }
    assert!(!wire::are_sound(&vec![fed(1, "a:1"); 4_096]));
    let tree = tree().await;
    tree.leaf.line().say(&wire::Up::Below(vec![fed(0, "a:1")]));
    wait(|| tree.net.wires().opened.len() > 3).await;
    assert_eq!(self::fed(&tree.relay), [(2, None)], "the link is ended");
    tree.scope.close(Duration::from_secs(1)).await;
}
