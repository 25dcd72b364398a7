//! Where segments and parts begin, and which frames are in them.
//!
//! Boundaries and media sequence numbers come from one place, the source's key frames: the [`Driver`] cuts the source
//! and writes each cut into the shared [`Plan`]; a [`Follower`] (audio, or a rung of the ladder) puts its own frames
//! between the same cuts. Everything here is a value that decides; `origin` owns the tasks, the bytes and the waiting.

mod cutter;
mod epoch;
mod driver;
mod emit;
mod silence;
mod follower;
mod plan;
mod splice;
mod timing;

pub use cutter::{Cutter, Starts};
pub use driver::{Driver, Fill};
pub use emit::{Emit, PartFrames};
pub use epoch::Epoch;
pub use follower::{Follower, RUNG_LATE_MAX, Role};
pub use plan::{Cut, Plan, Planned, Source};
pub use splice::{Splice, Step, Top};
pub use timing::Timing;
