//! Links between chat nodes, as they are configured: which files, whom to trust, and when they may do without TLS.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use chat::link::tls::{Opener, Trust, is_here};
use chat::link::wire::Offer;
use runtime::tls::{TlsError, certificate, own_pair, roots};

use super::parts;
use super::sections::Link;

/// Nodes of a site, apart from the one that owns the rooms: connections' numbers have twelve bits for theirs.
pub(super) const NODES_MAX: u32 = chat::edge::handle::NODE_MAX as u32;

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
pub(crate) fn fingerprint_of(cert: &Path) -> Result<[u8; 32], TlsError> {
    Ok(chat::link::tls::fingerprint(&certificate(cert)?))
}

/// A fingerprint as it is configured.
pub(crate) fn hex(fingerprint: &[u8; 32]) -> String {
    fingerprint.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the rooms' node may send other delivering nodes, with the port that is bound for 0; `None`: nowhere.
pub(crate) fn offer(link: &Link, bound: u16, fingerprint: Option<[u8; 32]>) -> Option<Offer> {
    let (host, port) = host_and_port(&link.address)?;
    let port = if port == 0 { bound } else { port };
    Some(Offer { address: format!("{host}:{port}"), fingerprint })
}

fn host_and_port(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let is_anywhere = host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
    let is_host = !host.is_empty() && host.len() <= 253 && !host.contains(['/', ' ']) && !is_anywhere;
    Some((host, port.parse().ok()?)).filter(|_| is_host)
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
    if !link.address.is_empty() && host_and_port(&link.address).is_none() {
        faults.push(format!(
            "chat.link.address: {:?} is not a host and a port that others can link to",
            link.address
        ));
    }
    if !link.address.is_empty() && link.listen.0.is_none() {
        faults.push("chat.link.address: needs chat.link.listen, which takes the links".to_owned());
    }
    if !(1..=NODES_MAX).contains(&link.children) {
        faults.push(format!("chat.link.children: 1 to {NODES_MAX}"));
    }
    let listens_elsewhere = link.listen.0.is_some_and(|at| !at.ip().is_loopback());
    let is_elsewhere = |address: &String| !address.is_empty() && !is_here(address);
    if link.plain && (listens_elsewhere || [&link.upstream, &link.address].into_iter().any(is_elsewhere)) {
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
        let listen = "127.0.0.1:7100".parse().expect("an address");
        let feeds = Link { listen, address: "10.0.0.6:7100".to_owned(), ..link("127.0.0.1:7200", true) };
        assert_eq!(faults(&feeds).len(), 1, "{:?}", faults(&feeds));
    }

    #[test]
    fn an_address_for_others_is_a_host_and_a_port_and_needs_a_door() {
        let feeds = |address: &str| Link { address: address.to_owned(), ..Link::default() };
        let listening =
            |address| Link { listen: "10.0.0.6:7100".parse().expect("an address"), ..feeds(address) };
        for (address, fine) in [
            ("", true),
            ("10.0.0.6:7100", true),
            ("[fd00::6]:7100", true),
            ("tv-2.example.org:7100", true),
            ("10.0.0.6", false),
            (":7100", false),
            ("0.0.0.0:7100", false),
            ("[::]:7100", false),
            ("10.0.0.6:70000", false),
            ("wss://tv.example.org:7100", false),
        ] {
            assert_eq!(faults(&listening(address)).is_empty(), fine, "{address}");
        }
        assert_eq!(faults(&feeds("10.0.0.6:7100")).len(), 1);
        let offered = |address| offer(&feeds(address), 41_234, None).map(|offer| offer.address);
        assert_eq!(offered("10.0.0.6:7100").as_deref(), Some("10.0.0.6:7100"));
        assert_eq!(offered("[fd00::6]:0").as_deref(), Some("[fd00::6]:41234"));
        assert_eq!(offered(""), None);
    }

    #[test]
    fn a_node_feeds_at_least_one_and_not_more_than_there_can_be() {
        for (children, fine) in [(0, false), (1, true), (4_095, true), (4_096, false)] {
            assert_eq!(faults(&Link { children, ..Link::default() }).is_empty(), fine, "{children}");
        }
    }

    #[test]
    fn a_fingerprint_is_64_digits_with_or_without_colons() {
        let plain = hex(&[15; 32]);
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
        assert_eq!(parse_fingerprint(&hex(&first)), Some(first));
        assert_eq!(fingerprint_of(&made().0).expect("readable"), first);
        assert_eq!(files(&link("", true), folder.path()).expect("nothing to make"), None);
    }
}
