//! FLV for FFmpeg's standard input: only the bytes around a payload, so that a vectored write sends the payload itself uncopied.
//!
//! Each function gives the head and the tail of one tag; write head, payload, tail.

use super::{FlvError, TAG_HEAD_BYTES, TRAILER_BYTES, TagKind};

/// Tag header and AVC packet header.
pub const VIDEO_HEAD_BYTES: usize = TAG_HEAD_BYTES + 5;
/// Tag header and AAC packet header.
pub const AUDIO_HEAD_BYTES: usize = TAG_HEAD_BYTES + 2;
/// A tag's size has 24 bits.
const BODY_BYTES_MAX: usize = 0xff_ffff;

/// What goes before and after a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing<const N: usize> {
    /// Before it.
    pub head: [u8; N],
    /// After it: `PreviousTagSize`.
    pub tail: [u8; TRAILER_BYTES],
}

/// The beginning of a stream (E.2), with the first `PreviousTagSize`. A track that is announced and never comes makes FFmpeg wait for it.
pub const fn file_header(video: bool, audio: bool) -> [u8; 13] {
    let flags = video as u8 | (audio as u8) << 2;
    [b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]
}

/// A tag with an `AVCDecoderConfigurationRecord` of `record_bytes`.
pub fn video_config(timestamp_ms: u32, record_bytes: usize) -> Result<Framing<VIDEO_HEAD_BYTES>, FlvError> {
    tag(TagKind::Video, timestamp_ms, [0x17, 0, 0, 0, 0], record_bytes)
}

/// A tag with an access unit of `data_bytes`. `timestamp_ms` is its decoding time; `cts_ms` is cut to the 24 bits that FLV has.
pub fn video_frame(
    timestamp_ms: u32,
    key: bool,
    cts_ms: i32,
    data_bytes: usize,
) -> Result<Framing<VIDEO_HEAD_BYTES>, FlvError> {
    let [_, high, middle, low] = cts_ms.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
    let first = if key { 0x17 } else { 0x27 };
    tag(TagKind::Video, timestamp_ms, [first, 1, high, middle, low], data_bytes)
}

/// The tag after the last frame: its head and tail with nothing between.
pub fn video_end(timestamp_ms: u32) -> Framing<VIDEO_HEAD_BYTES> {
    frame(TagKind::Video, timestamp_ms, [0x17, 2, 0, 0, 0], 0)
}

/// A tag with an `AudioSpecificConfig` of `record_bytes`.
pub fn audio_config(timestamp_ms: u32, record_bytes: usize) -> Result<Framing<AUDIO_HEAD_BYTES>, FlvError> {
    tag(TagKind::Audio, timestamp_ms, [0xaf, 0], record_bytes)
}

/// A tag with an AAC raw data block of `data_bytes`.
pub fn audio_frame(timestamp_ms: u32, data_bytes: usize) -> Result<Framing<AUDIO_HEAD_BYTES>, FlvError> {
    tag(TagKind::Audio, timestamp_ms, [0xaf, 1], data_bytes)
}

fn tag<const N: usize, const P: usize>(
    kind: TagKind,
    timestamp_ms: u32,
    packet: [u8; P],
    payload_bytes: usize,
) -> Result<Framing<N>, FlvError> {
    let max = BODY_BYTES_MAX - P;
    if payload_bytes > max {
        return Err(FlvError::TooLong { bytes: payload_bytes, max });
    }
    Ok(frame(kind, timestamp_ms, packet, payload_bytes as u32))
}

/// E.4.1: the timestamp's highest byte comes last.
fn frame<const N: usize, const P: usize>(
    kind: TagKind,
    timestamp_ms: u32,
    packet: [u8; P],
    payload_bytes: u32,
) -> Framing<N> {
    const { assert!(N == TAG_HEAD_BYTES + P) };
    let body = payload_bytes + P as u32;
    let [_, size @ ..] = body.to_be_bytes();
    let [extended, time @ ..] = timestamp_ms.to_be_bytes();
    let mut head = [0; N];
    head[0] = kind.code();
    head[1..4].copy_from_slice(&size);
    head[4..7].copy_from_slice(&time);
    head[7] = extended;
    head[TAG_HEAD_BYTES..].copy_from_slice(&packet);
    Framing { head, tail: (body + TAG_HEAD_BYTES as u32).to_be_bytes() }
}

#[cfg(test)]
mod tests;
