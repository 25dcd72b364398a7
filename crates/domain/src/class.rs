//! Who must act on an error: the one question that retry, status code and alarm all ask.

/// Who must act. Every error enum in the house has an exhaustive `class()` that answers with one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The caller asked for something that can't be had; asking again changes nothing.
    Caller,
    /// Something is full or not reachable just now; the same call may succeed later.
    Busy,
    /// We are at fault: somebody should look.
    Fault,
}
