//! Who is at the other end: the client's address and whether it came over TLS, seen through the proxies that are trusted.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::config::ProxyNet;

/// The other end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// Whether the client's own connection is encrypted.
    pub(crate) secure: bool,
}

impl Peer {
    /// Reads the proxies' headers if the connection comes from one that is trusted, else believes nothing.
    ///
    /// `X-Forwarded-For` is read from the right: what stands left of the first address that is not trusted was written by
    /// the client and may say anything.
    pub(crate) fn of(connection: SocketAddr, tls: bool, headers: &HeaderMap, trusted: &[ProxyNet]) -> Self {
        let direct = connection.ip().to_canonical();
        let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.holds(address));
        if !is_trusted(direct) {
            return Self { address: direct, secure: tls };
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let mut address = direct;
        for hop in forwarded.flat_map(|value| value.split(',')).collect::<Vec<_>>().into_iter().rev() {
            let Some(hop) = parse(hop.trim()) else { break };
            address = hop;
            if !is_trusted(hop) {
                break;
            }
        }
        let proto = headers.get("x-forwarded-proto").map(http::HeaderValue::as_bytes);
        Self { address, secure: proto.map_or(tls, |proto| proto.eq_ignore_ascii_case(b"https")) }
    }
}

/// An address as proxies write it: bare, with a port, in brackets.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(connection: &str, forwarded: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a header value"));
        }
        let trusted = ["127.0.0.1", "10.0.0.0/8"].map(|net| net.parse().expect("a network"));
        let peer = Peer::of(connection.parse().expect("a socket"), false, &headers, &trusted);
        assert_eq!(peer.address.to_string(), expected, "{connection} {forwarded:?}");
    }

    #[test]
    fn only_trusted_proxies_may_say_who_the_client_is() {
        check("203.0.113.9:1000", &["198.51.100.1"], "203.0.113.9");
        check("127.0.0.1:1000", &[], "127.0.0.1");
        check("127.0.0.1:1000", &["198.51.100.1"], "198.51.100.1");
        check("[::ffff:127.0.0.1]:1000", &["198.51.100.1"], "198.51.100.1");
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        check("127.0.0.1:1000", &["1.2.3.4, 198.51.100.1"], "198.51.100.1");
        check("127.0.0.1:1000", &["1.2.3.4", "198.51.100.1, 10.1.1.1"], "198.51.100.1");
        check("127.0.0.1:1000", &["1.2.3.4, nonsense"], "127.0.0.1");
        check("127.0.0.1:1000", &["[2001:db8::1]:443"], "2001:db8::1");
        check("127.0.0.1:1000", &["[2001:db8::1]"], "2001:db8::1");
    }
}
