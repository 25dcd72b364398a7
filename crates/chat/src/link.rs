//! Between nodes: frames go down, what readers want and ask goes up, over one TLS connection (plain TCP on loopback alone) for each pair of
//! nodes.
//!
//! Both ends prove that they know the site's secret without saying it, over a value that only this connection has. Every message has a number; what was sent and not yet
//! confirmed is kept, so that a connection that breaks goes on where it stopped: nothing twice, nothing lost. Where too much was
//! sent in between, the ends begin anew and the readers of the lower node come again.

pub mod codec;
pub mod wire;
pub mod tls;
pub mod proof;
pub mod end;
pub mod passes;
pub mod untold;
mod pipe;
pub mod above;
pub mod below;

/// Why a link ends.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The connection broke.
    #[error("the connection broke")]
    Io(#[from] std::io::Error),
    /// The other end does not know the secret, or somebody is in between.
    #[error("the other end does not know the link's secret (chat.link.secret), or somebody is in between")]
    Proof,
    /// The other end's certificate is not the one that is wanted.
    #[error("the other end is not who it should be (chat.link.fingerprint, chat.link.ca): {0}")]
    Identity(#[source] rustls::Error),
    /// No TLS could be agreed on.
    #[error("no TLS with the other end: {0}; is chat.link.plain the same on both ends?")]
    Tls(#[source] std::io::Error),
    /// The other end said what is no message.
    #[error("the other end sent no message: {0}")]
    Message(&'static str),
    /// The other end is of another release.
    #[error("the other end speaks version {0} of links, this one {ours}: run the same release on both", ours = wire::VERSION)]
    Version(u16),
    /// The other end has our number.
    #[error("the other end is node {0}, as this one is: each needs its own chat.link.node")]
    Number(u16),
    /// The other end is silent.
    #[error("the other end is silent")]
    Silent,
    /// The upper end has no link itself, or leaves.
    #[error("the upper end takes nobody now: it is not linked itself, or is drained")]
    Unfed,
    /// The lower end was sent to the node there.
    #[error("sent to {0}, which feeds it")]
    Sent(String),
    /// The other end linked anew, over another connection.
    #[error("the other end linked anew; if this goes on, two nodes have the same chat.link.node")]
    Superseded,
}

impl LinkError {
    /// Who must act.
    pub fn class(&self) -> domain::class::Class {
        match self {
            Self::Io(_) | Self::Silent | Self::Superseded | Self::Unfed | Self::Sent(_) => {
                domain::class::Class::Busy
            }
            Self::Proof | Self::Identity(_) | Self::Tls(_) | Self::Version(_) | Self::Number(_) => {
                domain::class::Class::Caller
            }
            Self::Message(_) => domain::class::Class::Fault,
        }
    }
}

#[cfg(test)]
mod tests;
