//! Whether a client has already what it asks for: `If-None-Match` against an answer's `ETag` (RFC 9110 §13.1.2).

use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};

/// Whether `If-None-Match` names `tag`, or `*`: then 304 without a body is the whole answer.
///
/// Comparison is weak (§8.8.3.2): what a proxy has made `W/"e"` of is still `"e"`.
pub fn is_unchanged(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    asked.get_all(IF_NONE_MATCH).iter().any(|line| names(line.as_bytes(), tag.as_bytes()))
}

/// Whether one line of the header names `tag`. What follows a mistake in it counts for nothing: the answer is sent in full.
fn names(line: &[u8], tag: &[u8]) -> bool {
    let (mut rest, tag) = (line.trim_ascii(), strong(tag));
    if rest == b"*" {
        return true;
    }
    loop {
        let gap = rest.iter().take_while(|byte| matches!(**byte, b' ' | b'\t' | b',')).count();
        let one = strong(&rest[gap..]);
        // A comma between the quotes belongs to the tag.
        let Some(inner) = one.strip_prefix(b"\"") else { return false };
        let Some(end) = inner.iter().position(|byte| *byte == b'"') else { return false };
        let (one, after) = one.split_at(end + 2);
        if one == tag {
            return true;
        }
        rest = after;
    }
}

/// A tag without the mark of a weak one.
fn strong(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_lists_weak_or_strong() {
        for (line, tag, found) in [
            (r#""e""#, r#""e""#, true),
            (r#"W/"e""#, r#""e""#, true),
            (r#""e""#, r#"W/"e""#, true),
            (r#"W/"e""#, r#"W/"e""#, true),
            (r#""a", W/"b",  "e" ,"f""#, r#"W/"e""#, true),
            (r#", "a",, "e","#, r#""e""#, true),
            (r#""a,b", "e""#, r#""a,b""#, true),
            (r#""a,b", "e""#, r#""e""#, true),
            ("*", r#""e""#, true),
            (" * ", r#"W/"e""#, true),
            (r#""a", "b""#, r#""e""#, false),
            (r#""a,e""#, r#""e""#, false),
            (r#""E""#, r#""e""#, false),
            (r#""*""#, r#""e""#, false),
            // No list of tags: all that can be lost is a saving.
            ("", r#""e""#, false),
            ("e", r#""e""#, false),
            (r#"e, "e""#, r#""e""#, false),
            (r#""e"#, r#""e""#, false),
        ] {
            assert_eq!(names(line.as_bytes(), tag.as_bytes()), found, "{line} and {tag}");
        }
    }

    #[test]
    fn each_line_of_the_header_counts_and_none_is_no_match() {
        let tag = HeaderValue::from_static("\"e\"");
        let mut asked = HeaderMap::new();
        assert!(!is_unchanged(&asked, &tag));
        asked.append(IF_NONE_MATCH, HeaderValue::from_static("\"a\""));
        assert!(!is_unchanged(&asked, &tag));
        asked.append(IF_NONE_MATCH, HeaderValue::from_static("\"e\""));
        assert!(is_unchanged(&asked, &tag));
    }
}
