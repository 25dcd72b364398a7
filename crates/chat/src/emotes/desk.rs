//! Who may add which emote, where pictures come from, and what each room offers.
//!
//! Uploads are decoded on blocking threads, [`INTAKES_AT_ONCE_MAX`](super::INTAKES_AT_ONCE_MAX) at a time at most. A room holds a `watch` of the
//! codes that it offers, which changes with every emote that is added or removed in this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use domain::class::Class;
use domain::ids::{ChannelId, EmoteId, IdMint};
use domain::messages::{Emote, EmoteOwner};
use domain::ports::{EmoteError, Emotes, StoreError};
use domain::time::WallTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::bounds::IntakeError;
use super::intake::{self, Taken};
use super::picture;
use super::{
    CHANNEL_EMOTES_MAX, CODE_LEN, GLOBAL, INTAKES_AT_ONCE_MAX, INTAKES_OF_A_CHANNEL, INTAKES_WAITING, global,
};
use crate::command::Offered;

/// Why an emote was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The code can't be one.
    #[error("a code is {} to {} of a–z, A–Z and 0–9", CODE_LEN.start(), CODE_LEN.end())]
    Code,
    /// The channel or the site has an emote with this code.
    #[error("there is an emote with this code already")]
    CodeTaken,
    /// The channel has as many as it may.
    #[error("this channel has as many emotes as it may; remove one first")]
    TooMany,
    /// The picture is not taken.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// As many pictures as may are being looked at.
    #[error("too many pictures are being looked at just now")]
    Busy,
    /// Looking at it ended in a way that it should not.
    #[error("the picture could not be looked at: {0}")]
    Lost(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AddError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Code | Self::CodeTaken | Self::TooMany => Class::Caller,
            Self::Intake(e) => e.class(),
            Self::Busy => Class::Busy,
            Self::Lost(_) => Class::Fault,
            Self::Store(e) => e.class(),
        }
    }
}

impl From<EmoteError> for AddError {
    fn from(e: EmoteError) -> Self {
        match e {
            EmoteError::CodeTaken => Self::CodeTaken,
            EmoteError::TooMany => Self::TooMany,
            EmoteError::Store(e) => Self::Store(e),
        }
    }
}

/// A picture as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// What the site offers in every room.
static SITE: LazyLock<Arc<[Offered]>> = LazyLock::new(|| site().collect());

fn site() -> impl Iterator<Item = Offered> {
    GLOBAL.iter().map(|global| Offered { id: global.id, code: global.code.into() })
}

/// Emotes of the site and of channels. One per process; share it in an `Arc`.
pub struct EmoteDesk {
    emotes: Arc<dyn Emotes>,
    ffmpeg: PathBuf,
    ids: IdMint,
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
    /// How many of those admitted are of which channel.
    of_channels: Arc<Mutex<HashMap<ChannelId, usize>>>,
    /// Held while a channel is read and told, so that an older reading never replaces a newer one.
    telling: tokio::sync::Mutex<()>,
    rooms: Mutex<HashMap<ChannelId, watch::Sender<Arc<[Offered]>>>>,
}

impl EmoteDesk {
    /// A desk over this store; `ffmpeg` decodes AVIF.
    pub fn new(emotes: Arc<dyn Emotes>, ffmpeg: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = (cores / 2).clamp(1, INTAKES_AT_ONCE_MAX);
        Self {
            emotes,
            ffmpeg,
            ids: IdMint::default(),
            admitted: Arc::new(Semaphore::new(at_once + INTAKES_WAITING)),
            working: Arc::new(Semaphore::new(at_once)),
            of_channels: Arc::default(),
            telling: tokio::sync::Mutex::default(),
            rooms: Mutex::default(),
        }
    }

    /// The channel's emotes, by code.
    pub async fn of_channel(&self, channel: ChannelId) -> Result<Vec<Emote>, StoreError> {
        self.emotes.list(EmoteOwner::Channel(channel)).await
    }

    /// Takes a picture as the channel's emote `code`. Whoever calls has made sure that it is the channel's owner who asks.
    pub async fn add(
        &self,
        channel: ChannelId,
        code: &str,
        upload: Bytes,
        now: WallTime,
    ) -> Result<Emote, AddError> {
        if !CODE_LEN.contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(AddError::Code);
        }
        if GLOBAL.iter().any(|global| global.code == code) {
            return Err(AddError::CodeTaken);
        }
        let owner = EmoteOwner::Channel(channel);
        // Asked again when it is kept; here it saves the work.
        let there = self.emotes.list(owner).await?;
        if there.iter().any(|emote| emote.code == code) {
            return Err(AddError::CodeTaken);
        }
        if there.len() >= CHANNEL_EMOTES_MAX {
            return Err(AddError::TooMany);
        }
        let Taken { animated, pictures } = self.look_at(channel, upload).await?;
        // An emote lives on its channel's shard, and its id says so.
        let id = EmoteId(self.ids.next(now, channel.shard()));
        let emote = Emote { id, owner, code: code.to_owned(), animated, added_at: now };
        self.emotes.add(emote.clone(), pictures, CHANNEL_EMOTES_MAX).await?;
        metrics::counter!("footlight_emotes_added_total").increment(1);
        self.tell(channel).await?;
        Ok(emote)
    }

    /// Removes an emote of this channel; `false` if it has no such emote. Messages that name it show their code from then on.
    pub async fn remove(&self, channel: ChannelId, id: EmoteId) -> Result<bool, StoreError> {
        let removed = self.emotes.remove(EmoteOwner::Channel(channel), id).await?;
        self.tell(channel).await?;
        Ok(removed)
    }

    /// One picture: `size` is 0, 1 or 2 for 28, 56 and 112 pixels. A `still` one does not move.
    pub async fn picture(&self, id: EmoteId, size: u8, still: bool) -> Result<Option<Picture>, StoreError> {
        let found = match global::by_id(id) {
            Some(global) => global
                .pictures
                .get(usize::from(size))
                .map(|png| (picture::MEDIA_TYPE.to_owned(), Bytes::from_static(png))),
            None => {
                let kept = self.emotes.picture(id, size).await?;
                kept.map(|(media_type, bytes)| (media_type, Bytes::from(bytes)))
            }
        };
        Ok(found.map(|(media_type, bytes)| {
            let bytes = if still { picture::still(&bytes).into() } else { bytes };
            Picture { media_type, bytes }
        }))
    }

    /// The codes that a room offers: the site's at once, the channel's own as soon as somebody [`tell`](Self::tell)s. The receiver
    /// hears of every change in this process.
    pub fn watch(&self, channel: ChannelId) -> watch::Receiver<Arc<[Offered]>> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.retain(|_, room| room.receiver_count() > 0);
        rooms.entry(channel).or_insert_with(|| watch::Sender::new(Arc::clone(&SITE))).subscribe()
    }

    /// Reads a channel's emotes for rooms that show them. To be called for a new room, and when somebody else changed them.
    pub async fn tell(&self, channel: ChannelId) -> Result<(), StoreError> {
        let _alone = self.telling.lock().await;
        let watched = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&channel);
        if !watched {
            return Ok(());
        }
        let fresh = self.read(channel).await?;
        if let Some(room) = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).get(&channel) {
            room.send_if_modified(|shown| {
                let changed = *shown != fresh;
                *shown = fresh;
                changed
            });
        }
        Ok(())
    }

    async fn read(&self, channel: ChannelId) -> Result<Arc<[Offered]>, StoreError> {
        let own = self.of_channel(channel).await?;
        if own.is_empty() {
            return Ok(Arc::clone(&SITE));
        }
        let own = own.into_iter().map(|emote| Offered { id: emote.id, code: emote.code.into() });
        Ok(site().chain(own).collect())
    }

    /// Looks at an upload on a blocking thread, within the bounds. The permits go with the work: a caller who leaves frees nothing
    /// before the thread is done.
    async fn look_at(&self, channel: ChannelId, upload: Bytes) -> Result<Taken, AddError> {
        let turn = Turn::of(channel, &self.of_channels).ok_or(AddError::Busy)?;
        let admitted: OwnedSemaphorePermit =
            self.admitted.clone().try_acquire_owned().map_err(|_| AddError::Busy)?;
        let working = self.working.clone().acquire_owned().await.map_err(|_| AddError::Busy)?;
        let ffmpeg = self.ffmpeg.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let taken = intake::take(&upload, &ffmpeg);
            drop((working, admitted, turn));
            taken
        });
        Ok(looked.await.map_err(|e| AddError::Lost(e.to_string()))??)
    }
}

/// One of a channel's uploads that are under way; counts until dropped.
struct Turn {
    channel: ChannelId,
    counts: Arc<Mutex<HashMap<ChannelId, usize>>>,
}

impl Turn {
    fn of(channel: ChannelId, counts: &Arc<Mutex<HashMap<ChannelId, usize>>>) -> Option<Self> {
        let mut held = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&channel).is_some_and(|count| *count >= INTAKES_OF_A_CHANNEL) {
            return None;
        }
        *held.entry(channel).or_default() += 1;
        Some(Self { channel, counts: Arc::clone(counts) })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut held = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = held.entry(self.channel) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests;
