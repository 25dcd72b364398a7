//! What records and frames are read as, and which are refused.
