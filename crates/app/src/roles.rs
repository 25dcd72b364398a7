//! The parts that a process can play, in the order in which they start; draining walks the order backwards.
//!
//! The order is from the glass to the encoder: what shows a stream runs before what takes one, and on the way down
//! publishers are told first, the site's door closes after them, and what still writes ends last.

use std::fmt;

/// One part of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[repr(usize)]
pub(crate) enum Role {
    /// Knows who has an account and who is live
    Directory,
    /// Owns chat rooms: who may say what; delivers too
    Chat,
    /// Delivers chat of another node's rooms (chat.link.upstream)
    ChatEdge,
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
    /// Every role, in start order.
    pub(crate) const ALL: [Self; 7] =
        [Self::Directory, Self::Chat, Self::ChatEdge, Self::Api, Self::Origin, Self::Transcode, Self::Ingest];

    /// What a process without `--role` plays: everything. Only [`Self::ChatEdge`] is left out, as it is for rooms elsewhere.
    pub(crate) fn whole_platform() -> Vec<Self> {
        Self::ALL.into_iter().filter(|role| *role != Self::ChatEdge).collect()
    }

    /// Whether chat clients connect to a process with these roles.
    pub(crate) fn delivers_chat(roles: &[Self]) -> bool {
        roles.contains(&Self::Chat) || roles.contains(&Self::ChatEdge)
    }

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
        if has(Self::Chat) && has(Self::ChatEdge) {
            return Some("--role chat delivers too; --role chat-edge is for a process without the rooms");
        }
        None
    }

    /// Whether it still has to write when it is told to end: lines for the log of chat, changes of rooms, accounts.
    pub(crate) fn writes_at_its_end(self) -> bool {
        matches!(self, Self::Chat | Self::Directory)
    }

    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Chat => "chat",
            Self::ChatEdge => "chat-edge",
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
