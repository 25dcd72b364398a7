//! Just enough of tar and zip to read what registries hand out.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder};

/// Largest package once it is unpacked.
const UNPACKED_MAX: u64 = 256 << 20;

/// The files of a `.tgz` or `.crate`, by path.
pub fn tar_gz(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).take(UNPACKED_MAX).read_to_end(&mut plain).map_err(|e| format!("gzip: {e}"))?;
    let mut files = Vec::new();
    let mut at = 0;
    let mut long_name = None;
    while let Some(head) = plain.get(at..at + 512).filter(|head| head[0] != 0) {
        let size =
            usize::from_str_radix(text(&head[124..136]).trim(), 8).map_err(|e| format!("tar: size: {e}"))?;
        let data = plain.get(at + 512..at + 512 + size).ok_or("tar: cut off")?;
        let prefix = text(&head[345..500]);
        let short =
            if prefix.is_empty() { text(&head[..100]) } else { format!("{prefix}/{}", text(&head[..100])) };
        match head[156] {
            b'0' | 0 => files.push((long_name.take().unwrap_or(short), data.to_vec())),
            b'L' => long_name = Some(text(data)),
            _ => {}
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    Ok(files)
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// One file of a zip (a wheel), by the end of its name.
pub fn zip_file(bytes: &[u8], ending: &str) -> Result<Vec<u8>, String> {
    let number = |at: usize, width: usize| -> Result<usize, String> {
        let field = bytes.get(at..at + width).ok_or("zip: cut off")?;
        Ok(field.iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte)))
    };
    let end = bytes.windows(4).rposition(|four| four == b"PK\x05\x06").ok_or("zip: no directory")?;
    let (count, mut at) = (number(end + 10, 2)?, number(end + 16, 4)?);
    for _ in 0..count {
        let (name_len, extra, comment) = (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let name = bytes.get(at + 46..at + 46 + name_len).ok_or("zip: cut off")?;
        if name.ends_with(ending.as_bytes()) {
            let (method, packed, local) = (number(at + 10, 2)?, number(at + 20, 4)?, number(at + 42, 4)?);
            let from = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
            let data = bytes.get(from..from + packed).ok_or("zip: cut off")?;
            let mut plain = Vec::new();
            match method {
                0 => plain = data.to_vec(),
                8 => {
                    let mut unpacked = DeflateDecoder::new(data).take(UNPACKED_MAX);
                    unpacked.read_to_end(&mut plain).map_err(|e| format!("zip: {e}"))?;
                }
                _ => return Err(format!("zip: method {method}")),
            }
            return Ok(plain);
        }
        at += 46 + name_len + extra + comment;
    }
    Err(format!("zip: no {ending}"))
}
