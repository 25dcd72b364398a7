//! Blocked and permitted terms: plain ones in one pass, regular expressions with bounded cost.
//!
//! A plain term is compared with the folded text ([`normalise`](super::normalise)) as whole words; `*` at either end matches any
//! rest of a word. A term that loses signs when it is folded (`c++`) is compared with the text as written, in small letters. Scripts
//! without spaces have no whole words, so there a term matches anywhere.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use domain::rooms::{Term, TermKind};
use regex::{Regex, RegexBuilder};

use super::eager;
use super::normalise::{Folded, fold, fold_doubles};
use crate::limits::{REGEX_TERMS_MAX, TERM_CHARS_MAX};

/// Longest compiled form of one regular expression, and of its cache while it runs: what is larger is refused.
const REGEX_BYTES_MAX: usize = 64 * 1024;
/// Deepest nesting of a regular expression.
const REGEX_DEPTH_MAX: u32 = 32;

/// Why a term cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// Too short or too long.
    #[error("a term has 2 to {TERM_CHARS_MAX} characters besides `*` at its ends")]
    Length,
    /// No letter, digit or sign is left of it.
    #[error("nothing of this term can be matched")]
    Nothing,
    /// Not a regular expression, or too expensive a one.
    #[error("not a usable regular expression: {0}")]
    Regex(Box<str>),
}

/// The terms of a channel, ready to be compared with texts.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    terms: Vec<Term>,
    folded: Matcher,
    written: Matcher,
    regexes: Vec<(usize, Regex)>,
    domains: Vec<String>,
}

/// Patterns of one form of the text, and the term of each.
#[derive(Clone, Debug, Default)]
struct Matcher {
    patterns: Option<AhoCorasick>,
    terms: Vec<usize>,
}

/// A term that was found, and where: bytes of the folded text if it was found there.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// Which.
    pub term: &'a Term,
    /// Where in the folded text.
    pub at: Option<(usize, usize)>,
}

/// What a plain term is compared with.
enum Pattern {
    Folded(String),
    Written(String),
}

impl Terms {
    /// Makes terms ready. Those that [`check`](Self::check) refuses match nothing: they were kept by an older version.
    pub fn compile(terms: &[Term]) -> Self {
        let mut made = Self { terms: terms.to_vec(), ..Self::default() };
        let (mut folded, mut written) = (Vec::new(), Vec::new());
        for (at, term) in terms.iter().enumerate() {
            match term.kind {
                TermKind::BlockedRegex if made.regexes.len() < REGEX_TERMS_MAX => {
                    made.regexes.extend(regex(&term.text).ok().map(|regex| (at, regex)));
                }
                TermKind::BlockedRegex => {}
                TermKind::Blocked | TermKind::Permitted => {
                    if term.kind == TermKind::Permitted {
                        made.domains.extend(domain(&term.text));
                    }
                    match pattern(&term.text) {
                        Ok(Pattern::Folded(pattern)) => folded.push((at, pattern)),
                        Ok(Pattern::Written(pattern)) => written.push((at, pattern)),
                        Err(_) => {}
                    }
                }
            }
        }
        made.folded = Matcher::new(folded);
        made.written = Matcher::new(written);
        made
    }

    /// Whether a term can be used.
    pub fn check(kind: TermKind, text: &str) -> Result<(), TermError> {
        match kind {
            TermKind::Blocked | TermKind::Permitted => pattern(text).map(drop),
            TermKind::BlockedRegex => regex(text).map(drop),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The first blocked term that a text has. `text` is the original, `folded` its folded form.
    pub fn blocked(&self, text: &str, folded: &Folded) -> Option<Hit<'_>> {
        if let Some(hit) = self.find(text, folded, TermKind::Blocked) {
            return Some(hit);
        }
        // Whoever stretches a word that has a double letter is found by the other reading.
        if folded.shape.stretched > 0
            && let Some(hit) = self.find(text, &fold_doubles(text), TermKind::Blocked)
        {
            return Some(Hit { at: None, ..hit });
        }
        if !self.folded.terms.is_empty() {
            for other in [eager::read, eager::without_signs].into_iter().filter_map(|read| read(text)) {
                if let Some(hit) = self.find(&other, &fold(&other), TermKind::Blocked) {
                    return Some(Hit { at: None, ..hit });
                }
            }
        }
        let (at, _) = self
            .regexes
            .iter()
            .find(|(_, regex)| regex.is_match(text) || regex.is_match(folded.as_str().trim()))?;
        Some(Hit { term: &self.terms[*at], at: None })
    }

    /// Where permitted terms stand in the folded text: bytes, without the spaces around. AutoMod does not look there.
    pub fn permitted(&self, folded: &Folded) -> Vec<(usize, usize)> {
        let permitted = |at: &usize| self.terms[*at].kind == TermKind::Permitted;
        let matches = self.folded.all(folded.as_str());
        matches.filter(|(at, _)| permitted(at)).map(|(_, span)| span).collect()
    }

    /// Whether links to a domain are permitted: it, or one that it belongs to, is a permitted term.
    pub fn permits_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|permitted| {
            domain.strip_suffix(permitted.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    fn find(&self, text: &str, folded: &Folded, kind: TermKind) -> Option<Hit<'_>> {
        let of_kind = |(at, _): &(usize, (usize, usize))| self.terms[*at].kind == kind;
        if let Some((at, span)) = self.folded.all(folded.as_str()).find(of_kind) {
            return Some(Hit { term: &self.terms[at], at: Some(span) });
        }
        self.written.patterns.as_ref()?;
        let small = text.to_lowercase();
        let (at, _) = self.written.all(&small).find(of_kind)?;
        Some(Hit { term: &self.terms[at], at: None })
    }
}

impl Matcher {
    fn new(patterns: Vec<(usize, String)>) -> Self {
        let terms = patterns.iter().map(|(at, _)| *at).collect();
        let patterns: Vec<&String> = patterns.iter().map(|(_, pattern)| pattern).collect();
        let made = (!patterns.is_empty()).then(|| {
            AhoCorasickBuilder::new()
                .match_kind(MatchKind::Standard)
                .build(patterns)
                .expect("a thousand terms of 500 characters fit the automaton")
        });
        Self { patterns: made, terms }
    }

    /// All matches, also those that share a space: the term, and its bytes without spaces around.
    fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (usize, (usize, usize))> + 't {
        let found = self.patterns.iter().flat_map(move |patterns| patterns.find_overlapping_iter(text));
        found.map(move |found| {
            let inner = &text[found.range()];
            let start = found.start() + (inner.len() - inner.trim_start().len());
            (self.terms[found.pattern().as_usize()], (start, start + inner.trim().len()))
        })
    }
}

/// A plain term as it is looked for.
fn pattern(text: &str) -> Result<Pattern, TermError> {
    let text = text.trim();
    let (open_start, open_end) = (text.starts_with('*'), text.ends_with('*'));
    let inner = text.trim_matches('*').trim();
    let length = inner.chars().count();
    if !(2..=TERM_CHARS_MAX).contains(&length) {
        return Err(TermError::Length);
    }
    let folded = fold(inner);
    let words = folded.as_str().trim();
    let kept = words.chars().filter(|c| !c.is_whitespace()).count();
    let solid =
        |c: &char| !c.is_whitespace() && !matches!(c, '-' | '_' | '\'' | '’' | '.' | ',' | '@' | '!' | '?');
    if words.is_empty() || (inner.is_ascii() && kept < inner.chars().filter(solid).count()) {
        let written = inner.to_lowercase();
        return if written.is_empty() { Err(TermError::Nothing) } else { Ok(Pattern::Written(written)) };
    }
    let mut pattern = String::with_capacity(words.len() + 2);
    if !open_start && !words.starts_with(without_spaces) {
        pattern.push(' ');
    }
    pattern.push_str(words);
    if !open_end && !words.ends_with(without_spaces) {
        pattern.push(' ');
    }
    Ok(Pattern::Folded(pattern))
}

/// Whether a character belongs to a script that is written without spaces, or is a picture.
fn without_spaces(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2600}'..='\u{27bf}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{1f300}'..='\u{3ffff}')
}

/// A regular expression of the linear-time engine, with bounds on what it compiles to.
fn regex(text: &str) -> Result<Regex, TermError> {
    if !(2..=TERM_CHARS_MAX).contains(&text.chars().count()) {
        return Err(TermError::Length);
    }
    RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .nest_limit(REGEX_DEPTH_MAX)
        .build()
        .map_err(|fault| {
            let text = fault.to_string();
            TermError::Regex(text.lines().last().unwrap_or_default().trim().into())
        })
}

/// The domain that a permitted term names, if it looks like one.
fn domain(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("*.").trim_start_matches("https://").trim_start_matches("www.");
    let text = text.trim_end_matches(['/', '*']).to_lowercase();
    (text.contains('.') && !text.contains([' ', '/'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{TermId, UserId};
    use domain::rooms::Person;
    use domain::time::WallTime;

    fn term(kind: TermKind, text: &str) -> Term {
        let by = Person { id: UserId(1), login: "maya".parse().expect("a name") };
        Term { id: TermId(1), kind, text: text.into(), public: false, by, at: WallTime::from_unix_ms(0) }
    }

    fn check(kind: TermKind, pattern: &str, caught: &[&str], left: &[&str]) {
        let terms = Terms::compile(&[term(kind, pattern)]);
        for text in caught {
            assert!(terms.blocked(text, &fold(text)).is_some(), "{pattern} catches {text:?}");
        }
        for text in left {
            assert!(terms.blocked(text, &fold(text)).is_none(), "{pattern} leaves {text:?}");
        }
    }

    #[test]
    fn a_plain_term_is_a_whole_word_in_every_disguise() {
        check(
            TermKind::Blocked,
            "Spoiler",
            &[
                "spoiler",
                "a SPOILER!",
                "sp0iler",
                "s p o i l e r",
                "sроiler",
                "spoiiiiler",
                "sp\u{200b}oiler\u{e0000}",
                "spoiler😂",
                "★spoiler★",
                "s😂p😂o😂i😂l😂e😂r",
                "spoiler™",
                "spoiler##",
                "**spoiler**",
                "spoiler*!",
                "$spoiler",
                "spoiler$",
                "spoiler%",
                "你spoiler",
            ],
            &["spoilers", "nospoiler", "sp oiler", ""],
        );
        check(TermKind::Blocked, "cool", &["cool", "cooooool"], &["col", "cooler"]);
        check(TermKind::Blocked, "ass", &["you ass", "a55", "@ss... a$$"], &["class", "as", "asset"]);
    }

    #[test]
    fn stars_at_the_ends_match_any_rest_of_a_word() {
        check(TermKind::Blocked, "spoil*", &["spoil", "spoilers here", "😂spoilers"], &["nospoil"]);
        check(TermKind::Blocked, "*spoil", &["nospoil", "spoil"], &["spoilers"]);
        check(TermKind::Blocked, "*spoil*", &["unspoilt"], &["spo il"]);
    }

    #[test]
    fn phrases_signs_and_scripts_without_spaces_match() {
        check(
            TermKind::Blocked,
            "he dies",
            &["then he dies.", "He  DIES", "he-dies"],
            &["the dies", "he diesel"],
        );
        check(TermKind::Blocked, "c++", &["I like C++ more"], &["c", "c#"]);
        check(TermKind::Blocked, "結末", &["これは結末です"], &["これは"]);
        check(TermKind::Blocked, "🍆💦", &["hey 🍆💦🍑", "hey🍆💦"], &["🍆"]);
    }

    #[test]
    fn neighbours_that_share_a_space_are_both_seen() {
        let terms = Terms::compile(&[term(TermKind::Permitted, "aa bb"), term(TermKind::Permitted, "bb cc")]);
        assert_eq!(terms.permitted(&fold("aa bb cc")), [(1, 6), (4, 9)]);
        let permitted = Terms::compile(&[term(TermKind::Permitted, "scunthorpe")]);
        assert!(permitted.blocked("scunthorpe", &fold("scunthorpe")).is_none(), "permitted is not blocked");
    }

    #[test]
    fn regular_expressions_read_the_text_as_written_and_folded() {
        check(
            TermKind::BlockedRegex,
            r"\bfree\s+(nitro|skins)\b",
            &["get FREE  nitro now", "fr33 n1tro"],
            &["freeing nitrogen"],
        );
    }

    #[test]
    fn terms_that_cost_too_much_or_mean_nothing_are_refused() {
        assert_eq!(Terms::check(TermKind::Blocked, "ab"), Ok(()));
        assert_eq!(Terms::check(TermKind::Blocked, "*a*"), Err(TermError::Length));
        assert_eq!(Terms::check(TermKind::Blocked, &"a".repeat(501)), Err(TermError::Length));
        for costly in [
            "(a",
            r"(\w{1,100}){1,100}",
            r"[\pL]{1000}{100}",
            &format!("{}a{}", "(".repeat(60), ")".repeat(60)),
        ] {
            assert!(
                matches!(Terms::check(TermKind::BlockedRegex, costly), Err(TermError::Regex(_))),
                "{costly}"
            );
        }
    }

    #[test]
    fn permitted_domains_reach_down_to_their_own_names() {
        let terms = Terms::compile(&[
            term(TermKind::Permitted, "https://Example.com/"),
            term(TermKind::Permitted, "hello"),
        ]);
        for (domain, permitted) in [
            ("example.com", true),
            ("www.example.com", true),
            ("notexample.com", false),
            ("example.com.evil.net", false),
            ("hello", false),
        ] {
            assert_eq!(terms.permits_domain(domain), permitted, "{domain}");
        }
    }

    #[test]
    fn a_hostile_text_is_read_in_one_pass() {
        let terms: Vec<Term> =
            (0..200).map(|n| term(TermKind::Blocked, &format!("{}{n}", "a".repeat(50)))).collect();
        let terms = Terms::compile(&terms);
        let text = "a".repeat(500);
        assert!(terms.blocked(&text, &fold(&text)).is_none());
    }
}
