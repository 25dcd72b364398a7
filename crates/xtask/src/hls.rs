//! `check-hls`: the rules of LL-HLS (RFC 8216bis) gone through on a live stream, as its viewers see it.
//!
//! One virtual client per rendition watches and writes down what it was answered ([`evidence`]); probes ask what a player
//! rarely does; then pure [`rules`] judge the evidence and name each finding by id, clause and level. The checker owns
//! no verdict on players and has its own playlist and MP4 readers, tolerant ones: what is wrong must be reported, not
//! refused.

pub mod playlist;

pub mod boxes;

pub mod finding;

pub mod lag;

pub mod evidence;

pub mod rules;

pub mod client;

pub mod watch;

pub mod probes;

pub mod run;
