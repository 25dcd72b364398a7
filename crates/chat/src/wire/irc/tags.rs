//! Message tags: `@key=value;key;key=`, with IRCv3's escaping of values.

use std::borrow::Cow;

/// The tags of a line as they came, without the `@`. Looked up when asked for: most lines carry two, and nobody asks for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags<'a>(pub &'a str);

impl<'a> Tags<'a> {
    /// Keys and values as written, escapes included; a key without `=` has an empty value.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.split(';').filter(|tag| !tag.is_empty()).map(|tag| tag.split_once('=').unwrap_or((tag, "")))
    }

    /// The value of `key`, unescaped. Of several the last counts, as IRCv3 has it.
    pub fn get(self, key: &str) -> Option<Cow<'a, str>> {
        self.iter().filter(|(name, _)| *name == key).last().map(|(_, value)| unescape(value))
    }
}

/// A tag's value as it was meant: `\:` is `;`, `\s` a space, `\r` and `\n` themselves, any other `\x` is `x`, and a lone `\` at
/// the end is nothing.
pub fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => plain.push(';'),
            Some('s') => plain.push(' '),
            Some('r') => plain.push('\r'),
            Some('n') => plain.push('\n'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Cow::Owned(plain)
}

/// Appends a value so that [`unescape`] gives it back. NUL, which no IRC line can carry, is left out.
pub fn escape(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b';' => b"\\:",
            b' ' => b"\\s",
            b'\\' => b"\\\\",
            b'\r' => b"\\r",
            b'\n' => b"\\n",
            0 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(escaped);
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_unescaped_as_the_standard_says() {
        for (escaped, plain) in [
            ("", ""),
            ("plain", "plain"),
            (r"a\:b\sc\\d\re\nf", "a;b c\\d\re\nf"),
            (r"\b\:", "b;"),
            (r"end\", "end"),
            (r"\\s", r"\s"),
        ] {
            assert_eq!(unescape(escaped), plain, "{escaped}");
        }
    }

    #[test]
    fn a_key_may_stand_alone_be_empty_or_come_twice() {
        let tags = Tags("a;b=;c=1;;c=2;d=x=y");
        let found: Vec<_> = tags.iter().collect();
        assert_eq!(found, [("a", ""), ("b", ""), ("c", "1"), ("c", "2"), ("d", "x=y")]);
        assert_eq!(tags.get("a").as_deref(), Some(""));
        assert_eq!(tags.get("b").as_deref(), Some(""));
        assert_eq!(tags.get("c").as_deref(), Some("2"));
        assert_eq!(tags.get("d").as_deref(), Some("x=y"));
        assert_eq!(tags.get("e"), None);
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(value in "[^\0]*") {
            let mut out = Vec::new();
            escape(&mut out, &value);
            let escaped = String::from_utf8(out).expect("text stays text");
            prop_assert!(!escaped.contains([';', ' ', '\r', '\n']));
            prop_assert_eq!(unescape(&escaped), value);
        }

        #[test]
        fn any_text_can_be_asked_for_tags(text in ".*", key in ".{0,4}") {
            let _ = Tags(&text).get(&key);
            prop_assert!(Tags(&text).iter().count() <= text.len());
        }
    }
}
