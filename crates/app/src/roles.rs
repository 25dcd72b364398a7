//! The parts that a process can play, in the order in which they start; draining walks the order backwards.

/// One part of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// Takes publishers.
    Ingest,
    /// Makes ladders.
    Transcode,
    /// Packages streams and serves them.
    Origin,
    /// Knows who is live and counts viewers.
    Directory,
    /// Site and API.
    Api,
}

impl Role {
    /// In start order.
    pub(crate) const ALL: [Self; 5] = [Self::Directory, Self::Ingest, Self::Transcode, Self::Origin, Self::Api];
}
