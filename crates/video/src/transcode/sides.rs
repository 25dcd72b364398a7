//! What the writing and the reading side of one child share: its time line and its pulse.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pulse::{Patience, Pulse};
use super::table::Table;

/// Both sides of a child. Locks are held for a few lines, never over an `await`.
#[derive(Debug)]
pub(super) struct Sides {
    table: Mutex<Table>,
    pulse: Mutex<Pulse>,
}

impl Sides {
    /// Of a child that has just been started.
    pub(super) fn new(patience: Patience) -> Self {
        Self { table: Mutex::default(), pulse: Mutex::new(Pulse::new(patience)) }
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
