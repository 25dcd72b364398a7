//! What is read of each room on this node: counted by the edge's threads, asked by whoever makes the frames.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::ChannelId;

use crate::tree::language::{WANTS, Want, Wants};

/// One room's readers.
#[derive(Debug)]
pub struct Interest {
    wants: [AtomicU32; WANTS],
    readers: AtomicUsize,
    /// Threads with readers, by bit.
    threads: AtomicU64,
    /// Since which event of which life of the room threads have all of it.
    since: Mutex<Vec<(usize, u64, u64)>>,
}

impl Default for Interest {
    fn default() -> Self {
        Self {
            wants: [const { AtomicU32::new(0) }; WANTS],
            readers: AtomicUsize::new(0),
            threads: AtomicU64::new(0),
            since: Mutex::default(),
        }
    }
}

impl Interest {
    /// One reader more.
    pub fn add(&self, want: Want) {
        self.wants[want.index()].fetch_add(1, Ordering::SeqCst);
        self.readers.fetch_add(1, Ordering::SeqCst);
    }
    /// One reader less.
    pub fn remove(&self, want: Want) {
        self.wants[want.index()].fetch_sub(1, Ordering::SeqCst);
        self.readers.fetch_sub(1, Ordering::SeqCst);
    }
    /// A thread has readers, or none any more.
    pub fn thread(&self, index: usize, reads: bool) {
        if reads {
            self.threads.fetch_or(1 << index, Ordering::SeqCst);
        } else {
            self.threads.fetch_and(!(1 << index), Ordering::SeqCst);
            self.thread_lost(index);
        }
    }
    /// A thread may not have everything.
    pub fn thread_lost(&self, index: usize) {
        self.since().retain(|(thread, ..)| *thread != index);
    }
    /// A thread has everything after event `seq` of `epoch`. The first word of a life counts: later ones say less.
    pub fn thread_has(&self, index: usize, epoch: u64, seq: u64) {
        let mut since = self.since();
        match since.iter_mut().find(|(thread, ..)| *thread == index) {
            Some((_, known, _)) if *known == epoch => {}
            Some(known) => *known = (index, epoch, seq),
            None => since.push((index, epoch, seq)),
        }
    }
    /// Whether a thread was there when event `seq` of `epoch` was the newest, so that its ring may have what came after.
    pub fn may_resume(&self, index: usize, epoch: u64, seq: u64) -> bool {
        self.since().iter().any(|(thread, life, from)| *thread == index && *life == epoch && *from <= seq)
    }
    fn since(&self) -> std::sync::MutexGuard<'_, Vec<(usize, u64, u64)>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Whether a thread has readers.
    pub fn has_thread(&self, index: usize) -> bool {
        self.threads.load(Ordering::SeqCst) & (1 << index) != 0
    }
    /// Number of readers.
    pub fn readers(&self) -> usize {
        self.readers.load(Ordering::SeqCst)
    }
    /// What they read.
    pub fn wants(&self) -> Wants {
        let bit = |(index, count): (usize, &AtomicU32)| u64::from(count.load(Ordering::SeqCst) > 0) << index;
        Wants(self.wants.iter().enumerate().map(bit).sum())
    }
}

/// All rooms that are read here.
#[derive(Debug, Default)]
pub struct Interests(Mutex<HashMap<ChannelId, Arc<Interest>>>);

impl Interests {
    /// A room's, made if there is none.
    pub fn of(&self, channel: ChannelId) -> Arc<Interest> {
        Arc::clone(self.lock().entry(channel).or_default())
    }
    /// A room's, if somebody reads it.
    pub fn get(&self, channel: ChannelId) -> Option<Arc<Interest>> {
        self.lock().get(&channel).cloned()
    }
    /// Forgets a room that nobody holds.
    pub fn tidy(&self, channel: ChannelId) {
        let mut all = self.lock();
        if all.get(&channel).is_some_and(|interest| Arc::strong_count(interest) == 1) {
            all.remove(&channel);
        }
    }
    /// Forgets all rooms that nobody holds: those that were looked at just when their last reader left.
    pub fn sweep(&self) {
        self.lock().retain(|_, interest| Arc::strong_count(interest) > 1);
    }
    /// Rooms that are read, with what and by how many.
    pub fn all(&self) -> Vec<(ChannelId, Wants, usize)> {
        self.lock().iter().map(|(channel, i)| (*channel, i.wants(), i.readers())).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, Arc<Interest>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
