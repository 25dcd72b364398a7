//! A connection of a publisher that sends anything: no panic, no more memory than the limits say, and the same events however the bytes are split.
//!
//! The first byte says how far the peer behaves before the rest begins; the second how long the reads are.
#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use media::rtmp::amf::Writer;
use media::rtmp::chunk::{self, kind};
use media::rtmp::{Effect, Session, SessionLimits};

const LIMITS: SessionLimits = SessionLimits {
    message_bytes_max: 100_000,
    command_bytes_max: 4_000,
    // Roomy: how much waits for the answer is the one thing that depends on the reads.
    pending_bytes_max: 1 << 20,
    chunk_streams_max: 8,
    partial_bytes_max: 150_000,
    commands_before_publish_max: u32::MAX,
};
const HELD_MAX: usize = 4096 + LIMITS.pending_bytes_max + LIMITS.partial_bytes_max;

fuzz_target!(|data: &[u8]| {
    let [mode, step, rest @ ..] = data else { return };
    let mut bytes = BytesMut::new();
    if mode & 3 > 0 {
        bytes.extend_from_slice(&[3]);
        bytes.resize(1 + 2 * 1536, 0);
    }
    if mode & 3 > 1 {
        let app = |w: Writer| w.property("app", |w| w.text("live"));
        let connect = Writer::command("connect", 1.0).object(app).finish();
        chunk::write(&mut bytes, 128, 3, kind::COMMAND_AMF0, 0, &connect);
    }
    if mode & 3 > 2 {
        let publish = Writer::command("publish", 0.0).null().text("key").finish();
        chunk::write(&mut bytes, 128, 3, kind::COMMAND_AMF0, 1, &publish);
    }
    bytes.extend_from_slice(rest);
    let bytes = bytes.freeze();
    let whole = play(&bytes, bytes.len().max(1));
    let split = play(&bytes, usize::from(*step) + 1);
    assert_eq!(whole, split);
});

/// The media of the first stream of a connection that is read `step` bytes at a time.
fn play(bytes: &Bytes, step: usize) -> Vec<Effect> {
    let mut session = Session::new(LIMITS);
    let mut seen = Vec::new();
    let mut effects = Vec::new();
    for from in (0..bytes.len()).step_by(step) {
        let piece = bytes.slice(from..bytes.len().min(from + step));
        let alive = session.receive(piece, &mut effects).is_ok();
        assert!(session.held_bytes() <= HELD_MAX);
        if effects.iter().any(|e| matches!(e, Effect::PublishRequested(_))) {
            let _ = session.accept_publish(&mut effects);
        }
        seen.extend(
            effects
                .drain(..)
                .filter(|e| matches!(e, Effect::Audio { .. } | Effect::Video { .. } | Effect::Ended)),
        );
        let end = seen.iter().position(|e| *e == Effect::Ended);
        seen.truncate(end.unwrap_or(seen.len()));
        if !alive || end.is_some() {
            break;
        }
    }
    seen
}
