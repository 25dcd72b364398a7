//! What a client asked to be told.

/// Capabilities of a connection (`CAP REQ`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Caps {
    /// `twitch.tv/tags`: lines carry tags.
    pub tags: bool,
    /// `twitch.tv/commands`: USERSTATE, ROOMSTATE, CLEARCHAT, USERNOTICE, NOTICE with an id, GLOBALUSERSTATE.
    pub commands: bool,
    /// `twitch.tv/membership`: who comes and goes.
    pub membership: bool,
}

impl Caps {
    /// What `CAP LS` names.
    pub const ALL: &str = "twitch.tv/commands twitch.tv/membership twitch.tv/tags";

    /// These and what a `CAP REQ` asks for (`-name` gives one back); `None`, and nothing changes, if it names one that we do not
    /// have. Names are case-sensitive.
    pub fn with(self, list: &str) -> Option<Self> {
        let mut caps = self;
        for name in list.split_ascii_whitespace() {
            let (name, on) = name.strip_prefix('-').map_or((name, true), |name| (name, false));
            match name {
                "twitch.tv/tags" => caps.tags = on,
                "twitch.tv/commands" => caps.commands = on,
                "twitch.tv/membership" => caps.membership = on,
                _ => return None,
            }
        }
        Some(caps)
    }

    /// One of eight: an index for caches of what was written for each kind of client.
    pub fn index(self) -> usize {
        usize::from(self.tags) | usize::from(self.commands) << 1 | usize::from(self.membership) << 2
    }

    /// The capabilities of an [`index`](Self::index).
    pub fn from_index(index: usize) -> Self {
        Self { tags: index & 1 != 0, commands: index & 2 != 0, membership: index & 4 != 0 }
    }
}
