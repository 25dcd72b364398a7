//! Slots between streams.
