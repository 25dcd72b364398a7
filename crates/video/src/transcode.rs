//! Rungs below the source: which there are, who makes them and when. And the sound that listeners get.
//!
//! Owns the FFmpeg children, from the probe of what this machine can encode to the last one's end. Promises that the
//! source never waits for any of it: a child reads the source's track like every other reader, and one that dies,
//! hangs or falls behind costs its own rungs a gap and nothing else. Rung frames carry the source's exact
//! timestamps, and their key frames are the source's. Leaves cutting and serving to `package` and `origin`.
//!
//! Modules are in reading order: what is wanted (`encoder`, `config`, `ladder`), what this machine can do (`probe`), one
//! child (`arguments`, `child`, its time line in `table`, its pulse, what its `sides` share, its pipes' contents, `lane`, `session`), a stream's
//! children one after the other (`backoff`, `fps`, `worker`), what every stream gets without a slot (`sound`, `still`), and who gets a slot (`preempt`, `scheduler`).

mod encoder;
mod config;
mod ladder;
mod probe;
mod arguments;
mod child;
mod table;
mod pulse;
mod sides;
mod jpeg;
mod complaints;
mod death;
mod lag;
mod lane;
mod job;
mod session;
mod backoff;
mod fps;
mod worker;
mod sound;
mod still;
mod preempt;
mod scheduler;

pub use config::{Rung, TranscodeConfig, rung_faults};
pub use encoder::Encoder;
pub use ladder::{PlannedRung, rungs};
pub use probe::{Encoders, Probe};
pub use scheduler::{TranscodeState, Transcoding};
