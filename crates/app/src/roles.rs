//! The parts that a process can play, in the order in which they start; draining walks the order backwards.
//!
//! The order is from the glass to the encoder: what shows a stream runs before what takes one, and on the way down
//! publishers are told first and the site's door closes last.

use std::fmt;

/// One part of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[repr(usize)]
pub(crate) enum Role {
    /// Knows who has an account and who is live
    Directory,
    /// Site, API and media over HTTP
    Api,
    /// Packages streams and keeps what viewers fetch
    Origin,
    /// Makes ladders
    Transcode,
    /// Takes publishers
    Ingest,
}

impl Role {
    /// In start order.
    pub(crate) const ALL: [Self; 5] =
        [Self::Directory, Self::Api, Self::Origin, Self::Transcode, Self::Ingest];

    /// Why these roles can't be played by one process alone, if they can't.
    pub(crate) fn fault(roles: &[Self]) -> Option<&'static str> {
        let has = |role| roles.contains(&role);
        if has(Self::Ingest) && !has(Self::Origin) {
            return Some(
                "--role ingest needs --role origin in the same process: nothing carries frames between nodes yet",
            );
        }
        if has(Self::Origin) && !has(Self::Api) {
            return Some("--role origin needs --role api in the same process: viewers fetch through it");
        }
        None
    }

    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Api => "api",
            Self::Origin => "origin",
            Self::Transcode => "transcode",
            Self::Ingest => "ingest",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
