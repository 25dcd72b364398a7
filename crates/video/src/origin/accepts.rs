//! Which codings of an answer a client takes: `Accept-Encoding` (RFC 9110 §12.5.3).

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// Whether the client names `coding`, and does not refuse it by a weight of zero, in whatever spelling (§12.4.2).
pub fn accepts_encoding(asked: &HeaderMap, coding: &str) -> bool {
    let lines = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        name.trim().eq_ignore_ascii_case(coding) && !is_zero(weight.trim())
    })
}

/// Whether a weight says no. What is no weight says nothing.
fn is_zero(weight: &str) -> bool {
    let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="));
    value.is_some_and(|value| value.parse() == Ok(0.0))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_coding_is_taken_if_it_is_named_and_not_refused() {
        for (line, taken) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("br;q=0, gzip ; q=1.0", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("gzip;Q=0.000", false),
            ("br", false),
            ("gzipped", false),
            ("", false),
        ] {
            let asked = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(line))]);
            assert_eq!(accepts_encoding(&asked, "gzip"), taken, "{line}");
        }
        assert!(!accepts_encoding(&HeaderMap::new(), "gzip"));
    }
}
