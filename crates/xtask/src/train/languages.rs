//! Languages that are not English: one clean text in all of them, everyday words of those in Latin letters, bad words of some.
//!
//! In the Declaration a language is either learned (even paragraphs) and measured (odd ones), or only measured. Of both the model
//! learns everyday words; what it is measured on is never one of them.

use std::collections::BTreeSet;
use std::path::Path;

use chat::moderation::normalise::fold;

use super::archive::tar_gz;
use super::corpus::{CLEAN, Corpus, KIND, file, pieces, plain, split, split_words, stem};
use super::example::{Labels, Source, Split};
use super::packages::{PACKAGES, read as package};

/// A language, as the packages name it.
struct Language {
    /// In the Declaration's package; three letters of it are ISO 639-3.
    declared: &'static str,
    /// In CLDR, if it is written in Latin letters.
    everyday: Option<&'static str>,
    name: &'static str,
}

const fn latin(declared: &'static str, everyday: &'static str, name: &'static str) -> Language {
    Language { declared, everyday: Some(everyday), name }
}

const fn other(declared: &'static str, name: &'static str) -> Language {
    Language { declared, everyday: None, name }
}

/// Languages whose Declaration the model learns in part.
const LEARNED: &[Language] = &[
    latin("eng", "en", "English"),
    latin("deu_1996", "de", "German"),
    latin("fra", "fr", "French"),
    latin("spa", "es", "Spanish"),
    latin("por_BR", "pt", "Portuguese"),
    latin("ita", "it", "Italian"),
    latin("nld", "nl", "Dutch"),
    latin("pol", "pl", "Polish"),
    other("rus", "Russian"),
    other("ukr", "Ukrainian"),
    latin("tur", "tr", "Turkish"),
    other("ell_monotonic", "Greek"),
    other("arb", "Arabic"),
    other("heb", "Hebrew"),
    other("hin", "Hindi"),
    other("jpn", "Japanese"),
    other("kor", "Korean"),
    other("cmn_hans", "Chinese"),
    latin("swe", "sv", "Swedish"),
    latin("ces", "cs", "Czech"),
];
/// Languages of whose Declaration it has seen nothing.
const UNSEEN: &[Language] = &[
    latin("fin", "fi", "Finnish"),
    latin("hun", "hu", "Hungarian"),
    latin("vie", "vi", "Vietnamese"),
    latin("ind", "id", "Indonesian"),
    other("tha", "Thai"),
    latin("ron_2006", "ro", "Romanian"),
    latin("dan", "da", "Danish"),
    latin("cat", "ca", "Catalan"),
    latin("tgl", "fil", "Tagalog"),
    latin("swh", "sw", "Swahili"),
    other("pes_1", "Persian"),
    other("ben", "Bengali"),
];
/// More languages in Latin letters: their everyday words are learned, and measured on nothing.
const MORE_EVERYDAY: &[&str] = &[
    "af", "az", "bs", "ceb", "cy", "et", "eu", "ga", "gl", "ha", "hr", "ig", "is", "jv", "lt", "lv", "ms",
    "mt", "no", "sk", "sl", "so", "sq", "uz", "xh", "yo", "zu",
];
/// Languages of whose bad words there is a list: its name in the package, and the language's.
const BAD_WORDS: &[(&str, &str)] = &[("pl", "Polish"), ("hu", "Hungarian"), ("fil", "Tagalog")];

/// Whether nothing of a language's Declaration is learned.
pub fn is_unseen(name: &str) -> bool {
    UNSEEN.iter().any(|language| language.name == name)
}

/// Languages that are measured by their words.
pub fn in_latin_letters() -> impl Iterator<Item = &'static str> {
    LEARNED.iter().chain(UNSEEN).filter(|one| one.everyday.is_some()).map(|one| one.name)
}

/// The name of the language with these two letters, `other` for all that are not measured.
pub fn name(code: &str) -> &'static str {
    let code = if code == "tl" { "fil" } else { code };
    LEARNED.iter().chain(UNSEEN).find(|one| one.everyday == Some(code)).map_or("other", |one| one.name)
}

/// Languages of whose bad words there is a list.
pub fn with_bad_words() -> impl Iterator<Item = &'static str> {
    BAD_WORDS.iter().map(|(_, name)| *name)
}

/// Reads all packages that are not English. The corpus knows the English list already.
pub fn read(corpus: &mut Corpus, from: &Path) -> Result<(), String> {
    let [.., declared, words, bad, _] = &PACKAGES;
    let open = |one| package(from, one).and_then(|bytes| tar_gz(&bytes));
    declaration(corpus, &open(declared)?)?;
    everyday(corpus, &open(words)?)?;
    bad_words(corpus, &open(bad)?)
}

fn declaration(corpus: &mut Corpus, files: &[(String, Vec<u8>)]) -> Result<(), String> {
    let languages = LEARNED.iter().map(|one| (one, true)).chain(UNSEEN.iter().map(|one| (one, false)));
    for (language, learned) in languages {
        let html = file(files, &format!("declaration/{}.html", language.declared))?;
        for (number, paragraph) in html.split("<p>").skip(1).enumerate() {
            let text = plain(paragraph.split("</p>").next().unwrap_or(""));
            let split = match (learned, number % 4) {
                (true, 0 | 2) => Split::Train,
                (true, 1) => Split::Validate,
                _ => Split::Test,
            };
            for line in pieces(&text) {
                corpus.add(&line, CLEAN, (Source::Declaration, language.name, split));
            }
        }
    }
    other_declarations(corpus, files);
    Ok(())
}

/// All other languages, to learn that words nobody knows are no abuse.
fn other_declarations(corpus: &mut Corpus, files: &[(String, Vec<u8>)]) {
    let named = |path: &str| LEARNED.iter().chain(UNSEEN).any(|one| path.starts_with(&one.declared[..3]));
    for (path, bytes) in files {
        let Some((_, name)) = path.split_once("declaration/") else { continue };
        if named(name) {
            continue;
        }
        let html = String::from_utf8_lossy(bytes);
        for paragraph in html.split("<p>").skip(1).step_by(3) {
            let text = plain(paragraph.split("</p>").next().unwrap_or(""));
            for line in pieces(&text) {
                corpus.add(&line, CLEAN, (Source::Declaration, "other", Split::Train));
            }
        }
    }
}

/// Keywords and names of emoji. Each is taken once, for the first language that has it; those with a word of the English list are
/// left out: what "slut" is depends on the language, and one word does not say which it is.
fn everyday(corpus: &mut Corpus, files: &[(String, Vec<u8>)]) -> Result<(), String> {
    let named = LEARNED.iter().chain(UNSEEN).filter_map(|one| Some((one.everyday?, one.name)));
    let more = MORE_EVERYDAY.iter().map(|code| (*code, "other"));
    let mut taken = BTreeSet::new();
    for (code, name) in named.chain(more) {
        let json = file(files, &format!("annotations/{code}/annotations.json"))?;
        let json: serde_json::Value = serde_json::from_str(&json).map_err(|e| format!("{code}: {e}"))?;
        let annotations = json.pointer("/annotations/annotations").and_then(serde_json::Value::as_object);
        for annotation in annotations.ok_or_else(|| format!("{code}: no annotations"))?.values() {
            let lists = ["default", "tts"].iter().filter_map(|kind| annotation.get(kind)?.as_array());
            for words in lists.flatten().filter_map(serde_json::Value::as_str) {
                let folded = fold(words).as_str().trim().to_owned();
                let split = split_words(&folded);
                if folded.is_ascii() && !corpus.has_bad_word(&folded) && taken.insert(folded) {
                    corpus.add(words, KIND, (Source::Everyday, name, split));
                }
            }
        }
    }
    Ok(())
}

/// Bad words. The lists have everyday words with a second meaning as well ("egg"): what stands in a clean text is left out, for
/// it would be held wherever it is meant as it is written.
fn bad_words(corpus: &mut Corpus, files: &[(String, Vec<u8>)]) -> Result<(), String> {
    const BAD: Labels = [None, Some(0.9), None, None, None];
    let clean: BTreeSet<String> = corpus
        .examples
        .iter()
        .filter(|example| matches!(example.source, Source::Everyday | Source::Declaration))
        .flat_map(|example| fold(&example.text).as_str().split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for (code, name) in BAD_WORDS {
        let words: Vec<String> = serde_json::from_str(&file(files, &format!("package/{code}.json"))?)
            .map_err(|e| format!("{code}: {e}"))?;
        for word in words {
            let folded = fold(&word).as_str().trim().to_owned();
            if !folded.split(' ').all(|word| clean.contains(word)) {
                corpus.add(&word, BAD, (Source::Foreign, name, split(stem(&folded))));
            }
        }
    }
    Ok(())
}
