//! What Enhanced RTMP v2 puts between the first byte of a tag body and the packet: ModEx prefixes, the FourCC, multitrack.

use bytes::{Buf, Bytes};

use super::FlvError;

/// Packet types that audio and video share.
pub(super) const SEQUENCE_START: u8 = 0;
pub(super) const CODED_FRAMES: u8 = 1;
pub(super) const SEQUENCE_END: u8 = 2;
const MOD_EX: u8 = 7;

/// `AvMultitrackType`.
const ONE_TRACK: u8 = 0;
const MANY_TRACKS: u8 = 1;
const MANY_TRACKS_MANY_CODECS: u8 = 2;
/// The default track; the others are further versions of it.
const MAIN_TRACK: u8 = 0;

/// A packet of the main track.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) packet: u8,
    pub(super) four_cc: [u8; 4],
    pub(super) body: Bytes,
}

/// Reads what follows the first byte. `packet` is the type that byte named, `multitrack` the type that means multitrack. `None`: it is all about
/// tracks other than the main one.
pub(super) fn packet(
    media: &'static str,
    multitrack: u8,
    packet: u8,
    mut data: Bytes,
) -> Result<Option<Packet>, FlvError> {
    let packet = skip_mod_ex(media, packet, &mut data)?;
    if packet != multitrack {
        let four_cc = four_cc(media, &mut data)?;
        return Ok(Some(Packet { packet, four_cc, body: data }));
    }
    let byte = take(media, 1, &mut data)?[0];
    let (tracks, packet) = (byte >> 4, byte & 0x0f);
    if packet == multitrack || tracks > MANY_TRACKS_MANY_CODECS {
        return Err(FlvError::Packet { media, packet });
    }
    let shared = match tracks {
        ONE_TRACK | MANY_TRACKS => Some(four_cc(media, &mut data)?),
        _ => None,
    };
    while !data.is_empty() {
        let four_cc = match shared {
            Some(four_cc) => four_cc,
            None => four_cc(media, &mut data)?,
        };
        let track = take(media, 1, &mut data)?[0];
        let bytes = match tracks {
            ONE_TRACK => data.len(),
            _ => {
                let size = take(media, 3, &mut data)?;
                u32::from_be_bytes([0, size[0], size[1], size[2]]) as usize
            }
        };
        let body = take(media, bytes, &mut data)?;
        if track == MAIN_TRACK {
            return Ok(Some(Packet { packet, four_cc, body }));
        }
    }
    Ok(None)
}

/// Passes over ModEx prefixes (nanosecond offsets and what may come) to the packet type behind them.
fn skip_mod_ex(media: &'static str, mut packet: u8, data: &mut Bytes) -> Result<u8, FlvError> {
    while packet == MOD_EX {
        let mut bytes = usize::from(take(media, 1, data)?[0]) + 1;
        if bytes == 256 {
            bytes = usize::from(take(media, 2, data)?.get_u16()) + 1;
        }
        take(media, bytes, data)?;
        packet = take(media, 1, data)?[0] & 0x0f;
    }
    Ok(packet)
}

fn four_cc(media: &'static str, data: &mut Bytes) -> Result<[u8; 4], FlvError> {
    let bytes = take(media, 4, data)?;
    Ok([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The first `bytes` of `data`.
pub(super) fn take(media: &'static str, bytes: usize, data: &mut Bytes) -> Result<Bytes, FlvError> {
    if data.len() < bytes {
        return Err(FlvError::Short(media));
    }
    Ok(data.split_to(bytes))
}
