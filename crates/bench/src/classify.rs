//! `bench classify`: how many messages a second one core can judge, beside `rustrict`, on the same texts in the same run.
//!
//! Processor time of this thread counts, not the clock on the wall: the machine may be shared. Rounds of all contestants alternate,
//! and the best of each counts.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use ::chat::moderation::automod::{Automod, Facts, Input, links_in};
use ::chat::moderation::classifier::{Classifier, Model};
use ::chat::moderation::duplicates::sketch;
use ::chat::moderation::features::Features;
use ::chat::moderation::normalise::{Folder, fold};
use ::chat::moderation::terms::Terms;
use clap::Args;
use nix::time::{ClockId, clock_gettime};

/// What `bench classify` is told.
#[derive(Args, Debug)]
pub(crate) struct Plan {
    /// Texts, one in each line; chat lines of this program if left out.
    #[arg(long)]
    texts: Option<PathBuf>,
    /// Rounds.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Messages of each round (of a slow contestant a fiftieth).
    #[arg(long, default_value_t = 500_000)]
    messages: usize,
}

/// What people write while something happens: short, loud, and 40 to 50 bytes on average.
const TEXTS: &str = include_str!("classify/texts.txt");

/// What one contestant does with a text; the sum of all answers keeps the compiler from leaving the work out.
type Judge<'a> = Box<dyn FnMut(&str) -> u64 + 'a>;

/// Measures all contestants and prints a table.
pub(crate) fn run(plan: &Plan) -> Result<(), String> {
    let own;
    let texts: Vec<&str> = match &plan.texts {
        Some(path) => {
            own = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
            own.lines().filter(|line| !line.is_empty()).collect()
        }
        None => TEXTS.lines().filter(|line| !line.is_empty()).collect(),
    };
    if texts.is_empty() {
        return Err("there are no texts".to_owned());
    }
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    println!("{} texts, {:.1} bytes on average, one core", texts.len(), bytes as f64 / texts.len() as f64);
    let mut contestants = contestants(&texts);
    let mut best: Vec<Option<Duration>> = vec![None; contestants.len()];
    for _ in 0..plan.rounds.max(1) {
        for ((_, share, judge), best) in contestants.iter_mut().zip(&mut best) {
            let each = (plan.messages / *share).max(1);
            let took =
                spent(&texts, each, judge)? / u32::try_from(each).map_err(|e| e.to_string())?.max(1) * 1_000;
            *best = Some(best.map_or(took, |best| best.min(took)));
        }
    }
    println!("| what | ns a message | messages a second |\n|---|---|---|");
    for ((name, ..), best) in contestants.iter().zip(best) {
        let seconds = best.unwrap_or_default().as_secs_f64() / 1_000.0;
        println!("| {name} | {:.0} | {:.2} M |", seconds * 1e9, 1e-6 / seconds.max(1e-12));
    }
    Ok(())
}

/// Names, the part of all messages that each is given (slow ones get fewer), and what they do.
fn contestants<'a>(texts: &[&str]) -> Vec<(&'static str, usize, Judge<'a>)> {
    let model = Model::embedded();
    let folded: HashMap<String, _> = texts.iter().map(|text| ((*text).to_owned(), fold(text))).collect();
    let score: Judge<'a> = Box::new(move |text| {
        let features = Features { folded: &folded[text], links: &[], skipped: &[] };
        u64::from(model.score(&features)[0].log_odds.to_bits())
    });
    let mut folder = Folder::default();
    let classify: Judge<'a> = Box::new(move |text| {
        let folded = folder.fold(text, &[]);
        let links = links_in(text, folded);
        let features = Features { folded, links: &links, skipped: &[] };
        u64::from(model.score(&features)[0].log_odds.to_bits())
    });
    let (mut automod, terms) = (Automod::default(), Terms::default());
    let judge: Judge<'a> = Box::new(move |text| {
        let input = Input { text, emotes: &[], facts: Facts::default() };
        u64::from(automod.judge(&input, 4, &terms).is_some())
    });
    let mut folder = Folder::default();
    let sketched: Judge<'a> = Box::new(move |text| sketch(folder.fold(text, &[]).as_str()).unwrap_or(0));
    let peer: Judge<'a> = Box::new(|text| {
        u64::from(rustrict::Censor::from_str(text).analyze().is(rustrict::Type::INAPPROPRIATE))
    });
    vec![
        ("five models on a folded text (and a look-up of it)", 1, score),
        ("fold, links, five models", 1, classify),
        ("AutoMod's verdict", 1, judge),
        ("fold and sketch for repetition", 4, sketched),
        ("rustrict 0.7.39, analyze", 50, peer),
    ]
}

/// Processor time that judging `count` texts takes.
fn spent(texts: &[&str], count: usize, judge: &mut Judge<'_>) -> Result<Duration, String> {
    let now =
        || clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).map_err(|e| e.to_string());
    let before = now()?;
    let mut sum = 0_u64;
    for text in texts.iter().cycle().take(count) {
        sum = sum.wrapping_add(judge(text));
    }
    let after = now()?;
    std::hint::black_box(sum);
    Ok(after - before)
}
