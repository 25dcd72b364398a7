//! More nodes than one feeds: the root sends the next one to another.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::io::copy_bidirectional;

use super::*;
use crate::link::wire::Offer;

/// Who listens where, and who can't get there.
#[derive(Clone, Default)]
struct Net(Arc<Mutex<Wires>>);

#[derive(Default)]
struct Wires {
    listeners: HashMap<String, Arc<Links>>,
    /// Who can't reach whom.
    lost: Vec<(&'static str, &'static str)>,
    /// Ends every connection to an address.
    cuts: HashMap<String, Arc<Notify>>,
    opened: Vec<String>,
}

impl Net {
    fn wires(&self) -> std::sync::MutexGuard<'_, Wires> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, address: &str, links: &Arc<Links>) {
        self.wires().listeners.insert(address.into(), Arc::clone(links));
        self.wires().cuts.insert(address.into(), Arc::new(Notify::new()));
    }

    fn cut(&self, address: &str) {
        self.wires().cuts[address].notify_waiters();
    }

    fn connect(&self, from: &str, to: &str, scope: &Scope) -> Result<(DuplexStream, Binding), LinkError> {
        let mut wires = self.wires();
        wires.opened.push(to.into());
        if wires.lost.contains(&(from, to)) {
            return Err(refused());
        }
        let links = Arc::clone(wires.listeners.get(to).ok_or_else(refused)?);
        let cut = wires.cuts.get(to).cloned().expect("it listens");
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
    leaf: Arc<Uplink>,
    above: Notes,
    below: Notes,
    scope: Scope,
}

fn secret() -> Secret {
    Secret::new(SECRET).expect("long enough")
}

/// Of the node below the relay.
const LEAF: ConnectionId = ConnectionId(2 << 52 | 1);

async fn tree() -> Tree {
    let (net, scope) = (Net::default(), Scope::root());
    let (above, below) = (Notes::default(), Notes::default());
    let config = LinksConfig { children_max: 1, ..LinksConfig::default() };
    let root = Links::new(secret(), config, Arc::new(above.clone()));
    net.listen("root", &root);

    let offer = Offer { address: "relay".into(), fingerprint: None };
    let up = Uplink::new(secret(), 1, Some(offer), EndConfig::default());
    let config = LinksConfig { node: 1, children_max: usize::MAX, ..LinksConfig::default() };
    let relay = Links::new(secret(), config, up.clone());
    net.listen("relay", &relay);
    let feeds = Below { frames: relay.clone(), replies: relay.clone(), node: relay.clone() };
    net.run("relay", &up, feeds, &scope);
    while !up.linked() {
        virtual_time(Duration::from_millis(10)).await;
    }

    let leaf = Uplink::new(secret(), 2, None, EndConfig::default());
    net.run("leaf", &leaf, under(&below), &scope);
    while root.interest(room().channel).1 == 0 {
        virtual_time(Duration::from_millis(10)).await;
    }
    Tree { net, root, relay, leaf, above, below, scope }
}

fn from(connection: ConnectionId) -> Asker {
    Asker { connection, ..asker() }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_sent_to_another_is_fed_and_answered_through_it() {
    let tree = tree().await;
    assert_eq!(tree.net.wires().opened, ["root", "root", "relay"]);
    assert_eq!(tree.root.nodes(), [(1, None), (2, Some(1))]);
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
    for seq in 1..=60 {
        tree.root.deliver(&[frame(seq)], &pass());
        tree.leaf.find_channel(LEAF, &seq.to_string());
        virtual_time(Duration::from_millis(7)).await;
        if seq % 9 == 0 {
            tree.net.cut(if seq % 2 == 0 { "root" } else { "relay" });
        }
    }
    let expected: Vec<String> = (1..=60).map(|seq| format!("frame {seq}-{seq}")).collect();
    assert_eq!(tree.below.until(60).await, expected);
    let expected: Vec<String> = (1..=60).map(|seq| format!("find {seq}")).collect();
    assert_eq!(tree.above.until(60).await, expected);
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn who_cannot_reach_its_feeder_is_fed_by_the_root() {
    let tree = tree().await;
    tree.leaf.join(from(LEAF), &room());
    tree.above.until(1).await;
    tree.net.wires().lost.push(("leaf", "relay"));
    tree.net.cut("relay");
    assert_eq!(tree.below.until(1).await, ["anew"], "what it has read has a hole");
    assert_eq!(tree.net.wires().opened[3..], ["root", "relay", "root"]);
    assert_eq!(tree.root.nodes(), [(1, None), (2, None)]);
    let again = ConnectionId(LEAF.0 + 1);
    tree.leaf.join(from(again), &room());
    tree.above.until(2).await;
    tree.root.deliver(&[frame(1)], &pass());
    tree.root.reply(LEAF, Reply::Channel { name: "maya".into(), found: None });
    assert_eq!(tree.below.until(3).await[1..], ["frame 1-1", "found maya"]);
    // The relay gives it up after a while, and parts it from where it was through the relay; not from where it is.
    virtual_time(Duration::from_secs(61)).await;
    tree.relay.bury(runtime::clock::now());
    assert_eq!(tree.relay.nodes(), []);
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
    tree.net.cut("root");
    assert_eq!(tree.below.until(1).await, ["anew"]);
    assert_eq!(tree.root.nodes(), [(1, None), (2, None)]);
    tree.root.deliver(&[frame(1)], &pass());
    assert_eq!(tree.below.until(2).await[1], "frame 1-1");
    tree.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_with_the_number_of_its_feeder_is_not_taken() {
    let tree = tree().await;
    let stranger = Uplink::new(secret(), 1, None, EndConfig::default());
    let (here, there) = tokio::io::duplex(1024);
    let ends = Mutex::new(Some(here));
    let open = move |_| {
        let end = ends.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move { end.map(|end| (end, UNBOUND)).ok_or_else(refused) }
    };
    tree.scope.spawn("stranger", stranger.run("relay".into(), under(&Notes::default()), open));
    assert!(matches!(tree.relay.serve(there, &UNBOUND).await, LinkError::Number(1)));
    tree.scope.close(Duration::from_secs(1)).await;
}
