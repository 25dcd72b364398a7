//! A page's content security policy: nothing runs but our own files and the inline scripts that the build wrote, by hash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use sha2::{Digest as _, Sha256};

/// The policy of one page.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    /// For our own pages: nobody else may show them in a frame.
    pub(super) own: HeaderValue,
    /// For pages that are made to be shown in other sites' frames.
    pub(super) framed: HeaderValue,
}

impl Policy {
    /// The policy for this page's text.
    pub(super) fn of(html: &str) -> Self {
        let scripts: String = inline_scripts(html).map(|script| format!(" {}", hash(script))).collect();
        let write = |frames: &str| {
            let text = format!(
                // hls.js plays from blobs and works in a blob worker; Svelte and media-chrome write styles inline.
                "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; \
                 img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; \
                 font-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {frames}"
            );
            HeaderValue::try_from(text).expect("base64 and words")
        };
        Self { own: write("'self'"), framed: write("*") }
    }
}

/// A script's hash as a policy names it (CSP Level 3 §2.3.1).
fn hash(script: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)))
}

/// The texts between `<script …>` and `</script>` that have no `src`. Enough for what our own build writes.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        let has_source = attributes.split_whitespace().any(|attribute| attribute.starts_with("src="));
        (!has_source).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_hash_and_others_by_address() {
        let html = "<script type=module src=\"/a.js\"></script><script>one()</script>\n<script data-x>two()</script>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["one()", "two()"]);
        // echo -n 'one()' | openssl dgst -sha256 -binary | base64
        let expected = "'sha256-HR7iaask9daLMRRskMI++QeJtjWDOjyPA6lGzYGzKW4='";
        assert_eq!(hash("one()"), expected);
        let policy = Policy::of(html);
        let text = policy.own.to_str().expect("text");
        assert!(text.contains(&format!("script-src 'self' {expected} ")), "{text}");
    }
}
