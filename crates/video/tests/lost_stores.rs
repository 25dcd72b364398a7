//! A live stream survives the loss of every store: viewers see no interruption, and its encoder may even come back to it.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use common::{Node, Source};
use domain::ids::{ChannelId, StreamId, StreamKeyId};
use domain::ports::{ClaimError, Jobs, KeyError, LeaseLost, Registry, StoreError, StreamKeys};
use domain::secrets::SecretHash;
use domain::streams::{Job, JobLease, Lease, StreamRecord};
use domain::time::WallTime;
use domain::users::{Channel, StreamKey};
use tokio::sync::watch;
use video::{Ports, VideoConfig};

/// A store that answers until it is gone.
struct Mortal<T: ?Sized> {
    store: Arc<T>,
    gone: Arc<AtomicBool>,
}

impl<T: ?Sized> Mortal<T> {
    fn new(store: Arc<T>, gone: &Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self { store, gone: Arc::clone(gone) })
    }
    fn alive(&self) -> Result<&T, StoreError> {
        if self.gone.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the disk is on fire".into()));
        }
        Ok(&self.store)
    }
}

#[async_trait]
impl StreamKeys for Mortal<dyn StreamKeys> {
    async fn add(&self, key: StreamKey, secret: SecretHash) -> Result<(), KeyError> {
        self.alive()?.add(key, secret).await
    }
    async fn list(&self, channel: ChannelId) -> Result<Vec<StreamKey>, StoreError> {
        self.alive()?.list(channel).await
    }
    async fn remove(&self, channel: ChannelId, key: StreamKeyId) -> Result<bool, StoreError> {
        self.alive()?.remove(channel, key).await
    }
    async fn find(&self, secret: SecretHash) -> Result<Option<(StreamKey, Channel)>, StoreError> {
        self.alive()?.find(secret).await
    }
    async fn touch(&self, key: StreamKeyId, now: WallTime) -> Result<(), StoreError> {
        self.alive()?.touch(key, now).await
    }
}

#[async_trait]
impl Registry for Mortal<dyn Registry> {
    async fn claim(&self, record: StreamRecord, take_over: bool, now: WallTime) -> Result<Lease, ClaimError> {
        self.alive()?.claim(record, take_over, now).await
    }
    async fn renew(
        &self,
        lease: &Lease,
        record: Option<StreamRecord>,
        now: WallTime,
    ) -> Result<Lease, LeaseLost> {
        self.alive()?.renew(lease, record, now).await
    }
    async fn release(&self, lease: &Lease) -> Result<(), LeaseLost> {
        self.alive()?.release(lease).await
    }
    async fn on_channel(
        &self,
        channel: ChannelId,
        now: WallTime,
    ) -> Result<Option<StreamRecord>, StoreError> {
        self.alive()?.on_channel(channel, now).await
    }
    async fn live(&self, now: WallTime) -> Result<Vec<StreamRecord>, StoreError> {
        self.alive()?.live(now).await
    }
    fn changes(&self) -> watch::Receiver<u64> {
        self.store.changes()
    }
}

#[async_trait]
impl Jobs for Mortal<dyn Jobs> {
    async fn offer(&self, job: Job) -> Result<(), StoreError> {
        self.alive()?.offer(job).await
    }
    async fn lease(&self, now: WallTime) -> Result<Option<JobLease>, StoreError> {
        self.alive()?.lease(now).await
    }
    async fn waiting(&self, now: WallTime) -> Result<Option<Job>, StoreError> {
        self.alive()?.waiting(now).await
    }
    async fn renew(&self, lease: &JobLease, now: WallTime) -> Result<JobLease, LeaseLost> {
        self.alive()?.renew(lease, now).await
    }
    async fn give_back(&self, lease: &JobLease) -> Result<(), LeaseLost> {
        self.alive()?.give_back(lease).await
    }
    async fn withdraw(&self, stream: StreamId) -> Result<(), StoreError> {
        self.alive()?.withdraw(stream).await
    }
    fn changes(&self) -> watch::Receiver<u64> {
        self.store.changes()
    }
}

/// A node whose stores are gone once the flag is set.
async fn node() -> (Node, Arc<AtomicBool>) {
    let gone = Arc::new(AtomicBool::new(false));
    let node = Node::start_over(VideoConfig::default(), |Ports { keys, registry, jobs }| Ports {
        keys: Mortal::new(keys, &gone),
        registry: Mortal::new(registry, &gone),
        jobs: Mortal::new(jobs, &gone),
    })
    .await;
    (node, gone)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_stream_survives_the_loss_of_every_store() {
    let (node, gone) = node().await;
    let publisher = node.publish(Source::default());
    node.multivariant().await;
    node.complete("160p", 2).await;
    gone.store(true, Ordering::Relaxed);
    // Longer than a lease (10 s) and than three of its renewals.
    for rendition in ["source", "160p", "audio"] {
        let playlist = node.complete(rendition, 15).await;
        // Every rendition begins with a gap.
        let (_, playlist) = playlist.split_once("\n0.m4s\n").expect("the window holds all of it");
        for trouble in ["#EXT-X-GAP", "#EXT-X-DISCONTINUITY", "#EXT-X-ENDLIST"] {
            assert!(!playlist.contains(trouble), "{rendition}: {playlist}");
        }
    }
    // A cable is pulled while nobody can say whose key it is: the stream that it opened knows.
    let stream = node.stream();
    publisher.kill().await;
    let again = node.publish(Source::default());
    node.playlist_with("source", "#EXT-X-DISCONTINUITY\n").await;
    assert_eq!(node.stream(), stream, "it is the same stream");
    // Who never was on air stays out, with a reason.
    let stranger = node.publish(Source { key: "live_other", ..Source::default() }).output().await;
    assert!(stranger.contains("can't check stream keys"), "{stranger}");
    again.stop().await;
    node.stop().await;
}
