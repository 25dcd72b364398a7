//! Fragments: `moof` and `mdat` around frames that stay where they are.
//!
//! Owns the timing of samples in a track's own timescale. Promises that payload is shared and never copied,
//! that a fragment begins exactly at its first frame's decode time, and that fragments whose frames follow
//! each other leave neither gap nor overlap. Leaves it to the caller to choose which frames go together.
//!
//! The boxes are written by hand into one buffer, because their layout is fixed and a live origin writes one
//! of these for each part of each rendition; tests read them back with `mp4-atom`.

use bytes::{BufMut, Bytes, BytesMut};

use super::TrackParams;
use crate::frame::Frame;
use crate::time::{MediaSpan, MediaTime};

/// `sample_flags` of a sample that depends on no other (ISO/IEC 14496-12 §8.8.3.1).
const SYNC_SAMPLE: u32 = 0x0200_0000;
/// `sample_flags` of one that does, and where decoding cannot begin.
const DEPENDENT_SAMPLE: u32 = 0x0101_0000;

/// What media time zero is written as, in seconds: more than a track may begin before another one.
const ZERO_S: i64 = 10;
/// `tf_flags`: default-base-is-moof.
const TFHD_FLAGS: u32 = 0x02_0000;
/// `tr_flags`: data offset; per sample a duration, a size, flags and a composition offset.
const TRUN_FLAGS: u32 = 0x0f01;

/// A frame and how long it lasts.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// To the next frame's decode time. Used for the last sample of a fragment only: the others last exactly
    /// until the sample behind them, whatever is said here.
    pub duration: MediaSpan,
}

/// What goes before the samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// `mfhd.sequence_number`: rises by one with each fragment of a track.
    pub sequence: u32,
    /// Write a `styp` first: for the first fragment of a segment. CMAF lets it be left out.
    pub segment_start: bool,
}

/// The fragment of `samples`, which are in decode order and of one track, in pieces to be written in order: a header of this
/// crate's making, then each frame's own bytes. No pieces if there are no samples.
pub fn fragment(lead: Lead, track: TrackParams, samples: &[Sample<'_>]) -> Vec<Bytes> {
    let Some(first) = samples.first() else { return Vec::new() };
    let payload: usize = samples.iter().map(|sample| sample.frame.data.len()).sum();
    let mut header = BytesMut::with_capacity(192 + 16 * samples.len());
    if lead.segment_start {
        put_styp(&mut header);
    }
    put_moof(&mut header, lead.sequence, track, first.frame.dts, samples);
    put_mdat_header(&mut header, payload);
    let mut pieces = Vec::with_capacity(1 + samples.len());
    pieces.push(header.freeze());
    pieces.extend(samples.iter().map(|sample| sample.frame.data.clone()));
    pieces
}

fn put_styp(out: &mut BytesMut) {
    in_box(out, b"styp", |out| {
        out.put_slice(b"msdh");
        out.put_u32(0);
        out.put_slice(b"msdhmsixcmfc");
    });
}

fn put_moof(out: &mut BytesMut, sequence: u32, track: TrackParams, start: MediaTime, samples: &[Sample<'_>]) {
    let moof = out.len();
    let mut data_offset = 0;
    in_box(out, b"moof", |out| {
        in_box(out, b"mfhd", |out| {
            out.put_u32(0);
            out.put_u32(sequence);
        });
        in_box(out, b"traf", |out| {
            in_box(out, b"tfhd", |out| {
                out.put_u32(TFHD_FLAGS);
                out.put_u32(track.id);
            });
            in_box(out, b"tfdt", |out| {
                out.put_u32(1 << 24);
                out.put_u64(unsigned(start, track));
            });
            in_box(out, b"trun", |out| {
                out.put_u32(1 << 24 | TRUN_FLAGS);
                out.put_u32(samples.len() as u32);
                data_offset = out.len();
                out.put_u32(0);
                put_samples(out, track, samples);
            });
        });
    });
    // From the first byte of `moof` to the first byte behind the `mdat` header.
    let payload: usize = samples.iter().map(|sample| sample.frame.data.len()).sum();
    let offset = out.len() - moof + mdat_header_len(payload);
    out[data_offset..data_offset + 4].copy_from_slice(&(offset as u32).to_be_bytes());
}

fn put_samples(out: &mut BytesMut, track: TrackParams, samples: &[Sample<'_>]) {
    for (index, sample) in samples.iter().enumerate() {
        let frame = sample.frame;
        let end = match samples.get(index + 1) {
            Some(next) if next.frame.dts > frame.dts => next.frame.dts,
            _ => frame.dts + sample.duration,
        };
        out.put_u32(duration(frame.dts, end, track));
        out.put_u32(frame.data.len() as u32);
        out.put_u32(if frame.key { SYNC_SAMPLE } else { DEPENDENT_SAMPLE });
        // Difference of rounded instants, so that presentation times are as exact as decode times.
        let cts = frame.pts().in_timescale(track.timescale) - frame.dts.in_timescale(track.timescale);
        out.put_i32(i32::try_from(cts).unwrap_or(0));
    }
}

/// From `start` to `end` in units of the timescale, as the difference of rounded instants: such differences
/// add up.
///
/// Where a unit is shorter than a tick (88.2 and 96 kHz) rounding alone can be one off; a frame of audio is
/// then taken to have the samples that it has.
fn duration(start: MediaTime, end: MediaTime, track: TrackParams) -> u32 {
    let units = end.in_timescale(track.timescale) - start.in_timescale(track.timescale);
    match track.frame_samples {
        Some(samples) if units.abs_diff(i64::from(samples)) <= 1 => samples,
        _ => u32::try_from(units.max(0)).unwrap_or(u32::MAX),
    }
}

/// A `tfdt` cannot be negative, and one track of a stream may begin before the one whose first frame is at zero.
fn unsigned(at: MediaTime, track: TrackParams) -> u64 {
    let at = at.in_timescale(track.timescale) + ZERO_S * i64::from(track.timescale);
    u64::try_from(at).unwrap_or(0)
}

fn mdat_header_len(payload: usize) -> usize {
    if u32::try_from(payload + 8).is_ok() { 8 } else { 16 }
}

fn put_mdat_header(out: &mut BytesMut, payload: usize) {
    match u32::try_from(payload + 8) {
        Ok(size) => {
            out.put_u32(size);
            out.put_slice(b"mdat");
        }
        Err(_) => {
            out.put_u32(1);
            out.put_slice(b"mdat");
            out.put_u64(payload as u64 + 16);
        }
    }
}

/// A box of `kind` around what `body` writes.
fn in_box(out: &mut BytesMut, kind: &[u8; 4], body: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    out.put_slice(kind);
    body(out);
    let size = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}
