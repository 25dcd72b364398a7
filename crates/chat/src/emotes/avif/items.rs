//! Still pictures: items of a `meta` box, their properties and where their bytes are (ISO/IEC 14496-12 §8.11, HEIF §9.3).

use super::boxes::{Cursor, Cut, Name, at};
use super::file::{Mirror, Pictures, ReadError, Turn, copy, essential};

/// Types of the auxiliary picture that is the opacity (MIAF §7.3.5.2, and what older writers put).
const ALPHA: [&[u8]; 2] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"];

/// What a `meta` box says.
struct Meta<'a> {
    kinds: Vec<(u32, Name)>,
    refers: Vec<(Name, u32, u32)>,
    properties: Vec<(Name, &'a [u8])>,
    belongs: Vec<(u32, bool, usize)>,
    location: &'a [u8],
    data: &'a [u8],
}

/// The primary picture.
pub(super) fn read(bytes: &[u8], meta: &[u8]) -> Result<Pictures, ReadError> {
    let mut boxes = Cursor(meta);
    boxes.full()?;
    let boxes = boxes.0;
    let within = |name: &Name, what| at(boxes, &[name])?.ok_or(ReadError::Missing(what));
    let primary = id_after_version(&mut Cursor(within(b"pitm", "primary item")?))?;
    let meta = Meta {
        kinds: kinds(within(b"iinf", "items")?)?,
        refers: at(boxes, &[b"iref"])?.map_or(Ok(Vec::new()), refers)?,
        properties: properties(at(boxes, &[b"iprp", b"ipco"])?.ok_or(ReadError::Missing("properties"))?)?,
        belongs: belongs(at(boxes, &[b"iprp", b"ipma"])?.ok_or(ReadError::Missing("properties"))?)?,
        location: within(b"iloc", "place")?,
        data: at(boxes, &[b"idat"])?.unwrap_or_default(),
    };
    match meta.kind(primary) {
        Some(b"av01") => {}
        Some(b"grid") => return Err(ReadError::Unsupported("a grid of pictures")),
        _ => return Err(ReadError::Missing("AV1 picture")),
    }
    let (width, height) = meta.size(primary)?;
    let turn = meta.turn(primary)?;
    let alpha = meta.alpha_of(primary);
    let mut spent = 0;
    let colour = vec![meta.item(bytes, primary, &mut spent)?];
    let premultiplied = alpha.is_some_and(|alpha| meta.refers.contains(&(*b"prem", primary, alpha)));
    let alpha = match alpha {
        Some(alpha) => Some(vec![meta.item(bytes, alpha, &mut spent)?]),
        None => None,
    };
    Ok(Pictures { width, height, colour, alpha, premultiplied, shown_ms: vec![0], turn })
}

impl<'a> Meta<'a> {
    fn kind(&self, item: u32) -> Option<&Name> {
        self.kinds.iter().find(|(id, _)| *id == item).map(|(_, kind)| kind)
    }

    /// An item's properties, and whether they must not be overlooked.
    fn of(&self, item: u32) -> impl Iterator<Item = (bool, Name, &'a [u8])> {
        // Counted from 1.
        let property = |&(_, must, at): &(u32, bool, usize)| {
            let (name, payload) = *self.properties.get(at.checked_sub(1)?)?;
            Some((must, name, payload))
        };
        self.belongs.iter().filter(move |(id, ..)| *id == item).filter_map(property)
    }

    fn size(&self, item: u32) -> Result<(u32, u32), ReadError> {
        let found = self.of(item).find(|(_, name, _)| name == b"ispe");
        let (.., payload) = found.ok_or(ReadError::Missing("size"))?;
        let mut size = Cursor(payload);
        size.full()?;
        Ok((size.u32()?, size.u32()?))
    }

    fn turn(&self, item: u32) -> Result<Turn, ReadError> {
        let mut turn = Turn::default();
        for (must, name, payload) in self.of(item) {
            match &name {
                b"irot" => turn.quarters = payload.first().ok_or(Cut)? & 3,
                b"imir" if payload.first().ok_or(Cut)? & 1 == 0 => turn.mirror = Some(Mirror::Vertical),
                b"imir" => turn.mirror = Some(Mirror::Horizontal),
                b"clap" => return Err(essential(name)),
                b"av1C" | b"ispe" | b"pixi" | b"colr" | b"pasp" | b"auxC" => {}
                _ if must => return Err(essential(name)),
                _ => {}
            }
        }
        Ok(turn)
    }

    /// The item that is another's opacity.
    fn alpha_of(&self, item: u32) -> Option<u32> {
        let is_alpha = |&(_, name, payload): &(bool, Name, &[u8])| {
            // Version and flags, then words that end with a zero.
            let words = payload.get(4..).unwrap_or_default();
            name == *b"auxC" && ALPHA.contains(&words.split(|&byte| byte == 0).next().unwrap_or_default())
        };
        self.refers
            .iter()
            .filter(|(kind, _, to)| kind == b"auxl" && *to == item)
            .map(|(_, from, _)| *from)
            .find(|&from| self.kind(from) == Some(b"av01") && self.of(from).any(|p| is_alpha(&p)))
    }

    /// An item's bytes, put together.
    fn item(&self, bytes: &[u8], item: u32, spent: &mut usize) -> Result<Vec<u8>, ReadError> {
        let mut data = Vec::new();
        for (inside, from, length) in extents(self.location, item)? {
            let bytes = if inside { self.data } else { bytes };
            data.extend(copy(bytes, from, length, spent)?);
        }
        if data.is_empty() { Err(ReadError::Missing("picture's bytes")) } else { Ok(data) }
    }
}

/// The number of an item: two bytes in version 0, four in others.
fn id_after_version(cursor: &mut Cursor<'_>) -> Result<u32, Cut> {
    let (version, _) = cursor.full()?;
    if version == 0 { cursor.u16().map(u32::from) } else { cursor.u32() }
}

/// Items and their types (§8.11.6).
fn kinds(iinf: &[u8]) -> Result<Vec<(u32, Name)>, Cut> {
    let mut cursor = Cursor(iinf);
    id_after_version(&mut cursor)?;
    let mut kinds = Vec::new();
    while let Some((_, entry)) = cursor.next_box()? {
        let mut entry = Cursor(entry);
        let (version, _) = entry.full()?;
        let id = if version < 3 { u32::from(entry.u16()?) } else { entry.u32()? };
        // Its protection; types came with version 2.
        entry.u16()?;
        if version >= 2 {
            kinds.push((id, entry.name()?));
        }
    }
    Ok(kinds)
}

/// What refers to what (§8.11.12): kind, from, to.
fn refers(iref: &[u8]) -> Result<Vec<(Name, u32, u32)>, Cut> {
    let mut cursor = Cursor(iref);
    let (version, _) = cursor.full()?;
    let width = if version == 0 { 2 } else { 4 };
    let mut refers = Vec::new();
    while let Some((kind, payload)) = cursor.next_box()? {
        let mut ids = Cursor(payload);
        let from = ids.number(width)? as u32;
        for _ in 0..ids.u16()? {
            refers.push((kind, from, ids.number(width)? as u32));
        }
    }
    Ok(refers)
}

fn properties(ipco: &[u8]) -> Result<Vec<(Name, &[u8])>, Cut> {
    let mut cursor = Cursor(ipco);
    let mut properties = Vec::new();
    while let Some(property) = cursor.next_box()? {
        properties.push(property);
    }
    Ok(properties)
}

/// Which properties are an item's (HEIF §9.3.1): item, must not be overlooked, place among the properties.
fn belongs(ipma: &[u8]) -> Result<Vec<(u32, bool, usize)>, Cut> {
    let mut cursor = Cursor(ipma);
    let (version, flags) = cursor.full()?;
    let mut belongs = Vec::new();
    for _ in 0..cursor.u32()? {
        let item = if version == 0 { u32::from(cursor.u16()?) } else { cursor.u32()? };
        for _ in 0..cursor.number(1)? {
            let wide = flags & 1 == 1;
            let both = cursor.number(if wide { 2 } else { 1 })? as usize;
            let mark = if wide { 0x8000 } else { 0x80 };
            belongs.push((item, both & mark != 0, both & (mark - 1)));
        }
    }
    Ok(belongs)
}

/// Where an item's bytes are (§8.11.3): whether in `idat`, from, length.
fn extents(iloc: &[u8], wanted: u32) -> Result<Vec<(bool, u64, u64)>, ReadError> {
    let mut cursor = Cursor(iloc);
    let (version, _) = cursor.full()?;
    let sizes = usize::from(cursor.u16()?);
    let (offset, length, base) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15);
    let index = if version == 0 { 0 } else { sizes & 15 };
    // A length of no bytes would make extents that cost nothing to claim; none of AVIF's writers leaves it out.
    if [offset, length, base, index].iter().any(|size| ![0, 4, 8].contains(size)) || length == 0 {
        return Err(ReadError::Absurd("places"));
    }
    let items = if version < 2 { u32::from(cursor.u16()?) } else { cursor.u32()? };
    for _ in 0..items {
        let item = if version < 2 { u32::from(cursor.u16()?) } else { cursor.u32()? };
        let method = if version == 0 { 0 } else { cursor.u16()? & 15 };
        cursor.u16()?;
        let base = cursor.number(base)?;
        let mut extents = Vec::new();
        for _ in 0..cursor.u16()? {
            cursor.number(index)?;
            let from = base.checked_add(cursor.number(offset)?).ok_or(Cut)?;
            let length = cursor.number(length)?;
            if item == wanted {
                extents.push((method == 1, from, length));
            }
        }
        if item == wanted {
            return if method < 2 {
                Ok(extents)
            } else {
                Err(ReadError::Unsupported("a picture made of items"))
            };
        }
    }
    Err(ReadError::Missing("place"))
}
