//! What readers read: a language, compressed or not, all of it or a sample. As few variants as there are kinds of readers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::wire::irc::render::Caps;

/// How a reader is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Language {
    /// JSON arrays, as in docs/api/chat.md.
    Native,
    /// Twitch IRC lines.
    Irc(Caps),
}

/// Languages there are: native, and IRC with each set of capabilities.
pub const LANGUAGES: usize = 9;

impl Language {
    /// 0–8.
    pub fn index(self) -> usize {
        match self {
            Self::Native => 0,
            Self::Irc(caps) => 1 + caps.index(),
        }
    }

    /// The language of an index.
    pub fn from_index(index: usize) -> Option<Self> {
        match index {
            0 => Some(Self::Native),
            1..LANGUAGES => Some(Self::Irc(Caps::from_index(index - 1))),
            _ => None,
        }
    }
}

impl From<Language> for u8 {
    fn from(language: Language) -> Self {
        language.index() as Self
    }
}

impl TryFrom<u8> for Language {
    type Error = &'static str;
    fn try_from(index: u8) -> Result<Self, Self::Error> {
        Self::from_index(usize::from(index)).ok_or("no such language")
    }
}

/// What one kind of readers reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Want(u8);

/// Wants there are.
pub const WANTS: usize = LANGUAGES * 4;

impl Want {
    /// A language, compressed or not, all messages or the sampled view.
    pub fn new(language: Language, deflate: bool, full: bool) -> Self {
        Self((language.index() * 4 + usize::from(deflate) * 2 + usize::from(full)) as u8)
    }
    /// Below [`WANTS`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Debug for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let language = Language::from_index(self.index() / 4);
        write!(f, "{language:?}, deflate {}, full {}", self.0 & 2 != 0, self.0 & 1 != 0)
    }
}

/// What somebody reads, of all that could be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wants(pub u64);

impl Wants {
    /// With one more.
    #[must_use]
    pub fn and(self, want: Want) -> Self {
        Self(self.0 | 1 << want.index())
    }
    /// Of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Nobody reads anything.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Whether this is read.
    pub fn has(self, language: Language, deflate: bool, full: bool) -> bool {
        self.0 & (1 << Want::new(language, deflate, full).index()) != 0
    }
    /// Languages that somebody reads in any way.
    pub fn languages(self) -> impl Iterator<Item = Language> {
        (0..LANGUAGES)
            .filter(move |index| (self.0 >> (index * 4)) & 0xf != 0)
            .filter_map(Language::from_index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_index_and_every_want_its_bit() {
        for index in 0..LANGUAGES {
            let language = Language::from_index(index).expect("there");
            assert_eq!(language.index(), index);
            for (deflate, full) in [(false, false), (false, true), (true, false), (true, true)] {
                let wants = Wants::default().and(Want::new(language, deflate, full));
                assert_eq!(wants.languages().collect::<Vec<_>>(), [language]);
                assert!(wants.has(language, deflate, full) && !wants.has(language, !deflate, full));
            }
        }
        assert_eq!(Language::from_index(LANGUAGES), None);
    }
}
