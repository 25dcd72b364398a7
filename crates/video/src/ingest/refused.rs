//! Connections that never became publishers: counted by reason, and told once a second for each, since anybody can cause them.

use std::fmt::Display;
use std::net::SocketAddr;

use runtime::clock;
use runtime::log::Seldom;

/// Why a connection did not become a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many connections, of its address or in all.
    Full,
    /// No TLS came of it.
    Tls,
    /// It does not speak RTMP, or breaks a limit of it.
    Protocol,
    /// It published nothing in time.
    Handshake,
    /// The publish was refused: see [`PublishError`](super::PublishError).
    Publish,
}

impl Refused {
    /// All of them.
    const ALL: [Self; 5] = [Self::Full, Self::Tls, Self::Protocol, Self::Handshake, Self::Publish];

    /// `reason` of the metric.
    const fn label(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Tls => "tls",
            Self::Protocol => "protocol",
            Self::Handshake => "handshake",
            Self::Publish => "publish",
        }
    }

    /// Counts and tells one: each at debug, and at most one of a kind a second at info, with how many were left out before it.
    pub(super) fn note(self, peer: SocketAddr, reason: &impl Display) {
        static TOLD: [Seldom; Refused::ALL.len()] = [const { Seldom::new() }; Refused::ALL.len()];
        self.count(1);
        tracing::debug!(%peer, %reason, "rtmp connection refused");
        if let Some(left_out) = TOLD[self as usize].due(clock::now()) {
            tracing::info!(%peer, %reason, left_out, "rtmp connections refused");
        }
    }

    fn count(self, by: u64) {
        metrics::counter!("footlight_ingest_refused_total", "reason" => self.label()).increment(by);
    }

    /// Makes all counts begin at zero.
    pub(super) fn count_from_zero() {
        Self::ALL.iter().for_each(|refused| refused.count(0));
    }
}
