//! Links between chat nodes, as they are configured: which files, whom to trust, and when they may do without TLS.

use std::path::{Path, PathBuf};

use chat::link::tls::{Opener, Trust};
use runtime::tls::{TlsError, certificate, own_pair, roots};

use super::parts;
use super::sections::Link;

/// The files of the listening end, made if they are our own and not there yet; `None` for plain links.
///
/// # Errors
/// When they can't be made.
pub(crate) fn files(link: &Link, data: &Path) -> Result<Option<(PathBuf, PathBuf)>, TlsError> {
    if link.plain {
        return Ok(None);
    }
    if !link.cert.is_empty() {
        return Ok(Some(((&link.cert).into(), (&link.key).into())));
    }
    let (cert, key) = (data.join("chat-link.pem"), data.join("chat-link.key"));
    own_pair(&cert, &key, "footlight-chat")?;
    Ok(Some((cert, key)))
}

/// What the other end has to be told to know a certificate by: its SHA-256.
///
/// # Errors
/// When the file has none.
pub(crate) fn fingerprint_of(cert: &Path) -> Result<String, TlsError> {
    let digest = chat::link::tls::fingerprint(&certificate(cert)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// How the connecting end opens channels; `None` for plain links.
///
/// # Errors
/// When the file of roots can't be read.
pub(crate) fn opener(link: &Link) -> Result<Option<Opener>, TlsError> {
    if link.plain {
        return Ok(None);
    }
    let trust = match (parse_fingerprint(&link.fingerprint), link.ca.as_str()) {
        (Some(pin), _) => Trust::Fingerprint(pin),
        (None, "") => Trust::Secret,
        (None, ca) => Trust::Roots(roots(Path::new(ca))?.into()),
    };
    Opener::new(trust).map(Some).map_err(TlsError::Mismatch)
}

/// What is wrong with the links' TLS.
pub(super) fn faults(link: &Link) -> Vec<String> {
    let mut faults: Vec<String> = parts::pair("chat.link", &link.cert, &link.key).into_iter().collect();
    if !link.fingerprint.is_empty() && parse_fingerprint(&link.fingerprint).is_none() {
        faults.push("chat.link.fingerprint: 64 hexadecimal digits, as the rooms' node logs them".to_owned());
    }
    if !link.fingerprint.is_empty() && !link.ca.is_empty() {
        faults.push("chat.link.fingerprint: this or chat.link.ca, not both".to_owned());
    }
    let here = |address: &str| {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    };
    let listens_elsewhere = link.listen.0.is_some_and(|at| !at.ip().is_loopback());
    let links_elsewhere = !link.upstream.is_empty() && !here(&link.upstream);
    if link.plain && (listens_elsewhere || links_elsewhere) {
        faults.push("chat.link.plain: between addresses of this machine alone (127.0.0.1, ::1)".to_owned());
    }
    faults
}

/// SHA-256 in hexadecimal, with or without colons.
fn parse_fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(upstream: &str, plain: bool) -> Link {
        Link { upstream: upstream.to_owned(), plain, ..Link::default() }
    }

    #[test]
    fn only_links_within_this_machine_may_be_plain() {
        for (upstream, fine) in [
            ("127.0.0.1:7100", true),
            ("[::1]:7100", true),
            ("", true),
            ("10.0.0.5:7100", false),
            ("localhost:7100", false),
        ] {
            assert_eq!(faults(&link(upstream, true)).is_empty(), fine, "{upstream}");
            assert!(faults(&link(upstream, false)).is_empty(), "{upstream} with TLS");
        }
    }

    #[test]
    fn a_fingerprint_is_64_digits_with_or_without_colons() {
        let plain = "0f".repeat(32);
        let colons = ["0F"; 32].join(":");
        for text in [&plain, &colons] {
            assert_eq!(parse_fingerprint(text), Some([15; 32]));
        }
        for text in ["", "0f", &plain[1..], &plain.replace('f', "g")] {
            assert_eq!(parse_fingerprint(text), None, "{text}");
        }
    }

    #[test]
    fn our_own_certificate_is_made_once_and_known_by_its_fingerprint() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = || files(&Link::default(), folder.path()).expect("made").expect("not plain");
        let first = fingerprint_of(&made().0).expect("readable");
        assert!(parse_fingerprint(&first).is_some(), "{first}");
        assert_eq!(fingerprint_of(&made().0).expect("readable"), first);
        assert_eq!(files(&link("", true), folder.path()).expect("nothing to make"), None);
    }
}
