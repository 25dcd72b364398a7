//! AutoMod: one verdict from what the model says of a text and what the room knows of its author.
//!
//! The model has seen texts only. How much an author's age, standing and repetition count is set by hand here
//! ([`Facts::lean`]): no package carries data from which it could be learned.

use std::sync::Arc;

use super::classifier::{Category, Classifier, Model, Scores};
use super::duplicates::Repeats;
use super::features::Features;
use super::links::{self, Link};
use super::normalise::{Folded, Folder};
use super::terms::Terms;
use crate::event::EmoteSpan;

/// What the room knows of an author.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Minutes that the account has existed.
    pub account_age_min: u32,
    /// First message in this channel.
    pub first: bool,
    /// Follows the channel.
    pub follows: bool,
    /// Subscribes to it.
    pub subscriber: bool,
    /// Is a VIP in it.
    pub vip: bool,
    /// How often the text was said, by whom.
    pub repeats: Repeats,
}

impl Facts {
    /// What these facts add to the log-odds of spam. Five accounts with one text are spam whatever it says; a regular may
    /// advertise a friend's channel.
    pub fn lean(self) -> f32 {
        let days = self.account_age_min / (24 * 60);
        let repeats =
            0.8 * f32::from(self.repeats.accounts.min(10)) + 0.3 * f32::from(self.repeats.own.min(5));
        let fresh = match (self.first, days) {
            (true, 0) => 1.0,
            (true, _) | (false, 0) => 0.4,
            (false, 30..) => -0.5,
            (false, _) => 0.0,
        };
        let known = f32::from(u8::from(self.follows)) * 0.5
            + f32::from(u8::from(self.subscriber)) * 1.5
            + f32::from(u8::from(self.vip)) * 2.0;
        repeats + fresh - known
    }
}

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// As it was written.
    pub text: &'a str,
    /// Emotes in it: they are no words.
    pub emotes: &'a [EmoteSpan],
    /// Its author.
    pub facts: Facts,
}

/// Why a text is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it is held for.
    pub category: Category,
    /// The mildest level at which it is held, 1–4.
    pub level: u8,
    /// Code points that speak against it, first and last of each run.
    pub spans: Vec<(u16, u16)>,
}

/// Judges texts, with buffers that are used again.
#[derive(Clone)]
pub struct Automod {
    classifier: Arc<dyn Classifier>,
    folder: Folder,
}

impl std::fmt::Debug for Automod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Automod").finish_non_exhaustive()
    }
}

impl Default for Automod {
    /// With the model that the program carries.
    fn default() -> Self {
        Self::new(Arc::new(Embedded))
    }
}

impl Automod {
    /// With another classifier.
    pub fn new(classifier: Arc<dyn Classifier>) -> Self {
        Self { classifier, folder: Folder::default() }
    }

    /// The text without disguises and emotes, for terms, links and duplicates; [`judge_folded`](Self::judge_folded) goes on from it.
    pub fn fold(&mut self, text: &str, emotes: &[EmoteSpan]) -> &Folded {
        self.folder.fold(text, emotes)
    }

    /// Judges a text at AutoMod `level` (0 holds nothing); permitted terms are not looked at.
    pub fn judge(&mut self, input: &Input<'_>, level: u8, terms: &Terms) -> Option<Verdict> {
        self.folder.fold(input.text, input.emotes);
        self.judge_folded(input, level, terms)
    }

    /// As [`judge`](Self::judge), of the text that was [`fold`](Self::fold)ed last.
    pub fn judge_folded(&self, input: &Input<'_>, level: u8, terms: &Terms) -> Option<Verdict> {
        if level == 0 {
            return None;
        }
        let folded = self.folder.folded();
        let links = links_in(input.text, folded);
        let skipped = if terms.is_empty() { Vec::new() } else { terms.permitted(folded) };
        let features = Features { folded, links: &links, skipped: &skipped };
        let mut scores = self.classifier.score(&features);
        if !folded.as_str().is_empty() {
            scores[Category::Spam as usize].log_odds += input.facts.lean();
        }
        strongest(&*self.classifier, &scores, level).map(|(category, level)| {
            let (start, end) = scores[category as usize].words;
            let spans = if start < end { vec![folded.span(start, end)] } else { Vec::new() };
            Verdict { category, level, spans }
        })
    }
}

/// The category that is held at the mildest level, if that is not above the room's.
fn strongest(classifier: &dyn Classifier, scores: &Scores, level: u8) -> Option<(Category, u8)> {
    let levels = Category::ALL.map(|category| {
        let at = classifier.level(category, scores[category as usize].log_odds);
        (category, at)
    });
    levels.into_iter().filter(|(_, at)| (1..=level).contains(at)).min_by_key(|(_, at)| *at)
}

/// Links, looked for only where there is a dot, a word for one, or a scheme.
pub fn links_in(text: &str, folded: &Folded) -> Vec<Link> {
    let has = |sign: fn(u8) -> bool| text.bytes().any(sign);
    let spoken = || {
        let is_dot = |word: &str| matches!(word, "dot" | "punkt" | "punto" | "point" | "точка");
        folded.as_str().split(' ').any(is_dot)
    };
    let dotted = has(|c| matches!(c, b'.' | b'/')) || !text.is_ascii() && text.contains(links::DOTS);
    let wrapped = || {
        let small = has(|c| matches!(c, b')' | b']' | b'}' | b'>')).then(|| text.to_ascii_lowercase());
        small.is_some_and(|small| ["dot)", "dot]", "dot}", "dot>"].iter().any(|end| small.contains(end)))
    };
    if dotted || spoken() || wrapped() { links::find(text) } else { Vec::new() }
}

/// The embedded model behind the port, without a copy of its weights.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Classifier for Embedded {
    fn score(&self, features: &Features<'_>) -> Scores {
        Model::embedded().score(features)
    }
    fn level(&self, category: Category, log_odds: f32) -> u8 {
        Model::embedded().level(category, log_odds)
    }
}

#[cfg(test)]
mod tests;
