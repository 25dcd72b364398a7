//! Connections that are half dead: up for one end, and taking nothing.

use tokio::io::copy_bidirectional;
use tokio::time::Instant;

use super::*;

/// As [`pair`], but a cut is noticed by the lower end alone: what the upper one has stays open, and nobody reads it.
fn half_dead_pair(room: usize) -> (Pair, Arc<Mutex<Vec<DuplexStream>>>) {
    let (above, below) = (Notes::default(), Notes::default());
    let secret = || Secret::new(SECRET).expect("long enough");
    let links = Links::new(secret(), LinksConfig::default(), Arc::new(above.clone()));
    let uplink = Uplink::new(secret(), 3, None, EndConfig::default());
    let (cut, scope, open) = (Arc::new(Notify::new()), Scope::root(), Arc::new(Mutex::new(Vec::new())));
    let anew = below.clone();
    let under = Below {
        frames: Arc::new(below.clone()),
        replies: Arc::new(below.clone()),
        anew: Box::new(move || anew.note("anew".into())),
    };
    let (serving, cutting, inner, kept) =
        (Arc::clone(&links), Arc::clone(&cut), scope.clone(), Arc::clone(&open));
    let connect = move |_| {
        let (here, mut near) = tokio::io::duplex(room);
        let (mut far, there) = tokio::io::duplex(room);
        let (links, cut, kept) = (Arc::clone(&serving), Arc::clone(&cutting), Arc::clone(&kept));
        inner.spawn("serve", async move { drop(links.serve(there, &UNBOUND).await) });
        inner.spawn("wire", async move {
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                () = cut.notified() => kept.lock().unwrap_or_else(PoisonError::into_inner).push(far),
            }
        });
        async move { Ok((here, UNBOUND)) }
    };
    scope.spawn("uplink", Arc::clone(&uplink).run("root".into(), under, connect));
    (Pair { links, uplink, above, below, cut, scope }, open)
}

#[tokio::test(start_paused = true)]
async fn a_half_dead_connection_takes_nothing_from_the_one_that_came_after() {
    let (pair, _open) = half_dead_pair(4096);
    read_below(&pair).await;
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
