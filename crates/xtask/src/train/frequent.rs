//! The most frequent words of languages in Latin letters, and lines made of them.
//!
//! Keywords of emoji are nouns mostly; a line of chat consists of "çok", "que", "und", "jak". What each of several unknown
//! words has of abuse adds up, hence the lines: words of one language in an order that chance made. No line that is measured has a
//! word of one that is learned ([`split_words`]).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chat::moderation::normalise::fold;

use super::archive::tar_gz;
use super::corpus::{Corpus, KIND, file, split_words};
use super::example::{Example, Source, Split};
use super::languages;
use super::packages::{PACKAGES, read as package};
use super::random::Random;

/// How many lines of a language are learned, and measured.
const LINES: [(Split, usize); 2] = [(Split::Train, 500), (Split::Test, 200)];
/// In Vietnamese a vowel has up to eighteen forms, which fold to one letter: its words meet English ones by chance.
const FOLDS_TOO_FAR: &str = "Vietnamese";

/// A frequent word.
#[derive(Debug)]
pub struct Frequent {
    language: &'static str,
    text: String,
    folded: String,
}

/// Reads the words of all languages, in the order of their codes.
pub fn read(from: &Path) -> Result<Vec<Frequent>, String> {
    let [.., frequent] = &PACKAGES;
    let json = file(&tar_gz(&package(from, frequent)?)?, "package/stopwords-iso.json")?;
    let lists: BTreeMap<String, Vec<String>> =
        serde_json::from_str(&json).map_err(|e| format!("stopwords-iso.json: {e}"))?;
    let words = lists.into_iter().flat_map(|(code, words)| {
        let language = languages::name(&code);
        words.into_iter().map(move |text| {
            let folded = fold(&text).as_str().trim().to_owned();
            Frequent { language, text, folded }
        })
    });
    Ok(words.filter(|word| word.folded.is_ascii() && !word.folded.is_empty()).collect())
}

/// Words of three letters or more that are spelled with letters that English lacks, as they look without them. What looks so on the
/// English list is some misspelling ("cok") and yields to the frequent word ("çok").
pub fn spelled_otherwise(words: &[Frequent]) -> BTreeSet<String> {
    let foreign = |c: char| c.is_alphabetic() && !c.is_ascii();
    let otherwise = |word: &&Frequent| {
        word.text.contains(foreign) && word.folded.len() >= 3 && word.language != FOLDS_TOO_FAR
    };
    words.iter().filter(otherwise).map(|word| word.folded.clone()).collect()
}

/// Adds words and lines. What is on the English list stays out, as with everyday words.
pub fn add(corpus: &mut Corpus, words: &[Frequent]) {
    for word in words {
        if !corpus.has_bad_word(&word.folded) {
            corpus.add(&word.text, KIND, (Source::Frequent, word.language, split_words(&word.folded)));
        }
    }
    for language in languages::in_latin_letters() {
        for (part, number) in LINES {
            for line in lines(corpus, language, part, number) {
                corpus.add(&line, KIND, (Source::Lines, language, part));
            }
        }
    }
}

/// Lines of three to six words of one part: frequent ones, and every third an everyday one.
fn lines(corpus: &Corpus, language: &str, part: Split, number: usize) -> Vec<String> {
    let pool = |source| -> Vec<&str> {
        let of = |one: &&Example| one.source == source && one.language == language && one.split == part;
        corpus.examples.iter().filter(of).map(|one| one.text.as_str()).collect()
    };
    let (frequent, everyday) = (pool(Source::Frequent), pool(Source::Everyday));
    let mut random = Random::new(11);
    let mut line = || {
        let words = 3 + random.below(4);
        let words = (0..words).map(|_| {
            let rare = random.below(3) == 0;
            random.pick(if rare { &everyday } else { &frequent })
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let lines = (0..number).map(|_| line());
    lines.filter(|line| !corpus.has_bad_word(fold(line).as_str())).collect()
}
