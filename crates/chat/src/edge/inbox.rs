//! What others leave for a thread: frames, answers, new sockets. Leaving something never waits; the thread is woken once for many.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ids::ChannelId;
use mio::Waker;

use super::upstream::{Adopted, Credential, Reply};
use crate::event::ConnectionId;
use crate::tree::frame::Frame;
use crate::tree::shell::Pass;

/// Something for a thread.
pub enum Note {
    /// A socket to own.
    Adopt(Box<Adopted>),
    /// A room's next frames. The pass is let go when they are written.
    Frames(ChannelId, Arc<[Arc<Frame>]>, Pass),
    /// An answer.
    Reply(ConnectionId, Reply),
    /// Ask everybody to come again, spread over so long.
    Reconnect(Duration, Option<Arc<str>>),
    /// This node goes away: as `Reconnect`, of newcomers too, and whoever is still here when the time is over is closed.
    Leave(Duration, Option<Arc<str>>),
    /// Close whoever was let in with this, or is about to be; when it ended.
    End(Credential, Instant),
    /// Close everything, to be opened again; who was on the way at this time too.
    ComeAgain(Instant),
    /// Close everything and end.
    Stop,
}

/// A thread's inbox.
pub struct Inbox {
    notes: Mutex<Vec<Note>>,
    waker: Waker,
    woken: AtomicBool,
    /// Connections that the thread owns or is about to.
    pub connections: AtomicUsize,
}

/// Notes that wait at most. Frames wait for their pass, so what fills an inbox is answers to clients: beyond, they are dropped.
const NOTES_MAX: usize = 65_536;

impl Inbox {
    /// An empty inbox that wakes a poll.
    pub fn new(waker: Waker) -> Self {
        Self {
            notes: Mutex::default(),
            waker,
            woken: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        }
    }

    /// Leaves a note; false if the inbox is full and the note is gone. Notes that a thread must get are always taken.
    pub fn leave(&self, note: Note) -> bool {
        let must = !matches!(note, Note::Reply(..) | Note::Adopt(_));
        {
            let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
            if !must && notes.len() >= NOTES_MAX {
                return false;
            }
            notes.push(note);
        }
        if !self.woken.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "chat thread can't be woken");
        }
        true
    }

    /// Takes what ends sign-ins out of turn. Whoever is to come again hears that in turn too: frames that came before are in no ring
    /// then.
    pub fn take_endings(&self) -> Vec<Note> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let again = notes.iter().filter_map(|note| match note {
            Note::ComeAgain(at) => Some(Note::ComeAgain(*at)),
            _ => None,
        });
        let again: Vec<_> = again.collect();
        notes.extract_if(.., |note| matches!(note, Note::End(..))).chain(again).collect()
    }

    /// Swaps the notes for an empty list.
    pub fn take(&self, into: &mut Vec<Note>) {
        self.woken.store(false, Ordering::Release);
        std::mem::swap(into, &mut self.notes.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
