//! CMAF.
