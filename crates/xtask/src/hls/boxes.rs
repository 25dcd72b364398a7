//! A reader of MP4 boxes: what an init segment declares and which samples a fragment holds (ISO/IEC 14496-12).
//!
//! It owns just what the rules ask for: time scale, codec string, decode and composition times, durations, sizes, sync flags. Payload is
//! never looked at. A box that is cut short is an error by name; boxes it does not know are stepped over.

/// What an init segment says about its one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Init {
    /// `mdhd` ticks per second.
    pub timescale: u32,
    /// `vide`, `soun`, or another handler.
    pub handler: String,
    /// As in RFC 6381: `avc1.64001f`, `mp4a.40.2`; the bare sample entry name if there is no reader for it.
    pub codec: String,
    /// `trex` defaults, used where a fragment names none.
    pub default_duration: u32,
    /// `trex` default sample size.
    pub default_size: u32,
    /// `trex` default sample flags.
    pub default_flags: u32,
}

/// One sample of a fragment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// In ticks of the track.
    pub duration: u32,
    /// In bytes.
    pub size: u32,
    /// From decoding to showing it, in ticks of the track.
    pub composition: i64,
    /// A sync sample: decoding may begin here.
    pub sync: bool,
}

/// The samples of one media segment or part (all its `moof`s, first track).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fragment {
    /// `tfdt` of the first `moof`, in ticks.
    pub start: u64,
    /// In decode order.
    pub samples: Vec<Sample>,
    /// Where a later `moof`'s `tfdt` is not the end of the one before: (expected, found).
    pub breaks: Vec<(u64, u64)>,
}

impl Fragment {
    /// Ticks from first to past the last sample.
    pub fn duration(&self) -> u64 {
        self.samples.iter().map(|s| u64::from(s.duration)).sum()
    }

    /// When the first of its samples is shown, which need not be the first to be decoded.
    pub fn shown_from(&self) -> Option<i64> {
        let mut decoded = i64::try_from(self.start).ok()?;
        let shown = self.samples.iter().map(|sample| {
            let shown = decoded + sample.composition;
            decoded += i64::from(sample.duration);
            shown
        });
        shown.min()
    }

    /// Decode time right after the last sample.
    pub fn end(&self) -> u64 {
        self.start + self.duration()
    }
}

/// Big-endian reading that says where it ran out.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (head, rest) = self.0.split_at_checked(count).ok_or("a box is cut short")?;
        self.0 = rest;
        Ok(head)
    }

    fn u8(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(self.take(4)?.iter().fold(0, |n, b| n << 8 | u32::from(*b)))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    /// The next box: its name and content. `None` at the end.
    fn next_box(&mut self) -> Result<Option<([u8; 4], Bytes<'a>)>, String> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let size = self.u32()?;
        let name: [u8; 4] = self.take(4)?.try_into().map_err(|_| "a box has no name")?;
        let content = match size {
            0 => self.0.len(),
            1 => usize::try_from(self.u64()?)
                .ok()
                .and_then(|n| n.checked_sub(16))
                .ok_or("a box is too large")?,
            n => (n as usize).checked_sub(8).ok_or("a box is smaller than its header")?,
        };
        Ok(Some((name, Bytes(self.take(content)?))))
    }

    /// Calls `found` for each box.
    fn each(
        mut self,
        mut found: impl FnMut(&[u8; 4], Bytes<'a>) -> Result<(), String>,
    ) -> Result<(), String> {
        while let Some((name, content)) = self.next_box()? {
            found(&name, content)?;
        }
        Ok(())
    }
}

/// Reads an init segment.
pub fn init(bytes: &[u8]) -> Result<Init, String> {
    let mut init = Init::default();
    walk_init(Bytes(bytes), &mut init)?;
    if init.timescale == 0 { Err("no mdhd with a time scale".to_owned()) } else { Ok(init) }
}

fn walk_init(bytes: Bytes<'_>, init: &mut Init) -> Result<(), String> {
    bytes.each(|name, mut content| {
        match name {
            b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"mvex" => walk_init(content, init)?,
            b"mdhd" => {
                let long = content.u32()? >> 24 == 1;
                content.take(if long { 16 } else { 8 })?;
                init.timescale = content.u32()?;
            }
            b"hdlr" => {
                content.take(8)?;
                init.handler = String::from_utf8_lossy(content.take(4)?).into_owned();
            }
            b"trex" => {
                content.take(12)?;
                (init.default_duration, init.default_size, init.default_flags) =
                    (content.u32()?, content.u32()?, content.u32()?);
            }
            b"stsd" => {
                content.take(8)?;
                if let Some((entry, content)) = content.next_box()? {
                    init.codec = codec(&entry, content)?;
                }
            }
            _ => {}
        }
        Ok(())
    })
}

/// The codec string of a sample entry.
fn codec(entry: &[u8; 4], mut content: Bytes<'_>) -> Result<String, String> {
    let name = String::from_utf8_lossy(entry).into_owned();
    let (header, wanted) = match entry {
        b"avc1" | b"avc3" => (78, b"avcC"),
        b"mp4a" => (28, b"esds"),
        _ => return Ok(name),
    };
    content.take(header)?;
    let mut found = name.clone();
    content.each(|inner, mut bytes| {
        if inner == wanted && wanted == b"avcC" {
            let head = bytes.take(4)?;
            found = format!("{name}.{:02x}{:02x}{:02x}", head[1], head[2], head[3]);
        } else if inner == wanted {
            found = format!("{name}.{}", audio_object(bytes)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// `40.2` from an `esds` box: object type indication and, for MPEG-4 audio, the audio object type (14496-1, 7.2.6).
fn audio_object(mut bytes: Bytes<'_>) -> Result<String, String> {
    bytes.take(4)?;
    let mut object = String::new();
    while !bytes.0.is_empty() {
        let tag = bytes.u8()?;
        // A descriptor's size is written in groups of seven bits.
        while bytes.u8()? & 0x80 != 0 {}
        match tag {
            3 => drop(bytes.take(3)?),
            4 => {
                object = format!("{:x}", bytes.u8()?);
                bytes.take(12)?;
            }
            5 => return Ok(format!("{object}.{}", bytes.u8()? >> 3)),
            _ => break,
        }
    }
    Ok(object)
}

/// Reads a media segment or part of the track that `init` declares.
pub fn fragment(bytes: &[u8], init: &Init) -> Result<Fragment, String> {
    let mut whole = Fragment::default();
    let mut first = true;
    Bytes(bytes).each(|name, content| {
        if name != b"moof" {
            return Ok(());
        }
        let piece = moof(content, init)?;
        if first {
            whole.start = piece.start;
        } else if whole.end() != piece.start {
            whole.breaks.push((whole.end(), piece.start));
        }
        first = false;
        whole.samples.extend(piece.samples);
        Ok(())
    })?;
    if first { Err("no moof".to_owned()) } else { Ok(whole) }
}

/// Defaults of one `traf`.
struct Defaults {
    duration: u32,
    size: u32,
    flags: u32,
}

fn moof(content: Bytes<'_>, init: &Init) -> Result<Fragment, String> {
    let mut piece = Fragment::default();
    let mut tracks = 0;
    content.each(|name, traf| {
        tracks += u32::from(name == b"traf");
        if name != b"traf" || tracks > 1 {
            return Ok(());
        }
        let mut defaults =
            Defaults { duration: init.default_duration, size: init.default_size, flags: init.default_flags };
        traf.each(|name, mut content| match name {
            b"tfhd" => tfhd(content, &mut defaults),
            b"tfdt" => {
                let long = content.u32()? >> 24 == 1;
                piece.start = if long { content.u64()? } else { u64::from(content.u32()?) };
                Ok(())
            }
            b"trun" => trun(content, &defaults, &mut piece.samples),
            _ => Ok(()),
        })
    })?;
    Ok(piece)
}

fn tfhd(mut content: Bytes<'_>, defaults: &mut Defaults) -> Result<(), String> {
    let flags = content.u32()?;
    content.take(4)?;
    content.take(if flags & 1 != 0 { 8 } else { 0 } + if flags & 2 != 0 { 4 } else { 0 })?;
    for (bit, value) in [(8, &mut defaults.duration), (0x10, &mut defaults.size), (0x20, &mut defaults.flags)]
    {
        if flags & bit != 0 {
            *value = content.u32()?;
        }
    }
    Ok(())
}

fn trun(mut content: Bytes<'_>, defaults: &Defaults, samples: &mut Vec<Sample>) -> Result<(), String> {
    let flags = content.u32()?;
    // Offsets are signed from version 1 on.
    let signed = flags >> 24 > 0;
    let count = content.u32()?;
    content.take(if flags & 1 != 0 { 4 } else { 0 })?;
    let first = if flags & 4 != 0 { Some(content.u32()?) } else { None };
    for index in 0..count {
        let mut field = |bit: u32, default: u32| if flags & bit != 0 { content.u32() } else { Ok(default) };
        let (duration, size) = (field(0x100, defaults.duration)?, field(0x200, defaults.size)?);
        let own = field(0x400, defaults.flags)?;
        let offset = field(0x800, 0)?;
        let composition = if signed { i64::from(offset.cast_signed()) } else { i64::from(offset) };
        let own = first.filter(|_| index == 0).unwrap_or(own);
        // sample_is_non_sync_sample (8.8.3.1).
        samples.push(Sample { duration, size, composition, sync: own & 0x0001_0000 == 0 });
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let mut out = (content.len() as u32 + 8).to_be_bytes().to_vec();
        out.extend(name);
        out.extend(content);
        out
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    /// A fragment of samples of `duration`, each with its sync flag.
    pub(crate) fn moof_bytes(start: u32, duration: u32, sync: &[bool]) -> Vec<u8> {
        let mut run = vec![0x0000_0701, sync.len() as u32, 0];
        for sync in sync {
            run.extend([duration, 10, if *sync { 0 } else { 0x0001_0000 }]);
        }
        let traf = [
            boxed(b"tfhd", &words(&[0, 1])),
            boxed(b"tfdt", &words(&[0, start])),
            boxed(b"trun", &words(&run)),
        ]
        .concat();
        [boxed(b"moof", &boxed(b"traf", &traf)), boxed(b"mdat", &[0; 4])].concat()
    }

    #[test]
    fn samples_carry_their_times_and_sync_flags() {
        let bytes = [moof_bytes(90, 30, &[true, false]), moof_bytes(150, 30, &[false])].concat();
        let read = fragment(&bytes, &Init::default()).expect("a fragment");
        assert_eq!((read.start, read.end(), read.breaks.len()), (90, 180, 0));
        assert_eq!(read.samples.iter().map(|s| s.sync).collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn what_is_shown_first_need_not_be_decoded_first() {
        let flags = |version: u32| version << 24 | 0x900;
        for (version, offsets, shown) in [(0, [60, 90, 0], 150), (1, [0, 30, -60], 90)] {
            let run: Vec<u32> =
                offsets.iter().flat_map(|offset: &i32| [30, offset.cast_unsigned()]).collect();
            let trun = words(&[vec![flags(version), 3], run].concat());
            let mut samples = Vec::new();
            super::trun(Bytes(&trun), &Defaults { duration: 0, size: 0, flags: 0 }, &mut samples)
                .expect("a run");
            let read = Fragment { start: 90, samples, breaks: Vec::new() };
            assert_eq!(read.shown_from(), Some(shown), "version {version}");
        }
    }

    #[test]
    fn a_jump_between_two_moofs_is_noted() {
        let bytes = [moof_bytes(0, 30, &[true]), moof_bytes(60, 30, &[false])].concat();
        assert_eq!(fragment(&bytes, &Init::default()).expect("a fragment").breaks, [(30, 60)]);
    }

    #[test]
    fn a_box_that_is_cut_short_is_an_error_and_no_panic() {
        let bytes = moof_bytes(0, 30, &[true, false]);
        for end in 1..bytes.len() - 12 {
            assert!(fragment(&bytes[..end], &Init::default()).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn the_codec_is_read_from_avcc_and_esds() {
        let avcc = boxed(b"avcC", &[1, 0x64, 0, 0x1f, 0xff]);
        let entry = boxed(b"avc1", &[vec![0; 78], avcc].concat());
        let esds =
            [&[0, 0, 0, 0, 3, 0x19, 0, 0, 0, 4, 0x11, 0x40][..], &[0; 12], &[5, 2, 0x11, 0x90]].concat();
        let audio = boxed(b"mp4a", &[vec![0; 28], boxed(b"esds", &esds)].concat());
        for (entry, codec) in [(entry, "avc1.64001f"), (audio, "mp4a.40.2")] {
            let stsd = boxed(b"stsd", &[words(&[0, 1]), entry].concat());
            let mdhd = boxed(b"mdhd", &words(&[0, 0, 0, 90_000, 0, 0]));
            assert_eq!(init(&boxed(b"moov", &[mdhd, stsd].concat())).expect("an init").codec, codec);
        }
    }
}
