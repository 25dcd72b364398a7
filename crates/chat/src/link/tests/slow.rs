//! Connections that are half dead: up for one end, and taking nothing.

use tokio::io::copy_bidirectional;
use tokio::time::Instant;

use super::*;

/// Bytes that a connection holds.
const HOLDS: usize = 4096;

/// Ends of connections that stay open though nobody reads them.
pub(super) type Open = Arc<Mutex<Vec<DuplexStream>>>;

/// As [`pair`], but the upper end does not notice a cut: its connection stays open, and nobody reads it. Nor does the lower one, unless
/// `noticed`.
pub(super) fn half_dead_pair(noticed: bool) -> (Pair, Open) {
    let (above, below) = (Notes::default(), Notes::default());
    let links = Links::new(secret(), LinksConfig::default(), Arc::new(above.clone()));
    let uplink = Uplink::new(secret(), 3, None, EndConfig::default());
    let (cut, scope, open) = (Arc::new(Notify::new()), Scope::root(), Open::default());
    let (serving, cutting, inner, kept) =
        (Arc::clone(&links), Arc::clone(&cut), scope.clone(), Arc::clone(&open));
    let connect = move |_| {
        let (here, mut near) = tokio::io::duplex(HOLDS);
        let (mut far, there) = tokio::io::duplex(HOLDS);
        let (links, cut, kept) = (Arc::clone(&serving), Arc::clone(&cutting), Arc::clone(&kept));
        inner.spawn("serve", async move { drop(links.serve(there, &UNBOUND).await) });
        inner.spawn("wire", async move {
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                () = cut.notified() => {
                    let near = (!noticed).then_some(near);
                    kept.lock().unwrap_or_else(PoisonError::into_inner).extend([far].into_iter().chain(near));
                }
            }
        });
        async move { Ok((here, UNBOUND)) }
    };
    scope.spawn("uplink", Arc::clone(&uplink).run("root".into(), under(&below), connect));
    (Pair { links, uplink, above, below, cut, scope }, open)
}

#[tokio::test(start_paused = true)]
async fn a_half_dead_connection_takes_nothing_from_the_one_that_came_after() {
    let (pair, _open) = half_dead_pair(true);
    is_read(&pair.links).await;
    pair.cut.notify_waiters();
    pair.uplink.find_channel(READER, "maya");
    pair.above.until(1).await;
    for seq in 1..=10 {
        virtual_time(Duration::from_millis(50)).await;
        let began = Instant::now();
        pair.links.deliver(&[frame(seq)], &pass());
        pair.below.until(seq as usize).await;
        assert!(began.elapsed() < Duration::from_millis(50), "frame {seq} waited for the beat");
    }
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_takes_nothing_holds_a_room_for_a_few_ticks_and_no_longer() {
    let (pair, _open) = half_dead_pair(false);
    is_read(&pair.links).await;
    pair.cut.notify_waiters();
    virtual_time(Duration::from_millis(10)).await;
    let began = Instant::now();
    // Far more than its connection holds.
    for seq in 1..=500 {
        let done = Arc::new(Notify::new());
        pair.links.deliver(&[frame(seq)], &Pass::new(Arc::clone(&done)));
        done.notified().await;
    }
    assert!(began.elapsed() < Duration::from_secs(1), "the room waited for {:?}", began.elapsed());
    pair.scope.close(Duration::from_secs(1)).await;
}
