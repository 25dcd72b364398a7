//! Headers and fragments, judged by another reader.
