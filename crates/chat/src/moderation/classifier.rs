//! Five linear models over one hashing pass.
//!
//! Every n-gram is a row of small weights, one for each category, so that a text is hashed once however many categories there are.
//! *Spam* is judged over the whole text. The other four are judged over the worst run of words, so that a kind sentence around an
//! insult makes it no kinder, and the run says where it stands. What the weights were trained on and how good they are is in the
//! model card, `crates/chat/model/CARD.md`.
//!
//! [`Classifier`] is the port for another model; this one needs no memory beyond its weights and no I/O.

use std::sync::OnceLock;

use super::features::{Features, ROWS, Words, grams, is_readable, looks};

/// What a text may be held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Adverts, fraud, begging for follows.
    Spam,
    /// Profanity.
    Swearing,
    /// Insults, threats, bullying.
    Aggression,
    /// Sexual content.
    Sexual,
    /// Hatred of what people are.
    Identity,
}

impl Category {
    /// All, in the order of a model's columns.
    pub const ALL: [Self; 5] = [Self::Spam, Self::Swearing, Self::Aggression, Self::Sexual, Self::Identity];

    /// As moderators and the protocol name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Swearing => "swearing",
            Self::Aggression => "aggression",
            Self::Sexual => "sexual",
            Self::Identity => "identity",
        }
    }
}

/// Strictest AutoMod level.
pub const LEVELS: usize = 4;

/// How much speaks for one category.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Log-odds.
    pub log_odds: f32,
    /// The words that speak for it most: bytes of the folded text.
    pub words: (usize, usize),
}

/// A score for each of [`Category::ALL`].
pub type Scores = [Score; 5];

/// Whatever can say what a text is. Called for every message: it must answer at once and without I/O.
pub trait Classifier: Send + Sync {
    /// Scores a text.
    fn score(&self, features: &Features<'_>) -> Scores;
    /// The mildest setting at which a score is too high: 1 (blatant) to 4 (slight), 0 if it is not at any.
    fn level(&self, category: Category, log_odds: f32) -> u8;
}

/// Columns of a row in memory: a power of two, so that a row is one load.
const COLUMNS: usize = 8;
/// First bytes of a model.
const MAGIC: &[u8; 4] = b"FLM1";
/// Words shorter texts are weighed as if they had: one word alone is thin evidence of spam.
const GRAMS_MIN: u16 = 16;
/// What every word of a run costs, in log-odds: long texts must not add up to abuse word by word.
pub const TOLL: f32 = 1.0;

/// Weights of all categories.
#[derive(Clone, Debug)]
pub struct Model {
    rows: Vec<[i8; COLUMNS]>,
    scale: [f32; 5],
    bias: [f32; 5],
    limits: [[f32; LEVELS]; 5],
    /// [`TOLL`] in the weights' units.
    toll: [i32; 5],
}

/// Why bytes are no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not made by this version's training.
    #[error("not a model of this version")]
    Version,
    /// Too few or too many bytes.
    #[error("a model has {0} bytes")]
    Length(usize),
}

impl Model {
    /// Bytes of a model: a head, for each category scale, bias and four limits, then the rows.
    pub const BYTES: usize = 4 + 5 * 6 * 4 + ROWS * 5;

    /// The model that this program carries.
    pub fn embedded() -> &'static Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| {
            Self::read(include_bytes!("../../model/weights.bin")).expect("the embedded model is whole")
        })
    }

    /// Reads a model.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ModelError::Version)?;
        if bytes.len() != Self::BYTES {
            return Err(ModelError::Length(Self::BYTES));
        }
        let (head, weights) = rest.split_at(5 * 6 * 4);
        let number = |at: usize| {
            f32::from_le_bytes(
                head[at * 4..at * 4 + 4].try_into().expect("four bytes of a head that has them"),
            )
        };
        let rows = weights.chunks_exact(5).map(|weights| {
            let mut row = [0; COLUMNS];
            for (to, from) in row.iter_mut().zip(weights) {
                *to = i8::from_le_bytes([*from]);
            }
            row
        });
        let scale: [f32; 5] = std::array::from_fn(|c| number(c * 6));
        Ok(Self {
            rows: rows.collect(),
            toll: scale.map(|scale| (TOLL / scale).round() as i32),
            scale,
            bias: std::array::from_fn(|c| number(c * 6 + 1)),
            limits: std::array::from_fn(|c| std::array::from_fn(|level| number(c * 6 + 2 + level))),
        })
    }

    /// Writes a model: what training keeps.
    pub fn write(
        scale: [f32; 5],
        bias: [f32; 5],
        limits: [[f32; LEVELS]; 5],
        weights: impl IntoIterator<Item = [i8; 5]>,
    ) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for c in 0..5 {
            let numbers = [scale[c], bias[c]].into_iter().chain(limits[c]);
            numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        }
        weights.into_iter().for_each(|row| bytes.extend(row.map(|weight| weight.to_le_bytes()[0])));
        bytes
    }

    /// The log-odds from which a category is held at levels 1 to 4.
    pub fn limits(&self, category: Category) -> [f32; LEVELS] {
        self.limits[category as usize]
    }
}

impl Classifier for Model {
    fn score(&self, features: &Features<'_>) -> Scores {
        let text = features.folded.as_str();
        let mut total = 0_i32;
        let mut count = 0_u16;
        let mut runs = [Run::default(); 5];
        for word in Words::of(text) {
            if !features.skipped.is_empty() && features.skips(word) {
                runs.iter_mut().for_each(Run::cut);
                continue;
            }
            let mut sum = [0_i16; COLUMNS];
            grams(text, word, |row| {
                let weights = &self.rows[row];
                for column in 0..COLUMNS {
                    sum[column] += i16::from(weights[column]);
                }
                count = count.saturating_add(1);
            });
            let readable = is_readable(text, word);
            total += i32::from(sum[0]);
            for category in 0..5 {
                let counts = readable || category == 0;
                let weight = if counts { i32::from(sum[category]) } else { 0 };
                runs[category].add(weight - self.toll[category], word);
            }
        }
        let mut facts = 0_i32;
        looks(&features.folded.shape, features.links, |row| facts += i32::from(self.rows[row][0]));
        let norm = f32::from(count.max(GRAMS_MIN)).sqrt();
        std::array::from_fn(|c| {
            let sum = if c == 0 { total as f32 / norm + facts as f32 } else { runs[c].best as f32 };
            Score { log_odds: sum * self.scale[c] + self.bias[c], words: runs[c].words }
        })
    }

    fn level(&self, category: Category, log_odds: f32) -> u8 {
        let limits = self.limits[category as usize];
        limits.iter().zip(1..).find(|(limit, _)| log_odds >= **limit).map_or(0, |(_, level)| level)
    }
}

/// The run of words with the largest sum, found in one pass: a run whose sum is not positive is better begun anew.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    best: i32,
    words: (usize, usize),
    open: i32,
    from: usize,
}

impl Run {
    #[inline]
    fn add(&mut self, sum: i32, (start, end): (usize, usize)) {
        if self.open <= 0 {
            self.open = 0;
            self.from = start;
        }
        self.open += sum;
        if self.open > self.best {
            self.best = self.open;
            self.words = (self.from, end);
        }
    }

    /// Nothing runs across words that are left out.
    fn cut(&mut self) {
        self.open = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::normalise::fold;

    fn score(model: &Model, text: &str) -> Scores {
        model.score(&Features { folded: &fold(text), links: &[], skipped: &[] })
    }

    /// A model in which the n-grams of one word weigh `weight` for one category.
    fn knows(word: &str, category: Category, weight: i8) -> Model {
        let mut rows = vec![[0_i8; 5]; ROWS];
        let folded = fold(word);
        for span in Words::of(folded.as_str()) {
            grams(folded.as_str(), span, |row| rows[row][category as usize] = weight);
        }
        let limits = [[4.0, 3.0, 2.0, 1.0]; 5];
        let bytes = Model::write([0.1; 5], [-4.0; 5], limits, rows);
        assert_eq!(bytes.len(), Model::BYTES);
        Model::read(&bytes).expect("a model")
    }

    #[test]
    fn the_worst_words_count_and_are_named_wherever_they_stand() {
        let model = knows("badword", Category::Swearing, 10);
        let alone = score(&model, "badword")[1];
        for (before, after) in [("", " and much kindness behind it"), ("hello there my friend ", "")] {
            let text = format!("{before}badword{after}");
            let inside = score(&model, &text)[1];
            assert!((inside.log_odds - alone.log_odds).abs() < 1.5, "{text}");
            let folded = fold(&text);
            let (start, end) = inside.words;
            assert!(folded.as_str()[start..end].contains("badword"));
        }
        assert_eq!(score(&model, "qqq")[1].log_odds, -4.0);
        assert_eq!(score(&model, "")[1].log_odds, -4.0);
    }

    #[test]
    fn words_that_are_left_out_do_not_count() {
        let model = knows("badword", Category::Swearing, 10);
        let folded = fold("a badword here");
        let start = folded.as_str().find("badword").expect("the word");
        let skipped = [(start, start + 7)];
        let score = model.score(&Features { folded: &folded, links: &[], skipped: &skipped });
        assert!(score[1].log_odds < -3.0);
    }

    #[test]
    fn levels_begin_at_their_limits() {
        let model = knows("x", Category::Spam, 0);
        for (log_odds, level) in [(5.0, 1), (4.0, 1), (3.5, 2), (2.0, 3), (1.0, 4), (0.9, 0), (f32::NAN, 0)] {
            assert_eq!(model.level(Category::Spam, log_odds), level, "{log_odds}");
        }
    }

    #[test]
    fn bytes_that_are_no_model_are_refused() {
        assert_eq!(Model::read(b"").err(), Some(ModelError::Version));
        assert_eq!(Model::read(b"FLM1").err(), Some(ModelError::Length(Model::BYTES)));
        let limits = Model::embedded().limits(Category::Spam);
        assert!(limits.is_sorted_by(|a, b| a >= b), "stricter levels begin lower");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_finite_scores(text in proptest::prelude::any::<String>()) {
            let folded = fold(&text);
            for score in score(Model::embedded(), &text) {
                proptest::prop_assert!(score.log_odds.is_finite());
                proptest::prop_assert!(score.words.0 <= score.words.1 && score.words.1 <= folded.as_str().len());
            }
        }
    }
}
