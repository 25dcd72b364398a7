//! A handle to a room that is in use: cheap to hold and never in anybody's way. Also what goes through it, and the list of those
//! that are in use, from which a room takes itself when nobody holds it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::{ChannelId, UserId};
use domain::names::Name;
use domain::rooms::Person;
use domain::time::WallTime;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::shown::{RoomView, Shown};
use super::state::Place;
use crate::announce::{News, Note};
use crate::command::{Caller, Command, Outcome, Refusal};
use crate::rules::rank::{self, Rank};
use crate::rules::refusals;

/// Takes the answer to a command, on whichever thread it comes.
pub type Answer = Box<dyn FnOnce(Result<Outcome, Refusal>) + Send>;

/// An answer that is given once for certain: dropped unanswered, it says that the room is busy.
pub(super) struct Reply(Option<Answer>);

impl Reply {
    pub(super) fn new(answer: Answer) -> Self {
        Self(Some(answer))
    }
    pub(super) fn give(mut self, result: Result<Outcome, Refusal>) {
        if let Some(answer) = self.0.take() {
            answer(result);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(answer) = self.0.take() {
            answer(Err(refusals::busy()));
        }
    }
}

/// A command on its way.
pub(super) struct Ask {
    pub(super) caller: Caller,
    pub(super) command: Command,
    pub(super) reply: Reply,
}

/// What does not wait behind messages.
pub(super) enum Order {
    /// A moderator's command.
    Ask(Ask),
    /// News of another part of the platform, by its key.
    Tell(u64, Box<News>),
    /// An account is gone.
    Forget(Person),
    /// Somebody follows the channel since now, or no longer.
    Unlearn(UserId),
    /// Somebody has another name colour.
    Recolour(UserId, u32),
    /// A moderator did something elsewhere.
    Note(Box<Note>),
}

/// What a room's task and its handle both reach.
#[derive(Debug)]
pub(super) struct Shared {
    /// Written by the task after each batch, read by newcomers; held for a few lines.
    pub(super) shown: Mutex<Shown>,
    /// Connections that came or went since the task last looked, by user.
    pub(super) moves: Mutex<HashMap<UserId, (Name, i32)>>,
    pub(super) moved: Notify,
    pub(super) loaded: watch::Sender<bool>,
}

impl Shared {
    /// Of a room that is not loaded yet and shows newcomers the last `history` messages.
    pub(super) fn new(place: Place, history: usize) -> Self {
        Self {
            shown: Mutex::new(Shown::empty(place, history)),
            moves: Mutex::default(),
            moved: Notify::new(),
            loaded: watch::Sender::new(false),
        }
    }
    pub(super) fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) fn take_moves(&self) -> HashMap<UserId, (Name, i32)> {
        std::mem::take(&mut *self.moves.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A room that is in use.
pub struct RoomHandle {
    pub(super) place: Place,
    pub(super) clock: Arc<dyn Fn() -> WallTime + Send + Sync>,
    pub(super) shared: Arc<Shared>,
    pub(super) moves_max: usize,
    pub(super) messages: mpsc::Sender<Ask>,
    pub(super) orders: mpsc::Sender<Order>,
}

impl RoomHandle {
    /// Which room.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Asks the room; `answer` is called once, maybe before this returns. A full room answers `msg_ratelimit` at once: a queue of
    /// chat is only late chat. What only moderators may ask does not wait behind messages if a moderator asks it, so that no flood,
    /// of messages or of commands, keeps them out.
    pub fn ask(&self, caller: Caller, command: Command, answer: Answer) {
        let ahead =
            rank::may(Rank::Viewer, &command).is_err() && self.shared.shown().moderates(&caller.account);
        let ask = Ask { caller, command, reply: Reply::new(answer) };
        // What is not taken is dropped, and a dropped ask answers that the room is busy.
        let taken = if ahead {
            self.orders.try_send(Order::Ask(ask)).is_ok()
        } else {
            self.messages.try_send(ask).is_ok()
        };
        if !taken {
            metrics::counter!("footlight_chat_room_full_total").increment(1);
        }
    }

    /// Asks the room and waits for the answer.
    pub async fn request(&self, caller: Caller, command: Command) -> Result<Outcome, Refusal> {
        let (tell, told) = oneshot::channel();
        // Whoever asked may have left; what was asked is done all the same.
        self.ask(caller, command, Box::new(move |answer| drop(tell.send(answer))));
        told.await.unwrap_or_else(|_| Err(refusals::busy()))
    }

    /// A connection of somebody came to this room or left it. Does not wake the room for each.
    pub fn presence(&self, caller: &Caller, joined: bool) {
        let by = if joined { 1 } else { -1 };
        let account = &caller.account;
        let first = {
            let mut moves = self.shared.moves.lock().unwrap_or_else(PoisonError::into_inner);
            let first = moves.is_empty();
            if moves.len() >= self.moves_max && !moves.contains_key(&account.id) {
                return;
            }
            moves.entry(account.id).or_insert_with(|| (account.login.clone(), 0)).1 += by;
            first
        };
        if first {
            self.shared.moved.notify_one();
        }
    }

    /// What somebody sees who enters now. Cheap, and never waits for the room.
    pub fn view(&self, caller: Option<&Caller>) -> RoomView {
        self.shared.shown().view((self.clock)(), caller)
    }

    /// Resolves when the room knows what is kept of it, or has to go on without.
    pub async fn loaded(&self) {
        // The room's end ends the wait too.
        let _ = self.shared.loaded.subscribe().wait_for(|loaded| *loaded).await;
    }

    /// Whether [`loaded`](Self::loaded) would resolve at once.
    pub fn is_loaded(&self) -> bool {
        *self.shared.loaded.borrow()
    }

    /// Tells the room what another part of the platform says, once for each `key`. `false` if the room is too full to listen.
    pub fn tell(&self, key: u64, news: News) -> bool {
        self.orders.try_send(Order::Tell(key, Box::new(news))).is_ok()
    }

    /// Puts into the moderation log what a moderator did elsewhere. `false` if the room is too full to listen.
    pub fn note(&self, note: Note) -> bool {
        self.orders.try_send(Order::Note(Box::new(note))).is_ok()
    }

    pub(super) fn is_over(&self) -> bool {
        self.orders.is_closed()
    }
}

/// The rooms of this process that are in use.
#[derive(Default)]
pub(super) struct Live(Mutex<HashMap<ChannelId, Arc<RoomHandle>>>);

impl Live {
    /// The list, for a few lines.
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, Arc<RoomHandle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a room away that nobody holds; `still` is asked under the lock, under which nobody can take hold of it.
    pub(super) fn leave(&self, channel: ChannelId, still: impl FnOnce() -> bool) -> bool {
        let mut live = self.lock();
        let unheld = live.get(&channel).is_none_or(|handle| Arc::strong_count(handle) == 1);
        if !unheld || !still() {
            return false;
        }
        live.remove(&channel);
        true
    }
}
