//! What configs are read as, and which are refused.
