//! From the file's sections to the structs that the crates own, and the crates' verdicts back to the file's keys.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use directory::{AccountsConfig, FirstAdmin, rates::Rate};
use domain::secrets::Secret;
use runtime::log::LogFormat;
use video::ingest::IngestConfig;
use video::origin::OriginConfig;
use video::transcode::TranscodeConfig;
use web::{ConnectionConfig, HttpConfig, SiteConfig, TlsFiles, WebConfig};

use super::human::Size;
use super::sections::{self, Rung, Tries};
use super::{Config, Span};
use crate::limits::CHAT_WINDOW_MAX;

/// Shortest secret of a chat link, in characters.
const LINK_SECRET_MIN: usize = 16;

impl Config {
    /// What is wrong with the values, each beginning with its key.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = self.own_faults();
        match self.web() {
            Ok(web) => faults.extend(web.faults()),
            Err(more) => faults.extend(more),
        }
        faults.extend(self.ingest().faults().into_iter().map(|fault| format!("ingest.{}", in_units(&fault))));
        faults.extend(self.origin().faults().into_iter().map(|fault| format!("origin.{fault}")));
        faults.extend(self.transcode().faults().into_iter().map(|fault| in_file_keys(&fault)));
        faults.extend(
            self.accounts().faults().into_iter().map(|fault| fault.replace(".refill_s:", ".refill:")),
        );
        faults
    }

    /// What no crate can know: what belongs together.
    fn own_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.data.as_os_str().is_empty() {
            faults.push("data: a folder is needed; it is made if it is not there".to_owned());
        }
        // Whoever sets a short grace need not know of the other.
        let is_set = self.grace_clean_close != Self::default().grace_clean_close;
        if is_set && self.grace < self.grace_clean_close {
            faults.push("grace_clean_close: longer than grace; a clean close is the shorter wait".to_owned());
        }
        if !self.ladder.is_sorted_by(|a, b| a.short_side > b.short_side) {
            faults
                .push("ladder: write the rungs from the highest to the lowest, each height once".to_owned());
        }
        if self.http.listen.0.is_none() {
            faults.push("http.listen: the site can't be off; give an address".to_owned());
        }
        faults.extend(pair("http.tls", &self.http.tls.cert, &self.http.tls.key));
        faults.extend(pair("rtmps", &self.rtmps.cert, &self.rtmps.key));
        if self.rtmps.listen.0.is_some() && self.rtmps.cert.is_empty() && self.http.tls.cert.is_empty() {
            faults.push(
                "rtmps.listen: needs rtmps.cert and rtmps.key, or http.tls.cert and http.tls.key".to_owned(),
            );
        }
        faults.extend(self.chat_faults());
        let admin = self.first_admin().faults();
        faults.extend(admin.into_iter().map(|fault| format!("admin.{}: {}", fault.field, fault.detail)));
        if let Some(fault) = runtime::log::filter_fault(&self.log.filter) {
            faults.push(format!("log.filter: {fault}"));
        }
        faults
    }

    fn chat_faults(&self) -> Vec<String> {
        let (chat, mut faults) = (&self.chat, Vec::new());
        faults.extend(pair("ircs", &self.ircs.cert, &self.ircs.key));
        if self.ircs.listen.0.is_some() && self.ircs.cert.is_empty() && self.http.tls.cert.is_empty() {
            faults.push(
                "ircs.listen: needs ircs.cert and ircs.key, or http.tls.cert and http.tls.key".to_owned(),
            );
        }
        let name = &self.irc.server_name;
        if name.is_empty() || name.len() > 63 || name.contains(|c: char| !c.is_ascii_graphic() || c == ':') {
            faults.push(
                "irc.server_name: a host name of at most 63 characters, e.g. \"tmi.twitch.tv\"".to_owned(),
            );
        }
        if !chat.url.is_empty() && !is_socket_address(&chat.url) {
            faults
                .push(format!("chat.url: {:?} is not ws:// or wss:// and a host, without a path", chat.url));
        }
        if chat.tick_max.0 > Duration::from_millis(500) {
            faults
                .push("chat.tick_max: at most 500ms; a message must arrive within half a second".to_owned());
        }
        if self.drain.chat.0 > CHAT_WINDOW_MAX {
            faults.push("drain.chat: at most 24h".to_owned());
        }
        if u32::from(chat.link.node) > super::links::NODES_MAX {
            faults.push(format!("chat.link.node: at most {}", super::links::NODES_MAX));
        }
        let linked = chat.link.listen.0.is_some() || !chat.link.upstream.is_empty();
        if linked && chat.link.secret.len() < LINK_SECRET_MIN {
            faults.push(format!(
                "chat.link.secret: at least {LINK_SECRET_MIN} characters, the same on both ends"
            ));
        }
        faults.extend(super::links::faults(&chat.link));
        faults
    }

    /// Certificate and key of RTMPS: its own, or the web's.
    pub(crate) fn rtmps_files(&self) -> (PathBuf, PathBuf) {
        self.own_or_web(&self.rtmps.cert, &self.rtmps.key)
    }

    /// Certificate and key of IRC over TLS: its own, or the web's.
    pub(crate) fn ircs_files(&self) -> (PathBuf, PathBuf) {
        self.own_or_web(&self.ircs.cert, &self.ircs.key)
    }

    fn own_or_web(&self, cert: &str, key: &str) -> (PathBuf, PathBuf) {
        let tls = &self.http.tls;
        if cert.is_empty() { ((&tls.cert).into(), (&tls.key).into()) } else { (cert.into(), key.into()) }
    }

    /// The web's own struct.
    ///
    /// # Errors
    /// With the values that are none of theirs.
    pub(crate) fn web(&self) -> Result<WebConfig, Vec<String>> {
        let mut faults = Vec::new();
        let mut trusted_proxies = Vec::new();
        for text in &self.http.trusted_proxies {
            match text.parse() {
                Ok(net) => trusted_proxies.push(net),
                Err(e) => faults.push(format!("http.trusted_proxies: {e}")),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let tls = &self.http.tls;
        let both = !tls.cert.is_empty() && !tls.key.is_empty();
        let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let connections = &self.http.connections;
        Ok(WebConfig {
            http: HttpConfig {
                listen: self.http.listen.0.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
                tls: both.then(|| TlsFiles { cert: (&tls.cert).into(), key: (&tls.key).into() }),
                h2c: self.http.h2c,
                trusted_proxies,
                connections: ConnectionConfig {
                    per_address_max: count(connections.per_address_max),
                    total_max: count(connections.total_max),
                    event_streams_per_address_max: count(connections.event_streams_per_address_max),
                    event_streams_total_max: count(connections.event_streams_total_max),
                },
                header_timeout_ms: u64::try_from(self.http.header_timeout.0.as_millis()).unwrap_or(u64::MAX),
                ui_dir: (!self.http.ui_dir.is_empty()).then(|| PathBuf::from(&self.http.ui_dir)),
            },
            site: SiteConfig { name: self.site.name.clone(), url: self.site.url.clone() },
        })
    }

    /// The ingest's own struct.
    pub(crate) fn ingest(&self) -> IngestConfig {
        let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let bytes = |size: Size| usize::try_from(size.0).unwrap_or(usize::MAX);
        IngestConfig {
            handshake_timeout: self.ingest.handshake_timeout.0,
            idle_timeout: self.ingest.idle_timeout.0,
            silent_after: self.ingest.silent_after.0,
            key_frame_timeout: self.ingest.key_frame_timeout.0,
            bitrate_max_bps: self.ingest.bitrate_max.0,
            frame_bytes_max: bytes(self.ingest.frame_max),
            message_bytes_max: bytes(self.ingest.message_max),
            memory_bytes_max: bytes(self.ingest.memory_max),
            per_address_max: count(self.ingest.per_address_max),
            publishers_max: count(self.ingest.publishers_max),
            grace: self.grace.0,
            grace_clean_close: self.grace_clean_close.0.min(self.grace.0),
        }
    }

    /// The origin's own struct.
    pub(crate) fn origin(&self) -> OriginConfig {
        OriginConfig {
            part_low: self.origin.part_low.0,
            part_normal: self.origin.part_normal.0,
            window: self.origin.window.0,
        }
    }

    /// The transcoder's own struct.
    pub(crate) fn transcode(&self) -> TranscodeConfig {
        TranscodeConfig {
            ffmpeg: PathBuf::from(&self.transcode.ffmpeg),
            encoder: self.transcode.encoder.clone(),
            slots: self.transcode.slots.0,
            rungs: self.ladder.iter().map(rung).collect(),
            preset: self.transcode.preset.clone(),
            thumbnail_every_s: whole_seconds(self.transcode.thumbnail_every),
        }
    }

    /// The account desk's own struct.
    pub(crate) fn accounts(&self) -> AccountsConfig {
        AccountsConfig {
            signup: match self.signup {
                sections::Signup::Open => directory::Signup::Open,
                sections::Signup::Invite => directory::Signup::Invite,
                sections::Signup::Closed => directory::Signup::Closed,
            },
            latency: self.latency,
            session_days: self.accounts.session_days,
            invite_days: self.accounts.invite_days,
            sign_up_per_address: rate(self.accounts.sign_up_per_address),
            sign_in_per_address: rate(self.accounts.sign_in_per_address),
            sign_in_per_name: rate(self.accounts.sign_in_per_name),
        }
    }

    /// Who is made where there is no administrator.
    pub(crate) fn first_admin(&self) -> FirstAdmin {
        let chosen = !self.admin.password.is_empty();
        FirstAdmin {
            name: self.admin.name.clone(),
            email: self.admin.email.clone(),
            password: chosen.then(|| Secret::presented(&*self.admin.password)),
        }
    }

    /// How log lines look.
    pub(crate) fn log_format(&self) -> LogFormat {
        match self.log.format {
            sections::LogFormat::Auto => LogFormat::Auto,
            sections::LogFormat::Text => LogFormat::Text,
            sections::LogFormat::Json => LogFormat::Json,
        }
    }
}

/// The rungs that the file shows, from those that the transcoder ships.
pub(super) fn default_ladder() -> Vec<Rung> {
    let shown = |rung: &video::transcode::Rung| Rung {
        short_side: rung.short_side,
        bitrate: super::human::BitRate(u64::from(rung.bitrate_bps)),
        fps_max: rung.fps_max,
        partners_only: rung.partners_only,
    };
    TranscodeConfig::default().rungs.iter().map(shown).collect()
}

fn rung(rung: &Rung) -> video::transcode::Rung {
    video::transcode::Rung {
        name: format!("{}p", rung.short_side),
        short_side: rung.short_side,
        bitrate_bps: u32::try_from(rung.bitrate.0).unwrap_or(u32::MAX),
        fps_max: rung.fps_max,
        partners_only: rung.partners_only,
    }
}

fn rate(tries: Tries) -> Rate {
    Rate { burst: tries.burst, refill_s: whole_seconds(tries.refill) }
}

/// Rounded up: half a second between tries is not none.
fn whole_seconds(span: Span) -> u32 {
    let up = span.0 + Duration::from_millis(999);
    u32::try_from(up.as_secs()).unwrap_or(u32::MAX)
}

/// The transcoder names its rungs by place and field; in the file they are values of one key, outside of its section.
fn in_file_keys(fault: &str) -> String {
    let Some(rest) = fault.strip_prefix("rungs") else { return format!("transcode.{fault}") };
    let in_rung = rest.strip_prefix('[').and_then(|rest| {
        let (at, what) = rest.split_once("].")?;
        // People count from one.
        Some(format!("ladder: rung {}, {what}", at.parse::<usize>().ok()? + 1))
    });
    in_rung.unwrap_or_else(|| format!("ladder: {}", rest.trim_start_matches([':', ' '])))
}

/// The crates put units into the names of their fields; in the file the values carry them.
fn in_units(fault: &str) -> String {
    fault.replace("_max_bps", "_max").replace("_bytes_max", "_max")
}

/// Whether clients can put a room's path behind it.
fn is_socket_address(url: &str) -> bool {
    let host = url.strip_prefix("wss://").or_else(|| url.strip_prefix("ws://"));
    host.is_some_and(|host| {
        !host.is_empty() && !host.contains(['/', '?', '#', '@']) && !host.contains(char::is_whitespace)
    })
}

/// A certificate goes with a key.
pub(super) fn pair(section: &str, cert: &str, key: &str) -> Option<String> {
    match (cert.is_empty(), key.is_empty()) {
        (false, true) => Some(format!("{section}.key: a certificate needs its key")),
        (true, false) => Some(format!("{section}.cert: a key needs its certificate")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_s_defaults_are_the_crates_defaults() {
        let config = Config::default();
        assert_eq!(config.web(), Ok(WebConfig::default()));
        assert_eq!(config.ingest(), IngestConfig::default());
        assert_eq!(config.origin(), OriginConfig::default());
        assert_eq!(config.transcode(), TranscodeConfig::default());
        assert_eq!(config.accounts(), AccountsConfig::default());
    }
}
