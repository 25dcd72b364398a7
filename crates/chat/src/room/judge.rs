//! The seam between a room and what judges texts: terms, links, repetition, the classifier.
//!
//! A room asks once for each message of somebody who does not moderate; the answer must come at once, without I/O.
//! [`PlainJudge`] knows terms as plain words and links as people type them.

use std::time::Duration;

use domain::ids::UserId;
use domain::rooms::{Term, TermKind};
use domain::time::WallTime;

use crate::event::{Badges, EmoteSpan, Line};

/// What is judged: a text and what is known of its author.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The cleaned text.
    pub text: &'a str,
    /// Emotes in it.
    pub emotes: &'a [EmoteSpan],
    /// Names mentioned in it.
    pub mentions: usize,
    /// Who wrote it.
    pub author: UserId,
    /// The author's badges here; never a moderator's.
    pub badges: Badges,
    /// How old the author's account is.
    pub account_age: Duration,
    /// The author has not written here before.
    pub first: bool,
    /// The author follows the channel.
    pub follows: bool,
    /// AutoMod level that holds, 0–4.
    pub level: u8,
    /// Links are refused.
    pub block_links: bool,
}

/// What a judge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing against it.
    Pass,
    /// A blocked term; which, if it may be told.
    Term(Option<Box<str>>),
    /// A link where none may be.
    Link,
    /// To be held for a moderator.
    Hold {
        /// Strongest category.
        category: Box<str>,
        /// Level 1–4 at which it is held.
        level: u8,
        /// Code points that speak against it, `start..=end`.
        spans: Vec<(u16, u16)>,
    },
}

/// Judges the texts of one room.
pub trait Judge: Send {
    /// These are the channel's terms from now on. Every one of them passed [`Judge::check`].
    fn terms(&mut self, terms: &[Term]);
    /// Whether a term can be used; why not, in words.
    fn check(&self, kind: TermKind, text: &str) -> Result<(), Box<str>>;
    /// Judges a text.
    fn judge(&mut self, now: WallTime, candidate: &Candidate<'_>) -> Judgement;
    /// A text as terms and sweeps compare it: letter case and disguises taken off.
    fn fold(&self, text: &str) -> String;
    /// A moderator decided about a held message.
    fn decided(&mut self, line: &Line, allowed: bool) {
        let _ = (line, allowed);
    }
}

/// Plain words and plain links.
#[derive(Debug, Default)]
pub struct PlainJudge {
    blocked: Vec<Term>,
    permitted: Vec<String>,
}

impl Judge for PlainJudge {
    fn terms(&mut self, terms: &[Term]) {
        self.blocked = terms.iter().filter(|t| t.kind == TermKind::Blocked).cloned().collect();
        for term in &mut self.blocked {
            term.text = term.text.to_lowercase();
        }
        self.permitted =
            terms.iter().filter(|t| t.kind == TermKind::Permitted).map(|t| t.text.to_lowercase()).collect();
    }

    fn check(&self, kind: TermKind, _text: &str) -> Result<(), Box<str>> {
        match kind {
            TermKind::Blocked | TermKind::Permitted => Ok(()),
            TermKind::BlockedRegex => Err("Regular expressions are not available here.".into()),
        }
    }

    fn judge(&mut self, _now: WallTime, candidate: &Candidate<'_>) -> Judgement {
        let text = candidate.text.to_lowercase();
        if let Some(hit) = self.blocked.iter().find(|term| hits(&term.text, &text)) {
            return Judgement::Term(hit.public.then(|| hit.text.as_str().into()));
        }
        if candidate.block_links && !candidate.badges.vip && self.has_link(&text) {
            return Judgement::Link;
        }
        Judgement::Pass
    }

    fn fold(&self, text: &str) -> String {
        text.to_lowercase()
    }
}

impl PlainJudge {
    fn has_link(&self, text: &str) -> bool {
        text.split_whitespace().any(|word| {
            let bare = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
            let host = bare.unwrap_or(word).split(['/', '?', '#', ':']).next().unwrap_or("");
            let dotted = host.rsplit_once('.').is_some_and(|(name, top)| {
                !name.is_empty() && top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic())
            });
            let permitted = self
                .permitted
                .iter()
                .any(|p| host == p || host.strip_suffix(p).is_some_and(|h| h.ends_with('.')));
            (bare.is_some() || dotted) && !permitted
        })
    }
}

/// Whether a blocked term is in a text, both in lower case: a phrase between spaces, `*` at an end of it for any rest of a word.
fn hits(term: &str, text: &str) -> bool {
    let (open_start, open_end) = (term.starts_with('*'), term.ends_with('*'));
    let core = term.trim_matches('*');
    if core.is_empty() {
        return false;
    }
    text.match_indices(core).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + core.len()..].chars().next();
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        (open_start || edge(before)) && (open_end || edge(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_whole_word_unless_a_star_opens_an_end() {
        let cases = [
            ("bad", "so bad!", true),
            ("bad", "badge", false),
            ("bad*", "badge", true),
            ("*bad", "forbad", true),
            ("*bad*", "a forbadden one", true),
            ("buy now", "please buy now", true),
            ("*", "anything", false),
        ];
        for (term, text, expected) in cases {
            assert_eq!(hits(term, text), expected, "{term} in {text}");
        }
    }
}
