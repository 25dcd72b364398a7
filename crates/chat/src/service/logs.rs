//! The logs of messages, for those who moderate the channel.

use std::sync::Arc;

use domain::ids::MessageId;
use domain::messages::LoggedMessage;
use domain::names::Name;
use domain::ports::{ChatLog, LogRange};
use domain::rooms::Person;
use domain::time::WallTime;
use domain::users::{Channel, User};

use super::{AskError, Chat};
use crate::announce::Note;

/// Reads and erases logs. Clones are handles to the same.
#[derive(Clone)]
pub struct Logs {
    chat: Chat,
    log: Arc<dyn ChatLog>,
}

/// Which part of a log: of whom, since when, and before which message.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this user only.
    pub author: Option<Name>,
    /// Not before this time.
    pub since: Option<WallTime>,
    /// Before this message.
    pub before: Option<MessageId>,
}

impl Logs {
    pub(super) fn new(chat: Chat, log: Arc<dyn ChatLog>) -> Self {
        Self { chat, log }
    }

    /// At most `most` messages, newest first.
    ///
    /// # Errors
    /// When the asker does not moderate, or the store does not answer.
    pub async fn read(
        &self,
        channel: &Channel,
        user: &User,
        wanted: Wanted,
        most: u16,
    ) -> Result<Vec<LoggedMessage>, AskError> {
        self.chat.must_moderate(channel, user).await?;
        let Wanted { author, since, before } = wanted;
        let Some(author) = self.chat.book().asked_for(author.as_ref()).await? else { return Ok(Vec::new()) };
        Ok(self.log.read(channel.id, LogRange { author, since, before }, most).await?)
    }

    /// Erases all of a log, or what one user said; says how many messages went. The moderation log says who did it.
    ///
    /// # Errors
    /// As [`Logs::read`].
    pub async fn erase(&self, channel: &Channel, user: &User, author: Option<Name>) -> Result<u64, AskError> {
        self.chat.must_moderate(channel, user).await?;
        let Some(id) = self.chat.book().asked_for(author.as_ref()).await? else { return Ok(0) };
        let messages = self.log.erase(channel.id, id).await?;
        let target = id.zip(author).map(|(id, login)| Person { id, login });
        let by = Person { id: user.id, login: user.name.clone() };
        let detail = if messages == 1 { "1 message".to_owned() } else { format!("{messages} messages") };
        if !self.chat.room(channel).await.note(Note { by, action: "erase_log", target, detail }) {
            tracing::error!(channel = %channel.id, user = %user.id, messages, "erasing a chat log was not noted");
        }
        Ok(messages)
    }
}
