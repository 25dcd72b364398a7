//! The rooms that a thread's connections read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use domain::ids::ChannelId;

use crate::edge::interest::Interest;
use crate::edge::ring::{Ring, RingConfig};
use crate::tree::encode::RoomName;
use crate::tree::frame::Frame;
use crate::tree::shell::Pass;

/// A room, as one thread knows it.
pub struct LocalRoom {
    /// Number and login.
    pub name: RoomName,
    /// Its last frames.
    pub ring: Ring,
    /// Its readers here, by slot.
    pub members: Vec<u32>,
    /// Its readers on the whole node.
    pub interest: Arc<Interest>,
    /// Frames came since the last walk; whoever waits for their writing.
    pub passes: Vec<Pass>,
}

/// All rooms of a thread, by a small number that connections hold.
#[derive(Default)]
pub struct RoomTable {
    by_channel: HashMap<ChannelId, u32>,
    list: Vec<Option<LocalRoom>>,
    free: Vec<u32>,
    /// Rooms with new frames, each once.
    dirty: Vec<u32>,
}

impl RoomTable {
    /// A room by its number here.
    pub fn get(&self, room: u32) -> Option<&LocalRoom> {
        self.list.get(room as usize)?.as_ref()
    }
    /// A room by its number here.
    pub fn get_mut(&mut self, room: u32) -> Option<&mut LocalRoom> {
        self.list.get_mut(room as usize)?.as_mut()
    }
    /// A room's number here.
    pub fn find(&self, channel: ChannelId) -> Option<u32> {
        self.by_channel.get(&channel).copied()
    }

    /// A room's number here, made if nobody read it so far.
    pub fn open(
        &mut self,
        name: &RoomName,
        config: RingConfig,
        interest: impl FnOnce() -> Arc<Interest>,
    ) -> u32 {
        if let Some(room) = self.find(name.channel) {
            return room;
        }
        let room = LocalRoom {
            name: name.clone(),
            ring: Ring::new(config),
            members: Vec::new(),
            interest: interest(),
            passes: Vec::new(),
        };
        let index = self.free.pop().unwrap_or_else(|| {
            self.list.push(None);
            (self.list.len() - 1) as u32
        });
        self.list[index as usize] = Some(room);
        self.by_channel.insert(name.channel, index);
        index
    }

    /// Forgets a room that nobody reads.
    pub fn close(&mut self, room: u32) -> Option<LocalRoom> {
        let gone = self.list.get_mut(room as usize)?.take()?;
        self.by_channel.remove(&gone.name.channel);
        self.dirty.retain(|dirty| *dirty != room);
        self.free.push(room);
        Some(gone)
    }

    /// Takes frames for a room; returns its number if there is something new in them.
    pub fn push(
        &mut self,
        now: Instant,
        channel: ChannelId,
        frames: &[Arc<Frame>],
        pass: Pass,
    ) -> Option<u32> {
        let index = self.find(channel)?;
        let room = self.list[index as usize].as_mut()?;
        let before = room.ring.end();
        for frame in frames {
            room.ring.push(now, Arc::clone(frame));
        }
        if room.ring.end() == before {
            return None;
        }
        room.passes.push(pass);
        if !self.dirty.contains(&index) {
            self.dirty.push(index);
        }
        Some(index)
    }

    /// Nobody goes on from what this thread, the one with that index, has of its rooms: see [`Ring::lose`].
    pub fn lose(&mut self, index: usize) {
        for room in self.list.iter_mut().flatten() {
            room.ring.lose();
            room.interest.thread_lost(index);
        }
    }

    /// A room whose readers are to be written, if there is one.
    pub fn next_dirty(&mut self) -> Option<u32> {
        self.dirty.pop()
    }

    /// Rooms that are read here, by number.
    pub fn len(&self) -> usize {
        self.list.len()
    }
}
