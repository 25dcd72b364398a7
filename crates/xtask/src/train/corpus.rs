//! The English packages as labelled texts, divided by content into what is learned, what sets limits and what is measured.
//! Other languages join in [`languages`](super::languages).

use std::collections::BTreeSet;
use std::path::Path;

use chat::moderation::features::gram;
use chat::moderation::normalise::{Folder, fold};

use super::archive::{tar_gz, zip_file};
use super::example::{Example, Labels, Source, Split};
use super::packages::{PACKAGES, read as package};
use super::templates::{Part, say};

/// Nothing is known of any category.
const UNKNOWN: Labels = [None; 5];
/// Clean in every way.
pub(super) const CLEAN: Labels = [Some(0.0); 5];
/// No abuse of any kind; nothing known of spam.
pub(super) const KIND: Labels = [None, Some(0.0), Some(0.0), Some(0.0), Some(0.0)];

/// Everything that is learned from and measured on.
#[derive(Debug, Default)]
pub struct Corpus {
    /// The texts.
    pub examples: Vec<Example>,
    folder: Folder,
    bad_words: BTreeSet<String>,
}

/// Reads the English packages. Entries of the word list that are among `elsewhere`, words of other languages, are left out.
pub fn read(from: &Path, elsewhere: &BTreeSet<String>) -> Result<Corpus, String> {
    let mut corpus = Corpus::default();
    let [sms, mails, words, ..] = &PACKAGES;
    let words = tar_gz(&package(from, words)?)?;
    corpus.lexicon(&words, elsewhere)?;
    corpus.sentences(&words)?;
    let sms = zip_file(&package(from, sms)?, "spam_collection.csv")?;
    corpus.sms(&String::from_utf8_lossy(&sms));
    corpus.mails(&tar_gz(&package(from, mails)?)?)?;
    corpus.templates();
    Ok(corpus)
}

/// Seven of ten to learn, one to set limits, two to measure; what shares a key stays together.
pub(super) fn split(key: &str) -> Split {
    match gram(key.as_bytes()) >> 32 & 0xffff {
        0..=13_106 => Split::Test,
        13_107..=19_660 => Split::Validate,
        _ => Split::Train,
    }
}

/// Where clean words go: where each of them goes. A phrase of which only some are held out is neither measured nor learned by a model
/// that is, and vocabulary sets no limits.
pub(super) fn split_words(folded: &str) -> Split {
    let mut parts = folded.split(' ').filter(|word| !word.is_empty()).map(|word| split(stem(word)));
    let first = parts.next().unwrap_or(Split::Train);
    if parts.all(|part| part == first) { first } else { Split::Validate }
}

/// What the forms of a word share.
pub(super) fn stem(folded: &str) -> &str {
    folded.get(..4).unwrap_or(folded)
}

impl Corpus {
    /// Adds a text, unless it has no words.
    pub(super) fn add(&mut self, text: &str, labels: Labels, about: (Source, &'static str, Split)) {
        let example = Example::new(&mut self.folder, text.to_owned(), labels, about);
        if !example.words.is_empty() {
            self.examples.push(example);
        }
    }

    /// Whether one of a folded text's words, or two in a row, is on the English list.
    pub(super) fn has_bad_word(&self, folded: &str) -> bool {
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        words.iter().any(|word| self.bad_words.contains(*word))
            || words.windows(2).any(|pair| self.bad_words.contains(&pair.join(" ")))
    }

    /// Words with severities 0–3. A label is a likelihood, so that mild words score lower than blatant ones.
    fn lexicon(&mut self, files: &[(String, Vec<u8>)], elsewhere: &BTreeSet<String>) -> Result<(), String> {
        for row in file(files, "src/profanity.csv")?.lines().skip(1) {
            let mut fields = row.rsplitn(6, ',');
            let mut severity =
                || fields.next().and_then(|field| field.trim().parse::<u8>().ok()).unwrap_or(0);
            let (_evasive, mean, sexual, offensive, profane) =
                (severity(), severity(), severity(), severity(), severity());
            let Some(word) = fields.next() else { continue };
            let likely = |severity: u8| Some([0.02, 0.6, 0.9, 0.98][usize::from(severity.min(3))]);
            let labels = [None, likely(profane), likely(mean), likely(sexual), likely(offensive)];
            let folded = fold(word).as_str().trim().to_owned();
            if folded.is_empty() || elsewhere.contains(&folded) {
                continue;
            }
            if profane.max(mean).max(sexual).max(offensive) == 0 {
                continue;
            }
            // Forms of one word share their beginning and must not be divided.
            let split = split(stem(&folded));
            self.add(word, labels, (Source::Lexicon, "eng", split));
            for variant in variants(&folded) {
                self.add(&variant, labels, (Source::Evasion, "eng", split));
            }
            self.bad_words.insert(folded);
        }
        Ok(())
    }

    fn sentences(&mut self, files: &[(String, Vec<u8>)]) -> Result<(), String> {
        for line in file(files, "src/false_positives.txt")?.lines() {
            self.add(line, KIND, (Source::FalsePositives, "eng", split(line)));
        }
        for line in file(files, "src/safe.txt")?.lines() {
            self.add(line, CLEAN, (Source::Sentences, "eng", Split::Train));
        }
        for name in ["src/test_negative.txt", "src/test_safe.txt"] {
            for line in file(files, name)?.lines() {
                self.add(line, KIND, (Source::Sentences, "eng", Split::Test));
            }
        }
        for line in file(files, "src/test_positive.txt")?.lines() {
            // Which kind of abuse it is nobody says: see `measure::sentences`.
            self.add(line, UNKNOWN, (Source::Sentences, "eng", Split::Test));
        }
        Ok(())
    }

    /// Labels of a text that is known to be spam or not, and of abuse only what can be assumed: nothing, if it has a bad word.
    fn labels(&self, text: &str, spam: f32) -> Labels {
        let has_bad = self.has_bad_word(fold(text).as_str());
        let clean = if has_bad || spam > 0.5 { None } else { Some(0.0) };
        [Some(spam), clean, clean, clean, clean]
    }

    fn sms(&mut self, csv: &str) {
        for row in csv.lines() {
            let Some((kind, text)) = row.split_once('\t') else { continue };
            let labels = self.labels(text, if kind == "spam" { 1.0 } else { 0.0 });
            self.add(text, labels, (Source::Sms, "eng", split(text)));
        }
    }

    /// Mails line by line. A line of an advert is not always advertising, hence the soft label.
    fn mails(&mut self, files: &[(String, Vec<u8>)]) -> Result<(), String> {
        for (path, bytes) in
            files.iter().filter(|(path, _)| path.ends_with(".json") && path.contains("/data/"))
        {
            let spam = if path.contains("/spam-") { 0.8 } else { 0.0 };
            let mail: serde_json::Value = match serde_json::from_slice(bytes) {
                Ok(mail) => mail,
                Err(_) => continue,
            };
            let Some(text) = mail.get("text").and_then(serde_json::Value::as_str) else { continue };
            for line in mail_lines(text).into_iter().take(4) {
                let labels = self.labels(&line, spam);
                self.add(&line, labels, (Source::Mail, "eng", split(path)));
            }
        }
        Ok(())
    }

    fn templates(&mut self) {
        for (spam, label) in [(true, 1.0), (false, 0.0)] {
            for line in say(spam, Part::Train, if spam { 60 } else { 20 }) {
                let labels = self.labels(&line, label);
                let split = if gram(line.as_bytes()) >> 40 & 7 == 0 { Split::Validate } else { Split::Train };
                self.add(&line, labels, (Source::Templates, "eng", split));
            }
            for line in say(spam, Part::HeldOut, 40) {
                let labels = self.labels(&line, label);
                self.add(&line, labels, (Source::Templates, "eng", Split::Test));
            }
        }
    }
}

/// The file whose path ends so.
pub(super) fn file(files: &[(String, Vec<u8>)], ending: &str) -> Result<String, String> {
    let found = files.iter().find(|(path, _)| path.ends_with(ending));
    found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).ok_or_else(|| format!("no {ending}"))
}

/// A bad word as people hide it: with a star for its first vowel, and with a letter left out behind one.
fn variants(word: &str) -> Vec<String> {
    let letters = word.chars().filter(char::is_ascii_lowercase).count();
    let vowel = word.char_indices().skip(1).find(|(_, c)| "aeiou".contains(*c));
    match vowel {
        Some((at, _)) if letters >= 4 && word.is_ascii() => {
            vec![format!("{}*{}", &word[..at], &word[at + 1..])]
        }
        _ => Vec::new(),
    }
}

/// The text of a mail, without its head, markup and quotations, in lines as long as chat's.
fn mail_lines(mail: &str) -> Vec<String> {
    let body = mail.split_once("\n\n").map_or("", |(_, body)| body);
    let body: String = body
        .lines()
        .filter(|line| !line.starts_with(['>', '|']) && !line.starts_with("--"))
        .fold(String::new(), |mut text, line| {
            text.push_str(line.strip_suffix('=').unwrap_or(line));
            text.push(' ');
            text
        });
    let lines = pieces(&plain(&body));
    let wordy = |line: &String| {
        let words = line.split(' ').filter(|word| word.chars().all(|c| c.is_alphabetic())).count();
        words >= 5 && words * 2 > line.split(' ').count()
    };
    lines.into_iter().filter(wordy).collect()
}

/// Text without tags and entities.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if inside => {}
            _ => text.push(c),
        }
    }
    text.replace("&nbsp;", " ").replace("&amp;", "&").replace("=20", " ").replace("=3D", "=")
}

/// Sentences, cut where they would be longer than a message.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for sentence in text.split_inclusive(['.', '!', '?', '。', '।', ';']) {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        for words in words.chunks(30) {
            let piece: String = words.join(" ").chars().take(200).collect();
            if piece.chars().count() >= 12 {
                pieces.push(piece);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_learned_or_measured_only_if_each_of_its_words_is() {
        let word = |part| {
            let mut words = ('a'..='z').map(|letter| format!("{letter}word"));
            words.find(|word| split(stem(word)) == part).expect("one of them goes there")
        };
        let (learned, held_out) = (word(Split::Train), word(Split::Test));
        assert_eq!(split_words(&learned), Split::Train);
        assert_eq!(split_words(&format!("{held_out} {held_out}")), Split::Test);
        assert_eq!(split_words(&format!("{learned} {held_out}")), Split::Validate);
        assert_eq!(split_words(&format!("{held_out} {learned}")), Split::Validate);
    }
}
