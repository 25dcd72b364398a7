//! Trains the chat's model from packages that anybody can download, and writes down how good it is.
//!
//! Everything is pinned ([`packages`]), split by content ([`corpus`]) and deterministic ([`fit`]): the same packages give the same
//! bytes. [`report`] measures with the code that judges in production and writes the model card. Nothing here is part of the
//! server.

pub mod archive;
pub mod packages;
pub mod download;
pub mod random;
pub mod templates;
pub mod example;
pub mod corpus;
pub mod languages;
pub mod frequent;
pub mod fit;
pub mod measure;
pub mod report;

use std::path::Path;

use fit::Known;

/// Reads the packages in `from`, trains, and writes `weights.bin` and `CARD.md` into `to`. Says what it found.
pub fn run(from: &Path, to: &Path) -> Result<String, String> {
    let frequent = frequent::read(from)?;
    let mut corpus = corpus::read(from, &frequent::spelled_otherwise(&frequent))?;
    languages::read(&mut corpus, from)?;
    frequent::add(&mut corpus, &frequent);
    // Three fits: one that has never seen the held-out words, to be measured; one that has seen the bad ones of them, to be measured
    // on clean ones; and one with all words, to be used.
    let [measured, strict, shipped] =
        [Known::Part, Known::BadWords, Known::AllWords].map(|known| fit::fit(&corpus, known));
    let card = report::card(&corpus, &measured, &strict, &shipped)?;
    std::fs::write(to.join("weights.bin"), &shipped).map_err(|e| format!("weights.bin: {e}"))?;
    std::fs::write(to.join("CARD.md"), &card).map_err(|e| format!("CARD.md: {e}"))?;
    Ok(card)
}
