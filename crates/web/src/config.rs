//! What a site's owner may set about HTTP and the site, and everything that can be wrong with it.

mod proxy_net;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use proxy_net::{ProxyNet, ProxyNetError};

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
    /// In all, over all listeners; trusted proxies may hold as many again.
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

#[cfg(test)]
mod tests {
    use super::*;

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
