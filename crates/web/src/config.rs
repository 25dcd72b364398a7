//! What a site's owner may set about HTTP and the site, and everything that can be wrong with it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// All of it: the sections `http` and `site` of the configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Sockets and connections.
    pub http: HttpConfig,
    /// What the site calls itself.
    pub site: SiteConfig,
}

/// The section `http`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where to listen; port 0 is any free one.
    pub listen: SocketAddr,
    /// Certificate and key; without them HTTP is plain (behind a proxy, or on one machine).
    pub tls: Option<TlsFiles>,
    /// Whether HTTP/2 is taken on plain connections too (prior knowledge), as some proxies speak it.
    pub h2c: bool,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses or networks.
    pub trusted_proxies: Vec<ProxyNet>,
    /// How many connections.
    pub connections: ConnectionConfig,
    /// Milliseconds for a TLS handshake, for a request's head, and for the next request on an idle connection.
    pub header_timeout_ms: u64,
    /// A folder with a built UI that is served instead of the embedded one. Read once, at start.
    pub ui_dir: Option<PathBuf>,
}

/// How many connections there may be; the next one is closed at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionConfig {
    /// From one address. Trusted proxies are not counted here.
    pub per_address_max: usize,
    /// In all, on each listener.
    pub total_max: usize,
    /// Event streams that one client address may hold open.
    pub event_streams_per_address_max: usize,
    /// Event streams in all.
    pub event_streams_total_max: usize,
}

/// PEM files of a certificate chain and its private key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// Certificate chain, leaf first.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// The section `site`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteConfig {
    /// Name, as pages show it.
    pub name: String,
    /// Public address without a path, e.g. `https://live.example.com`; empty if it is where we listen.
    pub url: String,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            tls: None,
            h2c: false,
            trusted_proxies: Vec::new(),
            connections: ConnectionConfig::default(),
            header_timeout_ms: 20_000,
            ui_dir: None,
        }
    }
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            // A school or an office behind one address, each with the six connections of a browser.
            per_address_max: 1_024,
            total_max: 16_384,
            event_streams_per_address_max: 64,
            event_streams_total_max: 8_192,
        }
    }
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self { name: "Footlight".to_owned(), url: String::new() }
    }
}

impl WebConfig {
    /// Everything that is wrong, each by its key; empty if it can be started.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let connections = &self.http.connections;
        for (key, value) in [
            ("per_address_max", connections.per_address_max),
            ("total_max", connections.total_max),
            ("event_streams_per_address_max", connections.event_streams_per_address_max),
            ("event_streams_total_max", connections.event_streams_total_max),
        ] {
            if value == 0 {
                faults.push(format!("http.connections.{key}: 0 refuses everyone"));
            }
        }
        if !(100..=600_000).contains(&self.http.header_timeout_ms) {
            faults.push(format!(
                "http.header_timeout_ms: {} is not between 100 and 600000",
                self.http.header_timeout_ms
            ));
        }
        if let Some(tls) = &self.http.tls {
            for (key, path) in [("cert", &tls.cert), ("key", &tls.key)] {
                if !path.is_file() {
                    faults.push(format!("http.tls.{key}: {} is not a file", path.display()));
                }
            }
        }
        if let Some(dir) = &self.http.ui_dir
            && !dir.join("index.html").is_file()
        {
            faults.push(format!("http.ui_dir: {} holds no index.html; build the UI first", dir.display()));
        }
        faults.extend(self.site.faults());
        faults
    }
}

impl SiteConfig {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() {
            faults.push("site.name: must not be empty".to_owned());
        }
        if !self.url.is_empty() && self.origin().is_none() {
            faults.push(format!(
                "site.url: {:?} is not http:// or https:// and a host, without a path",
                self.url
            ));
        }
        faults
    }

    /// The public address as an `Origin` header says it (RFC 6454 §6.2): lower case, without a trailing slash.
    pub fn origin(&self) -> Option<String> {
        let url = self.url.trim_end_matches('/').to_ascii_lowercase();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let plain =
            !host.is_empty() && !host.contains(['/', '?', '#', '@']) && !host.contains(char::is_whitespace);
        plain.then_some(url)
    }
}

/// An address, or a network in CIDR notation, whose proxy headers are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyNet {
    address: IpAddr,
    prefix: u8,
}

/// The text is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address such as 10.0.0.7 or a network such as 10.0.0.0/8")]
pub struct ProxyNetError(String);

impl ProxyNet {
    /// Whether `address` is in it. IPv4 within IPv6 counts as IPv4.
    pub fn holds(self, address: IpAddr) -> bool {
        let shift = |bits: u8| u32::from(bits - self.prefix);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(one)) => {
                (net.to_bits() ^ one.to_bits()).checked_shr(shift(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(one)) => {
                (net.to_bits() ^ one.to_bits()).checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for ProxyNet {
    type Err = ProxyNetError;
    fn from_str(text: &str) -> Result<Self, ProxyNetError> {
        let fault = || ProxyNetError(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), str::parse).map_err(|_| fault())?;
        if prefix > longest { Err(fault()) } else { Ok(Self { address, prefix }) }
    }
}

impl fmt::Display for ProxyNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
impl Serialize for ProxyNet {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for ProxyNet {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(net: &str, address: &str, holds: bool) {
        let net: ProxyNet = net.parse().expect("a network");
        assert_eq!(net.holds(address.parse().expect("an address")), holds, "{net} {address}");
    }

    #[test]
    fn a_network_holds_its_addresses() {
        check("10.0.0.0/8", "10.9.8.7", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("10.0.0.7", "10.0.0.7", true);
        check("10.0.0.7", "10.0.0.8", false);
        check("10.0.0.7", "::ffff:10.0.0.7", true);
        check("0.0.0.0/0", "203.0.113.1", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("::/0", "2001:db8:1::1", true);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0/8"] {
            assert!(text.parse::<ProxyNet>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_default_is_right_and_every_fault_is_told_by_its_key() {
        assert_eq!(WebConfig::default().faults(), Vec::<String>::new());
        let mut config = WebConfig::default();
        config.http.connections.total_max = 0;
        config.http.header_timeout_ms = 1;
        config.http.tls = Some(TlsFiles { cert: "/nowhere/cert.pem".into(), key: "/nowhere/key.pem".into() });
        config.http.ui_dir = Some("/nowhere".into());
        config.site = SiteConfig { name: " ".to_owned(), url: "live.example.com/here".to_owned() };
        let told: Vec<String> = config
            .faults()
            .iter()
            .filter_map(|f| f.split_once(": ").map(|(key, _)| key.to_owned()))
            .collect();
        let expected = [
            "http.connections.total_max",
            "http.header_timeout_ms",
            "http.tls.cert",
            "http.tls.key",
            "http.ui_dir",
            "site.name",
            "site.url",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_site_s_origin_is_its_url_without_a_path() {
        let origin = |url: &str| SiteConfig { url: url.to_owned(), ..SiteConfig::default() }.origin();
        assert_eq!(origin("https://Live.example.com/").as_deref(), Some("https://live.example.com"));
        assert_eq!(origin("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(origin("https://a.example/b"), None);
        assert_eq!(origin("ftp://a.example"), None);
        assert_eq!(origin(""), None);
    }
}
