//! What people ask about their own person: whispers, whom they block, their name colour. No room decides it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ids::{ChannelId, IdMint, MessageId, UserId};
use domain::names::Name;
use domain::ports::{Follows, StoreError};
use domain::rooms::Person;
use domain::time::WallTime;
use tokio::sync::watch;

use super::AskError;
use super::accounts::Book;
use super::below::Everybody;
use crate::command::{Account, List, Offered, Outcome, Own};
use crate::event::{Addressee, Author, Badges, Whisper};
use crate::room::{People as _, RoomPorts, Rooms};
use crate::rules::emotes::Codes;
use crate::rules::whispers::{self, Whispers};
use crate::rules::{refusals, text};

/// Most accounts that somebody blocks.
const BLOCKS_MAX: usize = 1_000;
/// The channel of no user: its emotes are the site's alone.
const NOWHERE: ChannelId = ChannelId(0);

/// Does it.
pub(super) struct Desk {
    book: Book,
    rooms: Rooms,
    store: Arc<dyn domain::ports::Rooms>,
    follows: Arc<dyn Follows>,
    everybody: Arc<Everybody>,
    offered: watch::Receiver<Arc<[Offered]>>,
    mint: Arc<IdMint>,
    clock: Arc<dyn Fn() -> WallTime + Send + Sync>,
    whispers: Mutex<Whispers>,
}

impl Desk {
    pub(super) fn new(
        ports: &RoomPorts,
        follows: Arc<dyn Follows>,
        book: Book,
        rooms: Rooms,
        everybody: Arc<Everybody>,
    ) -> Self {
        Self {
            follows,
            book,
            rooms,
            store: Arc::clone(&ports.rooms),
            everybody,
            offered: ports.codebook.of(NOWHERE),
            mint: Arc::clone(&ports.mint),
            clock: Arc::clone(&ports.clock),
            whispers: Mutex::default(),
        }
    }

    /// Does what somebody asks about their own person, or refuses it.
    pub(super) async fn ask(&self, who: &Account, own: Own) -> Result<Outcome, AskError> {
        let now = (self.clock)();
        // Everything here costs a store something, so everything counts.
        let counted = self.whispers().count(now, who.id);
        counted.map_err(|refusal| match (&own, refusal.retry_after_ms) {
            (Own::Whisper { .. }, _) | (_, None) => refusal,
            (_, Some(ms)) => refusals::too_fast(Duration::from_millis(ms.into())),
        })?;
        match own {
            Own::Whisper { login, text } => self.whisper(now, who, &login, &text).await,
            Own::Block(login) => self.block(who, &login).await,
            Own::Unblock(login) => self.unblock(who, &login).await,
            Own::Blocks => {
                let list = Some(List::People(self.store.blocked_by(who.id).await?));
                Ok(Outcome { list, ..Outcome::default() })
            }
            Own::Colour(colour) => {
                let colour = colour & 0x00ff_ffff;
                self.rooms.recolour(who.id, colour).await?;
                self.everybody.recolour(who.id, colour);
                Ok(told("color_changed", "Your color has been changed.".to_owned()))
            }
        }
    }

    /// Forgets somebody whose account is gone.
    pub(super) fn forget(&self, user: UserId) {
        self.whispers().forget(user);
    }

    async fn whisper(
        &self,
        now: WallTime,
        from: &Account,
        login: &Name,
        text: &str,
    ) -> Result<Outcome, AskError> {
        if *login == from.login {
            return Err(whispers::to_oneself().into());
        }
        let to = self.book.by_login(login).await?.ok_or_else(whispers::to_nobody)?;
        if self.blocks(from.id, to.id).await? {
            return Err(whispers::to_blocked().into());
        }
        if self.blocks(to.id, from.id).await? {
            return Err(whispers::not_wanted().into());
        }
        let most = self.whispers().reach(now, from.id, to.id)?;
        let text = text::clean_to(text, most).ok_or_else(refusals::empty)?;
        let emotes = Codes::new(&self.offered.borrow()).find(&text);
        let Account { id, ref display, admin, partner, bot, .. } = *from;
        // Who changed their colour since they connected has another one than their connection knows.
        let colour = self.store.look(id).await.ok().and_then(|look| look.colour).unwrap_or(from.colour);
        let author = Author {
            id,
            login: from.login.clone(),
            display: Arc::clone(display),
            colour,
            badges: Badges { staff: admin, partner, bot, ..Badges::default() },
        };
        self.everybody.whisper(&Arc::new(Whisper {
            id: MessageId(self.mint.next(now, 0)),
            from: Arc::new(author),
            to: Addressee { id: to.id, login: to.login, display: to.display },
            text: Arc::from(&*text),
            emotes,
            at: now,
        }));
        Ok(Outcome::default())
    }

    async fn blocks(&self, who: UserId, whom: UserId) -> Result<bool, StoreError> {
        Ok(self.store.blocked_by(who).await?.iter().any(|blocked| blocked.id == whom))
    }

    async fn block(&self, who: &Account, login: &Name) -> Result<Outcome, AskError> {
        if *login == who.login {
            return Err(refusals::refuse("bad_block_self", "You cannot block yourself.").into());
        }
        let whom = self.book.by_login(login).await?.ok_or_else(|| refusals::nobody(login))?;
        if self.store.blocked_by(who.id).await?.len() >= BLOCKS_MAX {
            let text = format!("You block {BLOCKS_MAX} accounts, and no more fit.");
            return Err(refusals::refuse("bad_block_full", text).into());
        }
        self.store.set_block(who.id, Person { id: whom.id, login: whom.login }, true).await?;
        let channel = ChannelId::from(who.id);
        self.follows.unfollow(whom.id, channel).await?;
        self.rooms.unlearn(whom.id, channel).await;
        Ok(told("block_success", format!("You now block {login}.")))
    }

    /// Also of an account that is gone: the list says who is meant.
    async fn unblock(&self, who: &Account, login: &Name) -> Result<Outcome, AskError> {
        let blocked = self.store.blocked_by(who.id).await?;
        let Some(whom) = blocked.into_iter().find(|blocked| blocked.login == *login) else {
            return Err(refusals::refuse("bad_unblock", format!("You do not block {login}.")).into());
        };
        self.store.set_block(who.id, whom, false).await?;
        Ok(told("unblock_success", format!("You no longer block {login}.")))
    }

    fn whispers(&self) -> MutexGuard<'_, Whispers> {
        self.whispers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(id: &str, text: String) -> Outcome {
    Outcome { told: vec![refusals::told(id, text)], ..Outcome::default() }
}
