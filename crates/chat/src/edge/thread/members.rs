//! Who reads which room: going in, leaving, and what rooms say.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::ids::{ChannelId, UserId};

use super::{EdgeThread, UNREAD};
use crate::command::Account;
use crate::edge::connection::{End, Membership};
use crate::edge::ring::Place;
use crate::edge::sight::{self, Sight};
use crate::edge::upstream::Asker;
use crate::event::{Badges, Became};
use crate::tree::encode::RoomName;
use crate::tree::frame::Frame;
use crate::tree::language::Language;
use crate::tree::shell::Pass;
use crate::wire::irc::render::{self, UserState};
use crate::wire::native;

/// Badges of somebody whom a room knows only by number.
fn badges_of(account: &Account, became: &Became) -> Badges {
    Badges { staff: account.admin, partner: account.partner, bot: account.bot, ..became.badges }
}

/// A room's yes, as [`Reply::Joined`](crate::edge::Reply::Joined) has it.
pub(super) struct Admission {
    pub(super) epoch: u64,
    pub(super) seq: u64,
    pub(super) greeting: Vec<u8>,
    pub(super) moderates: bool,
    pub(super) given: Option<u64>,
}

impl EdgeThread {
    /// New frames of a room.
    pub(super) fn take_frames(&mut self, channel: ChannelId, frames: &[Arc<Frame>], pass: Pass) {
        if let (Some(room), Some(first)) = (self.rooms.find(channel), frames.first())
            && let Some(local) = self.rooms.get(room)
            && local.ring.begins_with(first)
        {
            local.interest.thread_has(self.index, first.epoch, first.first.saturating_sub(1));
        }
        let Some(room) = self.rooms.push(self.now, channel, frames, pass) else {
            return;
        };
        for frame in frames {
            for (user, became) in &frame.roles {
                self.became(room, *user, became);
            }
        }
    }

    /// A connection goes into a room: its frames are wanted from now on, and the room is asked.
    pub(super) fn join(&mut self, slot: u32, name: RoomName) {
        let shared = Arc::clone(&self.shared);
        let room = self.rooms.open(&name, shared.config.ring, || shared.interests.of(name.channel));
        let index = self.index;
        let (Some(local), Some(connection)) = (
            self.rooms.get_mut(room),
            self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut()),
        ) else {
            return;
        };
        if connection.rooms.iter().any(|membership| membership.room == room) {
            return;
        }
        let (want, named) = (connection.want(), connection.account.is_some());
        local.interest.add(want);
        local.interest.thread(index, true);
        local.members.push(slot);
        let at = (local.members.len() - 1) as u32;
        connection.rooms.reserve_exact(1);
        connection.rooms.push(Membership {
            room,
            at,
            place: None,
            came: Place::default(),
            began: Place::default(),
            sight: Sight::default(),
            named,
            want,
        });
        let resume = connection.after.take().map(|after| *after);
        let resume = resume.filter(|(epoch, seq)| local.ring.remembers(*epoch, *seq));
        if let Some(asker) = self.asker(slot, resume, false) {
            self.upstream.join(asker, &name);
        }
    }

    /// How a connection asks.
    pub(super) fn asker(&self, slot: u32, resume: Option<(u64, u64)>, again: bool) -> Option<Asker> {
        let connection = self.slots.get(slot as usize)?.connection.as_ref()?;
        Some(Asker {
            connection: connection.id,
            language: connection.session.language(),
            nick: connection.session.nick(connection.account.as_deref()),
            account: connection.account.clone(),
            address: connection.address,
            resume,
            again,
        })
    }

    /// Somebody has signed in whom a room let in as nobody: the room is asked what that account is there. One that has not let it in
    /// yet is not, since it has nothing to say before: [`joined`](Self::joined) does it then.
    pub(super) fn introduce(&mut self, slot: u32, room: u32) {
        let (Some(local), Some(connection)) = (
            self.rooms.get(room),
            self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut()),
        ) else {
            return;
        };
        let Some(membership) = connection.rooms.iter_mut().find(|m| m.room == room && m.place.is_some())
        else {
            return;
        };
        membership.named = true;
        let before = local.ring.before(membership.began);
        if let Some(asker) = self.asker(slot, before, true) {
            self.upstream.join(asker, &local.name);
        }
    }

    /// The room lets a connection in, or says what one is there that has signed in.
    pub(super) fn joined(&mut self, slot: u32, channel: ChannelId, admission: Admission) {
        let Some(room) = self.rooms.find(channel) else {
            return;
        };
        let (Some(local), Some(connection)) = (
            self.rooms.get_mut(room),
            self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut()),
        ) else {
            return;
        };
        let Some(membership) = connection.rooms.iter_mut().find(|m| m.room == room) else {
            return;
        };
        let Admission { epoch, seq, greeting, moderates, given } = admission;
        // It has signed in since the room was asked.
        let let_in_as_nobody = membership.place.is_none() && given.is_none() && connection.account.is_some();
        let mut news = None;
        let missed = if let Some(place) = membership.place {
            let began = membership.began;
            let given = given.map_or(began, |given| began.with_seq(given.min(began.seq())));
            let sight = Sight::new(moderates, given);
            membership.sight = sight;
            sight::missed(&local.ring, &connection.viewer(&sight), began, place)
        } else {
            let place = local.ring.after(epoch, seq);
            (membership.place, membership.began) = (Some(place), place);
            membership.came = local.ring.end();
            membership.sight =
                given.map_or(Sight::default(), |given| Sight::new(moderates, place.with_seq(given)));
            // The room may have changed that since it answered, and the news come before the answer.
            if let Some(account) = &connection.account {
                let all = local.ring.between(place, membership.came).flat_map(|(frame, _)| &frame.roles);
                news = all.filter(|(user, _)| *user == account.id).last().map(|(_, became)| became.clone());
            }
            Vec::new()
        };
        for words in [greeting, missed] {
            if !words.is_empty() && !connection.say(&words) {
                self.ending.push((slot, End::Close(1008, UNREAD)));
            }
        }
        if let Some(became) = news {
            self.tell_became(slot, room, &became);
        }
        if let_in_as_nobody {
            self.introduce(slot, room);
        }
    }

    /// A connection leaves a room. The room is told, unless it did not let it in.
    pub(super) fn leave(&mut self, slot: u32, channel: ChannelId, tell: bool) {
        let Some(room) = self.rooms.find(channel) else {
            return;
        };
        let asker = self.asker(slot, None, false);
        let Some(connection) = self.at(slot) else {
            return;
        };
        connection.session.left(channel);
        let Some(index) = connection.rooms.iter().position(|m| m.room == room) else {
            return;
        };
        let membership = connection.rooms.swap_remove(index);
        if let Some(asker) = asker.filter(|_| tell) {
            let account = asker.account.filter(|_| membership.named);
            self.upstream.part(Asker { account, ..asker }, channel);
        }
        self.forget(membership);
    }

    /// Takes a membership off its room, and the room off the thread if it was the last.
    pub(super) fn forget(&mut self, gone: Membership) {
        let index = self.index;
        let Some(local) = self.rooms.get_mut(gone.room) else {
            return;
        };
        local.interest.remove(gone.want);
        local.members.swap_remove(gone.at as usize);
        if let Some(moved) = local.members.get(gone.at as usize).copied() {
            if let Some(connection) = self.slots.get_mut(moved as usize).and_then(|s| s.connection.as_mut())
                && let Some(membership) = connection.rooms.iter_mut().find(|m| m.room == gone.room)
            {
                membership.at = gone.at;
            }
        } else if local.members.is_empty() {
            local.interest.thread(index, false);
            let channel = local.name.channel;
            drop(self.rooms.close(gone.room));
            self.shared.interests.tidy(channel);
        }
    }

    /// What a connection reads changed (capabilities, full view, compression): its rooms must know.
    pub(super) fn recount(&mut self, slot: u32) {
        let Some(connection) = self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut())
        else {
            return;
        };
        let want = connection.want();
        for membership in &mut connection.rooms {
            if membership.want != want
                && let Some(local) = self.rooms.get(membership.room)
            {
                local.interest.add(want);
                local.interest.remove(membership.want);
                membership.want = want;
            }
        }
    }

    /// An account is something else in a room: what its connections see may change, and they are told. They are found by the account:
    /// a sweep tells a thousand, and looking through all readers for each would be a pass over the room for every one of them.
    fn became(&mut self, room: u32, user: UserId, became: &Became) {
        for connection in self.shared.people.of(user) {
            if let Some(slot) = self.slot_of(connection) {
                self.tell_became(slot, room, became);
            }
        }
    }

    /// One of that account's connections is told, if it is in the room. One that is not let in yet is told behind its greeting
    /// ([`joined`](Self::joined)), which may be older.
    fn tell_became(&mut self, slot: u32, room: u32, became: &Became) {
        let (Some(local), Some(connection)) = (
            self.rooms.get(room),
            self.slots.get_mut(slot as usize).and_then(|s| s.connection.as_deref_mut()),
        ) else {
            return;
        };
        let (Some(account), Some(membership)) =
            (connection.account.clone(), connection.rooms.iter_mut().find(|m| m.room == room))
        else {
            return;
        };
        let Some(place) = membership.place else {
            return;
        };
        let badges = badges_of(&account, became);
        membership.sight.becomes(badges.moderates(), place);
        let mut words = Vec::new();
        match connection.session.language() {
            Language::Native => {
                words.push(b'[');
                let (warning, ban) = (became.warning.as_deref(), became.ban.as_ref());
                native::you(&native::You { account: &account, badges, warning, ban }, &mut words);
                words.push(b']');
            }
            Language::Irc(caps) if became.role => {
                let state = UserState { account: &account, badges, said: None };
                let server = &self.shared.config.server;
                render::user_state(state, caps, server, local.name.login.as_str(), &mut words);
            }
            Language::Irc(_) => {}
        }
        if !words.is_empty() && !connection.say(&words) {
            self.ending.push((slot, End::Close(1008, UNREAD)));
        }
    }

    /// Ends what was found to be at its end.
    pub(super) fn end_all(&mut self) {
        while let Some((slot, end)) = self.ending.pop() {
            match end {
                End::Close(code, reason) => self.close(slot, code, reason),
                End::Gone => self.remove(slot),
            }
        }
    }

    /// Frees a slot; the socket closes.
    pub(super) fn remove(&mut self, slot: u32) {
        let channels: Vec<ChannelId> = match self.at(slot) {
            Some(connection) => {
                let rooms: Vec<u32> = connection.rooms.iter().map(|m| m.room).collect();
                rooms
                    .iter()
                    .filter_map(|room| self.rooms.get(*room))
                    .map(|local| local.name.channel)
                    .collect()
            }
            None => return,
        };
        for channel in channels {
            self.leave(slot, channel, true);
        }
        if let Some(mut connection) = self.slots[slot as usize].connection.take() {
            if let Some(account) = &connection.account {
                self.shared.people.remove(account.id, connection.id);
            }
            let _ = self.poll.registry().deregister(connection.transport.socket());
        }
        self.free.push(slot);
        self.inbox.connections.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("footlight_chat_connections").decrement(1);
    }
}
