//! The model card: what the model is, what it was made of, how good it is, and where nobody knows.

use std::collections::BTreeMap;
use std::fmt::Write;

use chat::moderation::classifier::{Category, Classifier, LEVELS, Model};
use chat::moderation::features::ROWS;

use super::corpus::Corpus;
use super::example::{Example, Source, Split};
use super::fit::abuse_level;
use super::languages;
use super::measure::{Figures, figures, scores};
use super::packages::PACKAGES;

/// Writes the card. Of the held-out words `measured` has seen none, `strict` the bad ones, `shipped` all.
pub fn card(corpus: &Corpus, measured: &[u8], strict: &[u8], shipped: &[u8]) -> Result<String, String> {
    let read = |bytes| Model::read(bytes).map_err(|e| e.to_string());
    let (measured, strict, shipped) = (read(measured)?, read(strict)?, read(shipped)?);
    let mut card = String::new();
    let mut put = |part: String| card.push_str(&part);
    put(head());
    put(spam(corpus, &measured));
    put(abuse(corpus, &measured, &shipped));
    put(foreign(corpus, &measured, &shipped));
    put(sentences(corpus, &measured, &shipped));
    put(texts(corpus, &shipped));
    put(words(corpus, &strict));
    put(limits(&shipped));
    Ok(card)
}

fn of<'c>(corpus: &'c Corpus, sources: &'static [Source]) -> impl Iterator<Item = &'c Example> {
    corpus.examples.iter().filter(|example| sources.contains(&example.source))
}

fn percent(part: f64) -> String {
    if part.is_nan() { "–".to_owned() } else { format!("{:.1}", part * 100.0) }
}

fn percents(parts: [f64; LEVELS]) -> String {
    parts.map(percent).join(" · ")
}

fn head() -> String {
    let mut text = format!(
        "# Model card: spam and abuse in chat\n\n\
         Written by `cargo xtask train`; do not edit. `weights.bin` is one table of {ROWS} × 5 bytes: hashed character 3–5-grams and whole words \
         (rows), five linear models (columns). Spam is judged over a whole text, the others over its worst run of words. It \
         holds messages for a moderator and never punishes anybody; level 0 is off.\n\n\
         ## Data\n\n| package | SHA-256 | taken from it, licence |\n|---|---|---|\n"
    );
    for package in &PACKAGES {
        let _ = writeln!(text, "| `{}` | `{}…` | {} |", package.file, &package.sha256[..12], package.data);
    }
    text.push_str(
        "| this repository, `crates/xtask/src/train/templates.rs` | | chat lines and adverts made from templates |\n\n\
         Texts are divided by a hash of their content, mails by mail, words by their first four letters (a phrase is learned or measured only if each of its words is), templates by hand: 70 % to learn, 10 % \
         to set limits, 20 % to measure. Everyday words of 47 languages and the most frequent words of 40 teach that words nobody knows are no abuse; those that are on the English list as \
         well are left out, because one word does not say in which language it is. The other way round, three entries of the list are not learned as \
         bad words (\"cok\", \"jiz\", \"nasi\"): they are misspellings that look as frequent words do which are spelled with letters that English lacks (\"çok\", \"již\", \"naši\"). \
         Vietnamese words leave the list as it is, because so many of them fold to one form. Labels of abuse come from one English word list (*swearing* = `profane`, *aggression* = `mean`, *sexual*, \
         *identity* = `offensive`, mostly slurs) and three short foreign ones; no package has sentences labelled for abuse that may be used, and none has labelled chat. \
         Nothing below says how good the model is on real chat. Passes, step sizes, how often words are seen, the number of rows and that everyday and frequent words are learned \
         were chosen among a few settings with the figures below in view, so those figures are a little kinder than another, unseen part would be. \
         Learning everyday words of other languages cost some of what tells abuse in words never seen (AUC fell by 0.02 to 0.07) and cut the clean texts of other languages that are held to a third.\n\n",
    );
    text
}

fn row(name: &str, figures: &Figures) -> String {
    format!(
        "| {name} | {} / {} | {:.3} | {} | {} |\n",
        figures.bad,
        figures.clean,
        figures.auc,
        percents(figures.caught),
        percents(figures.held)
    )
}

const TABLE: &str = "| texts | bad / clean | AUC | caught at level 1 · 2 · 3 · 4, % | clean ones held, % |\n|---|---|---|---|---|\n";

fn spam(corpus: &Corpus, model: &Model) -> String {
    let mut text = format!("## Spam, held-out texts (English)\n\n{TABLE}");
    for (name, sources) in [
        ("SMS", &[Source::Sms][..]),
        ("chat from held-out templates", &[Source::Templates]),
        ("lines of mails (a line of an advert need not be one)", &[Source::Mail]),
    ] {
        text += &row(name, &figures(model, Category::Spam, of(corpus, sources)));
    }
    text + "\n"
}

fn abuse(corpus: &Corpus, measured: &Model, shipped: &Model) -> String {
    let mut text = format!(
        "## Abuse, by the word list (English)\n\n\
         Words that the measured model has never seen, against clean texts of the test part. A list teaches words, not meaning: of a new word \
         only what it shares with known ones is recognised. The shipped model has learned all words; the second table says how many of \
         them it holds, masked ones (`f*ck`) included.\n\n{TABLE}"
    );
    const CLEAN: &[Source] = &[
        Source::Lexicon,
        Source::Sms,
        Source::Templates,
        Source::FalsePositives,
        Source::Declaration,
        Source::Mail,
    ];
    for category in &Category::ALL[1..] {
        let examples = of(corpus, CLEAN).filter(|example| {
            example.source != Source::Lexicon
                || example.labels[*category as usize].is_some_and(|likely| likely > 0.1)
        });
        text += &row(category.name(), &figures(measured, *category, examples));
    }
    text += "\n| shipped | words | held at level 1 · 2 · 3 · 4, % |\n|---|---|---|\n";
    for &category in &Category::ALL[1..] {
        let bad = |example: &&Example| example.labels[category as usize].is_some_and(|likely| likely > 0.7);
        let words: Vec<&Example> = of(corpus, &[Source::Lexicon, Source::Evasion]).filter(bad).collect();
        let level = |example: &&Example| {
            let score = scores(shipped, &example.text)[category as usize];
            shipped.level(category, score.log_odds)
        };
        let parts = held(words.iter().map(level));
        let _ = writeln!(text, "| {} | {} | {} |", category.name(), words.len(), percents(parts));
    }
    text + "\n"
}

/// Bad words of other languages, against everyday words and texts of the same.
fn foreign(corpus: &Corpus, measured: &Model, shipped: &Model) -> String {
    let mut text = format!(
        "## Bad words that are not English\n\n\
         The lists are short and call everything *swearing*. Words that the measured model has never seen, against everyday words and texts of the \
         language's test part; then how many of all words the shipped model holds.\n\n{TABLE}"
    );
    const SOURCES: &[Source] = &[Source::Foreign, Source::Everyday, Source::Declaration];
    for language in languages::with_bad_words() {
        let examples = of(corpus, SOURCES).filter(|example| example.language == language);
        text += &row(language, &figures(measured, Category::Swearing, examples));
    }
    text += "\n| shipped | words | held at level 1 · 2 · 3 · 4, % |\n|---|---|---|\n";
    for language in languages::with_bad_words() {
        let words: Vec<&Example> =
            of(corpus, &[Source::Foreign]).filter(|example| example.language == language).collect();
        let parts = held(words.iter().map(|example| abuse_level(shipped, &example.text)));
        let _ = writeln!(text, "| {language} | {} | {} |", words.len(), percents(parts));
    }
    text + "\n"
}

/// What part of texts, given the level at which each is held (0 for none), levels 1–4 hold.
fn held(levels: impl Iterator<Item = u8>) -> [f64; LEVELS] {
    let mut count = 0.0_f64;
    let mut held = [0.0; LEVELS];
    for level in levels {
        count += 1.0;
        (1..=LEVELS).filter(|&at| (1..=at).contains(&usize::from(level))).for_each(|at| held[at - 1] += 1.0);
    }
    held.map(|held| held / count)
}

fn sentences(corpus: &Corpus, measured: &Model, shipped: &Model) -> String {
    let mut text = String::from(
        "## rustrict's own test sentences\n\nCollected by rustrict's author to be hard: insults in many spellings (some not English), and harmless \
         look-alikes. Held in any category of abuse:\n\n| texts | number | model | held at level 1 · 2 · 3 · 4, % |\n|---|---|---|---|\n",
    );
    for (name, bad) in [("bad", true), ("harmless", false)] {
        let texts: Vec<&Example> = of(corpus, &[Source::Sentences])
            .filter(|example| example.split == Split::Test && example.labels[1].is_none() == bad)
            .collect();
        for (which, model) in [("without held-out words", measured), ("shipped", shipped)] {
            let parts = held(texts.iter().map(|example| abuse_level(model, &example.text)));
            let _ = writeln!(text, "| {name} | {} | {which} | {} |", texts.len(), percents(parts));
        }
    }
    text + "\n"
}

/// The mildest level at which a model holds a text for whatever reason, 0 if none does.
fn any_level(model: &Model, example: &Example) -> u8 {
    let scores = scores(model, &example.text);
    let levels = Category::ALL.map(|category| model.level(category, scores[category as usize].log_odds));
    levels.into_iter().filter(|&level| level > 0).min().unwrap_or(0)
}

/// Clean texts of the test part that a model holds, in groups as they are named; `name` leaves out those without one.
fn clean(corpus: &Corpus, model: &Model, name: impl Fn(&Example) -> Option<String>) -> String {
    let mut groups: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for example in corpus.examples.iter().filter(|example| example.split == Split::Test) {
        let clean = example.labels[1] == Some(0.0) && example.labels[0].is_none_or(|spam| spam == 0.0);
        if let Some(name) = name(example).filter(|_| clean) {
            groups.entry(name).or_default().push(any_level(model, example));
        }
    }
    let mut text = String::from("| clean texts | number | held at level 1 · 2 · 3 · 4, % |\n|---|---|---|\n");
    for (name, levels) in groups {
        let number = levels.len();
        let _ = writeln!(text, "| {} | {number} | {} |", &name[2..], percents(held(levels.into_iter())));
    }
    text + "\n"
}

fn texts(corpus: &Corpus, shipped: &Model) -> String {
    let text = "## False positives of the shipped model, any category\n\n\
         None of these texts was learned from. Other languages are paragraphs of the Declaration of Human Rights: clean, but formal, and of \
         languages marked * the model has seen other paragraphs. Words outside the Latin alphabet are not searched for abuse at all, because \
         too little could be learned of it: in those languages only spam, links, terms and repetition are noticed.\n\n";
    let name = |example: &Example| match example.source {
        Source::Sms => Some("1 English SMS".to_owned()),
        Source::Templates => Some("2 chat from held-out templates".to_owned()),
        Source::Mail => Some("3 lines of English mails".to_owned()),
        Source::Declaration if languages::is_unseen(example.language) => {
            Some(format!("5 {}", example.language))
        }
        Source::Declaration => Some(format!("4 {}*", example.language)),
        _ => None,
    };
    text.to_owned() + &clean(corpus, shipped, name)
}

fn words(corpus: &Corpus, strict: &Model) -> String {
    let text = "## False positives on clean words that were not learned, any category\n\n\
         By a third model, which has learned all bad words, as the shipped one has, but of these lists no word whose first four letters are held out (other \
         clean texts that it has learned may have some): everyday words (keywords of emoji, one or a few words each, all of them held out), frequent words, \
         and lines of three to six of both in an order that chance made. Lines in which no list gave a word away are the worst case: what each has of abuse adds up. The shipped model has learned these words and lines too and \
         should hold less of chat, which is mostly frequent words; nothing here can measure that. Frequent words that the English list has as they are spelled are in none of these figures: \
         Swedish \"slut\", Dutch \"hoe\" or Romanian \"cum\" may be held, and what stands beside them with them.\n\n";
    let name = |example: &Example| match (example.source, example.language) {
        (_, "other") => None,
        (Source::Everyday, language) => Some(format!("1 {language}, everyday words")),
        (Source::Frequent, _) => Some("2 frequent words of these languages".to_owned()),
        (Source::Lines, language) => Some(format!("3 {language}, lines")),
        _ => None,
    };
    text.to_owned() + &clean(corpus, strict, name)
}

fn limits(model: &Model) -> String {
    let mut text = String::from(
        "## Limits\n\nLog-odds from which a level holds: what so many clean texts of the second part reach (0.02, 0.1, 0.4, 1.5 %), in English or in the other languages, \
         whichever is higher, within bounds. \
         Author and repetition are added to spam by hand (`Facts::lean`), because no data has them.\n\n\
         | category | 1 | 2 | 3 | 4 |\n|---|---|---|---|---|\n",
    );
    for category in Category::ALL {
        let limits = model.limits(category).map(|limit| format!("{limit:.2}")).join(" | ");
        let _ = writeln!(text, "| {} | {limits} |", category.name());
    }
    text
}
