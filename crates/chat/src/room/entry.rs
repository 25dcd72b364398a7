//! The way into rooms: puts a channel's room to use when somebody enters it.

use std::sync::Arc;

use domain::ids::{ChannelId, UserId};
use domain::ports::StoreError;
use domain::rooms::{Look, Person};
use runtime::Scope;
use tokio::sync::mpsc;

use super::config::RoomConfig;
use super::effects::LogWrite;
use super::handle::{Live, Order, RoomHandle, Shared};
use super::log::LogQueue;
use super::ports::RoomPorts;
use super::state::Place;
use super::task::Owner;

/// All rooms of this process that are in use. Clones are handles to the same.
#[derive(Clone)]
pub struct Rooms(Arc<Inner>);

struct Inner {
    ports: Arc<RoomPorts>,
    config: Arc<RoomConfig>,
    scope: Scope,
    log: LogQueue,
    live: Arc<Live>,
}

impl Rooms {
    /// Begins to offer rooms; none is in use yet.
    pub fn start(ports: RoomPorts, config: RoomConfig, scope: &Scope) -> Self {
        let log = LogQueue::new(config.log_queue);
        let writer = log.clone();
        let store = Arc::clone(&ports.log);
        scope.spawn_until_stop("chat log", move |stop| writer.write(store, stop));
        Self(Arc::new(Inner {
            ports: Arc::new(ports),
            config: Arc::new(config),
            scope: scope.clone(),
            log,
            live: Arc::default(),
        }))
    }

    /// The channel's room, put to use if it is not. It begins to load; see [`RoomHandle::loaded`].
    pub fn enter(&self, place: Place) -> Arc<RoomHandle> {
        let mut live = self.0.live.lock();
        if let Some(handle) = live.get(&place.id).filter(|handle| !handle.is_over()) {
            return Arc::clone(handle);
        }
        let handle = self.open(place.clone());
        live.insert(place.id, Arc::clone(&handle));
        handle
    }

    /// The channel's room, if it is in use.
    pub fn find(&self, channel: ChannelId) -> Option<Arc<RoomHandle>> {
        self.0.live.lock().get(&channel).cloned()
    }

    /// How many rooms are in use.
    pub fn len(&self) -> usize {
        self.0.live.lock().len()
    }

    /// Whether no room is in use.
    pub fn is_empty(&self) -> bool {
        self.0.live.lock().is_empty()
    }

    /// Forgets somebody whose account is gone: in every room, in the store and in the log. What the log has is erased a
    /// moment later, after what is on its way there.
    pub async fn forget(&self, who: Person) -> Result<(), StoreError> {
        let rooms: Vec<_> = self.0.live.lock().values().cloned().collect();
        for room in rooms {
            // A room that has ended has nothing to forget.
            let _ = room.orders.send(Order::Forget(who.clone())).await;
        }
        self.0.log.put(std::iter::once(LogWrite::Forget(who.id)));
        self.0.ports.rooms.forget(who.id).await
    }

    /// Somebody follows a channel since now, or no longer: its room asks what they are to it before it judges their next message.
    pub async fn unlearn(&self, user: UserId, channel: ChannelId) {
        if let Some(room) = self.find(channel) {
            // A room that has ended knows nothing of anybody.
            let _ = room.orders.send(Order::Unlearn(user)).await;
        }
    }

    /// Gives somebody a name colour: kept, and shown by every room from the next message on. A room that is too busy to listen
    /// shows it once they connect anew.
    pub async fn recolour(&self, user: UserId, colour: u32) -> Result<(), StoreError> {
        self.0.ports.rooms.set_look(user, Look { colour: Some(colour) }).await?;
        for room in self.0.live.lock().values() {
            let _ = room.orders.try_send(Order::Recolour(user, colour));
        }
        Ok(())
    }

    fn open(&self, place: Place) -> Arc<RoomHandle> {
        let config = &self.0.config;
        let (messages, said) = mpsc::channel(config.queue);
        let (orders, ordered) = mpsc::channel(config.command_queue);
        let shared = Arc::new(Shared::new(place.clone(), config.history_lines));
        let owner = Owner::new(
            place.clone(),
            Arc::clone(&self.0.ports),
            Arc::clone(config),
            Arc::clone(&shared),
            self.0.log.clone(),
            Arc::clone(&self.0.live),
        );
        self.0.scope.spawn_until_stop("room", move |stop| owner.run(said, ordered, stop));
        Arc::new(RoomHandle {
            place,
            clock: Arc::clone(&self.0.ports.clock),
            shared,
            moves_max: config.chatters_max.max(1),
            messages,
            orders,
        })
    }
}
