//! Emotes and their pictures.

use async_trait::async_trait;

use super::StoreError;
use crate::class::Class;
use crate::ids::EmoteId;
use crate::messages::{Emote, EmoteOwner, EmotePictures};

/// Why an emote was not added.
#[derive(Debug, thiserror::Error)]
pub enum EmoteError {
    /// The owner has one with this code.
    #[error("there is an emote with this code already")]
    CodeTaken,
    /// The owner has as many as it may.
    #[error("this channel has as many emotes as it may; remove one first")]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EmoteError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::CodeTaken | Self::TooMany => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// Emotes. Torn apart, a code would be offered that has no picture.
#[async_trait]
pub trait Emotes: Send + Sync {
    /// Keeps an emote with its pictures, both or neither; refuses the one beyond `most` of its owner.
    async fn add(&self, emote: Emote, pictures: EmotePictures, most: usize) -> Result<(), EmoteError>;
    /// The owner's emotes, by code.
    async fn list(&self, owner: EmoteOwner) -> Result<Vec<Emote>, StoreError>;
    /// Media type and bytes of one picture; `size` is 0, 1 or 2 for 28, 56 and 112 pixels.
    async fn picture(&self, id: EmoteId, size: u8) -> Result<Option<(String, Vec<u8>)>, StoreError>;
    /// Forgets an emote of this owner; says whether there was one.
    async fn remove(&self, owner: EmoteOwner, id: EmoteId) -> Result<bool, StoreError>;
}
