//! Logistic regression by stochastic gradient descent, the same on every machine.
//!
//! Spam is fitted on whole texts. The other categories are fitted as they are judged: on the worst run of words of a text (all of it,
//! for an entry of the word list), so that a text without abuse pushes down whatever looked worst in it. Only additions, products,
//! square roots and a written-out exponential are used, which all machines round alike.

use chat::moderation::classifier::{Category, Classifier, LEVELS, Model, TOLL};
use chat::moderation::features::ROWS;

use super::corpus::Corpus;
use super::example::{Example, Source, Split, Word};
use super::measure;
use super::random::Random;

/// Passes over the texts.
const PASSES: usize = 16;
/// How often an entry of the word list is seen in a pass.
const WORDS_TIMES: usize = 11;
/// Where a category stands when nothing speaks for it, in log-odds.
const BIAS: [f32; 5] = [-2.0, -5.0, -5.0, -5.0, -5.0];
/// First step sizes.
const STEP: [f32; 5] = [0.4, 0.3, 0.3, 0.3, 0.3];
/// Largest weight.
const WEIGHT_MAX: f32 = 8.0;
/// What part of clean texts a level may hold, from level 1 to 4.
const HELD: [f64; LEVELS] = [0.0002, 0.001, 0.004, 0.015];
/// Log-odds below which a level never begins, however clean the texts: even a strict level wants evidence.
const LEAST: [f32; LEVELS] = [2.5, 1.5, 0.5, -0.5];

/// Log-odds above which a level of abuse never begins, though a "clean" text be there: texts are called clean that have no word of the
/// list, and the worst of them are abuse that the list does not have.
const MOST: [f32; LEVELS] = [3.0, 1.9, 1.2, 0.2];

struct Fit {
    weights: Vec<[f32; 5]>,
    squares: Vec<[f32; 5]>,
}

/// Which words a model learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// None of those held out.
    Part,
    /// All bad ones, none of the clean ones held out.
    BadWords,
    /// All: what is shipped.
    AllWords,
}

/// Fits a model and gives its bytes.
pub fn fit(corpus: &Corpus, known: Known) -> Vec<u8> {
    let is_word = |example: &&Example| example.source.is_word_list();
    let learned = |example: &&Example| {
        example.split == Split::Train
            || known != Known::Part && is_word(example)
            || known == Known::AllWords && example.source.is_vocabulary()
    };
    let mut examples: Vec<&Example> = corpus.examples.iter().filter(learned).collect();
    // There are ten clean texts for each bad word, and every word must be learned.
    let words: Vec<&Example> = examples.iter().copied().filter(is_word).collect();
    (1..WORDS_TIMES).for_each(|_| examples.extend(&words));
    let mut fit = Fit { weights: vec![[0.0; 5]; ROWS], squares: vec![[1e-3; 5]; ROWS] };
    let mut random = Random::new(7);
    for _ in 0..PASSES {
        random.shuffle(&mut examples);
        examples.iter().for_each(|example| fit.learn(example));
    }
    let bytes = fit.quantised([[0.0; LEVELS]; 5]);
    let limits = limits(corpus, &Model::read(&bytes).expect("just written"));
    fit.quantised(limits)
}

impl Fit {
    fn learn(&mut self, example: &Example) {
        if let Some(target) = example.labels[0] {
            self.learn_spam(example, target);
        }
        for category in 1..5 {
            if let Some(target) = example.labels[category] {
                self.learn_run(example, category, target);
            }
        }
    }

    fn learn_spam(&mut self, example: &Example, target: f32) {
        let norm = norm(example.grams());
        let sum: f32 = example
            .words
            .iter()
            .flat_map(|word| &word.rows)
            .map(|&row| self.weights[usize::from(row)][0])
            .sum();
        let facts: f32 = example.looks.iter().map(|&row| self.weights[usize::from(row)][0]).sum();
        let slope = likelihood(sum / norm + facts + BIAS[0]) - target;
        if slope.abs() < 0.003 {
            return;
        }
        for &row in example.words.iter().flat_map(|word| &word.rows) {
            self.step(row, 0, slope / norm);
        }
        for &row in &example.looks {
            self.step(row, 0, slope);
        }
    }

    fn learn_run(&mut self, example: &Example, category: usize, target: f32) {
        let run = if example.source.is_word_list() {
            0..example.words.len()
        } else {
            self.worst(example, category)
        };
        let words = &example.words[run];
        let sum: f32 = words.iter().map(|word| self.sum(word, category)).sum();
        let slope = likelihood(sum + BIAS[category]) - target;
        if slope.abs() < 0.004 {
            return;
        }
        for &row in words.iter().filter(|word| word.readable).flat_map(|word| &word.rows) {
            self.step(row, category, slope);
        }
    }

    /// What a word adds to a run.
    fn sum(&self, word: &Word, category: usize) -> f32 {
        let weights = word.rows.iter().map(|&row| self.weights[usize::from(row)][category]);
        if word.readable { weights.sum::<f32>() - TOLL } else { -TOLL }
    }

    /// The run of words that speaks for a category most.
    fn worst(&self, example: &Example, category: usize) -> std::ops::Range<usize> {
        let (mut best, mut open, mut from, mut run) = (f32::MIN, 0.0, 0, 0..0);
        for (at, word) in example.words.iter().enumerate() {
            let sum = self.sum(word, category);
            if open <= 0.0 {
                (open, from) = (0.0, at);
            }
            open += sum;
            if open > best {
                (best, run) = (open, from..at + 1);
            }
        }
        run
    }

    fn step(&mut self, row: u16, category: usize, slope: f32) {
        let (weight, square) =
            (&mut self.weights[usize::from(row)][category], &mut self.squares[usize::from(row)][category]);
        *square += slope * slope;
        *weight = (*weight - STEP[category] * slope / square.sqrt().max(1.0)).clamp(-WEIGHT_MAX, WEIGHT_MAX);
    }

    /// The weights as bytes, each category with a scale of its own.
    fn quantised(&self, limits: [[f32; LEVELS]; 5]) -> Vec<u8> {
        let scale: [f32; 5] = std::array::from_fn(|c| {
            let largest = self.weights.iter().map(|row| row[c].abs()).fold(0.01, f32::max);
            largest / 127.0
        });
        let rows = self.weights.iter().map(|row| std::array::from_fn(|c| (row[c] / scale[c]).round() as i8));
        Model::write(scale, BIAS, limits, rows)
    }
}

/// As the classifier weighs a text's length.
fn norm(grams: usize) -> f32 {
    (grams.max(16) as f32).sqrt()
}

/// The limits of all levels: the scores that only so many clean texts reach, in English and in the other languages together. The higher
/// of the two counts, or the many English texts would decide alone and the others be held more often.
fn limits(corpus: &Corpus, model: &Model) -> [[f32; LEVELS]; 5] {
    let mut clean: [[Vec<f32>; 2]; 5] = Default::default();
    for example in corpus.examples.iter().filter(|example| example.split == Split::Validate) {
        let scores = measure::scores(model, &example.text);
        let foreign = usize::from(!matches!(example.language, "eng" | "English"));
        for category in Category::ALL {
            // Single words are no texts, and lines of mails are longer and stiffer than chat.
            let words = example.source == Source::FalsePositives || example.source.is_vocabulary();
            let text = !words && !example.source.is_word_list();
            if example.labels[category as usize] == Some(0.0) && text {
                clean[category as usize][foreign].push(scores[category as usize].log_odds);
            }
        }
    }
    clean.iter_mut().flatten().for_each(|scores| scores.sort_by(|a, b| b.total_cmp(a)));
    Category::ALL.map(|category| {
        std::array::from_fn(|level| {
            let quantile = |scores: &Vec<f32>| {
                let above = (scores.len() as f64 * HELD[level]) as usize;
                scores.get(above).copied().unwrap_or(0.0) + 0.01
            };
            let highest = clean[category as usize].iter().map(quantile).fold(LEAST[level], f32::max);
            let most = if category == Category::Spam { f32::INFINITY } else { MOST[level] };
            highest.min(most)
        })
    })
}

/// The logistic function with an exponential that every machine computes alike.
fn likelihood(log_odds: f32) -> f32 {
    1.0 / (1.0 + exp(-log_odds.clamp(-30.0, 30.0)))
}

/// e^x for |x| ≤ 30: halved until a short series is exact enough, then squared back.
fn exp(x: f32) -> f32 {
    let x = f64::from(x) / 1024.0;
    let series = 1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0))));
    let mut power = series;
    for _ in 0..10 {
        power *= power;
    }
    power as f32
}

/// Whether any category of abuse is held at a level.
pub fn abuse_level(model: &Model, text: &str) -> u8 {
    let scores = measure::scores(model, text);
    let levels =
        Category::ALL[1..].iter().map(|&category| model.level(category, scores[category as usize].log_odds));
    levels.filter(|&level| level > 0).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_one() {
        for x in [-30.0_f32, -3.0, -0.5, 0.0, 0.1, 1.0, 7.5, 30.0] {
            let expected = x.exp();
            assert!((exp(x) - expected).abs() <= expected * 1e-4, "{x}");
        }
    }
}
