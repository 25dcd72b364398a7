//! Small pieces of text, appended to a buffer without a detour through `format!`.

const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";
const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// A decimal number.
pub(super) fn decimal(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(n % 10).expect("a digit");
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// A decimal number that may be negative (a time before 1970 is a clock that was never set).
pub(super) fn signed(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    decimal(out, n.unsigned_abs());
}

/// `0xRRGGBB` as six digits, upper case as Twitch writes it, or lower as the native protocol does.
pub(super) fn colour(out: &mut Vec<u8>, rgb: u32, upper: bool) {
    let hex = if upper { HEX_UPPER } else { HEX_LOWER };
    for shift in [20, 16, 12, 8, 4, 0] {
        out.push(hex[(rgb >> shift & 0xf) as usize]);
    }
}

/// A JSON string with its quotes.
pub(super) fn json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[
                    HEX_LOWER[usize::from(byte >> 4)],
                    HEX_LOWER[usize::from(byte & 0xf)],
                ]);
            }
        }
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

/// A number as a JSON string: ids have more bits than JavaScript's numbers.
pub(super) fn json_id(out: &mut Vec<u8>, id: u64) {
    out.push(b'"');
    decimal(out, id);
    out.push(b'"');
}

/// `true` or `false`.
pub(super) fn json_bool(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn numbers_and_colours_are_written_in_full() {
        for n in [0, 7, 10, 999, u64::MAX] {
            assert_eq!(written(|out| decimal(out, n)), n.to_string());
        }
        assert_eq!(written(|out| signed(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(written(|out| colour(out, 0x0a_f0_0c, true)), "0AF00C");
        assert_eq!(written(|out| colour(out, 0x0a_f0_0c, false)), "0af00c");
    }

    #[test]
    fn any_text_survives_as_a_json_string() {
        for text in ["", "plain", "\"\\\u{1}\n\r\t\u{7f}", "naïve 🎉 \u{2028}"] {
            let json = written(|out| json_string(out, text));
            assert_eq!(serde_json::from_str::<String>(&json).expect("json"), text, "{json}");
        }
    }
}
