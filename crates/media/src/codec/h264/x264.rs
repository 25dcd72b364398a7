//! What x264 writes about itself into a stream's first picture: its settings, as text, in an SEI message of its own
//! (`user_data_unregistered`, ISO/IEC 14496-10 §D.1.7; `x264_sei_version_write` in x264's `encoder/set.c`).
//!
//! Owns finding one number in it. Promises that no input panics. OBS, FFmpeg and most other programs that use x264 leave the
//! message in; hardware encoders have none.

use super::nal::{SEI, nal_type, nal_units};

/// `payloadType` of data under a UUID.
const USER_DATA_UNREGISTERED: usize = 5;
/// x264's.
const UUID: [u8; 16] =
    [0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef];

/// The most frames from one key frame to the next that x264 was told to leave (`keyint`), if `frame` says so; `infinite` is
/// [`u32::MAX`].
pub fn announced_key_frame_interval(frame: &[u8]) -> Option<u32> {
    let units = nal_units(frame).map_while(Result::ok).filter(|unit| nal_type(unit) == SEI);
    units.filter_map(|unit| settings(unit.get(1..)?)).find_map(keyint)
}

/// x264's message among those of an SEI unit, without its header byte. Emulation prevention bytes are left in: neither the
/// UUID nor the text has a zero in it, and a message before it that has some is only skipped too far.
fn settings(mut sei: &[u8]) -> Option<&[u8]> {
    loop {
        let (kind, rest) = number(sei)?;
        let (size, rest) = number(rest)?;
        let (payload, rest) = rest.split_at_checked(size)?;
        if kind == USER_DATA_UNREGISTERED
            && let Some(text) = payload.strip_prefix(&UUID)
        {
            return Some(text);
        }
        sei = rest;
    }
}

/// A number as SEI has it: bytes of 255 and a last one, added up.
fn number(sei: &[u8]) -> Option<(usize, &[u8])> {
    let full = sei.iter().take_while(|byte| **byte == 0xff).count();
    let (last, rest) = sei.get(full..)?.split_first()?;
    Some((full * 255 + usize::from(*last), rest))
}

/// The value of `keyint` among words like `rc_lookahead=0`.
fn keyint(text: &[u8]) -> Option<u32> {
    let mut words = text.split(|byte| matches!(byte, b' ' | 0));
    let value = words.find_map(|word| word.strip_prefix(b"keyint="))?;
    match value {
        b"infinite" => Some(u32::MAX),
        _ => std::str::from_utf8(value).ok()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of SEI units with these messages, and a slice.
    fn frame(units: &[&[(u8, &[u8])]]) -> Vec<u8> {
        let mut frame = Vec::new();
        let mut unit = |bytes: &[u8]| {
            frame.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            frame.extend_from_slice(bytes);
        };
        for messages in units {
            let mut sei = vec![SEI];
            for (kind, payload) in *messages {
                sei.push(*kind);
                sei.extend(std::iter::repeat_n(0xff, payload.len() / 255));
                sei.push((payload.len() % 255) as u8);
                sei.extend_from_slice(payload);
            }
            sei.push(0x80);
            unit(&sei);
        }
        unit(&[0x65, 1, 2, 3]);
        frame
    }

    fn said(text: &str) -> Vec<u8> {
        [&UUID[..], text.as_bytes(), &[0]].concat()
    }

    #[test]
    fn the_interval_is_found_among_the_settings() {
        let usual = "x264 - core 164 r3095 - H.264/MPEG-4 AVC codec - Copyleft 2003-2022 - http://www.videolan.org/x264.html - \
                     options: cabac=1 ref=1 threads=3 lookahead_threads=1 sliced_threads=0 nr=0 decimate=1 interlaced=0 bframes=2 \
                     keyint=250 keyint_min=25 scenecut=40 intra_refresh=0 rc=cbr bitrate=2500";
        let first = said(usual);
        assert!(first.len() > 255, "its size takes more than a byte");
        let timing: (u8, &[u8]) = (1, &[7; 9]);
        assert_eq!(announced_key_frame_interval(&frame(&[&[(5, &first)]])), Some(250));
        assert_eq!(announced_key_frame_interval(&frame(&[&[timing], &[timing, (5, &first)]])), Some(250));
        for (text, want) in [
            ("options: keyint=infinite keyint_min=1", Some(u32::MAX)),
            ("options: keyint=30", Some(30)),
            ("options: keyint_min=25", None),
            ("options: keyint=99999999999", None),
            ("options: keyint=", None),
        ] {
            assert_eq!(announced_key_frame_interval(&frame(&[&[(5, &said(text))]])), want, "{text}");
        }
    }

    #[test]
    fn other_pictures_say_nothing() {
        let foreign = [&[7_u8; 16][..], b"keyint=250"].concat();
        assert_eq!(announced_key_frame_interval(&frame(&[])), None);
        assert_eq!(announced_key_frame_interval(&frame(&[&[(5, &foreign)]])), None);
        let whole = frame(&[&[(5, &said("keyint=250 x"))]]);
        for cut in 0..whole.len() {
            let _ = announced_key_frame_interval(&whole[..cut]);
        }
    }
}
