//! Animations: a track of AV1 samples and, beside it, one with their opacity (ISO/IEC 14496-12 §8.3–8.7, HEIF §7).

use super::boxes::{Cursor, Cut, Name, at};
use super::file::{Pictures, ReadError, Turn, copy, frames};

/// A `trak` box and what makes it one track or another.
struct Track<'a> {
    id: u32,
    handler: Name,
    refers: Option<&'a [u8]>,
    media: &'a [u8],
}

/// The first picture track, with its opacity.
pub(super) fn read(bytes: &[u8], moov: &[u8]) -> Result<Pictures, ReadError> {
    let mut boxes = Cursor(moov);
    let mut tracks = Vec::new();
    while let Some((name, payload)) = boxes.next_box()? {
        if name == *b"trak" {
            tracks.push(track(payload)?);
        }
    }
    let shown =
        tracks.iter().find(|track| track.handler == *b"pict").ok_or(ReadError::Missing("pictures"))?;
    let alpha = tracks
        .iter()
        .find(|track| track.handler == *b"auxv" && track.refers_to(b"auxl", shown.id) == Ok(true));
    let mut spent = 0;
    let (width, height) = shown.size()?;
    let colour = shown.samples(bytes, &mut spent)?;
    let shown_ms = shown.durations(colour.len())?;
    let premultiplied = match alpha {
        Some(alpha) => shown.refers_to(b"prem", alpha.id)?,
        None => false,
    };
    let alpha = alpha.map(|alpha| alpha.samples(bytes, &mut spent)).transpose()?;
    if alpha.as_ref().is_some_and(|alpha| alpha.len() != colour.len()) {
        return Err(ReadError::Absurd("opacity"));
    }
    Ok(Pictures { width, height, colour, alpha, premultiplied, shown_ms, turn: Turn::default() })
}

fn track(trak: &[u8]) -> Result<Track<'_>, ReadError> {
    let mut head = Cursor(at(trak, &[b"tkhd"])?.ok_or(ReadError::Missing("tkhd"))?);
    let (version, _) = head.full()?;
    // When it was made and changed.
    head.take(if version == 1 { 16 } else { 8 })?;
    let id = head.u32()?;
    let media = at(trak, &[b"mdia"])?.ok_or(ReadError::Missing("mdia"))?;
    let mut handler = Cursor(at(media, &[b"hdlr"])?.ok_or(ReadError::Missing("hdlr"))?);
    handler.take(8)?;
    Ok(Track { id, handler: handler.name()?, refers: at(trak, &[b"tref"])?, media })
}

impl<'a> Track<'a> {
    fn refers_to(&self, kind: &Name, track: u32) -> Result<bool, Cut> {
        let ids = self.refers.map_or(Ok(None), |refers| at(refers, &[kind]))?.unwrap_or_default();
        Ok(ids.chunks_exact(4).any(|id| id == track.to_be_bytes()))
    }

    /// A box of the sample table.
    fn table(&self, name: &'static Name) -> Result<Option<Cursor<'a>>, Cut> {
        Ok(at(self.media, &[b"minf", b"stbl", name])?.map(Cursor))
    }

    fn must(&self, name: &'static Name) -> Result<Cursor<'a>, ReadError> {
        let mut table = self.table(name)?.ok_or(ReadError::Missing("sample table"))?;
        table.full()?;
        Ok(table)
    }

    /// Pixels, by the description of its samples; what they are is checked with it.
    fn size(&self) -> Result<(u32, u32), ReadError> {
        let mut descriptions = self.must(b"stsd")?;
        if descriptions.u32()? != 1 {
            return Err(ReadError::Unsupported("frames of several kinds"));
        }
        let Some((kind, entry)) = descriptions.next_box()? else { return Err(Cut.into()) };
        if kind != *b"av01" {
            return Err(ReadError::Missing("AV1 pictures"));
        }
        let mut entry = Cursor(entry);
        entry.take(24)?;
        Ok((entry.u16()?.into(), entry.u16()?.into()))
    }

    /// The samples, in order, copied.
    fn samples(&self, bytes: &[u8], spent: &mut usize) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut sizes = self.must(b"stsz")?;
        let (each, count) = (sizes.u32()?, frames(sizes.u32()?)?);
        let mut runs = self.must(b"stsc")?;
        runs.u32()?;
        let (mut offsets, width) = match self.table(b"co64")? {
            Some(mut table) => {
                table.full()?;
                (table, 8)
            }
            None => (self.must(b"stco")?, 4),
        };
        offsets.u32()?;
        let mut samples = Vec::with_capacity(count);
        let (mut chunk, mut per_chunk, mut next) = (0_u32, 0_u32, run(&mut runs)?);
        while samples.len() < count {
            chunk += 1;
            if let Some((first, per)) = next.filter(|(first, _)| *first <= chunk) {
                (per_chunk, next) = (per, run(&mut runs)?);
                if first != chunk || per == 0 {
                    return Err(ReadError::Absurd("chunks"));
                }
            }
            let mut from = offsets.number(width)?;
            for _ in 0..per_chunk {
                if samples.len() == count {
                    break;
                }
                let size = if each == 0 { sizes.u32()? } else { each };
                samples.push(copy(bytes, from, size.into(), spent)?);
                from = from.checked_add(size.into()).ok_or(Cut)?;
            }
        }
        let whole = !samples.is_empty() && samples.iter().all(|sample| !sample.is_empty());
        if whole { Ok(samples) } else { Err(ReadError::Missing("frame's bytes")) }
    }

    /// How long each of `count` samples is shown, in milliseconds.
    fn durations(&self, count: usize) -> Result<Vec<u32>, ReadError> {
        let mut head = Cursor(at(self.media, &[b"mdhd"])?.ok_or(ReadError::Missing("mdhd"))?);
        let (version, _) = head.full()?;
        head.take(if version == 1 { 16 } else { 8 })?;
        let timescale = u64::from(head.u32()?);
        if timescale == 0 {
            return Err(ReadError::Absurd("clock"));
        }
        let mut times = self.must(b"stts")?;
        let mut shown = Vec::with_capacity(count);
        for _ in 0..times.u32()? {
            let (run, delta) = (times.u32()?, u64::from(times.u32()?));
            let ms = u32::try_from((delta * 1000 + timescale / 2) / timescale).unwrap_or(u32::MAX);
            let run = usize::try_from(run).unwrap_or(count).min(count - shown.len());
            shown.resize(shown.len() + run, ms);
        }
        if shown.len() == count { Ok(shown) } else { Err(ReadError::Missing("times of frames")) }
    }
}

/// The next run of chunks: its first one, and samples in each.
fn run(runs: &mut Cursor<'_>) -> Result<Option<(u32, u32)>, Cut> {
    if runs.0.is_empty() {
        return Ok(None);
    }
    let run = (runs.u32()?, runs.u32()?);
    runs.u32()?;
    Ok(Some(run))
}
