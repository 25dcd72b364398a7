//! The recent messages of a room, in memory: what replies answer, what moderators delete, what newcomers are shown.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::ids::{MessageId, UserId};
use domain::names::Name;
use domain::time::WallTime;

use crate::event::{Author, Line, Parent};

/// A message and what became of it.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// The message.
    pub line: Arc<Line>,
    /// When the author's account was made.
    pub born: WallTime,
    /// Deleted; kept for moderators.
    pub gone: bool,
    /// Everybody has it, not only moderators and its author.
    pub public: bool,
}

/// The last messages, by rising number.
#[derive(Debug)]
pub struct Lines {
    ring: VecDeque<Remembered>,
    most: usize,
}

impl Lines {
    /// Keeps the last `most`.
    pub fn new(most: usize) -> Self {
        Self { ring: VecDeque::new(), most: most.max(1) }
    }

    /// Remembers a message. One that was held is older than those after it and takes its place among them.
    pub fn push(&mut self, new: Remembered) {
        if self.ring.len() == self.most {
            self.ring.pop_front();
        }
        match self.ring.back() {
            Some(last) if last.line.id > new.line.id => {
                let at = self.ring.partition_point(|r| r.line.id < new.line.id);
                self.ring.insert(at, new);
            }
            _ => self.ring.push_back(new),
        }
    }

    /// The message with this number, deleted or not.
    pub fn get(&self, id: MessageId) -> Option<&Remembered> {
        self.ring.get(self.place(id)?)
    }

    /// Everybody has this message now.
    pub fn publish(&mut self, id: MessageId) {
        if let Some(found) = self.place(id).and_then(|at| self.ring.get_mut(at)) {
            found.public = true;
        }
    }

    /// Marks one message as deleted and returns it, if it was not.
    pub fn delete(&mut self, id: MessageId) -> Option<Arc<Line>> {
        let at = self.place(id)?;
        let found = self.ring.get_mut(at).filter(|r| !r.gone)?;
        found.gone = true;
        Some(Arc::clone(&found.line))
    }

    /// Marks all messages of a user as deleted.
    pub fn delete_of(&mut self, user: UserId) {
        self.ring.iter_mut().filter(|r| r.line.author.id == user).for_each(|r| r.gone = true);
    }

    /// Marks everything as deleted.
    pub fn delete_all(&mut self) {
        self.ring.iter_mut().for_each(|r| r.gone = true);
    }

    /// Takes what is gone out of the replies to it.
    pub fn unquote(&mut self, is_gone: impl Fn(&Parent) -> bool) {
        self.ring.iter_mut().for_each(|r| Line::unquote_shared(&mut r.line, &is_gone));
    }

    /// Whether a user said something lately.
    pub fn has(&self, user: UserId) -> bool {
        self.ring.iter().any(|r| r.line.author.id == user)
    }

    /// Forgets a message for good.
    pub fn remove(&mut self, id: MessageId) {
        if let Some(at) = self.place(id) {
            self.ring.remove(at);
        }
    }

    /// Forgets a user's messages for good.
    pub fn forget(&mut self, user: UserId) {
        self.ring.retain(|r| r.line.author.id != user);
    }

    /// All messages, deleted ones too, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Remembered> {
        self.ring.iter()
    }

    /// Messages that are there, oldest first.
    pub fn alive(&self) -> impl DoubleEndedIterator<Item = &Remembered> {
        self.ring.iter().filter(|r| !r.gone)
    }

    /// The last `most` messages of a user, oldest first, deleted ones too, and which are deleted.
    pub fn of(&self, user: UserId, most: usize) -> (Vec<Line>, Vec<MessageId>) {
        let mut found: Vec<&Remembered> =
            self.ring.iter().rev().filter(|r| r.line.author.id == user).take(most).collect();
        found.reverse();
        let deleted = found.iter().filter(|r| r.gone).map(|r| r.line.id).collect();
        (found.iter().map(|r| Line::clone(&r.line)).collect(), deleted)
    }

    /// Who said something lately under this login, as they were then.
    pub fn author(&self, login: &Name) -> Option<&Arc<Author>> {
        self.ring.iter().rev().map(|r| &r.line.author).find(|a| a.login == *login)
    }

    fn place(&self, id: MessageId) -> Option<usize> {
        self.ring.binary_search_by_key(&id, |r| r.line.id).ok()
    }
}
