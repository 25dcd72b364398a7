//! How good a model is, by the code that judges in production.

use chat::moderation::automod::links_in;
use chat::moderation::classifier::{Category, Classifier, LEVELS, Model, Scores};
use chat::moderation::features::Features;
use chat::moderation::normalise::fold;

use super::example::{Example, Split};

/// The scores of a text.
pub fn scores(model: &Model, text: &str) -> Scores {
    let folded = fold(text);
    let links = links_in(text, &folded);
    model.score(&Features { folded: &folded, links: &links, skipped: &[] })
}

/// How one category fares on some texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Texts that belong there.
    pub bad: usize,
    /// Texts that do not.
    pub clean: usize,
    /// Area under the curve: how often a text that belongs there scores above one that does not.
    pub auc: f64,
    /// Part of the bad texts that levels 1–4 hold.
    pub caught: [f64; LEVELS],
    /// Part of the clean texts that levels 1–4 hold.
    pub held: [f64; LEVELS],
}

/// Figures of a category over texts of the test part.
pub fn figures<'e>(
    model: &Model,
    category: Category,
    examples: impl IntoIterator<Item = &'e Example>,
) -> Figures {
    let mut scored: Vec<(f32, bool)> = Vec::new();
    for example in examples.into_iter().filter(|example| example.split == Split::Test) {
        let Some(label) = example.labels[category as usize] else { continue };
        if label > 0.1 && label < 0.7 {
            continue;
        }
        scored.push((scores(model, &example.text)[category as usize].log_odds, label > 0.5));
    }
    let mut figures = Figures { auc: auc(&mut scored), ..Figures::default() };
    for &(log_odds, bad) in &scored {
        let level = model.level(category, log_odds);
        let (count, held) = if bad {
            (&mut figures.bad, &mut figures.caught)
        } else {
            (&mut figures.clean, &mut figures.held)
        };
        *count += 1;
        (1..=LEVELS).filter(|&at| (1..=at).contains(&usize::from(level))).for_each(|at| held[at - 1] += 1.0);
    }
    figures.caught = figures.caught.map(|n| n / figures.bad.max(1) as f64);
    figures.held = figures.held.map(|n| n / figures.clean.max(1) as f64);
    figures
}

/// The part of pairs that are in the right order; ties count half.
fn auc(scored: &mut [(f32, bool)]) -> f64 {
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut clean_below, mut pairs, mut at) = (0_u64, 0.0_f64, 0);
    while at < scored.len() {
        let ties = scored[at..].iter().take_while(|other| other.0 == scored[at].0).count();
        let bad = scored[at..at + ties].iter().filter(|(_, bad)| *bad).count() as u64;
        let clean = ties as u64 - bad;
        pairs += bad as f64 * (clean_below as f64 + clean as f64 / 2.0);
        clean_below += clean;
        at += ties;
    }
    let bad = scored.len() as u64 - clean_below;
    if bad == 0 || clean_below == 0 { f64::NAN } else { pairs / (bad as f64 * clean_below as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_pairs_in_the_right_order() {
        for (scored, expected) in [
            (vec![(1.0, true), (0.0, false)], 1.0),
            (vec![(0.0, true), (1.0, false)], 0.0),
            (vec![(1.0, true), (1.0, false)], 0.5),
            (vec![(3.0, true), (1.0, true), (2.0, false), (0.0, false)], 0.75),
        ] {
            assert_eq!(auc(&mut scored.clone()), expected, "{scored:?}");
        }
    }
}
