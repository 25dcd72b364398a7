//! Emotes in a text: whole words between spaces that are the code of one, by code point.

use std::collections::HashMap;

use domain::ids::EmoteId;

use crate::command::Offered;
use crate::event::EmoteSpan;

/// The codes that a room offers.
#[derive(Debug, Default)]
pub struct Codes {
    by_code: HashMap<Box<str>, EmoteId>,
    /// Lengths in bytes between which a word may be a code: most words are not looked up.
    shortest: usize,
    longest: usize,
}

impl Codes {
    /// A table of what is offered. Of two with the same code the later one counts: a channel's own come after the site's.
    pub fn new(offered: &[Offered]) -> Self {
        Self {
            shortest: offered.iter().map(|o| o.code.len()).min().unwrap_or(usize::MAX),
            longest: offered.iter().map(|o| o.code.len()).max().unwrap_or(0),
            by_code: offered.iter().map(|o| (o.code.clone(), o.id)).collect(),
        }
    }

    /// Where emotes stand in `text`.
    pub fn find(&self, text: &str) -> Vec<EmoteSpan> {
        let mut found = Vec::new();
        if self.by_code.is_empty() {
            return found;
        }
        let ascii = text.is_ascii();
        let mut at = 0_usize;
        for word in text.split(' ') {
            let chars = if ascii { word.len() } else { word.chars().count() };
            if (self.shortest.max(1)..=self.longest).contains(&word.len())
                && let Some(id) = self.by_code.get(word)
                && let (Ok(start), Ok(end)) = (u16::try_from(at), u16::try_from(at + chars - 1))
            {
                found.push(EmoteSpan { id: *id, start, end });
            }
            at += chars + 1;
        }
        found
    }
}

/// Whether a text is emotes and spaces only.
pub fn only(text: &str, found: &[EmoteSpan]) -> bool {
    let covered: usize = found.iter().map(|e| usize::from(e.end - e.start) + 1).sum();
    !found.is_empty() && text.chars().filter(|c| *c != ' ').count() == covered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u64, u16, u16)], all: bool) {
        let offer = |id, code: &str| Offered { id: EmoteId(id), code: code.into() };
        let codes = Codes::new(&[offer(1, "Wave"), offer(2, ":)"), offer(3, "Wave2"), offer(4, ":)")]);
        let found = codes.find(text);
        let spans: Vec<_> = found.iter().map(|e| (e.id.0, e.start, e.end)).collect();
        assert_eq!(spans, expected, "{text:?}");
        assert_eq!(only(text, &found), all, "{text:?}");
    }

    #[test]
    fn emotes_are_whole_words_counted_in_code_points() {
        check("Wave", &[(1, 0, 3)], true);
        check("Wave2 Wave", &[(3, 0, 4), (1, 6, 9)], true);
        check("hi Wave", &[(1, 3, 6)], false);
        check("👋🏽 Wave", &[(1, 3, 6)], false);
        check("Waves wave :).", &[], false);
        check(":)  :)", &[(4, 0, 1), (4, 4, 5)], true);
        check("", &[], false);
    }
}
