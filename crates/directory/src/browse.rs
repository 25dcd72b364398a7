//! What is on: live streams with what their channels say of themselves and how many watch.
//!
//! The joined list is made at most once a second, or when a stream or a channel changes, and shared by all who ask: a
//! front page costs no store. Viewer counts on it are up to [`LIST_CACHED_FOR`] old. Pages go on in the order of the page
//! before.

mod orders;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use domain::class::Class;
use domain::ids::{ChannelId, StreamId, UserId};
use domain::names::Name;
use domain::ports::{Follows, Registry, StoreError};
use domain::streams::{StreamRecord, StreamState};
use domain::time::WallTime;
use domain::users::Channel;
use tokio::sync::{Mutex, watch};

use crate::channels::ChannelDesk;
use crate::limits::{LIST_CACHED_FOR, PAGE_DEFAULT, PAGE_MAX};
use crate::viewers::Viewers;
use orders::{Marker, Order, Orders, Place};

/// Which live streams to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowseQuery {
    /// Most streams on the page; 20 if not said, 100 at most.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Only of this category, without regard to case. Here and below an empty text is no filter.
    pub category: Option<String>,
    /// Only with this tag, without regard to case.
    pub tag: Option<String>,
    /// Only in this language; `en` finds `en-GB` too (RFC 4647 §3.3.1).
    pub language: Option<String>,
    /// Only what this user follows.
    pub followed_by: Option<UserId>,
}

/// A live stream, with all that is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveStream {
    /// The registry's record.
    pub record: StreamRecord,
    /// Its channel.
    pub channel: Channel,
    /// How many watch.
    pub viewers: u64,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Most viewers first when the first page was asked for, then oldest first. Only those that can be watched: none is `Starting`.
    pub streams: Vec<LiveStream>,
    /// What to ask for next as `after`; `None` on the last page.
    pub next: Option<String>,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// `after` is not what a page said as `next`.
    #[error("that page marker is not valid")]
    BadCursor,
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BrowseError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::BadCursor => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// The list of live streams. One per process; share it in an `Arc`.
pub struct Browse {
    registry: Arc<dyn Registry>,
    channels: Arc<ChannelDesk>,
    follows: Arc<dyn Follows>,
    viewers: Arc<Viewers>,
    changes: watch::Receiver<u64>,
    edits: watch::Receiver<u64>,
    /// Held while the list is made, so that it is made once however many ask.
    list: Mutex<Option<Made>>,
    /// Held for a few lines.
    orders: std::sync::Mutex<Orders>,
}

/// The newest list, and of what it was made.
struct Made {
    list: Arc<List>,
    edition: (u64, u64),
    made_at: Instant,
}

/// The joined list, sorted.
struct List {
    streams: HashMap<StreamId, LiveStream>,
    order: Order,
}

impl Browse {
    /// Joins these.
    pub fn new(
        registry: Arc<dyn Registry>,
        channels: Arc<ChannelDesk>,
        follows: Arc<dyn Follows>,
        viewers: Arc<Viewers>,
    ) -> Self {
        let (changes, edits) = (registry.changes(), channels.edits());
        Self {
            registry,
            channels,
            follows,
            viewers,
            changes,
            edits,
            list: Mutex::new(None),
            orders: std::sync::Mutex::default(),
        }
    }

    /// A page of the live streams. `wall` and `now` are the same moment on the two clocks.
    pub async fn live(&self, query: &BrowseQuery, wall: WallTime, now: Instant) -> Result<Page, BrowseError> {
        let after = query.after.as_deref().map(Marker::parse).transpose()?;
        let list = self.joined(wall, now).await?;
        let followed = match query.followed_by {
            Some(user) => Some(self.follows.all_followed(user).await?.into_iter().collect()),
            None => None,
        };
        let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
        let order = {
            let orders = self.orders();
            after.and_then(|after| orders.find(after.order, now)).unwrap_or(&list.order).clone()
        };
        let page = list.page(&order, query, followed.as_ref(), after.map(|after| after.place), limit);
        if page.next.is_some() {
            self.orders().keep(&order, now);
        }
        Ok(page)
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream on this channel, whatever its state, fresh from the registry; `None` if it is not live.
    pub async fn on_channel(
        &self,
        name: &Name,
        wall: WallTime,
        now: Instant,
    ) -> Result<Option<LiveStream>, StoreError> {
        let Some(channel) = self.channels.by_name(name).await? else { return Ok(None) };
        self.of_channel(channel, wall, now).await
    }

    /// As [`on_channel`](Self::on_channel), for who has the channel already.
    pub async fn of_channel(
        &self,
        channel: Channel,
        wall: WallTime,
        now: Instant,
    ) -> Result<Option<LiveStream>, StoreError> {
        let Some(record) = self.registry.on_channel(channel.id, wall).await? else { return Ok(None) };
        let viewers = self.viewers.count(record.id, now);
        Ok(Some(LiveStream { record, channel, viewers }))
    }

    /// A number that rises with every change of a live stream. Titles and the like: [`ChannelDesk::edits`].
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.registry.changes()
    }

    /// The list, made anew if something changed or it is old.
    async fn joined(&self, wall: WallTime, now: Instant) -> Result<Arc<List>, StoreError> {
        let mut newest = self.list.lock().await;
        // Read before the stores are, so that a change in between makes the list once more.
        let edition = (*self.changes.borrow(), *self.edits.borrow());
        if let Some(made) = &*newest
            && made.edition == edition
            && now.saturating_duration_since(made.made_at) < LIST_CACHED_FOR
        {
            return Ok(Arc::clone(&made.list));
        }
        let before = newest.as_ref().map_or(0, |made| made.list.order.number);
        // Numbers rise over a restart too, so that nobody goes on in an order that only has the same number.
        let number = (before + 1).max(u64::try_from(wall.unix_ms()).unwrap_or(0));
        let list = Arc::new(List::new(number, self.join(wall, now).await?));
        *newest = Some(Made { list: Arc::clone(&list), edition, made_at: now });
        Ok(list)
    }

    async fn join(&self, wall: WallTime, now: Instant) -> Result<Vec<LiveStream>, StoreError> {
        let mut records = self.registry.live(wall).await?;
        records.retain(|record| record.state != StreamState::Starting);
        let ids: Vec<ChannelId> = records.iter().map(|record| record.channel).collect();
        let channels = self.channels.store().by_ids(&ids).await?;
        let mut channels: HashMap<ChannelId, Channel> = channels.into_iter().map(|c| (c.id, c)).collect();
        // A stream whose channel is gone is not listed; its lease ends by itself.
        let joined = records.into_iter().filter_map(|record| {
            let channel = channels.remove(&record.channel)?;
            let viewers = self.viewers.count(record.id, now);
            Some(LiveStream { record, channel, viewers })
        });
        Ok(joined.collect())
    }
}

impl List {
    fn new(number: u64, streams: Vec<LiveStream>) -> Self {
        let mut places: Vec<Place> = streams.iter().map(Place::of).collect();
        places.sort_unstable();
        let streams = streams.into_iter().map(|stream| (stream.record.id, stream)).collect();
        Self { streams, order: Order { number, places: places.into() } }
    }

    /// The first `limit` streams behind `after` in `order` that are still live and that the query asks for.
    fn page(
        &self,
        order: &Order,
        query: &BrowseQuery,
        followed: Option<&HashSet<ChannelId>>,
        after: Option<Place>,
        limit: usize,
    ) -> Page {
        let begin = after.map_or(0, |after| order.places.partition_point(|place| *place <= after));
        let mut found = order.places[begin..].iter().filter_map(|place| {
            let stream = self.streams.get(&place.id)?;
            let is_followed = followed.is_none_or(|followed| followed.contains(&stream.channel.id));
            (is_followed && asked_for(stream, query)).then_some((*place, stream))
        });
        let page: Vec<(Place, &LiveStream)> = found.by_ref().take(limit).collect();
        let last = page.last().map(|(place, _)| Marker { order: order.number, place: *place });
        let next = last.filter(|_| found.next().is_some()).map(Marker::print);
        Page { streams: page.into_iter().map(|(_, stream)| stream.clone()).collect(), next }
    }
}

fn asked_for(stream: &LiveStream, query: &BrowseQuery) -> bool {
    let LiveStream { channel, .. } = stream;
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    wanted(&query.category).is_none_or(|category| same(&channel.category, category))
        && wanted(&query.tag).is_none_or(|tag| channel.tags.iter().any(|own| same(own, tag)))
        && wanted(&query.language).is_none_or(|range| speaks(&channel.language, range))
}

/// An empty filter is none: that is what an untouched form field sends.
fn wanted(filter: &Option<String>) -> Option<&str> {
    filter.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Basic filtering of RFC 4647 §3.3.1: the range is the tag, or the tag's first subtags.
fn speaks(tag: &str, range: &str) -> bool {
    tag.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range))
        && matches!(tag.as_bytes().get(range.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests;
