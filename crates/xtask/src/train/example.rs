//! One text of the corpus, with what is known of it.

use chat::moderation::automod::links_in;
use chat::moderation::features::{Words, grams, is_readable, looks};
use chat::moderation::normalise::Folder;

/// What a text is used for. Decided by its content, so that nothing moves between parts when something is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The model learns from it.
    Train,
    /// Limits are set by it.
    Validate,
    /// Figures come from it.
    Test,
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// SMS Spam Collection.
    Sms,
    /// Lines of mails.
    Mail,
    /// Templates of this crate.
    Templates,
    /// Entries of the word list.
    Lexicon,
    /// Entries with letters masked or written otherwise.
    Evasion,
    /// Words that look bad and are not.
    FalsePositives,
    /// rustrict's test sentences, good and bad.
    Sentences,
    /// Articles of the Declaration.
    Declaration,
    /// Keywords of emoji: everyday words.
    Everyday,
    /// The most frequent words.
    Frequent,
    /// Lines made of frequent and everyday words.
    Lines,
    /// Bad words that are not English.
    Foreign,
}

impl Source {
    /// Entries of word lists: no texts, and bad as a whole.
    pub fn is_word_list(self) -> bool {
        matches!(self, Self::Lexicon | Self::Evasion | Self::Foreign)
    }

    /// Clean words, and lines of them: no texts either.
    pub fn is_vocabulary(self) -> bool {
        matches!(self, Self::Everyday | Self::Frequent | Self::Lines)
    }
}

/// For each category how likely a text belongs there, if that is known.
pub type Labels = [Option<f32>; 5];

/// A word as the model reads it.
#[derive(Clone, Debug)]
pub struct Word {
    /// Rows of its n-grams.
    pub rows: Vec<u16>,
    /// Abuse is looked for in it.
    pub readable: bool,
}

/// A text.
#[derive(Clone, Debug)]
pub struct Example {
    /// As written.
    pub text: String,
    /// Where it belongs.
    pub labels: Labels,
    /// Where it comes from.
    pub source: Source,
    /// Its language, ISO 639-3.
    pub language: &'static str,
    /// What it is used for.
    pub split: Split,
    /// Rows of its n-grams, word by word.
    pub words: Vec<Word>,
    /// Rows of its looks.
    pub looks: Vec<u16>,
}

impl Example {
    /// Reads a text as the server would.
    pub fn new(
        folder: &mut Folder,
        text: String,
        labels: Labels,
        (source, language, split): (Source, &'static str, Split),
    ) -> Self {
        let folded = folder.fold(&text, &[]);
        let small = |row: usize| u16::try_from(row).expect("a row fits two bytes");
        let mut words = Vec::new();
        for span in Words::of(folded.as_str()) {
            let mut rows = Vec::new();
            grams(folded.as_str(), span, |row| rows.push(small(row)));
            words.push(Word { rows, readable: is_readable(folded.as_str(), span) });
        }
        let mut facts = Vec::new();
        looks(&folded.shape, &links_in(&text, folded), |row| facts.push(small(row)));
        Self { labels, source, language, split, words, looks: facts, text }
    }

    /// Number of n-grams.
    pub fn grams(&self) -> usize {
        self.words.iter().map(|word| word.rows.len()).sum()
    }
}
