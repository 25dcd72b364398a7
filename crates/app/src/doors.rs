//! Listening sockets, bound before anything runs: what can't listen is known before anything has happened.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use chat::link::wire::Offer;
use runtime::listener::{BindError, bind};
use runtime::tls::{TlsError, server_config};
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;

use crate::config::{Config, links};
use crate::data::Ports;
use crate::roles::Role;

/// A socket and, if it is encrypted, with what.
pub(crate) struct Door {
    /// Listening.
    pub(crate) listener: TcpListener,
    /// TLS, if it is to be spoken.
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

/// The sockets of the roles that are played; each role takes its own.
#[derive(Default)]
pub(crate) struct Doors {
    /// Site and API.
    pub(crate) http: Option<Door>,
    /// Encoders.
    pub(crate) rtmp: Option<Door>,
    /// Encoders over TLS.
    pub(crate) rtmps: Option<Door>,
    /// IRC clients.
    pub(crate) irc: Option<Door>,
    /// IRC clients over TLS.
    pub(crate) ircs: Option<Door>,
    /// Nodes that deliver chat.
    pub(crate) chat_link: Option<Door>,
    /// Where the node that owns the rooms may send them.
    pub(crate) chat_offer: Option<Offer>,
    /// Where they listen.
    pub(crate) ports: Ports,
}

/// Why we can't listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoorError {
    /// The address is taken or not ours.
    #[error(
        "{key}: {source}; is another server running there? Set {key} to another address, or port 0 for any free one"
    )]
    Bind {
        /// The setting.
        key: &'static str,
        /// What the system said.
        #[source]
        source: BindError,
    },
    /// The certificate can't be used.
    #[error("{key}: {source}")]
    Tls {
        /// The setting.
        key: &'static str,
        /// What is wrong with it.
        #[source]
        source: TlsError,
    },
}

impl Doors {
    /// Binds what `roles` need.
    ///
    /// # Errors
    /// With the setting that can't be followed.
    pub(crate) fn open(config: &Config, roles: &[Role]) -> Result<Self, DoorError> {
        let mut doors = Self::default();
        if roles.contains(&Role::Api) {
            let tls = &config.http.tls;
            let files = (!tls.cert.is_empty()).then(|| ((&tls.cert).into(), (&tls.key).into()));
            doors.http = door("http.listen", config.http.listen.0, files, web::ALPN)?;
        }
        if roles.contains(&Role::Ingest) {
            doors.rtmp = door("rtmp.listen", config.rtmp.listen.0, None, &[])?;
            doors.rtmps = door("rtmps.listen", config.rtmps.listen.0, Some(config.rtmps_files()), &[])?;
        }
        if Role::delivers_chat(roles) {
            doors.irc = door("irc.listen", config.irc.listen.0, None, &[])?;
            doors.ircs = door("ircs.listen", config.ircs.listen.0, Some(config.ircs_files()), &[])?;
            (doors.chat_link, doors.chat_offer) = chat_link(config)?;
        }
        doors.ports = Ports {
            http: at(&doors.http),
            rtmp: at(&doors.rtmp),
            rtmps: at(&doors.rtmps),
            irc: at(&doors.irc),
            ircs: at(&doors.ircs),
            chat_link: at(&doors.chat_link),
        };
        Ok(doors)
    }
}

fn door(
    key: &'static str,
    address: Option<SocketAddr>,
    files: Option<(std::path::PathBuf, std::path::PathBuf)>,
    alpn: &[&str],
) -> Result<Option<Door>, DoorError> {
    let Some(address) = address else { return Ok(None) };
    let tls = files.map(|(cert, key)| server_config(&cert, &key, alpn)).transpose();
    let tls = tls.map_err(|source| DoorError::Tls { key, source })?;
    let listener = bind(address).map_err(|source| DoorError::Bind { key, source })?;
    Ok(Some(Door { listener, tls }))
}

/// The door of chat's links, and what other nodes are told of it: its certificate is logged too.
fn chat_link(config: &Config) -> Result<(Option<Door>, Option<Offer>), DoorError> {
    let (link, key) = (&config.chat.link, "chat.link.listen");
    if link.listen.0.is_none() {
        return Ok((None, None));
    }
    let tls = |source| DoorError::Tls { key, source };
    let files = links::files(link, &config.data).map_err(tls)?;
    let fingerprint = files.as_ref().map(|(cert, _)| links::fingerprint_of(cert)).transpose().map_err(tls)?;
    if let Some(fingerprint) = &fingerprint {
        tracing::info!(fingerprint = links::hex(fingerprint), "chat links show this certificate");
    }
    let door = door(key, link.listen.0, files, &[])?;
    let offer = at(&door).and_then(|at| links::offer(link, at.port(), fingerprint));
    Ok((door, offer))
}

fn at(door: &Option<Door>) -> Option<SocketAddr> {
    door.as_ref().and_then(|door| door.listener.local_addr().ok())
}

/// What people are told: where the site is, and what an encoder needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// The site, without a path.
    pub(crate) site: Option<String>,
    /// `rtmp://HOST/live`.
    pub(crate) rtmp: Option<String>,
    /// `rtmps://HOST/live`.
    pub(crate) rtmps: Option<String>,
}

impl Addresses {
    /// From the site's public address if there is one, else from where we listen.
    pub(crate) fn of(config: &Config, ports: Ports) -> Self {
        let url = config.site.url.trim_end_matches('/');
        let public = url.split_once("://").map(|(_, rest)| rest).filter(|rest| !rest.is_empty());
        // Without the port: RTMP has its own.
        let public = public.map(|rest| match rest.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => rest,
        });
        let host = |at: SocketAddr| public.map_or_else(|| host_of(at.ip()), str::to_owned);
        let with_port = |at: SocketAddr, usual: u16| match at.port() {
            port if port == usual => host(at),
            port => format!("{}:{port}", host(at)),
        };
        let scheme = if config.http.tls.cert.is_empty() { "http" } else { "https" };
        let usual = if scheme == "https" { 443 } else { 80 };
        let site = ports.http.map(|at| match url {
            "" => format!("{scheme}://{}", with_port(at, usual)),
            url => url.to_owned(),
        });
        Self {
            site,
            rtmp: ports.rtmp.map(|at| format!("rtmp://{}/live", with_port(at, 1935))),
            rtmps: ports.rtmps.map(|at| format!("rtmps://{}/live", with_port(at, 443))),
        }
    }
}

/// A listener on every interface is reached on this machine by its loopback address, which always works.
fn host_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, rtmp: &str, expected: [&str; 2]) {
        let mut config = Config::default();
        config.site.url = url.to_owned();
        let ports = Ports {
            http: Some(SocketAddr::from(([127, 0, 0, 1], 8080))),
            rtmp: Some(rtmp.parse().expect("an address")),
            ..Ports::default()
        };
        let addresses = Addresses::of(&config, ports);
        let told = [addresses.site, addresses.rtmp].map(|text| text.unwrap_or_default());
        assert_eq!(told, expected);
    }

    #[test]
    fn people_are_told_the_public_address_or_where_we_listen() {
        check("", "0.0.0.0:1935", ["http://127.0.0.1:8080", "rtmp://127.0.0.1/live"]);
        check("", "127.0.0.1:4000", ["http://127.0.0.1:8080", "rtmp://127.0.0.1:4000/live"]);
        check(
            "https://tv.example.org/",
            "0.0.0.0:1935",
            ["https://tv.example.org", "rtmp://tv.example.org/live"],
        );
        check(
            "http://tv.example.org:81",
            "0.0.0.0:9",
            ["http://tv.example.org:81", "rtmp://tv.example.org:9/live"],
        );
    }
}
