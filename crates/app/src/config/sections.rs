//! The sections of the configuration as people write them, each with its defaults.
//!
//! Here are texts and units; what the values mean and what can be wrong with them is said by the crates' own structs,
//! to which [`super::parts`] turns these.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::human::{BitRate, Listen, Size, Slots, Span};

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Signup {
    Open,
    Invite,
    Closed,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Auto,
    Text,
    Json,
}

/// One rung of the ladder, written `"720p 2.5Mbps"` or `"720p 2.5Mbps 30fps partners"`: the shorter side of the picture, the
/// video bit rate, the most frames a second, and whether it is for partners only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rung {
    pub(crate) short_side: u32,
    pub(crate) bitrate: BitRate,
    pub(crate) fps_max: Option<u32>,
    pub(crate) partners_only: bool,
}

impl FromStr for Rung {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is not a rung; write it like \"720p 2.5Mbps\", \"720p 2.5Mbps 30fps\" or \"720p 2.5Mbps partners\""
            )
        };
        let mut words = text.split_whitespace().peekable();
        let short_side = words.next().and_then(|w| w.strip_suffix('p')?.parse().ok()).ok_or_else(wrong)?;
        let bitrate = words.next().and_then(|w| w.parse().ok()).ok_or_else(wrong)?;
        let fps = words.next_if(|word| word.ends_with("fps"));
        let fps_max = fps.map(|w| w.trim_end_matches("fps").parse().map_err(|_| wrong())).transpose()?;
        let partners_only = words.next_if_eq(&"partners").is_some();
        if words.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { short_side, bitrate, fps_max, partners_only })
    }
}
impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}p {}", self.short_side, self.bitrate)?;
        self.fps_max.map_or(Ok(()), |fps| write!(f, " {fps}fps"))?;
        if self.partners_only { f.write_str(" partners") } else { Ok(()) }
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
        header_timeout: Span = seconds(20),
        h2c: bool = false,
        ui_dir: String = String::new(),
        tls: Tls = Tls::default(),
        connections: Connections = Connections::default(),
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
    /// How many connections the web takes.
    Connections {
        per_address_max: u32 = 1_024,
        total_max: u32 = 16_384,
        event_streams_per_address_max: u32 = 64,
        event_streams_total_max: u32 = 8_192,
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
    /// Where IRC clients connect without TLS.
    Irc {
        listen: Listen = listen("127.0.0.1:6667"),
        server_name: String = "tmi.twitch.tv".to_owned(),
    }
}
section! {
    /// Where IRC clients connect over TLS.
    Ircs {
        listen: Listen = Listen::default(),
        cert: String = String::new(),
        key: String = String::new(),
    }
}
section! {
    /// Chat: how it is delivered, and the links between its nodes.
    Chat {
        history: u32 = 150,
        view_budget: u32 = 50,
        tick_max: Span = Span(Duration::from_millis(100)),
        threads: Slots = Slots(None),
        connections_max: u32 = 60_000,
        per_address_max: u32 = 1_024,
        url: String = String::new(),
        rates: ChatRates = ChatRates::default(),
        link: Link = Link::default(),
    }
}
section! {
    /// How fast one may write; 0 switches a rate off.
    ChatRates {
        window: Span = seconds(30),
        per_viewer: u32 = 20,
        per_moderator: u32 = 100,
        per_bot: u32 = 7_500,
        per_address: u32 = 200,
        per_channel: u32 = 10_000,
    }
}
section! {
    /// Links between the node that owns the rooms and nodes that only deliver.
    Link {
        listen: Listen = Listen::default(),
        upstream: String = String::new(),
        address: String = String::new(),
        children: u32 = 64,
        node: u16 = 0,
        secret: String = String::new(),
        cert: String = String::new(),
        key: String = String::new(),
        fingerprint: String = String::new(),
        ca: String = String::new(),
        plain: bool = false,
    }
}
section! {
    /// What one publisher may take.
    Ingest {
        handshake_timeout: Span = seconds(5),
        idle_timeout: Span = seconds(10),
        silent_after: Span = seconds(5),
        key_frame_timeout: Span = seconds(10),
        bitrate_max: BitRate = BitRate(20_000_000),
        frame_max: Size = Size(4 << 20),
        message_max: Size = Size(64 << 10),
        memory_max: Size = Size(12 << 20),
        per_address_max: u32 = 32,
        publishers_max: u32 = 1_000,
    }
}
section! {
    /// How streams are cut and kept for viewers.
    Origin {
        part_low: Span = Span(Duration::from_millis(200)),
        part_normal: Span = Span(Duration::from_millis(500)),
        window: Span = seconds(24),
    }
}
section! {
    /// The ladder's encoders.
    Transcode {
        ffmpeg: String = "ffmpeg".to_owned(),
        encoder: String = "auto".to_owned(),
        slots: Slots = Slots(None),
        preset: String = "superfast".to_owned(),
        thumbnail_every: Span = seconds(4),
    }
}
section! {
    /// How long sessions and invitations last, and how often one may try.
    Accounts {
        session_days: u32 = 90,
        invite_days: u32 = 14,
        sign_up_per_address: Tries = Tries { burst: 10, refill: seconds(60) },
        sign_in_per_address: Tries = Tries { burst: 20, refill: seconds(6) },
        sign_in_per_name: Tries = Tries { burst: 10, refill: seconds(10) },
    }
}
section! {
    /// The first administrator, made by a start of a site that has none.
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
        chat: Span = seconds(0),
    }
}

/// So many tries at once, and one more after each `refill`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tries {
    pub(crate) burst: u32,
    pub(crate) refill: Span,
}

fn seconds(n: u64) -> Span {
    Span(Duration::from_secs(n))
}
fn listen(text: &str) -> Listen {
    text.parse().expect("a default is an address")
}
