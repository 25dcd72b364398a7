//! The sections of the configuration, each with its defaults and what can be wrong with it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::human::{BitRate, Listen, Size, Span};

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Signup {
    Open,
    Invite,
    Closed,
}

/// Latency mode of channels that have not chosen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Latency {
    Low,
    Normal,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Auto,
    Text,
    Json,
}

/// One rung of the ladder, written `"720p 2.8Mbps"`: the shorter side of the picture and the video bit rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rung {
    pub(crate) height: u32,
    pub(crate) bitrate: BitRate,
}

impl Rung {
    pub(crate) fn defaults() -> Vec<Self> {
        [(720, 2_800_000), (480, 1_200_000), (160, 230_000)]
            .map(|(height, bitrate)| Self { height, bitrate: BitRate(bitrate) })
            .to_vec()
    }

    pub(super) fn faults(ladder: &[Self]) -> Vec<String> {
        let mut faults = Vec::new();
        if !ladder.is_sorted_by(|a, b| a.height > b.height) {
            faults.push("ladder: write the rungs from the highest to the lowest, each height once".to_owned());
        }
        for rung in ladder.iter().filter(|rung| !(96..=4320).contains(&rung.height)) {
            faults.push(format!("ladder: {rung} is not between 96p and 4320p"));
        }
        for rung in ladder.iter().filter(|rung| !(50_000..=100_000_000).contains(&rung.bitrate.0)) {
            faults.push(format!("ladder: {rung} is not between 50kbps and 100Mbps"));
        }
        faults
    }
}

impl FromStr for Rung {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a rung; write it like \"720p 2.8Mbps\"");
        let (height, bitrate) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let height = height.strip_suffix('p').and_then(|height| height.parse().ok()).ok_or_else(wrong)?;
        Ok(Self { height, bitrate: bitrate.parse().map_err(|_| wrong())? })
    }
}
impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}p {}", self.height, self.bitrate)
    }
}
impl Serialize for Rung {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Rung {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

section! {
    /// What the site is called and where the world finds it.
    Site {
        url: String = String::new(),
        name: String = "Footlight".to_owned(),
    }
}
section! {
    /// The web's listener.
    Http {
        listen: Listen = listen("127.0.0.1:8080"),
        trusted_proxies: Vec<String> = Vec::new(),
        tls: Tls = Tls::default(),
    }
}
section! {
    /// PEM files; both or neither.
    Tls {
        cert: String = String::new(),
        key: String = String::new(),
    }
}
section! {
    /// Where encoders publish.
    Rtmp {
        listen: Listen = listen(":1935"),
    }
}
section! {
    /// Where encoders publish over TLS.
    Rtmps {
        listen: Listen = Listen::default(),
        cert: String = String::new(),
        key: String = String::new(),
    }
}
section! {
    /// What one publisher may take.
    Ingest {
        handshake_timeout: Span = seconds(5),
        idle_timeout: Span = seconds(10),
        bitrate_max: BitRate = BitRate(20_000_000),
        frame_max: Size = Size(8 << 20),
        connections_max: u32 = 512,
        connections_per_address_max: u32 = 16,
    }
}
section! {
    /// The ladder's encoders.
    Transcode {
        ffmpeg: String = "ffmpeg".to_owned(),
        encoder: String = "auto".to_owned(),
        slots: u32 = 0,
    }
}
section! {
    /// How long sessions and invitations last.
    Accounts {
        session_days: u32 = 90,
        invite_days: u32 = 14,
    }
}
section! {
    /// The first administrator, made on an empty data folder.
    Admin {
        name: String = "operator".to_owned(),
        email: String = "operator@localhost".to_owned(),
        password: String = String::new(),
    }
}
section! {
    /// Log lines on standard error.
    Log {
        format: LogFormat = LogFormat::Auto,
        filter: String = "info".to_owned(),
    }
}
section! {
    /// The way down.
    Drain {
        grace: Span = seconds(10),
    }
}

fn seconds(n: u64) -> Span {
    Span(Duration::from_secs(n))
}
fn listen(text: &str) -> Listen {
    text.parse().expect("a default is an address")
}

impl Site {
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let plain = self.url.strip_prefix("https://").or_else(|| self.url.strip_prefix("http://"));
        let host_only = plain.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', ' ', '@']));
        if !self.url.is_empty() && !host_only {
            faults.push(format!(
                "site.url: {:?} is not a site's address; write it like \"https://tv.example.org\", with no path",
                self.url
            ));
        }
        if self.name.trim().is_empty() {
            faults.push("site.name: a site needs a name".to_owned());
        }
        faults
    }
}

impl Http {
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = pair("http.tls", &self.tls.cert, &self.tls.key);
        if self.listen.0.is_none() {
            faults.push("http.listen: the site can't be off; give an address".to_owned());
        }
        for proxy in &self.trusted_proxies {
            if proxy.parse::<std::net::IpAddr>().is_err() {
                faults.push(format!("http.trusted_proxies: {proxy:?} is not an IP address"));
            }
        }
        faults
    }
}

impl Rtmps {
    pub(super) fn faults(&self, http: &Http) -> Vec<String> {
        let mut faults = pair("rtmps", &self.cert, &self.key);
        if self.listen.0.is_some() && self.cert.is_empty() && http.tls.cert.is_empty() {
            faults.push("rtmps.listen: needs rtmps.cert and rtmps.key, or http.tls.cert and http.tls.key".to_owned());
        }
        faults
    }
}

/// A certificate goes with a key.
fn pair(section: &str, cert: &str, key: &str) -> Vec<String> {
    match (cert.is_empty(), key.is_empty()) {
        (false, true) => vec![format!("{section}.key: a certificate needs its key")],
        (true, false) => vec![format!("{section}.cert: a key needs its certificate")],
        _ => Vec::new(),
    }
}

impl Ingest {
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (key, max) in [
            ("connections_max", self.connections_max),
            ("connections_per_address_max", self.connections_per_address_max),
        ] {
            if max == 0 {
                faults.push(format!("ingest.{key}: 0 refuses everyone; set rtmp.listen to \"\" to turn it off"));
            }
        }
        if self.bitrate_max.0 < 100_000 {
            faults.push("ingest.bitrate_max: below 100kbps nothing can be published".to_owned());
        }
        faults
    }
}

impl Accounts {
    pub(super) fn faults(&self) -> Vec<String> {
        let days = [("session_days", self.session_days), ("invite_days", self.invite_days)];
        let wrong = days.into_iter().filter(|(_, days)| !(1..=3650).contains(days));
        wrong.map(|(key, days)| format!("accounts.{key}: {days} is not between 1 and 3650")).collect()
    }
}

impl Admin {
    pub(super) fn faults(&self) -> Vec<String> {
        match self.name.parse::<domain::names::Name>() {
            Ok(_) => Vec::new(),
            Err(e) => vec![format!("admin.name: {e}")],
        }
    }
}
