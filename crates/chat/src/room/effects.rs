//! What a room wants done: the only way in which its decisions reach anything outside.

use domain::ids::{ChannelId, UserId};
use domain::messages::LoggedMessage;
use domain::ports::Deleted;
use domain::rooms::{ModEntry, RoomChange};

use crate::event::Event;

/// Effects of one or several asks, in order.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be published, numbered.
    pub events: Vec<Event>,
    /// To be kept.
    pub keep: Vec<Keep>,
    /// To be logged.
    pub log: Vec<LogWrite>,
    /// Whose role, ban or warning is another than before: what newcomers are told of themselves.
    pub touched: Vec<UserId>,
}

impl Effects {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.keep.is_empty() && self.log.is_empty() && self.touched.is_empty()
    }
}

/// Something for the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// A change, with what the moderation log says of it.
    Change(Box<RoomChange>, Option<Box<ModEntry>>),
    /// An entry of the moderation log alone.
    Note(Box<ModEntry>),
}

/// Something for the log of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogWrite {
    /// A message was said.
    Said(Box<LoggedMessage>),
    /// Messages were deleted.
    Deleted(ChannelId, Deleted),
    /// Somebody is to be forgotten everywhere.
    Forget(UserId),
}
