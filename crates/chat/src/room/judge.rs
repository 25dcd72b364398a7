//! The seam between a room and what judges texts: terms, links, repetition, the classifier.
//!
//! A room asks once for each message of somebody who does not moderate; the answer must come at once, without I/O.
//! [`AutoJudge`] is the one that the site uses: `moderation`, put together in the order of the rules.

use std::time::Duration;

use domain::ids::{MessageId, UserId};
use domain::rooms::{Term, TermKind};
use domain::time::WallTime;

use crate::event::{Badges, EmoteSpan};
use crate::moderation::automod::{Automod, Facts, Input, links_in};
use crate::moderation::duplicates::{Duplicates, Unique};
use crate::moderation::normalise;
use crate::moderation::terms::Terms;

/// What is judged: a text and what is known of its author.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The cleaned text.
    pub text: &'a str,
    /// Emotes in it.
    pub emotes: &'a [EmoteSpan],
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
    /// These are the channel's terms from now on. Every one of them passed [`Judge::check`], maybe that of an older version.
    fn terms(&mut self, terms: &[Term]);
    /// Whether a term can be used; why not, in words.
    fn check(&self, kind: TermKind, text: &str) -> Result<(), Box<str>>;
    /// Whether a text was said before, for unique chat.
    fn was_said(&self, now: WallTime, text: &str) -> bool;
    /// A text is said for the first time, by this message.
    fn said(&mut self, now: WallTime, text: &str, by: MessageId);
    /// A message was not said after all; what others said remains said.
    fn unsaid(&mut self, text: &str, by: MessageId);
    /// Judges a text.
    fn judge(&mut self, now: WallTime, candidate: &Candidate<'_>) -> Judgement;
    /// A text as terms and sweeps compare it: letter case and disguises taken off.
    fn fold(&self, text: &str) -> String;
}

/// Terms, then links, then AutoMod with what the room knows of the author and of nearly equal texts.
#[derive(Debug, Default)]
pub struct AutoJudge {
    automod: Automod,
    terms: Terms,
    duplicates: Duplicates,
    unique: Unique,
}

impl AutoJudge {
    /// With another classifier than the one that the program carries.
    pub fn new(automod: Automod) -> Self {
        Self { automod, ..Self::default() }
    }
}

impl Judge for AutoJudge {
    fn terms(&mut self, terms: &[Term]) {
        self.terms = Terms::compile(terms);
    }

    fn check(&self, kind: TermKind, text: &str) -> Result<(), Box<str>> {
        Terms::check(kind, text).map_err(|error| error.to_string().into())
    }

    fn was_said(&self, now: WallTime, text: &str) -> bool {
        self.unique.was_said(text, &normalise::fold(text), now)
    }

    fn said(&mut self, now: WallTime, text: &str, by: MessageId) {
        self.unique.remember(text, &normalise::fold(text), by, now);
    }

    fn unsaid(&mut self, text: &str, by: MessageId) {
        self.unique.forget(text, &normalise::fold(text), by);
    }

    fn judge(&mut self, now: WallTime, candidate: &Candidate<'_>) -> Judgement {
        let &Candidate { text, emotes, badges, level, .. } = candidate;
        let block_links = candidate.block_links && !badges.vip;
        if level == 0 && !block_links && self.terms.is_empty() {
            return Judgement::Pass;
        }
        let folded = self.automod.fold(text, emotes);
        if let Some(hit) = self.terms.blocked(text, folded) {
            return Judgement::Term(hit.term.public.then(|| hit.term.text.as_str().into()));
        }
        if block_links && links_in(text, folded).iter().any(|l| !self.terms.permits_domain(&l.domain)) {
            return Judgement::Link;
        }
        if level == 0 {
            return Judgement::Pass;
        }
        let facts = Facts {
            account_age_min: u32::try_from(candidate.account_age.as_secs() / 60).unwrap_or(u32::MAX),
            first: candidate.first,
            follows: candidate.follows,
            subscriber: badges.subscriber.is_some(),
            vip: badges.vip,
            repeats: self.duplicates.note(folded, candidate.author, now),
        };
        match self.automod.judge_folded(&Input { text, emotes, facts }, level, &self.terms) {
            None => Judgement::Pass,
            Some(verdict) => Judgement::Hold {
                category: verdict.category.name().into(),
                level: verdict.level,
                spans: verdict.spans,
            },
        }
    }

    fn fold(&self, text: &str) -> String {
        normalise::fold(text).as_str().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::TermId;
    use domain::rooms::Person;

    use super::*;

    const NOW: WallTime = WallTime::from_unix_ms(1_800_000_000_000);

    fn term(kind: TermKind, text: &str, public: bool) -> Term {
        let by = Person { id: UserId(1), login: "owner".parse().expect("a name") };
        Term { id: TermId(1), kind, text: text.to_owned(), public, by, at: NOW }
    }

    fn candidate(text: &str, author: u64, level: u8) -> Candidate<'_> {
        Candidate {
            text,
            emotes: &[],
            author: UserId(author),
            badges: Badges::default(),
            account_age: Duration::from_secs(100 * 86_400),
            first: false,
            follows: true,
            level,
            block_links: true,
        }
    }

    #[test]
    fn links_are_refused_however_they_are_disguised() {
        let mut judge = AutoJudge::default();
        for text in [
            "evil(dot)com",
            "EVIL[DOT]COM",
            "evil.c\u{200b}om",
            "ｅｖｉｌ．ｃｏｍ",
            "//evil.com",
            "evil dot com",
        ] {
            assert_eq!(judge.judge(NOW, &candidate(text, 2, 0)), Judgement::Link, "{text}");
        }
        for text in ["(that dot)", "f(x) = [y]", "my polka dot) dress"] {
            assert_eq!(judge.judge(NOW, &candidate(text, 2, 0)), Judgement::Pass, "{text}");
        }
    }

    #[test]
    fn terms_come_before_links_and_links_before_automod() {
        let mut judge = AutoJudge::default();
        judge.terms(&[
            term(TermKind::Blocked, "badword", true),
            term(TermKind::BlockedRegex, "x{5,}", false),
            term(TermKind::Permitted, "maya.tv", false),
        ]);
        let public = Judgement::Term(Some("badword".into()));
        let cases = [
            ("B4DW0RD and evil.com", public),
            ("xxxxxx", Judgement::Term(None)),
            ("see evil.com", Judgement::Link),
            ("see clips.maya.tv", Judgement::Pass),
            ("good morning everybody", Judgement::Pass),
        ];
        for (text, expected) in cases {
            assert_eq!(judge.judge(NOW, &candidate(text, 7, 0)), expected, "{text}");
        }
        let vip = Candidate {
            badges: Badges { vip: true, ..Badges::default() },
            ..candidate("see evil.com", 7, 0)
        };
        assert_eq!(judge.judge(NOW, &vip), Judgement::Pass);
    }

    #[test]
    fn the_same_advert_from_many_accounts_is_held_where_automod_is_on() {
        let mut judge = AutoJudge::default();
        let text = "cheap viewers and followers, best prices, write to me now";
        let mut verdicts = (0..12).map(|n| judge.judge(NOW, &candidate(text, n, 4)));
        assert!(verdicts.any(|v| matches!(v, Judgement::Hold { .. })));
        let mut off = AutoJudge::default();
        assert!((0..12).all(|n| off.judge(NOW, &candidate(text, n, 0)) == Judgement::Pass));
    }

    #[test]
    fn a_term_that_cannot_be_used_is_refused_in_words() {
        let judge = AutoJudge::default();
        assert_eq!(judge.check(TermKind::BlockedRegex, "a+"), Ok(()));
        assert!(judge.check(TermKind::BlockedRegex, "(").is_err_and(|why| !why.is_empty()));
    }

    #[test]
    fn unique_chat_sees_through_disguises() {
        let mut judge = AutoJudge::default();
        assert!(!judge.was_said(NOW, "good morning"));
        judge.said(NOW, "good morning", MessageId(1));
        assert!(judge.was_said(NOW, "G00D  morning"));
        judge.unsaid("good morning", MessageId(1));
        assert!(!judge.was_said(NOW, "G00D  morning"));
    }
}
